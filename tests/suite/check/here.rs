//! `explain` without an argument: the newest log found here, what is installed, and the command that settles the rest.

use std::time::{Duration, SystemTime};

use vgputrace_tests::libraries::{Fault, script};
use vgputrace_tests::{Outcome, binary, gate, test_name, trace};

use super::image::{Image, RUNNER};

/// A server's log whose discovery found the CPU only.
fn log(version: &str) -> String {
    format!(
        "time=2026-01-02T03:04:05.001Z level=INFO source=routes.go:1718 msg=\"Listening on [::]:11434 (version {version})\"\n\
         time=2026-01-02T03:04:05.002Z level=INFO source=runner.go:67 msg=\"discovering available GPUs...\"\n\
         time=2026-01-02T03:04:06.000Z level=INFO source=types.go:60 msg=\"inference compute\" id=cpu library=cpu compute=\"\" \
         name=cpu description=cpu libdirs=ollama driver=\"\" pci_id=\"\" type=\"\" total=\"23.5 GiB\" available=\"23.1 GiB\"\n"
    )
}

/// A user whose PATH has this system's Ollama and a docker that gives its container's log.
struct Here {
    image: Image,
}

impl Here {
    #[track_caller]
    fn new(test: &str) -> Option<Self> {
        if !gate::root(test) || !gate::tool(test, "unshare", "--version") {
            return None;
        }
        let image = Image::of(RUNNER, test)?;
        image.backend(Fault::MissingDependency, "cuda_v12");
        Some(Self { image })
    }

    /// A docker that does this, whatever it is asked.
    #[track_caller]
    fn docker(&self, does: &str) {
        let at = "usr/local/bin/docker";
        script(&self.image.at(at), &format!("#!/bin/sh\n{does}\n"));
    }

    /// Among no other processes: the server of another test would be found as one that runs here.
    #[track_caller]
    fn explain(&self, options: &[&str]) -> Outcome {
        let path = format!("{}:/usr/bin:/bin", self.image.at("usr/local/bin").display());
        trace(binary().expect("the image was made"))
            .arg("explain")
            .args(options)
            .under(["unshare", "--mount", "--pid", "--fork", "--mount-proc"])
            .env("PATH", path)
            .env("HOME", self.image.at("root"))
            .start_bare()
            .finish()
    }
}

#[test]
fn a_log_and_the_installation_are_told_together_and_the_command_comes_last() {
    let Some(here) = Here::new(test_name!()) else {
        return;
    };
    here.image
        .write("root/.ollama/logs/server.log", &log("0.17.1"));
    let told = here.explain(&[]);
    assert_eq!(told.shell_code(), 0, "{}", told.err());
    let text = told.out();
    let order = [
        "0.17.1",
        "From the log",
        "What is installed here",
        "libvgputrace_absent.so.9",
        "settles the rest",
    ];
    let places: Vec<_> = order.iter().map(|word| text.find(word)).collect();
    assert!(places.iter().all(Option::is_some), "{places:?}\n{text}");
    assert!(places.is_sorted(), "{places:?}\n{text}");
    let last = text.trim_end().lines().last().unwrap_or_default();
    let program = here.image.at("usr/local/bin/ollama");
    let command = format!(
        "sudo vgputrace run --until discovery -- {} serve",
        program.display()
    );
    assert_eq!(last.trim(), command);
    let json = here.explain(&["--json"]).out();
    let value: serde_json::Value = serde_json::from_str(&json).expect("one object");
    assert_eq!(value["ollama"]["version"], "0.17.1");
    let markdown = here.explain(&["--markdown"]).out();
    assert_eq!(markdown.matches("```").count() % 2, 0, "{markdown}");
    assert!(markdown.contains("### What is installed"), "{markdown}");
}

#[test]
fn the_log_that_was_written_last_is_taken() {
    let Some(here) = Here::new(test_name!()) else {
        return;
    };
    here.image
        .write("root/.ollama/logs/server.log", &log("0.17.1"));
    let file = here.image.at("root/.ollama/logs/server.log");
    let file = std::fs::File::options()
        .append(true)
        .open(file)
        .expect("just written");
    here.image.write("docker.log", &log("0.18.2"));
    let words = format!("exec cat {} >&2", here.image.at("docker.log").display());
    here.docker(&words);
    // The container's log ends in January 2026.
    let newer = SystemTime::now();
    let older = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for (time, version, name) in [
        (newer, "0.17.1", "server.log"),
        (older, "0.18.2", "docker logs ollama"),
    ] {
        file.set_modified(time).expect("it is ours");
        let text = here.explain(&[]).out();
        assert!(text.contains(version), "{text}");
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn without_a_log_the_installation_is_told_and_without_both_it_is_an_error() {
    let Some(here) = Here::new(test_name!()) else {
        return;
    };
    // What an engine says of a container that is not there is no log.
    here.docker("echo 'Error: no such container: ollama' >&2; exit 1");
    let told = here.explain(&[]);
    assert_eq!(told.shell_code(), 0, "{}", told.err());
    let text = told.out();
    assert!(
        text.starts_with("No log of Ollama was found here"),
        "{text}"
    );
    assert!(text.contains("libvgputrace_absent.so.9"), "{text}");
    let json = here.explain(&["--json"]);
    assert_eq!(json.shell_code(), 2);
    assert!(
        json.err().contains("vgputrace check --json"),
        "{}",
        json.err()
    );
    std::fs::remove_file(here.image.at("usr/local/bin/ollama")).expect("it was made");
    let nothing = here.explain(&[]);
    assert_eq!(nothing.shell_code(), 2, "{}", nothing.out());
    assert!(
        nothing.err().contains("no Ollama either"),
        "{}",
        nothing.err()
    );
}
