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
    for (role, words) in health(state) {
        paragraph(&mut lines, "  ", role, &words, area.width);
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
    for sentence in &told.headline {
        paragraph(&mut lines, "", Role::Heading, sentence, width);
    }
    if !told.library_dir.is_empty() {
        let words = format!("discovery by {}, {}", told.era, told.library_dir);
        paragraph(&mut lines, "", Role::Dim, &words, width);
    }
    lines.push(Line::new());
    lines.push(heading("backends"));
    let aside = told.backends.iter().filter(|backend| backend.aside);
    let aside: Vec<&str> = aside.map(|backend| backend.name.as_str()).collect();
    for backend in told.backends.iter().filter(|backend| !backend.aside) {
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
    if !aside.is_empty() {
        let words = format!("not installed, or not named here: {}", aside.join(", "));
        paragraph(&mut lines, "  ", Role::Dim, &words, width);
    }
    for (library, id) in &told.used {
        let mut line = Line::new();
        line.push(Role::Result, &format!("  {} {library} {id}", looks.tick()));
        lines.push(line);
    }
    for (title, causes) in [
        ("machine and service", &told.general),
        ("models", &told.models),
    ] {
        if !causes.is_empty() {
            lines.push(Line::new());
            lines.push(heading(title));
        }
        for one in causes {
            cause(&mut lines, one, width);
        }
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

fn health(state: &State) -> Vec<(Role, String)> {
    let warnings = state.book.recording().warnings();
    let warning = |words: String| (Role::Warning, words);
    let mut words: Vec<(Role, String)> = warnings.into_iter().map(warning).collect();
    if state.digest.lost > 0 {
        words.push(warning(format!(
            "{} records were lost while it was made",
            state.digest.lost
        )));
    }
    if words.is_empty() {
        words.push((
            Role::Result,
            "whole: nothing lost, nothing damaged".to_owned(),
        ));
    }
    let notes = state.digest.notes.iter();
    words.extend(notes.map(|(_, text)| warning(text.clone())));
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
