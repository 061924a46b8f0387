//! The page of one rule, and the list of all: Markdown that reads well as plain text too.

use std::fmt::Write as _;

use crate::diagnose::{Rule, rules};

/// One page.
#[must_use]
pub fn page(rule: &Rule) -> String {
    let mut out = format!("# {}: {}\n\n", rule.id, rule.title);
    let _ = writeln!(out, "Stage: {}\n", rule.stage.name());
    let _ = writeln!(out, "{}\n", rule.story);
    let _ = writeln!(out, "## What proves it\n\n{}\n", rule.proof);
    out.push_str("## What to do\n\n");
    let mut command = false;
    for line in rule.remedy {
        if let Some(words) = line.strip_prefix("$ ") {
            if !command {
                out.push('\n');
            }
            let _ = writeln!(out, "    {words}");
            command = true;
        } else {
            if command {
                out.push('\n');
            }
            let _ = writeln!(out, "{line}");
            command = false;
        }
    }
    if !rule.rows.is_empty() {
        let _ = writeln!(
            out,
            "\n## Rows\n\n{} (see [DIAGNOSES](../DIAGNOSES.md))",
            rule.rows.join(", ")
        );
    }
    out
}

/// The list of all pages.
#[must_use]
pub fn index() -> String {
    let mut out = String::from(
        "# Diagnoses\n\nWritten by `cargo xtask gen` from `tracer/src/diagnose/rules`; `vgputrace explain --code VG052` prints a page.\n\n| id | stage | title |\n|---|---|---|\n",
    );
    for rule in rules::with_pages() {
        let _ = writeln!(
            out,
            "| [{0}]({0}.md) | {1} | {2} |",
            rule.id,
            rule.stage.name(),
            rule.title.replace('|', "\\|")
        );
    }
    out
}
