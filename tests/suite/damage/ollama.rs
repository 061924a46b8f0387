//! The recorder of a real Ollama is killed during its discovery: Ollama finds what it finds without it.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;
use vgputrace_tests::attached::{no_process_is_left, nothing_is_left_behind};
use vgputrace_tests::chance::{Chance, rounds};
use vgputrace_tests::{Target, gate, open_folder, test_name, trace};

use super::killed::readable_but_for_its_end;

/// A server on a port of its own that is killed by its group; its log is on standard output.
fn server(ollama: &PathBuf, home: &std::path::Path, round: u64) -> Target {
    trace("/bin/sh")
        .args(["-c", "exec \"$0\" serve 2>&1"])
        .arg(ollama)
        .env("HOME", home)
        .env("OLLAMA_MODELS", home.join("models"))
        .env(
            "OLLAMA_HOST",
            format!("127.0.0.1:{}", 26_000 + round % 4000),
        )
        .env("OLLAMA_NO_CLOUD", "1")
        .env(
            "VGPUTRACE_MARK",
            format!("ollama-{}-{round}", std::process::id()),
        )
}

#[test]
fn a_real_ollama_whose_recorder_is_killed_finishes_its_discovery() {
    if !gate::engine(test_name!()) {
        return;
    }
    let named = std::env::var_os("VGPUTRACE_OLLAMA").unwrap_or_default();
    let all: Vec<PathBuf> = std::env::split_paths(&named)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    if all.is_empty() {
        return gate::skip(test_name!(), "VGPUTRACE_OLLAMA names no Ollama");
    }
    for ollama in &all {
        killed_during_discovery(ollama);
    }
}

fn killed_during_discovery(ollama: &PathBuf) {
    let folder = open_folder();
    let mut chance = Chance::new(77);
    for round in 0..rounds("VGPUTRACE_KILLS", 50).div_ceil(5) {
        let delay = chance.below(250);
        let when = format!("round {round}, killed {delay} ms after the server's first line");
        let path = folder.path().join(format!("{round}.vgt"));
        let target = server(ollama, folder.path(), round).output(&path);
        let mut running = target.start();
        running.wait_for("server config");
        sleep(Duration::from_millis(delay));
        running.signal(Signal::KILL);
        let words = running.wait_for("inference compute");
        assert!(words.contains("Listening on"), "{when}: {words}");
        running.signal_group(Signal::KILL);
        assert_eq!(running.finish().shell_code(), 137, "{when}");
        let events = readable_but_for_its_end(&path, &when);
        assert!(events.ends().is_empty(), "{when}: it has no orderly end");
        no_process_is_left(&format!(
            "VGPUTRACE_MARK=ollama-{}-{round}",
            std::process::id()
        ));
    }
    nothing_is_left_behind();
}
