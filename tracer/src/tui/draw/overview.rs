//! The verdicts, their causes, and how far the recording can be trusted.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{heading, write};
use crate::diagnose::{Explanation, Finding, Verdict};
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::view::Looks;
use crate::view::line::{Line, Role};
use crate::view::wrap::wrap;

/// Draws the page from its first visible line.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let explanation = state.explanation();
    let mut lines = page(&explanation, state.looks, area.width);
    lines.push(Line::new());
    lines.push(heading("trace"));
    for warning in health(state) {
        paragraph(&mut lines, "  ", Role::Warning, &warning, area.width);
    }
    let most = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_sub(area.height);
    state.scroll = state.scroll.min(most);
    let visible = lines.get(usize::from(state.scroll)..).unwrap_or_default();
    write(frame, area, visible, palette);
}

fn page(explanation: &Explanation, looks: Looks, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let version = explanation
        .version
        .as_ref()
        .map_or("?", |version| version.as_str());
    let mut first = heading("Ollama ");
    first.plain(version).push(
        Role::Dim,
        &format!("  discovery: {}", explanation.era.name()),
    );
    if !explanation.library_dir.is_empty() {
        first.push(Role::Dim, &format!("  {}", explanation.library_dir));
    }
    lines.push(first);
    for finding in &explanation.general {
        paragraph(&mut lines, "  ", Role::Warning, &finding.sentence, width);
    }
    lines.push(Line::new());
    lines.push(heading("backends"));
    for backend in &explanation.backends {
        let mut line = Line::new();
        let (role, sign) = sign(backend.verdict, looks);
        line.push(
            role,
            &format!(
                "  {sign} {:<12} {:<9}",
                backend.name.as_str(),
                backend.verdict.name()
            ),
        );
        lines.push(line);
        for finding in &backend.findings {
            cause(&mut lines, finding, width);
        }
        for sentence in &backend.to_settle {
            paragraph(&mut lines, "      ", Role::Dim, sentence, width);
        }
    }
    for device in &explanation.used {
        let mut line = Line::new();
        line.push(
            Role::Result,
            &format!("  {} {} {}", looks.tick(), device.library, device.id),
        );
        lines.push(line);
    }
    for note in &explanation.notes {
        paragraph(&mut lines, "  ", Role::Dim, note, width);
    }
    lines
}

fn cause(lines: &mut Vec<Line>, finding: &Finding, width: u16) {
    let text = format!(
        "{} ({}, {})",
        finding.sentence,
        finding.rule,
        finding.certainty.name()
    );
    paragraph(lines, "      ", Role::Plain, &text, width);
    for remedy in &finding.remedy {
        paragraph(lines, "        ", Role::Verb, remedy, width);
    }
}

const fn sign(verdict: Verdict, looks: Looks) -> (Role, &'static str) {
    match (verdict, looks.unicode) {
        (Verdict::Used, true) => (Role::Result, "✓"),
        (Verdict::Used, false) => (Role::Result, "+"),
        (Verdict::Failed, true) => (Role::Failed, "✗"),
        (Verdict::Failed, false) => (Role::Failed, "X"),
        (Verdict::Unknown, _) => (Role::Warning, "?"),
        _ => (Role::Dim, "-"),
    }
}

fn health(state: &State) -> Vec<String> {
    let mut words = state.book.recording().warnings();
    if state.digest.lost > 0 {
        words.push(format!(
            "{} records were lost while it was made",
            state.digest.lost
        ));
    }
    if words.is_empty() {
        words.push("whole: nothing lost, nothing damaged".to_owned());
    }
    words
}

/// A sentence over several lines, each indented.
fn paragraph(lines: &mut Vec<Line>, indent: &str, role: Role, text: &str, width: u16) {
    let columns = usize::from(width).saturating_sub(indent.len()).max(20);
    for part in wrap(text, columns) {
        let mut line = Line::new();
        line.plain(indent).push(role, &part);
        lines.push(line);
    }
}
