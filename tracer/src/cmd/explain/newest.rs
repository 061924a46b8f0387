//! The newest log of the Ollama found here: of the journal, a container, or a file.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;

use super::source::{file, read_log};
use super::stamped::Stamped;
use crate::cmd::Report;
use crate::discover::Model;

/// Programs that give a log, in order: name and arguments. journalctl begins at this boot: the service starts with it.
const PROGRAMS: [(&str, &[&str]); 4] = [
    (
        "journalctl",
        &["-u", "ollama", "-o", "cat", "-b", "--no-pager", "-q"],
    ),
    (
        "journalctl",
        &[
            "--user",
            "-u",
            "ollama",
            "-o",
            "cat",
            "-b",
            "--no-pager",
            "-q",
        ],
    ),
    ("docker", &["logs", "ollama"]),
    ("podman", &["logs", "ollama"]),
];

/// A log that tells of a discovery.
struct Candidate {
    model: Model,
    /// When its last line was written, as far as it says so; for a file, when it was last changed.
    last: Option<Timestamp>,
}

/// Reads it. Of several the one that was written last; of those that do not say when, the first.
///
/// # Errors
/// There is none that tells of a discovery.
pub(super) fn log() -> Result<Model, Report> {
    let mut tried: Vec<String> = Vec::new();
    let mut found: Option<Candidate> = None;
    let mut offer = |name: String, candidate: Option<Candidate>| match candidate {
        Some(mut new) => {
            let note = format!("From the log {name}, the newest found here.");
            new.model.notes.insert(0, note);
            if found.as_ref().is_none_or(|old| new.last > old.last) {
                found = Some(new);
            }
        }
        None => tried.push(name),
    };
    for (program, arguments) in PROGRAMS {
        let call = format!("`{program} {}`", arguments.join(" "));
        offer(call, of_program(program, arguments));
    }
    for path in files() {
        offer(path.display().to_string(), of_file(&path));
    }
    found.map(|candidate| candidate.model).ok_or_else(|| {
        Report::new("no log of Ollama was found here that tells of a discovery")
            .detail(&format!("looked at: {}", tried.join("\n           ")))
            .help("name a log or trace: vgputrace explain server.log")
            .help("or record the server's start: sudo vgputrace run --until discovery -- ollama serve")
    })
}

/// A file, if it is there and tells of a discovery.
fn of_file(path: &Path) -> Option<Candidate> {
    let changed = std::fs::metadata(path).ok()?.modified().ok();
    Some(Candidate {
        model: file(path).ok()?,
        last: changed.and_then(|time| Timestamp::try_from(time).ok()),
    })
}

/// The output of a program, both streams, as a log; `None` when it is not there or says nothing.
fn of_program(program: &str, arguments: &[&str]) -> Option<Candidate> {
    // docker gives the container's standard error, where Ollama writes, on its own standard error.
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(if program == "journalctl" {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .spawn()
        .ok()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // One of both is used; the other is closed, so the program cannot wait for a reader.
    let (model, last) = match err {
        Some(err) => {
            drop(out);
            stamped(BufReader::new(err), program)
        }
        None => stamped(BufReader::new(out?), program),
    };
    // It has ended or ends for want of a reader; its status tells nothing more.
    let _ = child.wait();
    let model = model.ok()?;
    Some(Candidate { model, last })
}

/// Reads a log, and when its last line was written.
fn stamped(input: impl BufRead, name: &str) -> (Result<Model, Report>, Option<Timestamp>) {
    let mut input = Stamped::new(input);
    let model = read_log(&mut input, name);
    (model, input.last())
}

/// Places of log files: macOS, an Ollama started by hand, logs beside the models.
fn files() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut all: Vec<PathBuf> = home
        .iter()
        .map(|home| home.join(".ollama/logs/server.log"))
        .collect();
    all.extend(
        [
            "/var/log/ollama.log",
            "/var/log/ollama/server.log",
            "/tmp/ollama.log",
        ]
        .map(|path| Path::new(path).to_owned()),
    );
    all
}
