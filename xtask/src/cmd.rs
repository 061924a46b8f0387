//! The commands, one file each.

pub(crate) mod accuracy;
pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod dist;
pub(crate) mod generate;
pub(crate) mod install;
pub(crate) mod screens;
pub(crate) mod setup;
pub(crate) mod test;
pub(crate) mod tidy;
pub(crate) mod vm;

use std::process;

use anyhow::Context as _;

/// What to do.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Install what building and testing need, where it is missing.
    Setup,
    /// Measure what recording costs, beside other tracers, and write docs/PERFORMANCE.md; or with `tui` what the viewer costs.
    Bench(bench::Options),
    /// Set up, build, and record how a real program loads its GPU backend.
    Demo,
    /// Set up and run every check and test, those of the kernel part included.
    Test,
    /// Count how often explain gives the right cause: stand-in, reports, real recordings and logs, a real Ollama.
    Accuracy,
    /// Make what users install, in target/dist: one static binary, manual pages, completions, an archive with its checksum.
    Dist(dist::Options),
    /// Make the same and put it in its place: ./x install [PREFIX].
    Install(install::Options),
    /// Draw the viewer's screens for the documents, from the traces that the program carries.
    Screens,
    /// Boot kernels of Debian's releases in QEMU and try both engines under each.
    Vm(vm::Options),
    /// Check the rules of the repository: module arrows, sizes, words, links.
    Tidy,
    /// Write the generated part of the function table from the published headers, and the pages of the rules.
    Gen {
        #[arg(
            long,
            help = "Write nothing; fail when a file is not what the headers give"
        )]
        check: bool,
    },
}

impl Command {
    /// Does it; false when a check or test failed.
    ///
    /// # Errors
    /// One sentence: what is missing or which step failed.
    pub(crate) fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::Setup => setup::run().map(|()| true),
            Self::Bench(options) => bench::run(&options).map(|()| true),
            Self::Demo => demo::run().map(|()| true),
            Self::Test => test::run(),
            Self::Accuracy => accuracy::run(),
            Self::Dist(options) => dist::run(&options),
            Self::Install(options) => install::run(&options).map(|()| true),
            Self::Screens => screens::run(),
            Self::Vm(options) => vm::run(&options),
            Self::Tidy => tidy::run(),
            Self::Gen { check } => generate::run(check),
        }
    }
}

/// Runs one of the programs of the package with the tests; false when it failed.
///
/// # Errors
/// When cargo cannot be run.
fn tests_program(name: &str, arguments: &[&str]) -> anyhow::Result<bool> {
    let done = process::Command::new("cargo")
        .current_dir(crate::machine::root())
        .args(["run", "-q", "-p", "vgputrace-tests", "--bin", name, "--"])
        .args(arguments)
        .status()
        .context("cannot run cargo")?;
    Ok(done.success())
}
