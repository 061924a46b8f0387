//! The verdicts, their causes, and how far the recording can be trusted.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{heading, write};
use crate::diagnose::Verdict;
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::tui::state::so_far::{Shown, Standing, WORKING_OUT};
use crate::tui::state::told::{Backend, Cause, Told};
use crate::view::line::{Line, Role};
use crate::view::wrap::wrap_all;
use crate::view::{Looks, amount};

/// Columns of a phase's role.
const ROLE: usize = 28;

/// Draws the page from its first visible line.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let Shown { told, standing } = state.shown();
    let page = Page {
        told: &told,
        standing,
        looks: state.looks,
        width: area.width,
    };
    let mut lines = page.lines();
    lines.push(Line::new());
    lines.push(heading("trace"));
    for (role, words) in health(state) {
        paragraph(&mut lines, "  ", role, &words, area.width);
    }
    let most = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_sub(area.height);
    state.scroll = state.scroll.min(most);
    let below = most - state.scroll;
    let from = usize::from(state.scroll);
    let mut visible = lines.split_off(from.min(lines.len()));
    if below > 0 {
        visible.truncate(usize::from(area.height.saturating_sub(1)));
        let mut more = Line::new();
        more.push(Role::Dim, &format!("  {} more lines: j", below + 1));
        visible.push(more);
    }
    write(frame, area, &visible, palette);
}

/// The page without the words about the trace.
struct Page<'a> {
    told: &'a Told,
    standing: Standing,
    looks: Looks,
    width: u16,
}

impl Page<'_> {
    fn lines(&self) -> Vec<Line> {
        let told = self.told;
        let mut lines = Vec::new();
        for sentence in &told.headline {
            paragraph(&mut lines, "", Role::Heading, sentence, self.width);
        }
        if let Some((role, words)) = self.about() {
            paragraph(&mut lines, "", role, &words, self.width);
        }
        if !told.library_dir.is_empty() {
            let words = format!("discovery by {}, {}", told.era, told.library_dir);
            paragraph(&mut lines, "", Role::Dim, &words, self.width);
        }
        lines.push(Line::new());
        self.backends(&mut lines);
        for (library, id) in &told.used {
            let mut line = Line::new();
            let words = format!("  {} {library} {id}", self.looks.tick());
            line.push(Role::Result, &words);
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
                self.cause(&mut lines, one);
            }
        }
        for note in &told.notes {
            paragraph(&mut lines, "  ", Role::Dim, note, self.width);
        }
        self.phases(&mut lines);
        lines
    }

    /// Of which events the page speaks, where they are not all.
    fn about(&self) -> Option<(Role, String)> {
        let dots = self.looks.dots();
        match self.standing {
            Standing::Whole => None,
            Standing::Opening => Some((
                Role::Dim,
                "this is how it ended; once the play head moves (f, Space) it is what was known by then".to_owned(),
            )),
            Standing::Live => Some((
                Role::Dim,
                "what is known so far; the recording goes on".to_owned(),
            )),
            Standing::SoFar => Some((
                Role::Dim,
                "what was known by the play head (the last event shows how it ended)".to_owned(),
            )),
            Standing::WorkingOut => Some((Role::Warning, format!("{WORKING_OUT}{dots}"))),
        }
    }

    fn backends(&self, lines: &mut Vec<Line>) {
        let told = self.told;
        lines.push(heading("backends"));
        for backend in told.backends.iter().filter(|backend| !backend.aside) {
            let (role, sign) = sign(backend, self.looks);
            let mut line = Line::new();
            let words = format!("  {sign} {:<12} {:<9}", backend.name, backend.verdict);
            line.push(role, &words)
                .push(Role::Dim, &format!(" {}", backend.dir));
            lines.push(line);
            for one in &backend.causes {
                self.cause(lines, one);
            }
            for sentence in &backend.to_settle {
                paragraph(lines, "      ", Role::Dim, sentence, self.width);
            }
        }
        let aside = told.backends.iter().filter(|backend| backend.aside);
        let aside: Vec<&str> = aside.map(|backend| backend.name.as_str()).collect();
        if !aside.is_empty() {
            let words = format!("not installed, or not named here: {}", aside.join(", "));
            paragraph(lines, "  ", Role::Dim, &words, self.width);
        }
        if told.backends.is_empty() {
            paragraph(lines, "  ", Role::Dim, "none is known", self.width);
        }
    }

    fn cause(&self, lines: &mut Vec<Line>, cause: &Cause) {
        let text = format!("{} ({}, {})", cause.sentence, cause.rule, cause.certainty);
        paragraph(lines, "      ", Role::Plain, &text, self.width);
        for remedy in &cause.remedy {
            paragraph(lines, "        ", Role::Verb, remedy, self.width);
        }
    }

    fn phases(&self, lines: &mut Vec<Line>) {
        if self.told.phases.is_empty() {
            return;
        }
        lines.push(Line::new());
        lines.push(heading("discovery, step by step"));
        for phase in &self.told.phases {
            let unicode = self.looks.unicode;
            let took = phase.took.map(|took| amount::duration(took, unicode));
            let mut line = Line::new();
            line.plain("  ")
                .push(Role::Process, &phase.role)
                .pad_to(ROLE);
            line.push(Role::Dim, &format!("{:>9}", took.unwrap_or_default()));
            line.plain("  ").push(Role::Plain, &phase.words);
            lines.push(line);
        }
    }
}

fn sign(backend: &Backend, looks: Looks) -> (Role, &'static str) {
    if backend.is(Verdict::Used) {
        (Role::Result, looks.tick())
    } else if backend.is(Verdict::Failed) {
        (Role::Failed, if looks.unicode { "✗" } else { "X" })
    } else if backend.is(Verdict::Unknown) {
        (Role::Warning, "?")
    } else if Told::is_open(backend) {
        (Role::Plain, if looks.unicode { "·" } else { "." })
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
    let lacks = state.digest.health.sentences();
    words.extend(lacks.into_iter().map(|sentence| (Role::Dim, sentence)));
    let notes = state.digest.notes.iter();
    words.extend(notes.map(|(_, text)| warning(text.clone())));
    words
}

/// A sentence over several lines, each indented.
fn paragraph(lines: &mut Vec<Line>, indent: &str, role: Role, text: &str, width: u16) {
    let columns = usize::from(width).saturating_sub(indent.len()).max(20);
    for part in wrap_all(text, columns) {
        let mut line = Line::new();
        line.plain(indent).push(role, &part);
        lines.push(line);
    }
}
