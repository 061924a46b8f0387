//! The command `vgputrace run`: its exit codes, what it hands through, how it is ended, and its file.

mod ending;
mod output_file;
mod secrets;

use vgputrace::event::Text;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Outcome, gate, open_folder, test_name, trace};

/// The recorder's own word on a failure: short, no panic, and it names what it is about.
#[track_caller]
fn one_clear_sentence(outcome: &Outcome, about: &str) {
    let words = outcome.err();
    assert!(words.contains(about), "{about:?} is not named: {words}");
    assert!(!words.contains("panicked"), "{words}");
    let lines = words.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(
        (1..=4).contains(&lines),
        "a sentence, and advice at most: {words}"
    );
}

#[test]
fn the_targets_exit_code_is_handed_on() {
    if !gate::engine(test_name!()) {
        return;
    }
    for code in [0, 1, 42, 255] {
        let record = trace(program("exit_with")).arg(code.to_string()).run();
        record.ended_with(code);
        let (_, end) = record.events.ends()[0];
        assert_eq!(
            (end.why.as_str(), end.status, end.lost),
            ("exited", Some(code), 0)
        );
    }
}

#[test]
fn a_death_by_signal_looks_the_same_to_a_shell() {
    if !gate::engine(test_name!()) {
        return;
    }
    for signal in [1, 2, 9, 11, 15] {
        let target = trace(program("kills_itself")).arg(signal.to_string());
        let record = target.run();
        assert_eq!(record.code(), 128 + signal, "{}", record.outcome.status);
        assert_eq!(record.code(), target.bare().shell_code());
        assert_eq!(record.events.ends()[0].1.status, Some(128 + signal));
    }
}

#[test]
fn a_command_that_is_not_there_is_127_and_one_that_cannot_run_is_126() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = folder.path().join("no-program");
    std::fs::write(&file, "x").unwrap();
    for (command, code) in [
        ("/nowhere/vgputrace-missing", 127),
        ("vgputrace-missing-on-the-path", 127),
        (file.to_str().unwrap(), 126),
        (folder.path().to_str().unwrap(), 126),
    ] {
        let outcome = trace(command).start().finish();
        assert_eq!(outcome.shell_code(), code, "{command}: {}", outcome.err());
        one_clear_sentence(&outcome, command);
    }
}

#[test]
fn a_command_is_found_on_the_path() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace("echo").args(["found", "me"]).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "found me\n");
}

#[test]
fn standard_input_reaches_the_target() {
    if !gate::engine(test_name!()) {
        return;
    }
    let words = "first line\nsecond line without end".repeat(5000);
    let record = trace("/bin/cat").input(&words).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), words);
}

#[test]
fn variables_are_added_and_taken_away_and_the_header_says_so() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace("/usr/bin/env")
        .env("OLLAMA_GONE", "1")
        .env("OLLAMA_STAYS", "2");
    let options = ["--env", "OLLAMA_NEW=3=4", "--unset", "OLLAMA_GONE"];
    let record = target.options(options).run();
    record.ended_with(0);
    let mut lines: Vec<String> = record.outcome.out().lines().map(str::to_owned).collect();
    lines.retain(|line| line.starts_with("OLLAMA_"));
    lines.sort();
    assert_eq!(lines, ["OLLAMA_NEW=3=4", "OLLAMA_STAYS=2"]);
    let bytes = record.plain_bytes();
    let first = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap());
    let header: vgputrace::event::host::Header = serde_json::from_str(&first).unwrap();
    let changed: Vec<(&str, Option<&str>)> = header
        .changed_env
        .iter()
        .map(|one| (one.k.as_str(), one.v.as_ref().map(Text::as_str)))
        .collect();
    assert!(
        changed.contains(&("OLLAMA_NEW", Some("3=4"))),
        "{changed:?}"
    );
    assert!(changed.contains(&("OLLAMA_GONE", None)), "{changed:?}");
    assert_eq!(
        header.command.last().map(Text::as_str),
        Some("/usr/bin/env")
    );
}

#[test]
fn another_user_runs_the_target_with_its_groups() {
    if !gate::root(test_name!()) {
        return;
    }
    let script = "id -u; id -g; id -G; cat /proc/self/status | grep CapEff";
    let target = trace("/bin/sh")
        .args(["-c", script])
        .options(["--user", "nobody"]);
    let record = target.run();
    record.ended_with(0);
    assert_eq!(
        record.outcome.out(),
        "65534\n65534\n65534\nCapEff:\t0000000000000000\n"
    );
    let missing = trace("/bin/true").options(["--user", "vgputrace-nobody-of-that-name"]);
    let outcome = missing.start().finish();
    assert_eq!(outcome.shell_code(), 125);
    one_clear_sentence(&outcome, "vgputrace-nobody-of-that-name");
}

#[test]
fn a_user_without_rights_gets_one_sentence_that_says_what_is_missing() {
    if !gate::root(test_name!()) || !gate::tool(test_name!(), "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let tool = folder.path().join("vgputrace");
    vgputrace_tests::libraries::copy(&vgputrace_tests::binary().unwrap(), &tool);
    let user = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--bounding-set=-all",
        "--",
    ];
    let marker = folder.path().join("started");
    let target = trace("/usr/bin/setpriv")
        .args(user)
        .arg(&tool)
        .args(["run", "--engine", "ebpf"]);
    let target = target.args(["-o", "/dev/shm/vgputrace-no-rights.vgt", "--", "/bin/touch"]);
    let outcome = target.arg(&marker).bare();
    assert_eq!(outcome.shell_code(), 125, "{}", outcome.err());
    one_clear_sentence(&outcome, "CAP_BPF");
    assert!(!marker.exists(), "the target must not run untraced");
}

#[test]
fn quiet_adds_no_word_and_otherwise_the_summary_names_the_file() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("exit_with")).arg("0");
    assert!(target.run().outcome.err().is_empty());
    let record = target.talkative().run();
    record.ended_with(0);
    assert!(
        record.outcome.stdout.is_empty(),
        "standard output is the target's"
    );
    let name = record.path.display().to_string();
    assert!(
        record.outcome.err().contains(&name),
        "{}",
        record.outcome.err()
    );
}

#[test]
fn the_summary_has_the_loaders_words() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("load"))
        .arg("/nowhere/libggml-cuda.so")
        .talkative();
    let record = target.run();
    record.ended_with(0);
    let words = record.outcome.err();
    assert!(words.contains("/nowhere/libggml-cuda.so"), "{words}");
    assert!(words.contains("cannot open shared object file"), "{words}");
}
