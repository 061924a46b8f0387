//! Text for an issue report.

use super::super::escape;
use super::{Names, change, headline};
use crate::diff::Answer;

/// Differences in a report; a reader of an issue tracker wants no more.
const SHOWN: usize = 20;

/// Writes the report.
#[must_use]
pub fn markdown(answer: &Answer, names: &Names) -> String {
    let mut out = format!("**{}**\n\n", inline(&headline(answer)));
    out += &format!(
        "Good run: {}  \nBad run: {}\n",
        inline(&names.good),
        inline(&names.bad)
    );
    for (which, label) in ["good", "bad"].into_iter().zip(&answer.virtual_gpu) {
        if let Some(label) = label {
            let label = inline(label.as_str());
            out += &format!("\n**No real GPU in the {which} run: {label}.**\n");
        }
    }
    if !answer.verdict_changes.is_empty() {
        out += "\n### Verdicts that changed\n\n";
        for one in &answer.verdict_changes {
            out += &format!("- {}\n", inline(&change(one)));
            if let Some(cause) = &one.cause {
                out += &format!("  - {}\n", inline(cause));
            }
        }
    }
    if !answer.differences.is_empty() {
        out += "\n### Differences, best explanation first\n\n";
        out += "| role | kind | difference |\n| --- | --- | --- |\n";
        for one in answer.differences.iter().take(SHOWN) {
            out += &format!(
                "| {} | {} | {} |\n",
                inline(&one.difference.key.role),
                one.difference.key.stage.name(),
                inline(&one.sentence)
            );
        }
        let more = answer.differences.len().saturating_sub(SHOWN);
        if more > 0 {
            out += &format!("\n{more} more.\n");
        }
    }
    out
}

/// Text that stays text: no table cell, heading, tag or link is made of what a traced program wrote.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escape::text(text).chars() {
        match character {
            '|' => out.push_str("\\|"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '[' | ']' | '*' | '#' | '_' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}
