//! `./x tidy`: prints what breaks the rules of the repository: where, what, why, and what to do.

use crate::tidy::{self, Level};
use crate::{machine, step};

/// Checks the repository; false when a rule is broken. A warning breaks none.
///
/// # Errors
/// When the repository cannot be read.
#[expect(
    clippy::print_stdout,
    reason = "the findings are this command's output"
)]
pub(crate) fn run() -> anyhow::Result<bool> {
    let findings = tidy::check(&tidy::Repository::read(&machine::root())?);
    for finding in &findings {
        println!("{finding}");
    }
    let errors = findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .count();
    step::say(&format!(
        "tidy: {errors} errors, {} warnings",
        findings.len() - errors
    ));
    Ok(errors == 0)
}
