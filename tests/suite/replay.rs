//! The viewer in a pseudo-terminal (util-linux's `script`): it opens, answers keys, and gives the terminal back.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use vgputrace_tests::{binary, gate, test_name, workspace};

mod live;
mod viewer;

use viewer::Viewer;

/// What a terminal gets when the screen of before comes back (xterm control sequences, DECRST 1049).
const GIVEN_BACK: &str = "\u{1b}[?1049l";
/// And when another screen is taken.
const TAKEN: &str = "\u{1b}[?1049h";

fn broken() -> PathBuf {
    workspace().join("tests/corpus/traces/runner-undefined-symbol.vgt")
}

#[test]
fn it_opens_answers_keys_and_gives_the_terminal_back() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let mut viewer = Viewer::open(&broken());
    viewer.shows("[3 Events]");
    // The first cause is on the screen without a key.
    viewer.shows("vgpu_defined_nowhere");
    viewer.keys("2");
    viewer.shows("[2 Timeline]");
    viewer.keys("1");
    viewer.shows("[1 Overview]");
    viewer.keys("3ekind:exec\r");
    viewer.shows("filter kind:exec");
    viewer.keys("/ollama\r");
    viewer.shows("search ollama");
    viewer.keys("?");
    viewer.shows("next failure, failure before");
    viewer.keys("qq");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.rfind(GIVEN_BACK) > screen.rfind(TAKEN), "{screen}");
}

#[test]
fn the_log_ends_at_the_play_head_and_goes_on_with_it() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let mut viewer = Viewer::open(&broken());
    viewer.shows("vgpu_defined_nowhere");
    viewer.keys("4");
    viewer.shows("[4 Log]");
    viewer.shows("later lines: j shows the next");
    // The row above the line that counts those to come.
    let last = |viewer: &Viewer| {
        let shown = viewer.shown();
        let lines = shown.lines().take_while(|line| !line.starts_with('…'));
        lines.last().unwrap_or_default().to_owned()
    };
    let before = last(&viewer);
    assert!(
        !viewer.shown().contains("inference c"),
        "{}",
        viewer.shown()
    );
    // What comes later is found, and is the last line then.
    viewer.keys("/inference\r");
    viewer.shows("inference c");
    let found = last(&viewer);
    assert!(found.contains("inference c") && found != before, "{found}");
    viewer.keys("G");
    viewer.hides("later line");
    viewer.keys("q");
    assert_eq!(viewer.end().0, Some(0));
}

/// A serial line was told no size, and what is at its other end has one screen and no colours.
#[test]
fn a_serial_console_has_a_screen_of_80_by_24_and_its_prompt_below_it() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let tool = binary().expect("the binary");
    let mut viewer = Viewer::in_a_terminal(&format!(
        "stty rows 0 cols 0; TERM=vt100 {} replay {}; printf prompt",
        tool.display(),
        broken().display()
    ));
    viewer.shows("[3 Events]");
    viewer.shows("vgpu_defined_nowhere");
    viewer.keys("1");
    viewer.shows("[1 Overview]");
    viewer.keys("q");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(0), "{screen}");
    let one = screen.replace(TAKEN, "").replace(GIVEN_BACK, "");
    assert!(
        !one.contains("\u{1b}[38;") && !one.contains("\u{1b}[31m"),
        "{one}"
    );
    let mut terminal = vt100::Parser::new(24, 80, 0);
    terminal.process(
        one.split("\nScript done")
            .next()
            .unwrap_or_default()
            .as_bytes(),
    );
    let rows: Vec<String> = terminal.screen().rows(0, 80).collect();
    assert!(rows[0].contains("[1 Overview]"), "{rows:#?}");
    assert_eq!(rows[23].trim_end(), "prompt", "{rows:#?}");
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let viewer = Viewer::open(&broken());
    viewer.shows("[3 Events]");
    let status = Command::new("kill")
        .args(["-TERM", &viewer.pid()])
        .status()
        .expect("kill");
    assert!(status.success());
    let (_, screen) = viewer.end();
    assert!(screen.rfind(GIVEN_BACK) > screen.rfind(TAKEN), "{screen}");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let line = format!("exec {}", env!("CARGO_BIN_EXE_viewer-panic"));
    let (code, screen) = Viewer::in_a_terminal(&line).end();
    assert_eq!(code, Some(101), "{screen}");
    assert!(screen.contains("a fault on purpose"), "{screen}");
    assert!(screen.contains(TAKEN), "{screen}");
    assert!(screen.rfind(GIVEN_BACK) > screen.rfind(TAKEN), "{screen}");
    assert!(
        screen.rfind("\u{1b}[?1000l") > screen.rfind("\u{1b}[?1000h"),
        "{screen}"
    );
}

