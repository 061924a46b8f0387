//! `./x accuracy`: how often `explain` gives the right cause first, in four figures that are never added up.

use std::process::Command;

use anyhow::Context;

use crate::machine;

/// Counts; false when a wrong cause was called certain.
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
            "accuracy",
            "--",
            "-v",
        ])
        .status()
        .context("cannot run cargo")?;
    Ok(done.success())
}
