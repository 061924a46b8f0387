//! `cargo xtask`: the project's own commands. `./x` brings the toolchain and calls this.
//!
//! Each command is one file in `cmd`. They say what they do on standard error with the time of every long step, and
//! end with one sentence when the network, a tool or a right is missing.

mod cmd;
mod debian;
mod machine;
mod packs;
mod step;
mod tally;
mod tidy;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(
    name = "x",
    about = "Set-up, demo, tests and rules of vgputrace",
    version
)]
struct Arguments {
    #[command(subcommand)]
    command: cmd::Command,
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            step::say(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
