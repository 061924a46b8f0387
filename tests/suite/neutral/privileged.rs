//! Programs that start with more rights than their caller: the loader must treat them as it does without a recorder.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use vgputrace_tests::libraries::copy;
use vgputrace_tests::neutral::unchanged;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Target, gate, open_folder, test_name, trace};

/// The user "nobody" of every distribution.
const NOBODY: u32 = 65534;

fn secure_copy(folder: &Path) -> PathBuf {
    let file = folder.join("secure");
    copy(&program("secure"), &file);
    file
}

/// With variables that the loader takes away in a secure start, and one that it leaves.
fn with_variables(target: Target) -> Target {
    target
        .env("LD_LIBRARY_PATH", "/nowhere")
        .env("OLLAMA_TRACEE", "kept")
}

#[test]
fn a_set_user_id_program_starts_secure_and_the_trace_says_so() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = secure_copy(folder.path());
    std::os::unix::fs::chown(&file, Some(NOBODY), Some(NOBODY)).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o4755)).unwrap();
    let target = with_variables(trace(&file));
    let bare = unchanged(&target, &[]);
    assert!(
        bare.out()
            .starts_with("secure 1 uid 0 euid 65534\npath - own kept\n"),
        "{}",
        bare.out()
    );
    let record = target.run();
    let (_, exec) = record.events.exec_of("secure");
    assert!(exec.secure, "{exec:?}");
    assert_eq!(exec.uid, [0, NOBODY]);
}

#[test]
fn a_program_with_a_file_capability_keeps_it_and_starts_secure() {
    if !gate::root(test_name!()) || !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let file = secure_copy(folder.path());
    let set = Command::new("setcap")
        .arg("cap_net_raw=ep")
        .arg(&file)
        .status();
    if !set.is_ok_and(|status| status.success()) {
        gate::skip(
            test_name!(),
            "setcap is missing or the file system keeps no capabilities",
        );
        return;
    }
    let user = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all",
    ];
    let target = with_variables(trace("/usr/bin/setpriv").args(user).arg(&file));
    let bare = unchanged(&target, &[]);
    assert!(
        bare.out()
            .starts_with("secure 1 uid 65534 euid 65534\npath - own kept\n"),
        "{}",
        bare.out()
    );
    assert!(
        bare.out().ends_with("CapEff:\t0000000000002000\n"),
        "{}",
        bare.out()
    );
    let record = target.run();
    assert!(record.events.exec_of("secure").1.secure);
}
