//! The newest log of the Ollama found here: of the journal, a container, or a file.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::source::{file, read_log};
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

/// Reads it.
///
/// # Errors
/// There is none that tells of a discovery.
pub(super) fn log() -> Result<Model, Report> {
    let mut tried: Vec<String> = Vec::new();
    for (program, arguments) in PROGRAMS {
        let call = format!("{program} {}", arguments.join(" "));
        let Some(mut model) = of_program(program, arguments) else {
            tried.push(call);
            continue;
        };
        model.notes.insert(0, format!("From the log of `{call}`."));
        return Ok(model);
    }
    for path in files() {
        if let Ok(mut model) = file(&path) {
            model
                .notes
                .insert(0, format!("From the log {}.", path.display()));
            return Ok(model);
        }
        tried.push(path.display().to_string());
    }
    Err(Report::new("no log of Ollama was found here that tells of a discovery")
        .detail(&format!("looked at: {}", tried.join("\n           ")))
        .help("name a log or trace: vgputrace explain server.log")
        .help("or record the server's start: sudo vgputrace run --until discovery -- ollama serve"))
}

/// The output of a program, both streams, as a log; `None` when it is not there or says nothing.
fn of_program(program: &str, arguments: &[&str]) -> Option<Model> {
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
    let model = match err {
        Some(err) => {
            drop(out);
            read_log(BufReader::new(err), program)
        }
        None => read_log(BufReader::new(out?), program),
    };
    // It has ended or ends for want of a reader; its status tells nothing more.
    let _ = child.wait();
    model.ok()
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
