//! What holds for any two runs: nothing differs from itself, both directions tell the same, noise is nothing, and whatever is
//! planted is found.

use proptest::prelude::*;

use super::{compare, model, text, variable};
use crate::discover::Model;
use crate::discover::model::{Evidence, Level, Line, Load, Symbol};
use crate::event::Seq;
use crate::event::library::Library;

/// Changes a run in one way that counts; the number picks the way.
fn plant(model: &mut Model, what: u8, word: &str) {
    match what % 11 {
        0 => {
            let server = model.server.as_mut().expect("a server");
            server.env.push(variable(&format!("OLLAMA_{word}"), word));
        }
        1 => model.children[0]
            .mapped
            .push((text(&format!("/x/lib{word}.so")), Seq(60))),
        2 => model.folders[0]
            .names
            .as_mut()
            .expect("names")
            .push(text(&format!("lib{word}.so"))),
        3 => model.children[0].loads.push(Load {
            asked: text(&format!("/x/lib{word}.so.9")),
            ..Load::default()
        }),
        4 => model.version = Some(text(word)),
        5 => model.children[0].argv.push(text(&format!("--{word}"))),
        6 => model.children[0].cwd = text(&format!("/{word}")),
        7 => model.children[0].searches[0]
            .tried
            .push(text(&format!("/{word}"))),
        8 => model.children[0].missed_symbols.push(Symbol {
            name: text(word),
            of: None,
            seen: Evidence::event(Seq(44), word),
        }),
        9 => model.lines.push(Line {
            level: Level::Error,
            seen: Some(Evidence::event(Seq(70), format!("level=ERROR msg={word}"))),
            ..Line::default()
        }),
        _ => model.server.as_mut().expect("a server").exe = text(&format!("/x/{word}/ollama")),
    }
}

/// What is another in each of two runs that are the same.
fn shake(model: &mut Model, seed: u64) {
    let count = model.children[0].said.len().max(1);
    model.children[0]
        .said
        .rotate_left(usize::try_from(seed).unwrap_or(0) % count);
    model.folders[0].names.as_mut().expect("names").reverse();
    model.children[0].mapped.reverse();
    model.children[0].begun += seed % 1_000;
    model.children[0].ended += seed % 5_000;
    // Below a third of the limit, as an attempt in a hurry and one on a busy machine.
    model.attempts[0].took = Some(seed % 9_000_000_000);
    for library in model.libraries.values_mut() {
        library.mtime = i64::try_from(seed % 2_000_000_000).ok();
    }
    let server = model.server.as_mut().expect("a server");
    server.env.push(variable("OLDPWD", &format!("/{seed}")));
    server.env.reverse();
}

proptest! {
    #[test]
    fn a_run_equals_itself_however_it_is_shaken(pid in 1_u32..4_000_000, seed: u64, plants in proptest::collection::vec((any::<u8>(), "[a-z]{4,9}"), 0..5)) {
        let mut one = model(2, pid);
        for (what, word) in &plants {
            plant(&mut one, *what, word);
        }
        let known = Library { size: Some(7), mtime: Some(1), ..Library::default() };
        one.libraries.insert(text("/u/lib/ollama/cuda_v12/libcublas.so.12"), known);
        let mut two = one.clone();
        shake(&mut two, seed);
        let answer = compare(&one, &two, None);
        prop_assert!(answer.same, "{:#?}", answer.differences);
    }

    #[test]
    fn whatever_is_planted_is_found_and_both_directions_tell_it(what: u8, word in "[a-z]{4,9}", seed: u64) {
        let one = model(2, 4_711);
        let mut two = model(5, 9);
        shake(&mut two, seed);
        plant(&mut two, what, &word);
        let (there, back) = (compare(&one, &two, None), compare(&two, &one, None));
        prop_assert!(!there.same);
        prop_assert!(there.differences.iter().any(|one| one.sentence.contains(&word)), "{:#?}", there.differences);
        let keys = |answer: &super::Answer| {
            let mut keys: Vec<_> = answer.differences.iter().map(|one| one.difference.key.clone()).collect();
            keys.sort();
            keys
        };
        prop_assert_eq!(keys(&there), keys(&back));
    }
}

#[test]
fn an_installation_in_another_folder_is_the_same_installation() {
    let at = |prefix: &str| {
        let mut model = model(2, 4_711);
        let moved = |path: &str| text(&path.replace("/u/", &format!("{prefix}/")));
        let server = model.server.as_mut().expect("a server");
        server.exe = text(&format!("{prefix}/bin/ollama"));
        server.library_dir.path = text(&format!("{prefix}/lib/ollama"));
        let child = &mut model.children[0];
        for mapped in &mut child.mapped {
            mapped.0 = moved(mapped.0.as_str());
        }
        for variable in &mut child.env {
            variable.v = variable.v.as_ref().map(|value| moved(value.as_str()));
        }
        model
    };
    let answer = compare(&at("/tmp/one"), &at("/srv/other"), None);
    assert!(answer.same, "{:#?}", answer.differences);
    assert_eq!(answer.technical.len(), 1);
    // A file that is elsewhere in one of them still counts.
    let mut other = at("/srv/other");
    other.children[0].mapped[1].0 = text("/opt/vgpu/lib/libcublas.so.12");
    let answer = compare(&at("/tmp/one"), &other, None);
    assert_eq!(answer.differences.len(), 1, "{:#?}", answer.differences);
}
