//! A run that used a backend is remembered, and a later one that does not says by itself where it stops being like that.

use std::path::Path;

use vgputrace_tests::layouts::{self, Era, record, server};
use vgputrace_tests::{Target, gate, open_folder, test_name};

/// Records in a folder of state that is the test's own; what the recorder said.
fn recorded(command: &Target, state: &Path, trace: &Path) -> String {
    let record = command
        .clone()
        .talkative()
        .env("XDG_STATE_HOME", state)
        .output(trace)
        .run();
    record.ended_with(0);
    record.outcome.err()
}

#[test]
fn a_run_without_the_driver_is_compared_with_the_last_good_one_of_its_server() {
    let test = test_name!();
    if !gate::engine(test) {
        return;
    }
    let layout = layouts::read("gpu_healthy").expect("the layout");
    for era in [Era::Runner, Era::LlamaServer] {
        let folder = open_folder();
        let (root, state) = (folder.path().join("root"), folder.path().join("state"));
        let servers = server::of(test, era);
        let standin = servers.first().expect("the stand-in");
        let Some(command) = record::command(test, &layout, standin, &root) else {
            return;
        };
        let good = folder.path().join("good.vgt");
        let said = recorded(&command, &state, &good);
        assert!(!said.contains("last good run"), "{said}");
        let kept = std::fs::read_to_string(state.join("vgputrace/last-good.json")).expect("a file");
        assert!(
            kept.contains("good.vgt") && kept.contains("cuda_v13"),
            "{kept}"
        );
        // As good as before: remembered in its place, and nothing to tell.
        let again = folder.path().join("again.vgt");
        let said = recorded(&command, &state, &again);
        assert!(!said.contains("last good run"), "{said}");
        std::fs::remove_file(root.join("lib/driver/libcuda.so.1")).expect("the driver");
        let said = recorded(&command, &state, &folder.path().join("bad.vgt"));
        let begin = format!(
            "unlike the last good run ({}): this run stops being like it",
            again.display()
        );
        let line = said.lines().find(|line| line.starts_with(&begin));
        let line = line.unwrap_or_else(|| panic!("no line begins with {begin}: {said}"));
        assert!(
            line.contains("libcuda.so.1") && line.contains("cuda_v13 is failed (was used)"),
            "{line}"
        );
        let kept = std::fs::read_to_string(state.join("vgputrace/last-good.json")).expect("a file");
        assert!(!kept.contains("bad.vgt"), "{kept}");
    }
}
