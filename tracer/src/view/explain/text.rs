//! The answer as text: what it comes to, a table, then a paragraph for each backend that is not used.

use super::super::line::{Line, Role};
use super::super::{Looks, escape};
use super::headline::{headline, open_end};
use super::paragraph::{Page, WIDTH};
use super::{brief, is_aside, is_not_installed, is_not_mentioned};
use crate::diagnose::{BackendVerdict, Certainty, Explanation, Finding, Verdict};

/// Writes everything.
#[must_use]
pub fn write(explanation: &Explanation, looks: Looks) -> String {
    let mut page = Page::new(looks);
    head(&mut page, explanation);
    rows(&mut page, explanation);
    for backend in &explanation.backends {
        if !is_aside(backend) {
            backend_paragraphs(&mut page, backend, "");
        }
    }
    if let Some(backend) = speaker(explanation) {
        backend_paragraphs(&mut page, backend, " as for the others");
    }
    for finding in &explanation.general {
        page.gap();
        title(&mut page, "this machine and service", finding);
        page.finding(finding, Role::Plain);
    }
    for finding in &explanation.models {
        page.gap();
        title(&mut page, "model", finding);
        page.finding(finding, Role::Plain);
    }
    notes(&mut page, explanation);
    page.finish()
}

/// The head and the table only: what a running recording prints.
#[must_use]
pub fn table(explanation: &Explanation, looks: Looks) -> String {
    let mut page = Page::new(looks);
    head(&mut page, explanation);
    rows(&mut page, explanation);
    page.finish()
}

/// What is different from an earlier answer, or nothing.
#[must_use]
pub fn changes(before: &Explanation, after: &Explanation, looks: Looks) -> String {
    let mut page = Page::new(looks);
    let key = |backend: &BackendVerdict| {
        (
            backend.verdict,
            backend.findings.first().map(|finding| finding.rule),
        )
    };
    for backend in &after.backends {
        let old = before.backends.iter().find(|old| old.name == backend.name);
        if old.map(key) != Some(key(backend)) && !is_not_installed(backend) {
            row(&mut page, backend, name_width(after));
        }
    }
    for finding in after.models.iter().skip(before.models.len()) {
        page.finding(finding, Role::Plain);
    }
    for finding in &after.general {
        if !before.general.iter().any(|old| old.rule == finding.rule) {
            page.text(0, Role::Plain, &finding.sentence);
        }
    }
    page.finish()
}

fn head(page: &mut Page, explanation: &Explanation) {
    for sentence in headline(explanation) {
        page.text(0, Role::Heading, &sentence);
    }
    if let Some(sentence) = open_end(explanation) {
        page.text(0, Role::Plain, sentence);
    }
    if let Some(label) = &explanation.virtual_gpu {
        page.text(0, Role::Warning, &format!("No real GPU: {label}."));
    }
    if !explanation.library_dir.is_empty() {
        let era = explanation.era.name();
        page.text(
            0,
            Role::Dim,
            &format!(
                "Libraries: {} (discovery by {era})",
                explanation.library_dir
            ),
        );
    }
}

fn name_width(explanation: &Explanation) -> usize {
    let widths = explanation
        .backends
        .iter()
        .map(|backend| escape::width(&escape::text(backend.name.as_str())));
    widths.max().unwrap_or(0).clamp(7, 24)
}

fn rows(page: &mut Page, explanation: &Explanation) {
    let width = name_width(explanation);
    let shown = |backend: &&BackendVerdict| !is_aside(backend);
    page.gap();
    if explanation.backends.iter().any(|backend| shown(&backend)) {
        let mut line = Line::new();
        line.push(Role::Heading, "backend").pad_to(width + 2);
        line.push(Role::Heading, "verdict").pad_to(width + 12);
        line.push(Role::Heading, "cause");
        page.lines.push(line);
    }
    for backend in explanation.backends.iter().filter(shown) {
        row(page, backend, width);
    }
    for (what, test) in ASIDES {
        let names: Vec<&str> = explanation
            .backends
            .iter()
            .filter(|backend| test(backend))
            .map(|backend| backend.name.as_str())
            .collect();
        if !names.is_empty() {
            page.text(0, Role::Dim, &format!("{what}: {}", names.join(", ")));
        }
    }
}

