//! The verdicts, their causes, and how far the recording can be trusted.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{heading, write};
use crate::diagnose::Verdict;
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::tui::state::told::{Backend, Cause, Told};
use crate::view::Looks;
use crate::view::line::{Line, Role};
use crate::view::wrap::wrap;

/// Draws the page from its first visible line.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let told = state.told();
    let mut lines = page(&told, state.looks, area.width);
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

fn page(told: &Told, looks: Looks, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let version = told.version.as_deref().unwrap_or("?");
    let mut first = heading("Ollama ");
    first
        .plain(version)
        .push(Role::Dim, &format!("  discovery: {}", told.era));
    if !told.library_dir.is_empty() {
        first.push(Role::Dim, &format!("  {}", told.library_dir));
    }
    lines.push(first);
    for sentence in &told.general {
        paragraph(&mut lines, "  ", Role::Warning, sentence, width);
    }
    lines.push(Line::new());
    lines.push(heading("backends"));
    for backend in &told.backends {
        let mut line = Line::new();
        let (role, sign) = sign(backend, looks);
        line.push(
            role,
            &format!("  {sign} {:<12} {:<9}", backend.name, backend.verdict),
        );
        lines.push(line);
        for one in &backend.causes {
            cause(&mut lines, one, width);
        }
        for sentence in &backend.to_settle {
            paragraph(&mut lines, "      ", Role::Dim, sentence, width);
        }
    }
    for (library, id) in &told.used {
        let mut line = Line::new();
        line.push(Role::Result, &format!("  {} {library} {id}", looks.tick()));
        lines.push(line);
    }
    for note in &told.notes {
        paragraph(&mut lines, "  ", Role::Dim, note, width);
    }
    lines
}

fn cause(lines: &mut Vec<Line>, cause: &Cause, width: u16) {
    let text = format!("{} ({}, {})", cause.sentence, cause.rule, cause.certainty);
    paragraph(lines, "      ", Role::Plain, &text, width);
    for remedy in &cause.remedy {
        paragraph(lines, "        ", Role::Verb, remedy, width);
    }
}

fn sign(backend: &Backend, looks: Looks) -> (Role, &'static str) {
    if backend.is(Verdict::Used) {
        (Role::Result, looks.tick())
    } else if backend.is(Verdict::Failed) {
        (Role::Failed, if looks.unicode { "✗" } else { "X" })
    } else if backend.is(Verdict::Unknown) {
        (Role::Warning, "?")
    } else {
        (Role::Dim, "-")
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
    words.extend(state.digest.notes.iter().map(|(_, text)| text.clone()));
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
