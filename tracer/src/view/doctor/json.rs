//! Facts and findings as one JSON object on one line. Keys are stable and always there; more may be added.

use serde_json::json;

use super::super::escape;
use super::{Finding, exit_code};
use crate::event::doctor::Facts;

/// Raised only when a program that reads the old form would be misled.
const VERSION: u32 = 1;

/// One line.
#[must_use]
pub fn to_json(facts: &Facts, findings: &[Finding]) -> String {
    let code = exit_code(findings);
    let value = json!({
        "doctor": VERSION,
        "records": code < 2,
        "exit_code": code,
        "rights": facts.rights.grade(),
        "findings": findings,
        "facts": facts,
    });
    let mut line = escape::json(&value.to_string()).into_owned();
    line.push('\n');
    line
}
