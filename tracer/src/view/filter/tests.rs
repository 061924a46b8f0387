//! Which events an expression lets through, and what a wrong one is answered.

use proptest::prelude::*;

use super::Filter;
use crate::event::file::List;
use crate::event::{Event, Kind, Seq, Text};
use crate::view::samples::{bootstrap, event, yes};
use crate::view::scene::Scene;

/// Numbers of the events that pass.
fn passed(events: &[Event], expression: &str) -> Vec<u64> {
    let filter = Filter::parse(expression).unwrap_or_else(|error| panic!("{}", error.picture()));
    let mut scene = Scene::new(Some(0));
    let mut numbers = Vec::new();
    for event in events {
        scene.before(event);
        if filter.matches(event, &scene) {
            numbers.push(event.seq.0);
        }
        scene.after(event);
    }
    numbers
}

#[test]
fn what_is_told_at_a_glance_is_asked_before_texts() {
    let filter = Filter::parse("libcuda not /x/ kind:open (failed or y)").unwrap();
    let Filter::All(terms) = filter else {
        panic!("{filter:?}");
    };
    assert!(matches!(terms[0], Filter::Kind(_)), "{terms:?}");
    assert!(matches!(terms[1], Filter::Text(_)), "{terms:?}");
    assert!(matches!(terms[2], Filter::Not(_)), "{terms:?}");
    assert!(matches!(terms[3], Filter::Any(_)), "{terms:?}");
}

#[test]
fn terms_choose_events() {
    let events = bootstrap::events();
    let of = |wanted: fn(&Event) -> bool| -> Vec<u64> {
        let kept = events.iter().filter(|event| wanted(event));
        kept.map(|event| event.seq.0).collect()
    };
    let all = of(|_| true);
    let opens = of(|event| event.kind.name() == "open");
    for (expression, expected) in [
        ("", all.clone()),
        ("   ", all.clone()),
        ("kind:open", opens.clone()),
        ("kind:open,stat", opens.clone()),
        (
            "kind:exec or kind:exit",
            of(|event| matches!(event.kind, Kind::Exec(_) | Kind::Exit(_))),
        ),
        (
            "kind:dlopen",
            of(|event| match &event.kind {
                Kind::Call(call) => call.function.as_str() == "dlopen",
                Kind::Return(back) => back.function.as_str() == "dlopen",
                _ => false,
            }),
        ),
        (
            "kind:ggml_*",
            of(|event| match &event.kind {
                Kind::Call(call) => call.function.as_str() == "ggml_backend_init",
                Kind::Unfinished(_) => true,
                _ => false,
            }),
        ),
        ("seq:2..4", vec![2, 3, 4]),
        ("seq:7", vec![7]),
        ("seq:..2", vec![1, 2]),
        ("time:..300us", vec![1, 2]),
        ("time:0.000137..0.000274", vec![1, 2]),
        ("not not seq:1", vec![1]),
        ("-seq:2..", vec![1]),
        ("not (seq:2.. or seq:1)", vec![]),
        ("seq:1..9 and -seq:2..8", vec![1, 9]),
        ("seq:1 or seq:3 seq:1..9", vec![1, 3]),
        (
            "failed kind:open",
            of(|event| matches!(&event.kind, Kind::Open(open) if open.err.is_some())),
        ),
    ] {
        assert_eq!(passed(&events, expression), expected, "{expression}");
    }
    assert!(passed(&events, "proc:p3").len() > passed(&events, "proc:p3.0").len());
    assert_eq!(
        passed(&events, "proc:p3.0").len(),
        1,
        "the fork that made it"
    );
    assert_eq!(
        passed(&events, "pid:104 -kind:fork"),
        passed(&events, "proc:p4.1")
    );
    assert_eq!(
        passed(&events, "name:OLLAMA").len(),
        all.len() - 1,
        "the end has no process"
    );
}

#[test]
fn text_is_what_a_reader_sees_and_what_a_list_leaves_out() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "libHidden.so"];
    let list = Kind::List(List {
        path: yes("/opt/x"),
        entries: 8,
        names: names.map(Text::from).to_vec(),
        withheld: 0,
        cut: false,
        err: None,
    });
    let mut all = bootstrap::events();
    all.push(event(99, 9000, "p1.1", list));
    for (expression, expected) in [
        ("libhidden", 1),
        ("text:LIBHIDDEN", 1),
        ("/Hidden\\.so$/", 1),
        ("/hidden/", 0),
        ("/opt/x", 1),
        ("\"8 entries: a b\"", 1),
        ("text:\"8 entries: a\"", 1),
        ("enoent", 2),
        ("\"no such\"", 3),
        ("/no such file|loader/", 3),
        ("127.0.0.1:21434", 1),
    ] {
        assert_eq!(passed(&all, expression).len(), expected, "{expression}");
    }
}

