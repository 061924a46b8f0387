//! Log, processes, libraries, calls: lists of what had happened by the play head. Later rows are dim.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{events, heading, select, write};
use crate::tui::colour::Palette;
use crate::tui::digest::lane::Mark;
use crate::tui::state::{State, View};
use crate::view::line::{Line, Role};
use crate::view::{amount, escape};

/// Draws the list of the view.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let head = title(state);
    write(frame, Rect { height: 1, ..area }, &[head], palette);
    let list = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    state.sized(list.height);
    let rows = state.rows();
    state.top = state.top.min(rows.saturating_sub(1));
    let at = state.row_of(state.head);
    if at < state.top || at >= state.top + state.height.max(1) {
        state.top = at.saturating_sub(state.height / 2);
    }
    let mut lines = Vec::new();
    for row in 0..u64::from(list.height) {
        let position = state.top + row;
        if position >= rows {
            break;
        }
        let Some(line) = line(state, position) else {
            break;
        };
        lines.push(line);
    }
    write(frame, list, &lines, palette);
    let happened = state.index_at(at).is_some_and(|index| index <= state.head);
    if rows > 0 && happened {
        select(frame, list, u16::try_from(at - state.top).unwrap_or(0));
    }
}

fn title(state: &State) -> Line {
    let text = match state.view {
        View::Log => "what the processes said",
        View::Processes => "processes: role or command, life, end, failures and signals so far",
        View::Libraries => "executable mappings of libraries so far",
        _ => "calls of drivers and runtimes",
    };
    let mut line = heading(text);
    line.push(Role::Dim, &format!("  {}", state.rows()));
    let more = match state.view {
        View::Log => state.digest.words.more,
        View::Processes => state.digest.more_lanes,
        View::Libraries => state.digest.libraries.more,
        _ => 0,
    };
    if more > 0 {
        line.push(
            Role::Warning,
            &format!("  {} more are not kept", amount::count(more)),
        );
    }
    line
}

fn line(state: &mut State, position: u64) -> Option<Line> {
    let at = usize::try_from(position).ok()?;
    let index = state.index_at(position)?;
    let later = index > state.head;
    let line = match state.view {
        View::Log => word(state, at)?,
        View::Processes => lane(state, at)?,
        View::Libraries => library(state, at)?,
        _ => {
            let (event, _, scene) = state.book.event(index)?;
            events::list_line(&event, &scene, state.looks)
        }
    };
    Some(if later { dim(&line) } else { line })
}

/// The same words, as something that has not happened yet.
fn dim(line: &Line) -> Line {
    let mut text = String::new();
    line.write_plain(&mut text);
    let mut line = Line::new();
    line.push(Role::Dim, &text);
    line
}

fn word(state: &State, at: usize) -> Option<Line> {
    let word = state.digest.words.list.get(at)?;
    let mut line = Line::new();
    line.push(Role::Dim, &format!("{:>11} ", amount::clock(word.time)));
    let who = word
        .process
        .map_or_else(String::new, |process| process.to_string());
    line.push(Role::Process, &format!("{who:<7}"));
    let warns = ["level=WARN", "level=ERROR", "failed", "error"]
        .iter()
        .any(|sign| word.text.contains(sign));
    line.push(if warns { Role::Warning } else { Role::Plain }, &word.text);
    Some(line)
}

fn lane(state: &State, at: usize) -> Option<Line> {
    let (_, number) = state.digest.order.get(at)?;
    let lane = state.digest.lanes.get(number)?;
    let mut depth = 0;
    let mut parent = lane.parent;
    while let Some(known) = parent.and_then(|number| state.digest.lanes.get(&number)) {
        depth += 1;
        parent = known.parent;
        if depth > 12 {
            break;
        }
    }
    let mut line = Line::new();
    line.push(Role::Dim, &format!("{:>11} ", amount::clock(lane.from)))
        .plain(&"  ".repeat(depth))
        .push(Role::Process, &format!("p{} ", lane.number));
    let name: String = lane.name.chars().take(120).collect();
    line.plain(if name.is_empty() {
        "(no program of its own)"
    } else {
        &name
    });
    let ended = lane.to.is_some_and(|to| to <= state.seen_now());
    if let (true, Some(to)) = (ended, lane.to) {
        let life = amount::duration(to.saturating_sub(lane.from), state.looks.unicode);
        let role = if lane.failed {
            Role::Failed
        } else {
            Role::Result
        };
        line.push(role, &format!("  {} after {life}", lane.end));
    } else {
        line.push(Role::Dim, "  running");
    }
    let marked = |mark: Mark| lane.marks(mark).count_until(state.head);
    let failures = marked(Mark::Failure);
    let signals = marked(Mark::Signal) + marked(Mark::Kill);
    if failures > 0 {
        line.push(
            Role::Failed,
            &format!("  {failures} {}", state.looks.cross()),
        );
    }
    if signals > 0 {
        line.push(
            Role::Warning,
            &format!("  {}", amount::of(signals, "signal")),
        );
    }
    Some(line)
}

fn library(state: &State, at: usize) -> Option<Line> {
    let mapped = state.digest.libraries.list.get(at)?;
    let gone = mapped.gone.is_some_and(|index| index <= state.head);
    let mut line = Line::new();
    let who = mapped
        .process
        .map_or_else(String::new, |process| process.to_string());
    line.push(Role::Process, &format!("{who:<7} "));
    let role = if gone { Role::Dim } else { Role::Object };
    line.push(role, &escape::word(mapped.path.as_str()));
    if gone {
        line.push(Role::Dim, "  given back");
    }
    Some(line)
}