/// What is said of several backends together, and which those are.
type Aside = (&'static str, fn(&BackendVerdict) -> bool);

/// Backends that get no row of their own.
const ASIDES: [Aside; 3] = [
    ("not installed", |backend| {
        is_not_installed(backend) && !is_likely(backend)
    }),
    (
        "not installed, or not where or as the server can see it",
        |backend| is_not_installed(backend) && is_likely(backend),
    ),
    ("not named here, so perhaps not installed", is_not_mentioned),
];

fn is_likely(backend: &BackendVerdict) -> bool {
    let first = backend.findings.first();
    first.is_some_and(|finding| finding.certainty == Certainty::Likely)
}

/// Where no backend has a row and the CPU alone is used, one of them speaks for all: the reader came for a cause and a command.
fn speaker(explanation: &Explanation) -> Option<&BackendVerdict> {
    let rows = explanation
        .backends
        .iter()
        .any(|backend| !is_aside(backend));
    if rows || !explanation.used.is_empty() {
        return None;
    }
    let open = || {
        let backends = explanation.backends.iter();
        backends.filter(|backend| is_likely(backend))
    };
    let newest = open().rfind(|backend| backend.name.as_str().starts_with("cuda"));
    newest.or_else(|| open().next())
}

fn row(page: &mut Page, backend: &BackendVerdict, width: usize) {
    let role = match backend.verdict {
        Verdict::Used => Role::Result,
        Verdict::Failed => Role::Failed,
        Verdict::Filtered | Verdict::Unknown => Role::Warning,
        Verdict::Skipped | Verdict::Absent => Role::Dim,
    };
    let cause = match (backend.findings.first(), backend.warnings.first()) {
        (Some(finding), _) => format!("{} {}", finding.rule, brief(finding)),
        (None, Some(warning)) => format!("{} {}", warning.rule, brief(warning)),
        (None, None) => String::new(),
    };
    let room = WIDTH.saturating_sub(width + 12);
    let name = escape::text(backend.name.as_str());
    let mut line = Line::new();
    line.push(Role::Plain, &escape::fit(&name, width, page.looks.dots()))
        .pad_to(width + 2);
    line.push(role, backend.verdict.name()).pad_to(width + 12);
    line.plain(&escape::fit(&escape::text(&cause), room, page.looks.dots()));
    page.lines.push(line);
}

/// `cuda_v12: failed (VG052)`.
fn title(page: &mut Page, what: &str, finding: &Finding) {
    let mut line = Line::new();
    line.push(Role::Heading, what)
        .push(Role::Dim, &format!(" ({})", finding.rule));
    page.lines.push(line);
}

/// A paragraph for each finding. `others` is said beside the name where this backend speaks for others too.
fn backend_paragraphs(page: &mut Page, backend: &BackendVerdict, others: &str) {
    for (at, finding) in backend.findings.iter().enumerate() {
        page.gap();
        let what = if at == 0 {
            format!("{}{others}: {}", backend.name, backend.verdict.name())
        } else {
            format!("{}: this too", backend.name)
        };
        title(page, &what, finding);
        page.finding(finding, Role::Plain);
    }
    if !backend.to_settle.is_empty() {
        let mut line = Line::new();
        line.plain("  ").push(Role::Heading, "what would settle it");
        page.lines.push(line);
        page.advice(&backend.to_settle);
    }
    for finding in &backend.warnings {
        page.gap();
        title(page, &format!("{}: worth knowing", backend.name), finding);
        page.finding(finding, Role::Plain);
    }
}

fn notes(page: &mut Page, explanation: &Explanation) {
    if explanation.notes.is_empty() {
        return;
    }
    page.gap();
    let mut line = Line::new();
    line.push(Role::Heading, "notes");
    page.lines.push(line);
    for note in &explanation.notes {
        page.hanging(2, "- ", Role::Plain, note);
    }
}
