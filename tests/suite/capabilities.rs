//! A copy of the binary that was given the two rights eBPF needs, run by a user who has none.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use vgputrace_tests::programs::program;
use vgputrace_tests::{Events, binary, events, gate, open_folder, recorded, test_name};

/// A copy in a folder that everybody may write to.
fn copy(folder: &Path) -> PathBuf {
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(folder, open).expect("an open folder");
    let tool = folder.join("vgputrace");
    let built = binary().expect("the gate has looked");
    vgputrace_tests::libraries::copy(&built, &tool);
    tool
}

fn as_nobody(words: &[&str]) -> Output {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .args(["--inh-caps=-all", "--"])
        .args(words)
        .env("HOME", "/nonexistent");
    command.output().expect("setpriv runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Root, setpriv, setcap, and a file system that keeps what setcap writes.
fn can_give_rights(test: &str) -> bool {
    gate::root(test) && gate::tool(test, "setpriv", "--version") && gate::tool(test, "setcap", "-h")
}

/// Records a failing load as nobody and returns the words of the target and the events.
#[track_caller]
fn recorded_by(tool: &Path, folder: &Path) -> (String, Events) {
    let file = folder.join("run.vgt");
    let load = program("load").display().to_string();
    let script = format!("grep CapEff /proc/self/status; {load} /nowhere/libx.so; exit 6");
    let (tool, at) = (tool.display().to_string(), file.display().to_string());
    let words: [&str; 10] = [
        &tool, "run", "--engine", "ebpf", "-o", &at, "--", "/bin/sh", "-c", &script,
    ];
    let output = as_nobody(&words);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{said}");
    let events = recorded::read(&file).expect("a trace");
    (text(&output.stdout), events)
}

#[track_caller]
fn everything_is_told(words: &str, told: &Events) {
    // The rights are the recorder's, not the target's.
    assert!(words.contains("CapEff:\t0000000000000000\n"), "{words}");
    let story = told.story(&["exec", "exit", "call", "loader_error", "loss"]);
    let (_, exec) = told.exec_of("load");
    assert_eq!(exec.uid, [65534; 2], "{story}");
    assert!(exec.env.whole().is_some(), "{story}");
    let errors = told.loader_errors();
    let mut objects = errors.iter().map(|(_, error)| events::text(&error.object));
    assert!(
        objects.any(|object| object.contains("/nowhere/libx.so")),
        "{story}"
    );
    assert!(told.losses().is_empty(), "{story}");
}

#[test]
fn the_command_of_setup_caps_lets_a_user_without_rights_record_by_ebpf() {
    if !can_give_rights(test_name!()) {
        return;
    }
    let folder = open_folder();
    let tool = copy(folder.path());
    let printed = Command::new(&tool)
        .arg("setup-caps")
        .output()
        .expect("it runs");
    let printed = text(&printed.stdout);
    let command = printed
        .strip_prefix("sudo ")
        .unwrap_or_else(|| panic!("{printed}"));
    let set = Command::new("sh").args(["-c", command]).status();
    assert!(set.is_ok_and(|status| status.success()), "{command}");
    let (words, events) = recorded_by(&tool, folder.path());
    everything_is_told(&words, &events);
}

#[test]
fn setup_caps_sets_them_when_it_is_asked_to_and_says_when_it_may_not() {
    if !can_give_rights(test_name!()) {
        return;
    }
    let folder = open_folder();
    let tool = copy(folder.path());
    let path = tool.display().to_string();
    let refused = as_nobody(&[&path, "setup-caps", "--apply"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = text(&refused.stderr);
    assert!(
        said.contains("setcap failed") && said.contains("needs root"),
        "{said}"
    );
    let set = Command::new(&tool).args(["setup-caps", "--apply"]).status();
    assert!(set.is_ok_and(|status| status.success()));
    let (words, events) = recorded_by(&tool, folder.path());
    everything_is_told(&words, &events);
}
