//! The commands, one file each.

pub(crate) mod accuracy;
pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod generate;
pub(crate) mod screens;
pub(crate) mod setup;
pub(crate) mod test;
pub(crate) mod tidy;

use std::process::Command;

use anyhow::Context as _;

/// Runs one of the programs of the package with the tests; false when it failed.
///
/// # Errors
/// When cargo cannot be run.
fn tests_program(name: &str, arguments: &[&str]) -> anyhow::Result<bool> {
    let done = Command::new("cargo")
        .current_dir(crate::machine::root())
        .args(["run", "-q", "-p", "vgputrace-tests", "--bin", name, "--"])
        .args(arguments)
        .status()
        .context("cannot run cargo")?;
    Ok(done.success())
}
