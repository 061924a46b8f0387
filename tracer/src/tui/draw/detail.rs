//! Everything that is known of the event under the play head: the causes that it proves, its fields, where a library was
//! searched, its raw line.

mod causes;
mod search;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::row::is_telling;
use super::write;
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::tui::state::so_far::{Shown, Standing, WORKING_OUT};
use crate::view::line::{Line, Role};
use crate::view::row::{Context, Detail, describe, who};
use crate::view::wrap::{self, wrap_all};
use crate::view::{amount, escape};

/// Characters of a raw line that are shown: a line may have megabytes.
const MAX_RAW: usize = 20_000;

/// Draws a rule and the lines from the first visible one; says how many there are below.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let lines = lines(state, area.width);
    let height = usize::from(area.height.saturating_sub(1));
    let most = lines.len().saturating_sub(height);
    state.detail_top = state.detail_top.min(most);
    let below = most - state.detail_top;
    let mut rule = Line::new();
    let bar = if state.looks.unicode { "─" } else { "-" };
    let words = if below > 0 {
        format!(" {below} more: J ")
    } else {
        String::new()
    };
    // What it comes to stands in every list of events.
    let Shown { told, standing } = state.shown();
    let headline = match standing {
        Standing::WorkingOut => Some(format!("{WORKING_OUT}{}", state.looks.dots())),
        Standing::SoFar => told
            .headline
            .last()
            .map(|words| format!("by here: {words}")),
        _ => told.headline.last().cloned(),
    };
    if let Some(headline) = headline {
        let room = usize::from(area.width).saturating_sub(words.len() + 6);
        let headline = escape::text(&headline);
        let headline = escape::fit(&headline, room, state.looks.dots());
        rule.push(Role::Dim, &bar.repeat(2))
            .push(Role::Heading, &format!(" {headline} "));
    }
    let width = usize::from(area.width).saturating_sub(words.len() + rule.width());
    rule.push(Role::Dim, &bar.repeat(width))
        .push(Role::Dim, &words);
    write(frame, area, &[rule], palette);
    let text = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let visible = lines.get(state.detail_top..).unwrap_or_default();
    write(frame, text, visible, palette);
}

fn lines(state: &mut State, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let head = state.head;
    let Some((event, raw, scene)) = state.event(head) else {
        return lines;
    };
    let machine = of_the_machine(state).into_iter();
    let causes = causes::of(state, &event).into_iter();
    for (role, sentence) in machine.chain(causes) {
        for part in wrap_all(&sentence, usize::from(width).max(20)) {
            let mut line = Line::new();
            line.push(role, &part);
            lines.push(line);
        }
    }
    let mut first = Line::new();
    first
        .push(Role::Heading, &format!("{} ", event.seq))
        .plain(event.kind.name());
    if let Some(process) = event.process {
        first.plain("  ").push(Role::Process, &who(process, &scene));
        if let Some(role) = scene.role(process).filter(|role| is_telling(role)) {
            first.push(Role::Process, &format!("  {role}"));
        }
        if let Some(pid) = scene.pid(process) {
            first.push(Role::Dim, &format!("  pid {pid}"));
        }
    }
    if let Some(tid) = event.tid {
        first.push(Role::Dim, &format!("  thread {tid}"));
    }
    if let Some(duration) = event.duration {
        let took = amount::duration(duration, state.looks.unicode);
        first.push(Role::Dim, &format!("  took {took}"));
    }
    if event.late {
        first.push(Role::Warning, "  late");
    }
    lines.push(first);
    let row = describe(
        &event,
        Context {
            scene: &scene,
            looks: state.looks,
            detail: Detail::Full,
        },
    );
    for line in std::iter::once(&row.first).chain(&row.more) {
        for part in pieces(line, width) {
            lines.push(part);
        }
    }
    for line in search::lines(state, &event, &scene) {
        lines.extend(pieces(&line, width));
    }
    lines.extend(raw_lines(&raw, width));
    lines
}

/// What explains the whole, told where the whole is: whoever reads a cause must know that there is nothing to mend without a card,
/// and that a card was none.
fn of_the_machine(state: &mut State) -> Vec<(Role, String)> {
    let Shown { told, standing } = state.shown();
    if !matches!(standing, Standing::Whole | Standing::Opening) {
        return Vec::new();
    }
    let general = told.headline.split_last().map_or(&[][..], |(_, rest)| rest);
    let card = state.digest.virtual_gpu();
    let card = card.map(|label| format!("No real GPU: {label}."));
    let words = general.iter().cloned().chain(card);
    words.map(|words| (Role::Warning, words)).collect()
}

/// The line as it stands in the trace, broken wherever the screen ends.
fn raw_lines(raw: &str, width: u16) -> Vec<Line> {
    let shown = escape::text(raw);
    let shown: String = shown.chars().take(MAX_RAW).collect();
    let parts = wrap::pieces(&shown, usize::from(width).max(20));
    let line = |part: String| {
        let mut line = Line::new();
        line.push(Role::Dim, &part);
        line
    };
    parts.into_iter().map(line).collect()
}

/// A long line over several.
fn pieces(line: &Line, width: u16) -> Vec<Line> {
    if line.width() <= usize::from(width) {
        return vec![line.clone()];
    }
    let mut text = String::new();
    line.write_plain(&mut text);
    let text: String = text.chars().take(MAX_RAW).collect();
    wrap_all(&text, usize::from(width).max(20))
        .into_iter()
        .map(|part| {
            let mut line = Line::new();
            line.plain(&part);
            line
        })
        .collect()
}
