//! A whole recording as text, and the cases of joining.

use super::Renderer;
use crate::event::call::{Call, Return, Value};
use crate::event::{Event, Kind, Seq, Text};
use crate::view::filter::Filter;
use crate::view::lines::Lines;
use crate::view::samples::{bootstrap, came_back, dlopen, event, not_found, open, wrote};
use crate::view::{Looks, calls};

const LOOKS: Looks = Looks {
    colour: false,
    unicode: true,
};

fn shown(events: Vec<Event>, filter: &str, looks: Looks) -> String {
    let filter = Filter::parse(filter).unwrap();
    let (mut lines, mut ready) = (Lines::default(), Vec::new());
    let mut renderer = Renderer::new(Some(0), looks, false);
    let mut out = String::new();
    for event in events {
        lines.push(event, &mut ready);
    }
    lines.finish(&mut ready);
    for event in ready {
        renderer.event(&event, &filter, &mut out);
    }
    renderer.finish(&mut out);
    out
}

#[test]
fn a_bootstrap_reads_as_text() {
    insta::assert_snapshot!(shown(bootstrap::events(), "", LOOKS));
}

#[test]
fn the_failures_alone_name_what_they_are_about() {
    insta::assert_snapshot!(shown(bootstrap::events(), "failed", LOOKS));
}

#[test]
fn calls_alone_are_one_line_each() {
    let filter = "kind:dlopen,loader_error";
    insta::assert_snapshot!(shown(bootstrap::events(), filter, LOOKS));
}

#[test]
fn a_terminal_without_utf_8_gets_ascii_only() {
    let out = shown(bootstrap::events(), "proc:p3", Looks::default());
    assert!(out.is_ascii(), "{out}");
    assert!(out.contains("| open "), "{out}");
    assert!(out.contains("+ dlopen = NULL !"), "{out}");
}

fn nested(kinds: Vec<(u64, Kind)>) -> Vec<Event> {
    let add = |(at, (parent, kind)): (usize, (u64, Kind))| {
        let mut event = event(at as u64 + 1, 1000, "p1.1", kind);
        event.parent = (parent > 0).then_some(Seq(parent));
        event
    };
    kinds.into_iter().enumerate().map(add).collect()
}

#[test]
fn what_happens_inside_a_call_is_indented() {
    let events = nested(vec![
        (0, Kind::Call(dlopen("a.so"))),
        (1, Kind::Call(dlopen("b.so"))),
        (2, not_found(Some(2), "c.so")),
        (2, open("/x", Some(13))),
        (1, came_back(2, "dlopen", 0)),
        (1, Kind::Call(dlopen("d.so"))),
        (1, not_found(Some(6), "d.so")),
        (1, came_back(6, "dlopen", 0)),
        (0, came_back(1, "dlopen", 16)),
    ]);
    let expected = r#"
  0.001000  p1.1              dlopen("a.so", NOW|LOCAL)  from ollama+0x1a2b
  0.001000  p1.1              │ dlopen("b.so", NOW|LOCAL)  from ollama+0x1a2b
  0.001000  p1.1              │ │ ↳ loader: c.so: cannot open shared object file: No such file or directory
  0.001000  p1.1              │ │ open /x RDONLY|CLOEXEC = EACCES permission denied ✗
  0.001000  p1.1              │ └ dlopen = NULL ✗
  0.001000  p1.1              │ dlopen("d.so", NOW|LOCAL) = NULL ✗  from ollama+0x1a2b
                              │   ↳ loader: d.so: cannot open shared object file: No such file or directory
  0.001000  p1.1              └ dlopen = 0x10
"#;
    assert_eq!(shown(events, "", LOOKS), expected.trim_start_matches('\n'));
}

#[test]
fn parents_that_lead_in_a_circle_end_somewhere() {
    let mut events = nested(vec![
        (2, Kind::Call(dlopen("a"))),
        (1, Kind::Call(dlopen("b"))),
    ]);
    events.extend(nested(vec![(2, open("/x", None))]));
    assert_eq!(shown(events, "kind:open", LOOKS).lines().count(), 1);
}

#[test]
fn hostile_strings_do_not_reach_the_terminal() {
    let evil = "a\u{1b}[2J\u{202e}b\u{9b}1m\r\u{7}\u{feff}";
    let events = vec![
        event(1, 1, "p1.1", open(evil, None)),
        event(2, 1, "p1.1", Kind::Call(dlopen(evil))),
        event(3, 1, "p1.1", not_found(Some(2), evil)),
        event(4, 1, "p1.1", wrote(2, evil)),
        event(5, 1, "p1.1", Kind::Unknown(evil.to_owned(), raw("{}"))),
    ];
    let out = shown(events, "", LOOKS);
    assert_eq!(out.lines().count(), 5);
    for character in out.chars().filter(|character| *character != '\n') {
        assert!(!character.is_control(), "{out:?}");
        assert!(!"\u{202e}\u{feff}".contains(character), "{out:?}");
    }
}

fn raw(text: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(text.to_owned()).unwrap()
}

/// The drivers' diary of these events.
fn diary(events: &[Event]) -> String {
    let mut renderer = Renderer::new(Some(0), LOOKS, false);
    renderer.only(calls::belongs);
    let mut out = String::new();
    let all = Filter::parse("").unwrap();
    for event in events {
        renderer.event(event, &all, &mut out);
    }
    renderer.finish(&mut out);
    out
}

fn call(api: &str, function: &str) -> Call {
    Call {
        api: Text::from(api),
        function: Text::from(function),
        of: Some(Text::from("/opt/libvgpu-cuda.so")),
        args: Vec::new(),
        from: None,
        entry_only: false,
    }
}

fn failed(of: u64, function: &str) -> Kind {
    Kind::Return(Return {
        call: Seq(of),
        function: Text::from(function),
        result: Value::Name(Text::from("CUDA_ERROR_NO_DEVICE")),
        code: Some(100),
        resolved: None,
        outs: Vec::new(),
        failed: true,
    })
}

#[test]
fn the_diary_says_what_an_error_means_and_shows_constructors_only_where_something_happens_inside() {
    let mut inside = event(4, 40, "p1.1", Kind::Call(call("cuda", "cuInit")));
    inside.parent = Some(Seq(3));
    let mut back = event(5, 50, "p1.1", failed(4, "cuInit"));
    back.parent = Some(Seq(3));
    let events = [
        event(1, 10, "p1.1", Kind::Call(call("constructor", "dull"))),
        event(2, 20, "p1.1", came_back(1, "dull", 0)),
        event(3, 30, "p1.1", Kind::Call(call("constructor", "set_up"))),
        inside,
        back,
        event(6, 60, "p1.1", came_back(3, "set_up", 0)),
        event(7, 70, "p1.1", Kind::Call(dlopen("libm.so.6"))),
    ];
    let text = diary(&events);
    assert!(!text.contains("dull") && !text.contains("libm"), "{text}");
    assert!(text.contains("set_up"), "{text}");
    assert!(text.contains("cuInit() of libvgpu-cuda.so = CUDA_ERROR_NO_DEVICE (100) ✗"));
    assert!(text.contains("no device for this process"), "{text}");
}
