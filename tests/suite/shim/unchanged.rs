//! A healthy run in both ways, and what is left afterwards: nothing.

use std::os::unix::fs::symlink;

use vgputrace_tests::libraries::copy;
use vgputrace_tests::programs::{library_of, sources};
use vgputrace_tests::{Recorded, gate, test_name};

use super::{Installed, explained, installed, judged, state};

/// One device was found, tried again and used.
#[track_caller]
fn is_used(record: &Recorded, way: &str) {
    record.ended_with(0);
    let explanation = explained(record);
    assert_eq!(judged(&explanation, "cuda_v13").0, "used");
    assert_eq!(explanation.used.len(), 1, "{:?}", explanation.used);
    let said = record.outcome.err();
    assert_eq!(
        said.matches("GGML_CUDA_INIT:1").count(),
        1,
        "pass 2 ran: {said}"
    );
    assert!(said.contains("library=CUDA"), "{said}");
    let notes = record.events.of_kind("note");
    let notes: Vec<String> = notes.iter().map(|note| format!("{note:?}")).collect();
    assert!(
        notes.iter().any(|note| note.contains(way)),
        "{way:?} is not said: {notes:?}"
    );
}

#[track_caller]
fn nothing_is_left(installed: &Installed, run: impl FnOnce() -> Recorded) -> Recorded {
    let before = state(&installed.tree.root.join("lib"));
    let record = run();
    assert_eq!(before, state(&installed.tree.root.join("lib")));
    let left: Vec<_> = std::fs::read_dir(installed.scratch())
        .expect("the folder is there")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("vgpu-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("mounts");
    let root = installed.tree.root.to_string_lossy().into_owned();
    assert!(!mounts.contains(&root), "{mounts}");
    record
}

#[test]
fn root_finds_the_gpu_by_mounts_and_the_installation_stays_as_it_is() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    let record = nothing_is_left(&installed, || installed.command(&[]).run());
    is_used(&record, "by mounts that only this run sees");
}

#[test]
fn a_folder_without_a_file_is_whole_again_afterwards() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    let fault = ["--fault", "cublaslt-missing"];
    let record = nothing_is_left(&installed, || installed.command(&fault).run());
    record.ended_with(0);
    assert_eq!(judged(&explained(&record), "cuda_v13").0, "failed");
}

#[test]
fn a_driver_of_the_systems_own_is_missing_when_a_fault_wants_it_and_there_again_afterwards() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    let system = installed.folder.path().join("system");
    std::fs::create_dir(&system).expect("a new folder");
    let flags = ["-Wl,-soname,libcuda.so.1"];
    let made = library_of(
        None,
        &sources().join("lib/absent.c"),
        "libcuda.so.1",
        &flags,
    );
    copy(&made, &system.join("libcuda.so.580.65.06"));
    symlink("libcuda.so.580.65.06", system.join("libcuda.so.1")).expect("a new link");
    let before = state(&system);
    let record = nothing_is_left(&installed, || {
        installed
            .command(&["--fault", "cuda-missing"])
            .env("LD_LIBRARY_PATH", &system)
            .run()
    });
    record.ended_with(0);
    let (verdict, rule, object) = judged(&explained(&record), "cuda_v13");
    assert_eq!(
        (verdict.as_str(), rule.as_deref()),
        ("failed", Some("VG052"))
    );
    assert_eq!(object.as_deref(), Some("libcuda.so.1"));
    assert_eq!(before, state(&system));
}

/// The recorder as somebody with CAP_BPF and CAP_PERFMON only, who may not mount.
const NO_MOUNTS: [&str; 3] = ["setpriv", "--bounding-set", "-sys_admin"];

#[test]
fn who_may_not_mount_finds_it_by_preloading() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    if !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let record = nothing_is_left(&installed, || {
        installed.command(&[]).recorder_under(NO_MOUNTS).run()
    });
    is_used(&record, "by LD_PRELOAD and LD_LIBRARY_PATH");
}

#[test]
fn a_fault_that_preloading_cannot_make_is_refused_with_a_reason() {
    let Some(installed) = installed(test_name!()) else {
        return;
    };
    if !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let command = installed.command(&["--fault", "cublaslt-missing"]);
    let outcome = command.recorder_under(NO_MOUNTS).start().finish();
    assert_eq!(outcome.status.code(), Some(125), "{}", outcome.err());
    let said = outcome.err();
    assert!(said.contains("libcublasLt.so.13.0.2"), "{said}");
    assert!(said.contains("without root"), "{said}");
}
