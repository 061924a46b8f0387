//! Every layout beside the nearest one without what was planted in it: the first sentence names that.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use vgputrace::diff::Answer;
use vgputrace::discover::Model;
use vgputrace::view::diff::{Names, json};
use vgputrace_tests::layouts::{self, Era, record, server};
use vgputrace_tests::{compared, outline, schema, test_name};

use super::schema_of;

use table::{HEALTHY, PLANTED, Planted};

/// Models of layouts under one server, each recorded once.
struct Models<'a> {
    test: &'a str,
    era: Era,
    server: &'a server::Server,
    made: BTreeMap<&'static str, Option<Model>>,
}

impl Models<'_> {
    /// The model of a layout; `None` where it is not for this era, or cannot be recorded here.
    #[track_caller]
    fn of(&mut self, name: &'static str) -> Option<&Model> {
        let (test, era, server) = (self.test, self.era, self.server);
        let make = || {
            let layout = match layouts::read(name) {
                Ok(layout) => layout,
                Err(why) => panic!("{why}"),
            };
            let fits = layout.eras.contains(&era);
            let recording = fits.then(|| record::recording(test, name, &layout, server));
            Some(outline::model(&recording.flatten()?.path))
        };
        self.made.entry(name).or_insert_with(make).as_ref()
    }
}

/// What the first sentence says of the difference, before it comes to the verdict; the answer has the form of its schema.
#[track_caller]
pub(super) fn difference(answer: &Answer) -> String {
    let written = json(answer, &Names::default());
    let written = serde_json::from_str(&written).expect("JSON");
    let misfits = schema::misfits(&written, &schema_of("diff.schema.json"));
    assert!(misfits.is_empty(), "{misfits:#?}");
    let first = answer.first.as_ref();
    let sentence = first
        .map(|first| first.sentence.clone())
        .unwrap_or_default();
    let before = sentence.split("; ").next().unwrap_or_default();
    before.to_owned()
}

/// Compares under every server of an era, and says how many of the sentences are right.
#[expect(clippy::print_stdout, reason = "the figures of docs/DIFF.md")]
fn check(test: &str, era: Era) {
    let mut wrong = Vec::new();
    for server in server::of(test, era) {
        let mut models = Models {
            test,
            era,
            server: &server,
            made: BTreeMap::new(),
        };
        let (mut all, before) = (0, wrong.len());
        for Planted { bad, good, words } in PLANTED {
            let Some(before) = models.of(good).cloned() else {
                continue;
            };
            let Some(after) = models.of(bad) else {
                continue;
            };
            all += 1;
            let answer = compared::models(&before, after);
            let first = answer.first.as_ref();
            let sentence = first.map_or("no difference", |first| &first.sentence);
            println!("{bad}: {sentence}");
            if !words.iter().any(|word| difference(&answer).contains(word)) {
                wrong.push(format!("{bad} under {}: {sentence}", server.name()));
            }
        }
        let right = all - (wrong.len() - before);
        println!("under {}: {right} of {all}", server.name());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_first_sentence_names_what_was_planted_in_the_runner_era() {
    check(test_name!(), Era::Runner);
}

#[test]
fn the_first_sentence_names_what_was_planted_in_the_llama_server_era() {
    check(test_name!(), Era::LlamaServer);
}

#[test]
fn every_layout_is_healthy_or_has_its_line_in_the_table() {
    let planted = PLANTED.iter().map(|one| one.bad);
    let told: BTreeSet<String> = planted
        .chain(HEALTHY.iter().copied())
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = layouts::names().into_iter().collect();
    assert_eq!(told, there);
    assert!(PLANTED.iter().all(|one| there.contains(one.good)));
}
