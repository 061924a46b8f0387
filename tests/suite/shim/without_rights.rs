//! `run --shim` by a user who is not root and has no right at all: another engine, another way, the same GPU.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use vgputrace_tests::target::AS_NOBODY;
use vgputrace_tests::{gate, test_name};

use super::{explained, installed, judged, state};

#[test]
fn a_user_without_rights_finds_the_gpu_by_preloading_and_is_told_so() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    if !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    // What the user's own home would be.
    let root = &installed.tree.root;
    for folder in &[installed.scratch(), root.join("home"), root.join("models")] {
        let _ = std::fs::create_dir_all(folder);
        set_permissions(folder, Permissions::from_mode(0o777)).expect("an open folder");
    }
    let before = state(&installed.tree.root.join("lib"));
    let file = installed.scratch().join("run.vgt");
    let record = installed
        .command(&["--engine", "auto"])
        .recorder_under(AS_NOBODY)
        .output(&file)
        .talkative()
        .run();
    // Not `ended_with`: another recorder's probes on the C library are places that ptrace cannot take.
    assert_eq!(record.code(), 0, "{}", record.outcome.err());
    let ran = record.events.execs_of("ollama");
    assert!(!ran.is_empty() && ran.iter().all(|(_, exec)| exec.uid == [65534; 2]));
    let explanation = explained(&record);
    assert_eq!(judged(&explanation, "cuda_v13").0, "used");
    assert_eq!(explanation.used.len(), 1, "{:?}", explanation.used);
    let label = explanation.virtual_gpu.expect("the run is labelled");
    let way = "by LD_PRELOAD and LD_LIBRARY_PATH";
    assert!(label.as_str().contains(way), "{label}");
    let said = record.outcome.err();
    assert!(said.contains(way), "the summary names the way: {said}");
    assert_eq!(before, state(&installed.tree.root.join("lib")));
}
