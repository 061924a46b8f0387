//! What is known already stays right: the recordings and logs of the corpus, models too, have the cause that an expert gave them.
//! The layouts, the rest of `./x accuracy`, are judged where they are recorded.

use vgputrace_tests::accuracy::{Case, corpus, real_logs, reports};
use vgputrace_tests::layouts::facts::verdicts::Outcome;

#[track_caller]
fn right(cases: Result<Vec<Case>, String>, least: usize) {
    let cases = cases.expect("the corpus");
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let others = cases.iter().filter(|case| case.outcome != Outcome::Right);
    let others: Vec<String> = others
        .map(|case| format!("{:?}: {}\n  {}", case.outcome, case.name, case.said))
        .collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
}

#[test]
fn recordings_have_their_cause() {
    right(corpus(), 30);
}

#[test]
fn logs_of_real_servers_have_their_cause() {
    right(real_logs(), 60);
}

#[test]
fn logs_written_after_reports_have_their_cause() {
    right(reports(), 80);
}