#[test]
fn a_wrong_expression_is_answered_with_place_and_advice() {
    for (expression, carets, message) in [
        ("knd:open", "^^^", "there is no key `knd`"),
        (
            "kind:opne",
            "     ^^^^",
            "`opne` is no kind of event; did you mean `open`?",
        ),
        ("kind:open,,x", "          ^", "`` is no kind of event"),
        ("kind:", "     ^", "`kind:` needs a value"),
        ("x proc:q1", "       ^^", "this is no process"),
        ("time:1s", "     ^^", "a time needs two ends"),
        ("time:1..x", "        ^", "this is no time"),
        (
            "time:2s..1s",
            "     ^^^^^^",
            "the range ends before it begins",
        ),
        ("seq:-1", "    ^^", "this is no event number"),
        ("pid:\"x\"", "     ^", "this is no pid"),
        ("(failed", "^", "this `(` is not closed"),
        ("failed)", "      ^", "this `)` closes nothing"),
        ("()", "^^", "nothing in the parentheses"),
        ("\"open", "^", "this quote is not closed"),
        ("not", "^^^", "`not` needs a term"),
        ("-", "^", "`-` needs a term"),
        ("or x", "^^", "`or` stands between two terms"),
        ("x or", "  ^^", "`or` stands between two terms"),
        ("and x", "^^^", "`and` stands between two terms"),
        (
            "/a(/",
            " ^^",
            "this is no regular expression: unclosed group",
        ),
        (
            "role:server,runner[cuda",
            "            ^^^^^^^^^^^",
            "this is no role",
        ),
        (
            "größe kind:x-y",
            "           ^^^",
            "`x-y` is no kind of event",
        ),
    ] {
        let error = Filter::parse(expression).unwrap_err();
        assert_eq!(error.message, message, "{expression}");
        assert_eq!(error.picture(), format!("{expression}\n{carets}"));
        assert!(!error.allowed.is_empty());
    }
}

#[test]
fn roles_choose_processes() {
    let roles = [(1, "server"), (3, "runner[cuda_v12] pass 1")]
        .map(|(number, role)| (number, role.to_owned()));
    let events = bootstrap::events();
    let of = |expression: &str| -> Vec<u64> {
        let filter = Filter::parse(expression).unwrap();
        assert!(filter.asks_for_roles());
        let mut scene = Scene::new(Some(0)).with_roles(std::rc::Rc::new(roles.clone().into()));
        let mut numbers = Vec::new();
        for event in &events {
            scene.before(event);
            if filter.matches(event, &scene) {
                numbers.push(event.seq.0);
            }
            scene.after(event);
        }
        numbers
    };
    let in_the_runner = of("role:runner[cuda_v12]");
    assert!(!in_the_runner.is_empty());
    assert_eq!(in_the_runner, passed(&events, "proc:p3"));
    assert_eq!(
        of("role:runner,server"),
        passed(&events, "proc:p3 or proc:p1")
    );
    assert_eq!(of("not role:run*"), passed(&events, "not proc:p3"));
    assert_eq!(
        of("role:\"runner[cuda_v12] pass 1\" failed"),
        passed(&events, "proc:p3 failed")
    );
    assert!(of("role:probe").is_empty());
    assert!(
        passed(&events, "role:server").is_empty(),
        "no roles are known"
    );
}

#[test]
fn values_of_options_need_no_quotes() {
    let filter = Filter::term("text", "or \"x (").unwrap();
    let shown = event(
        1,
        1,
        "p1.1",
        crate::view::samples::open("/a or \"x (b", None),
    );
    let scene = Scene::default();
    // The row quotes the path, so the text is found where no quote is asked for.
    assert!(!filter.matches(&shown, &scene));
    assert!(
        Filter::term("text", "or \\\"x (")
            .unwrap()
            .matches(&shown, &scene)
    );
    assert_eq!(Filter::term("kind", "opne").unwrap_err().at, 0..4);
    assert!(Filter::term("time", "1s..2s").is_ok());
}

#[test]
fn deep_nesting_ends_in_an_error() {
    for unit in ["(", "not ", "-", "-("] {
        assert!(Filter::parse(&unit.repeat(5000)).is_err(), "{unit}");
    }
    assert!(Filter::parse(&"x ".repeat(20_000)).is_err());
}

proptest! {
    #[test]
    fn no_expression_makes_the_parser_panic(input in "\\PC{0,40}|[-a-z:/()\"\\\\. ,0-9*|]{0,60}|(kind|time|seq|proc|text|not|or|and|[:( )/.\"-]|..|[0-9]|ß){0,20}") {
        match Filter::parse(&input) {
            Ok(filter) => {
                let mut event = event(1, 1, "p1.1", crate::view::samples::open("/x", None));
                event.seq = Seq(u64::MAX);
                let _ = filter.matches(&event, &Scene::default());
            }
            Err(error) => {
                prop_assert!(error.at.end <= input.len() + 1);
                let _ = error.picture();
            }
        }
        for key in ["kind", "proc", "pid", "name", "text", "time", "seq", "role", "x"] {
            let _ = Filter::term(key, &input);
        }
    }
}
