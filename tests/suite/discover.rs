//! The model of recorded discoveries, and of such recordings with holes.

use std::fs;
use std::path::PathBuf;

use vgputrace::discover::events::Discovery;
use vgputrace::event::Event;
use vgputrace::trace::Reader;
use vgputrace_tests::chance::Chance;
use vgputrace_tests::{outline, workspace};

/// The recordings of the corpus, with the name of each.
fn corpus() -> Vec<(String, PathBuf)> {
    let folder = workspace().join("tests/corpus/traces");
    let mut found: Vec<(String, PathBuf)> = fs::read_dir(&folder)
        .expect("the corpus")
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.strip_suffix(".vgt")?.to_owned();
            Some((name, path))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no recording", folder.display());
    found
}

/// With `VGPUTRACE_UPDATE=1` the expected texts are written anew; read the difference before you commit it.
#[test]
fn each_recording_of_the_corpus_gives_the_model_written_beside_it() {
    let update = std::env::var_os("VGPUTRACE_UPDATE").is_some();
    let mut wrong = Vec::new();
    for (name, path) in corpus() {
        let is = outline::of(&outline::model(&path));
        let beside = path.with_extension("txt");
        if update {
            fs::write(&beside, &is).expect("the corpus can be written");
        }
        let should = fs::read_to_string(&beside).unwrap_or_default();
        if is != should {
            wrong.push(format!("{name}:\n{is}\n--- expected ---\n{should}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_recording_with_holes_in_any_place_gives_some_model() {
    let mut chance = Chance::new(0x5eed);
    for (_, path) in corpus() {
        let mut reader = Reader::open(&path).expect("a trace");
        let header = reader.header().cloned();
        let events: Vec<Event> = reader.events().map_while(Result::ok).collect();
        for round in 0..40 {
            let mut discovery = Discovery::new(header.as_ref());
            for event in &events {
                // From a single hole to nearly nothing.
                if chance.below(41) >= round {
                    discovery.push(event);
                }
            }
            let model = discovery.finish();
            let whole = outline::of(&model);
            assert!(!whole.is_empty());
        }
        // Backwards: every order of events must be borne.
        let mut discovery = Discovery::new(None);
        for event in events.iter().rev() {
            discovery.push(event);
        }
        let _ = discovery.finish();
    }
}
