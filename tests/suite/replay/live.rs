//! `run --tui`: a recording that is watched while it is made, its command typed to, resized, and the viewer stopped beside it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use vgputrace_tests::{binary, gate, test_name};

use super::{GIVEN_BACK, TAKEN, Viewer};

/// A recording of a line of the shell.
fn record(trace: &Path, command: &str) -> String {
    format!("run --tui -o {} -- sh -c '{command}'", trace.display())
}

/// What `show` finds of these words in what was said.
fn told(trace: &Path, words: &str) -> String {
    let shown = Command::new(binary().expect("the binary"))
        .arg("show")
        .arg(trace)
        .args(["kind:output", words])
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&shown.stdout).into_owned()
}

#[test]
fn a_recording_is_watched_while_it_is_made() {
    if !gate::tool(test_name!(), "script", "--version") || !gate::engine(test_name!()) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (trace, mark) = (folder.path().join("run.vgt"), folder.path().join("go"));
    let command = format!(
        "test -t 1 && echo on-a-terminal; until test -e {}; do sleep 0.1; done; echo second-word; sleep 600",
        mark.display()
    );
    let mut viewer = Viewer::start(&format!(
        "run --tui -o {} -- sh -c '{command}'",
        trace.display()
    ));
    viewer.shows("[3 Events]");
    viewer.keys("4");
    viewer.shows("on-a-terminal");
    assert!(!viewer.shown().contains("second-word"));
    fs::write(&mark, "").expect("a file");
    viewer.shows("second-word");
    viewer.keys("q");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(130), "{screen}");
    assert!(screen.rfind(GIVEN_BACK) > screen.rfind(TAKEN), "{screen}");
    assert!(screen.contains("interrupted"), "{screen}");
    let shown = Command::new(binary().expect("the binary"))
        .arg("show")
        .arg(&trace)
        .arg("second-word")
        .output()
        .expect("it runs");
    let words = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(
        shown.status.success() && !words.contains("warning"),
        "{words}"
    );
}

#[test]
fn the_commands_terminal_follows_the_size_of_the_users() {
    if !gate::tool(test_name!(), "script", "--version") || !gate::engine(test_name!()) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("run.vgt");
    let command = "trap \"stty size\" WINCH; stty size; while :; do sleep 0.1; done";
    let mut viewer = Viewer::start(&record(&trace, command));
    viewer.shows("[3 Events]");
    viewer.keys("4");
    viewer.shows("30 100");
    let terminal = fs::read_to_string(viewer.folder.path().join("tty")).expect("its name");
    let status = Command::new("stty")
        .args(["-F", terminal.trim(), "rows", "25", "cols", "90"])
        .status()
        .expect("stty");
    assert!(status.success());
    viewer.shows("25 90");
    viewer.keys("q");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(130), "{screen}");
}

#[test]
fn what_is_typed_reaches_the_command_until_the_keyboard_is_taken_back() {
    if !gate::tool(test_name!(), "script", "--version") || !gate::engine(test_name!()) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("run.vgt");
    let command = "echo ready; read line; echo got-$line; sleep 600";
    let mut viewer = Viewer::start(&record(&trace, command));
    viewer.shows("[3 Events]");
    viewer.keys("i");
    viewer.shows("Ctrl-] takes the keyboard back");
    viewer.shows("ready");
    // Keys of the viewer's are none now.
    viewer.keys("q1?\r");
    viewer.shows("got-q1?");
    viewer.keys("\u{1d}1");
    viewer.shows("[1 Overview]");
    viewer.keys("q");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(130), "{screen}");
}

#[test]
fn the_viewer_is_stopped_and_brought_back_while_the_recording_goes_on() {
    if !gate::tool(test_name!(), "script", "--version")
        || !gate::tool(test_name!(), "bash", "--version")
        || !gate::engine(test_name!())
    {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (trace, mark) = (folder.path().join("run.vgt"), folder.path().join("go"));
    let command = format!(
        "until test -e {}; do sleep 0.1; done; echo said-meanwhile; sleep 600",
        mark.display()
    );
    let tool = binary().expect("the binary");
    let mut viewer = Viewer::in_a_terminal("exec bash --norc --noprofile -i");
    viewer.keys(&format!(
        "{} {}\n",
        tool.display(),
        record(&trace, &command)
    ));
    viewer.shows("[3 Events]");
    viewer.keys("\u{1a}");
    viewer.shows("Stopped");
    assert!(viewer.screen().rfind(GIVEN_BACK) > viewer.screen().rfind(TAKEN));
    fs::write(&mark, "").expect("a file");
    let begun = Instant::now();
    while told(&trace, "said-meanwhile").is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the recording stands still"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    viewer.keys("fg\n");
    viewer.shows("[3 Events]");
    viewer.keys("4");
    viewer.shows("what the processes said");
    viewer.shows("said-meanwhile");
    viewer.keys("q");
    viewer.shows("interrupted");
    viewer.keys("exit 7\n");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(7), "{screen}");
}
