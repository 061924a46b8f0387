//! Has a service or a container started anew, by whoever looks after it.

use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cmd::Report;

/// A restart that is under way.
pub(super) type Restart = JoinHandle<Result<(), Report>>;

/// Begins it. When it fails the recording is interrupted: nothing will start.
///
/// # Errors
/// No thread can be had.
pub(super) fn begin(words: Vec<String>) -> Result<Restart, Report> {
    let work = move || {
        let outcome = run(&words);
        if outcome.is_err() {
            // As the user would. That it cannot be sent leaves the user to do it.
            let _ = kill(Pid::this(), Signal::SIGINT);
        }
        outcome
    };
    std::thread::Builder::new()
        .name("restart".to_owned())
        .spawn(work)
        .map_err(|error| crate::cmd::run::trouble("cannot start a thread", &error))
}

/// Why it failed, if it has.
pub(super) fn failed(restart: Restart) -> Option<Report> {
    if !restart.is_finished() {
        return None;
    }
    restart.join().ok()?.err()
}

/// Runs the command to its end. Its words are one's own, never a shell's.
///
/// # Errors
/// It is not there, or says no.
fn run(words: &[String]) -> Result<(), Report> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(());
    };
    let shown = words.join(" ");
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            super::trouble(format!("cannot run {shown}"))
                .because(&error)
                .help("leave out --restart, and restart it yourself while vgputrace waits: --next")
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or("it says nothing").to_owned();
    Err(super::trouble(format!("{shown} failed: {line}"))
        .help("leave out --restart, and restart it yourself while vgputrace waits: --next"))
}
