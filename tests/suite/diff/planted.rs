//! Layouts: the healthy one beside each faulty one, and what the first sentence names.

use vgputrace::diagnose::explain;
use vgputrace::diff::{Answer, Run, diff};
use vgputrace::discover::Model;
use vgputrace_tests::layouts::{self, Era, record, server};
use vgputrace_tests::{outline, test_name};

/// The layout that all others are compared with.
const HEALTHY: &str = "gpu_healthy";

/// Faulty layout, and what its author did to it: one of these words stands in the first sentence.
const PLANTED: &[(&str, &[&str])] = &[
    // The driver is out of reach because its folder is no longer searched.
    ("driver_absent", &["LD_LIBRARY_PATH", "libcuda.so.1"]),
    ("driver_memory_fails", &["cuMemGetInfo", "libcuda.so.1"]),
    ("driver_no_count", &["cuDeviceGetCount", "libcuda.so.1"]),
    ("driver_no_device", &["cuInit", "libcuda.so.1"]),
    ("driver_old", &["libcuda.so.1", "cuDriverGetVersion"]),
    ("driver_unknown_error", &["cuInit", "libcuda.so.1"]),
    ("healthy_cpu", &["cuda_v13"]),
    ("requested_absent", &["OLLAMA_LLM_LIBRARY", "cuda_v13"]),
];

pub(super) fn compare(good: &Model, bad: &Model) -> Answer {
    let (before, after) = (explain(good), explain(bad));
    diff(
        Run {
            model: good,
            explanation: &before,
        },
        Run {
            model: bad,
            explanation: &after,
        },
        &|_| false,
    )
}

/// The model of a layout under a server; `None` where it cannot be recorded here.
fn model(test: &str, name: &str, era: Era, server: &server::Server) -> Option<Model> {
    let layout = match layouts::read(name) {
        Ok(layout) => layout,
        Err(why) => panic!("{why}"),
    };
    if !layout.eras.contains(&era) {
        return None;
    }
    let recording = record::recording(test, name, &layout, server)?;
    Some(outline::model(&recording.path))
}

#[test]
fn the_first_sentence_names_what_was_planted() {
    let test = test_name!();
    let (mut all, mut wrong) = (0, Vec::new());
    for era in [Era::Runner, Era::LlamaServer] {
        for server in server::of(test, era) {
            let Some(good) = model(test, HEALTHY, era, &server) else {
                continue;
            };
            for (name, words) in PLANTED {
                let Some(bad) = model(test, name, era, &server) else {
                    continue;
                };
                all += 1;
                let answer = compare(&good, &bad);
                let first = answer.first.map(|first| first.sentence).unwrap_or_default();
                // What the sentence says before the verdict is the difference.
                let difference = first.split("; cuda_").next().unwrap_or_default();
                println!("{name} under {}: {first}", server.name());
                if !words.iter().any(|word| difference.contains(word)) {
                    wrong.push(format!("{name} under {}: {first}", server.name()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {all}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
