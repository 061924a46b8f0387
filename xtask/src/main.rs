//! `cargo xtask`: the project's own commands. `./x` brings the toolchain and calls this.
//!
//! Each command is one file in `cmd`. They say what they do on standard error with the time of every long step, and
//! end with one sentence when the network, a tool or a right is missing.

mod cmd;
mod machine;
mod packs;
mod step;
mod tally;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "x",
    about = "Set-up, demo, tests and rules of vgputrace",
    version
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what building and testing need, where it is missing.
    Setup,
    /// Measure what recording costs, beside other tracers, and write docs/PERFORMANCE.md; or with `tui` what the viewer costs.
    Bench(cmd::bench::Options),
    /// Set up, build, and record how a real program loads its GPU backend.
    Demo,
    /// Set up and run every check and test, those of the kernel part included.
    Test,
    /// Count how often explain gives the right cause: stand-in, reports, real recordings and logs, a real Ollama.
    Accuracy,
    /// Draw the viewer's screens for the documents, from the traces that the program carries.
    Screens,
    /// Check the rules of the repository: module arrows, sizes, words, links.
    Tidy,
    /// Write the generated part of the function table from the published headers, and the pages of the rules.
    Gen {
        /// Write nothing; fail when a file is not what the headers give.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Setup => cmd::setup::run().map(|()| true),
        Command::Bench(options) => cmd::bench::run(&options).map(|()| true),
        Command::Demo => cmd::demo::run().map(|()| true),
        Command::Test => cmd::test::run(),
        Command::Accuracy => cmd::accuracy::run(),
        Command::Screens => cmd::screens::run(),
        Command::Tidy => cmd::tidy::run(),
        Command::Gen { check } => cmd::generate::run(check),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            step::say(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
