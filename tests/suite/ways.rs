//! An ordinary user, root, a packager in and beside a container and an admin with a unit: the same broken installation, and each
//! is told the same.

use vgputrace_tests::groups::tree;
use vgputrace_tests::layouts::{self, Era, server, ways};
use vgputrace_tests::{gate, test_name};

/// What the recording's first line says of its engine.
fn engine(way: &ways::Way) -> String {
    let reader = vgputrace::trace::Reader::open(&way.recording.path).expect("a trace");
    let header = reader.header().expect("a first line");
    header.engine.as_str().to_owned()
}

#[track_caller]
fn each_way_tells_the_same(test: &str, era: Era) {
    const TOOLS: [&str; 3] = ["setpriv", "unshare", "nsenter"];
    if !gate::root(test) || !TOOLS.iter().all(|tool| gate::tool(test, tool, "--version")) {
        return;
    }
    let layout = layouts::read("missing_dependency").expect("a layout");
    for (number, server) in server::of(test, era).into_iter().enumerate() {
        let name = format!("vgputrace-ways-{era:?}-{number}").to_lowercase();
        let Some(groups) = tree(test, &name) else {
            return;
        };
        let Some(ways) = ways::each(test, &layout, &server, &groups) else {
            return;
        };
        let told = |way: &ways::Way| way.judged().join("\n");
        let first = told(ways.first().expect("a way"));
        assert!(first.contains("failed VG051"), "{}: {first}", server.name());
        assert!(first.contains("libcublas.so.12"), "{first}");
        for way in &ways {
            assert_eq!(engine(way), way.engine, "{}", way.name);
            let losses = way.recording.events.losses();
            assert!(losses.is_empty(), "{}: {losses:?}", way.name);
            let mut pair = [first.clone(), told(way)];
            if way.is_late() {
                pair = pair.map(|lines| lines.replace(" certain ", " likely "));
            }
            assert_eq!(pair[1], pair[0], "{}, {}", way.name, server.name());
        }
    }
}

#[test]
fn every_user_gets_the_same_verdict_in_the_runner_era() {
    each_way_tells_the_same(test_name!(), Era::Runner);
}

#[test]
fn every_user_gets_the_same_verdict_in_the_llama_server_era() {
    each_way_tells_the_same(test_name!(), Era::LlamaServer);
}
