//! `./x screens`: draws the viewer's screens for the documents from the traces that the program carries.

use std::process::Command;

use anyhow::Context;

use crate::machine;

/// Draws them into docs/screens; false when that failed.
///
/// # Errors
/// When cargo cannot be run.
pub(crate) fn run() -> anyhow::Result<bool> {
    let done = Command::new("cargo")
        .current_dir(machine::root())
        .args([
            "run",
            "-q",
            "-p",
            "vgputrace-tests",
            "--bin",
            "viewer-screens",
        ])
        .status()
        .context("cannot run cargo")?;
    Ok(done.success())
}
