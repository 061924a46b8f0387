//! One screen for a person.

use super::super::Looks;
use super::super::line::{Line, Role};
use super::super::wrap::wrap;
use super::{Names, change, headline, place};
use crate::diff::{Answer, Ranked};
use crate::event::Text;

/// Columns of a sentence before it is wrapped.
const WIDTH: usize = 92;
/// Differences shown without `--all`.
const SHOWN: usize = 12;

/// Writes the page; with `all` the ripple and the technical differences too.
#[must_use]
pub fn text(answer: &Answer, names: &Names, all: bool, looks: Looks) -> String {
    let mut lines = Vec::new();
    let mut head = Line::new();
    head.push(Role::Dim, "GOOD ").plain(&names.good);
    lines.push(head);
    label(&mut lines, answer.virtual_gpu[0].as_ref());
    let mut head = Line::new();
    head.push(Role::Dim, "BAD  ").plain(&names.bad);
    lines.push(head);
    label(&mut lines, answer.virtual_gpu[1].as_ref());
    lines.push(Line::new());
    let role = if answer.same {
        Role::Result
    } else {
        Role::Failed
    };
    paragraph(&mut lines, "", role, &headline(answer));
    if let Some(first) = &answer.first {
        let [good, bad] = &first.evidence;
        for (side, value, seen) in [("good", &first.good, good), ("bad", &first.bad, bad)] {
            let value = if value.is_empty() { "-" } else { value };
            let mut line = Line::new();
            line.push(Role::Dim, &format!("  {side:<5}"))
                .push(Role::Object, value)
                .push(Role::Dim, &format!("  {}", place(seen.as_ref())));
            lines.push(line);
        }
    }
    verdicts(&mut lines, answer);
    differences(&mut lines, answer, all);
    let mut out = String::new();
    for line in &lines {
        line.write(looks, &mut out);
    }
    out
}

/// Below the name of a run whose GPU is no real one.
fn label(lines: &mut Vec<Line>, label: Option<&Text>) {
    if let Some(label) = label {
        paragraph(
            lines,
            "     ",
            Role::Warning,
            &format!("No real GPU: {label}."),
        );
    }
}

fn verdicts(lines: &mut Vec<Line>, answer: &Answer) {
    if answer.verdict_changes.is_empty() {
        return;
    }
    heading(lines, "verdicts that changed");
    for one in &answer.verdict_changes {
        paragraph(lines, "  ", Role::Warning, &change(one));
        if let Some(cause) = &one.cause {
            paragraph(lines, "      ", Role::Plain, cause);
        }
    }
}

fn differences(lines: &mut Vec<Line>, answer: &Answer, all: bool) {
    let rest = answer.differences.get(1..).unwrap_or_default();
    let (own, ripple): (Vec<_>, Vec<_>) = rest.iter().partition(|one| !one.ripple);
    let limit = if all { usize::MAX } else { SHOWN };
    if !own.is_empty() {
        heading(lines, "other differences, best explanation first");
        for one in own.iter().take(limit) {
            difference(lines, one);
        }
    }
    if all && !ripple.is_empty() {
        heading(lines, "what follows from them");
        for one in &ripple {
            difference(lines, one);
        }
    }
    if all && !answer.technical.is_empty() {
        heading(
            lines,
            "only another machine, recorder, date, or order of threads",
        );
        for one in &answer.technical {
            let shown = |fact: Option<&crate::diff::Fact>| {
                fact.map_or_else(|| "-".to_owned(), |fact| fact.value.shown.clone())
            };
            let words = format!(
                "{}: {} (was {})",
                one.key.name,
                shown(one.bad.as_ref()),
                shown(one.good.as_ref())
            );
            paragraph(lines, "  ", Role::Dim, &words);
        }
    }
    let hidden = own.len().saturating_sub(limit) + if all { 0 } else { ripple.len() };
    if hidden > 0 {
        let words =
            format!("{hidden} more that follow from these or explain less: --all shows them");
        lines.push(Line::new());
        paragraph(lines, "", Role::Dim, &words);
    }
}

fn difference(lines: &mut Vec<Line>, one: &Ranked) {
    let words = format!("{}: {}", one.difference.key.role, one.sentence);
    let role = if one.linked {
        Role::Warning
    } else {
        Role::Plain
    };
    paragraph(lines, "  ", role, &words);
}

fn heading(lines: &mut Vec<Line>, text: &str) {
    lines.push(Line::new());
    let mut line = Line::new();
    line.push(Role::Heading, text);
    lines.push(line);
}

/// A sentence over several lines, each indented.
fn paragraph(lines: &mut Vec<Line>, indent: &str, role: Role, text: &str) {
    for (at, part) in wrap(text, WIDTH - indent.len()).into_iter().enumerate() {
        let mut line = Line::new();
        line.plain(indent).plain(if at == 0 { "" } else { "  " });
        line.push(role, &part);
        lines.push(line);
    }
}
