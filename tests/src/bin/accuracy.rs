//! `accuracy [-v]`: four figures, apart: stand-in layouts, texts after reports, recorded real runs and logs, and the layouts
//! under a real Ollama. Ends with 1 when a wrong cause was called certain.
#![expect(clippy::print_stdout, reason = "the answer of a program")]

use std::process::ExitCode;

use vgputrace_tests::accuracy::{Case, Figure, corpus, real_logs, real_servers, reports, standin};
use vgputrace_tests::layouts::facts::verdicts::Outcome;

fn main() -> ExitCode {
    match run(std::env::args().any(|word| word == "-v")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run(verbose: bool) -> Result<bool, String> {
    let mut recorded = corpus()?;
    recorded.extend(real_logs()?);
    let groups = [
        ("layouts under the stand-in", standin()?),
        ("logs written after reports", reports()?),
        ("recorded real runs and logs", recorded),
        ("layouts under a real Ollama", real_servers()?),
    ];
    println!(
        "{:30} {:>6} {:>6} {:>8} {:>6} {:>18}",
        "", "cases", "right", "unknown", "wrong", "wrong and certain"
    );
    for (name, cases) in &groups {
        let figure = Figure::of(cases);
        if figure.all == 0 {
            println!("{name:30} none here");
            continue;
        }
        let share = 100 * figure.right / figure.all;
        println!(
            "{name:30} {:>6} {:>5}% {:>8} {:>6} {:>18}",
            figure.all, share, figure.unknown, figure.wrong, figure.wrong_and_certain
        );
    }
    for (name, cases) in &groups {
        for case in cases.iter().filter(|case| case.outcome != Outcome::Right) {
            tell(name, case, verbose);
        }
    }
    Ok(groups
        .iter()
        .all(|(_, cases)| Figure::of(cases).wrong_and_certain == 0))
}

fn tell(group: &str, case: &Case, verbose: bool) {
    println!("\n{:?}: {} ({group})", case.outcome, case.name);
    if verbose {
        println!("  {}", case.said);
    }
}
