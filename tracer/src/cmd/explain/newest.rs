//! The newest log of the Ollama found here: of the journal, a container, or a file.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;

use super::source::{file, read_log};
use super::stamped::Stamped;
use crate::cmd::Report;
use crate::discover::Model;
use crate::discover::model::{Container, Starter};

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

/// The log that a program prints; `None` when it is not there, says nothing, or fails (its words are not Ollama's then).
fn of_program(program: &'static str, arguments: &[&str]) -> Option<Candidate> {
    // docker gives the container's standard error, where Ollama writes, on its own standard error.
    let (out, err) = if program == "journalctl" {
        (Stdio::piped(), Stdio::null())
    } else {
        (Stdio::null(), Stdio::piped())
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .ok()?;
    let (model, last) = match (child.stdout.take(), child.stderr.take()) {
        (_, Some(err)) => stamped(BufReader::new(err), program),
        (out, None) => stamped(BufReader::new(out?), program),
    };
    // One that still writes when enough has been read ends by SIGPIPE.
    let failed = child.wait().ok()?.code().is_some_and(|code| code != 0);
    let mut model = model.ok().filter(|_| !failed)?;
    let name = Some("ollama".to_owned());
    model.starter = match program {
        "docker" | "podman" => Starter::Container(Container {
            engine: Some(program),
            name,
        }),
        _ if arguments.contains(&"--user") => Starter::UserUnit("ollama.service".to_owned()),
        _ => Starter::Unit("ollama.service".to_owned()),
    };
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
