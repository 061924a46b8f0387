//! The `vgputrace` command: parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use vgputrace::cli::{self, Cli, Command};
use vgputrace::cmd::{self, Report, report};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match cli.command {
        Command::Run(args) => cmd::run::run(args.into_props()),
        Command::Attach(args) => cmd::attach::run(args.into_props()),
        Command::Show(args) => cmd::show::run(&args.into_props()),
        Command::Explain(args) => cmd::explain::run(&args.into_props()),
        Command::Diff(args) => cmd::diff::run(&args.into_props()),
        Command::Ab(args) => cmd::ab::run(&args.into_props()),
        Command::Expect(args) => cmd::expect::run(&args.into_props()),
        Command::Replay(args) => cmd::replay::run(&args.into_props()),
        Command::Doctor(args) => cmd::doctor::run(&args.into_props()),
        Command::SetupCaps(args) => cmd::setup_caps::run(args.into_props()),
        Command::Check(args) => cmd::check::run(&args.into_props()),
        Command::Try(args) => cmd::try_load::run(&args.into_props()),
        Command::Shim(args) => cmd::shim::run(&args.into_props()),
        Command::Completions(args) => cmd::completions::run(args.into_props(), cli::definition()),
        Command::Man(args) => cmd::man::run(args.into_props(), cli::definition()),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(report) => fail(&report),
    }
}

/// Help and version go to standard output with 0; a wrong call of `run` is 125, so that it is never taken for the
/// command's own code.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed standard output or error leaves nobody to tell.
    let _ = error.print();
    let run = std::env::args_os()
        .nth(1)
        .is_some_and(|word| word == "run" || word == "attach");
    match (error.use_stderr(), run) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(report::RECORDER),
        (true, false) => ExitCode::from(report::TROUBLE),
    }
}

fn fail(report: &Report) -> ExitCode {
    use std::io::Write as _;
    // As above.
    let _ = writeln!(std::io::stderr(), "{report}");
    ExitCode::from(report.exit_code())
}
