//! Has a service or a container started anew, by whoever looks after it.

use std::process::{Command, Stdio};

use crate::cmd::Report;

/// Runs the command to its end. Its words are one's own, never a shell's.
///
/// # Errors
/// It is not there, or says no.
pub(super) fn run(words: &[String]) -> Result<(), Report> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(());
    };
    let shown = words.join(" ");
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            super::failed(format!("cannot run {shown}"))
                .because(&error)
                .help("leave out --restart, and restart it yourself while vgputrace waits: --next")
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or("it says nothing").to_owned();
    Err(super::failed(format!("{shown} failed: {line}"))
        .help("leave out --restart, and restart it yourself while vgputrace waits: --next"))
}