#[test]
fn a_trace_that_was_cut_off_opens_as_far_as_it_goes() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let whole = fs::read(broken()).expect("the corpus");
    let folder = tempfile::tempdir().expect("a folder");
    let cut = folder.path().join("cut.vgt");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("a file");
    let mut viewer = Viewer::open(&cut);
    viewer.shows("[3 Events]");
    viewer.keys("q");
    assert_eq!(viewer.end().0, Some(0));
}

#[test]
fn a_film_ends_on_the_screen_and_begins_again() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let mut viewer = Viewer::open(&broken());
    viewer.shows("[3 Events]");
    // At the last event but a few, and much faster than it was; then nothing but the clock moves the picture.
    viewer.keys("G");
    viewer.keys("kkkk>>>>>>>> ");
    viewer.shows("the end; Space plays it again");
    viewer.shows("‖");
    viewer.keys("<<<<<<<< ");
    viewer.shows("▶   0.2");
    viewer.keys("q");
    assert_eq!(viewer.end().0, Some(0));
}

#[test]
fn an_example_opens_on_its_cause_and_the_list_names_them() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let mut viewer = Viewer::start("replay --example version-node");
    viewer.shows("cuda_v12: failed: libggml-cuda.so could not be loaded");
    viewer.keys("2");
    viewer.shows("that the server waits for this folder");
    viewer.keys("3erole:run\tkind:dlop\t");
    viewer.shows("filter: role:runner[cuda_v12] kind:dlopen");
    viewer.keys("\r");
    viewer.shows("filter role:runner[cuda_v12] kind:dlopen (");
    viewer.keys("q");
    assert_eq!(viewer.end().0, Some(0));
    let tool = binary().expect("the binary");
    let said = Command::new(tool)
        .args(["replay", "--example", "list"])
        .output()
        .expect("it runs");
    let words = String::from_utf8_lossy(&said.stdout);
    for name in ["healthy", "version-node", "crash"] {
        assert!(words.contains(name), "{words}");
    }
}

#[test]
fn the_explanation_is_written_to_a_new_file_only() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("why.md");
    fs::write(&file, "precious").expect("a file");
    let mut viewer = Viewer::open(&broken());
    viewer.shows("vgpu_defined_nowhere");
    viewer.keys(&format!("w\u{17}{}\r", file.display()));
    viewer.shows("there is such a file already");
    fs::remove_file(&file).expect("it can be removed");
    viewer.keys("\r");
    viewer.shows("the explanation is in");
    viewer.keys("q");
    assert_eq!(viewer.end().0, Some(0));
    let text = fs::read_to_string(&file).expect("the file");
    assert!(text.contains("nowhere"), "{text}");
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let Some(tool) = binary() else {
        gate::skip(test_name!(), "there is no vgputrace binary");
        return;
    };
    let said = Command::new(tool)
        .arg("replay")
        .arg(broken())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert_eq!(said.status.code(), Some(2));
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(words.contains("replay needs a terminal"), "{words}");
    assert!(words.contains("vgputrace show"), "{words}");
}

#[test]
fn without_a_trace_it_names_one_that_can_be_looked_at() {
    let Some(tool) = binary() else {
        gate::skip(test_name!(), "there is no vgputrace binary");
        return;
    };
    let said = Command::new(tool).arg("replay").output().expect("it runs");
    assert_eq!(said.status.code(), Some(2));
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(words.contains("replay --example crash"), "{words}");
}

#[test]
fn a_terminal_that_only_takes_lines_is_told_apart() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let tool = binary().expect("the binary");
    let line = format!(
        "TERM=dumb exec {} replay {}",
        tool.display(),
        broken().display()
    );
    let (code, screen) = Viewer::in_a_terminal(&line).end();
    assert_eq!(code, Some(2), "{screen}");
    assert!(
        screen.contains("a terminal that can place text"),
        "{screen}"
    );
    assert!(!screen.contains(TAKEN), "{screen}");
}

#[test]
fn two_recordings_stand_side_by_side_at_their_first_difference_and_move_together() {
    if !gate::tool(test_name!(), "script", "--version") {
        return;
    }
    let good = workspace().join("tests/corpus/traces/runner-no-driver.vgt");
    let words = format!("replay --diff {} {}", good.display(), broken().display());
    let mut viewer = Viewer::start(&words);
    viewer.shows("BAD stops being like GOOD");
    viewer.shows("[BAD]");
    viewer.shows("1 of ");
    let first = viewer.shown();
    viewer.keys("n");
    viewer.shows("2 of ");
    assert_ne!(viewer.shown(), first);
    viewer.keys("\t");
    viewer.shows("[GOOD]");
    viewer.keys("?");
    viewer.shows("the other column gets the keys");
    viewer.keys("q");
    let (code, screen) = viewer.end();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.rfind(GIVEN_BACK) > screen.rfind(TAKEN), "{screen}");
}
