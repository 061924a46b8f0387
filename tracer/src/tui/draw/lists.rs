//! Log, processes, libraries, calls: lists of what had happened by the play head. A last line counts what comes later.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::row::{self, Row};
use super::{heading, select, write};
use crate::tui::colour::Palette;
use crate::tui::digest::lane::{Lane, Mark};
use crate::tui::state::{State, View};
use crate::view::line::{Line, Role};
use crate::view::{amount, escape};

/// Deepest indentation of the tree of processes.
const MAX_DEPTH: usize = 12;
/// Characters of a role and of a command line.
const MAX_ROLE: usize = 60;
const MAX_NAME: usize = 300;

/// Draws the list of the view.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let head = title(state);
    write(frame, Rect { height: 1, ..area }, &[head], palette);
    let list = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let counts = state.rows_to_come() > 0 && list.height > 1;
    let height = list.height - u16::from(counts);
    state.sized(height, 1);
    state.show_head();
    let now = state.rows_by_now();
    let rows = state.top..now.min(state.top + u64::from(height));
    let last = rows.end.checked_sub(rows.start + 1);
    let mut lines = Vec::new();
    for row in rows {
        let Some(line) = line(state, row, list.width) else {
            break;
        };
        lines.push(line);
    }
    if let Some(words) = none(state) {
        let mut none = Line::new();
        none.push(Role::Dim, words);
        lines.push(none);
    }
    if counts {
        lines.push(to_come(state));
    }
    write(frame, list, &lines, palette);
    if let Some(last) = last {
        select(frame, list, u16::try_from(last).unwrap_or(0));
    }
}

/// What is to be said where no row is.
fn none(state: &State) -> Option<&'static str> {
    if state.rows() > 0 {
        return None;
    }
    let filter = state.matching.as_ref();
    let filter = filter.filter(|_| state.view.has_rows_that_are_events());
    Some(match filter {
        Some(filter) if filter.done => "nothing matches the filter here; Esc leaves it",
        None if state.is_complete() => "none in this recording",
        _ => "none so far",
    })
}

/// The line that stands for what comes later, and how to go on.
fn to_come(state: &State) -> Line {
    let (one, many) = match state.view {
        View::Log => ("line", "lines"),
        View::Processes => ("process", "processes"),
        View::Libraries => ("mapping", "mappings"),
        _ => ("call", "calls"),
    };
    let rows = state.rows_to_come();
    let noun = if rows == 1 { one } else { many };
    let dots = state.looks.dots();
    let words = format!(
        "{dots} {} later {noun}: j shows the next, Space plays, G goes to the end",
        amount::count(rows)
    );
    let mut line = Line::new();
    line.push(Role::Dim, &words);
    line
}

fn title(state: &State) -> Line {
    let text = match state.view {
        View::Log => "what the processes said",
        View::Processes => "processes: role, end, failures and signals so far, command",
        View::Libraries => "executable mappings of libraries so far",
        _ => "calls of drivers and runtimes",
    };
    let mut line = heading(text);
    line.push(
        Role::Dim,
        &format!("  {}", amount::count(state.rows_by_now())),
    );
    let more = match state.view {
        View::Log => state.digest.words.more,
        View::Processes => state.digest.more_lanes,
        View::Libraries => state.digest.libraries.more,
        _ => state.digest.more_calls,
    };
    if more > 0 {
        line.push(
            Role::Warning,
            &format!("  {} more are not kept", amount::count(more)),
        );
    }
    line
}

fn line(state: &mut State, row: u64, width: u16) -> Option<Line> {
    let at = state.place_of(row)?;
    let row = match state.view {
        View::Log => word(state, at, width)?,
        View::Processes => lane(state, at)?,
        View::Libraries => library(state, at, width)?,
        _ => {
            let index = state.index_at(row)?;
            let (event, _, scene) = state.event(index)?;
            row::of_event(&event, &scene, state.looks, width)
        }
    };
    Some(row.shown(state.left))
}

fn word(state: &mut State, at: usize, width: u16) -> Option<Row> {
    let word = state.digest.words.list.get(at)?.clone();
    let name = word
        .process
        .and_then(|process| row::name_of(state, process));
    let mut row = Row::default();
    row.head
        .push(Role::Dim, &format!("{:>11} ", amount::clock(word.time)));
    row::who(
        &mut row.head,
        word.process,
        name.as_deref(),
        state.looks,
        width,
    );
    let warns = ["level=WARN", "level=ERROR", "failed", "error"]
        .iter()
        .any(|sign| word.text.contains(sign));
    let role = if warns { Role::Warning } else { Role::Plain };
    row.text.push(role, without_time(&word.text));
    Some(row)
}

/// A line of Go's slog begins with its time, which stands at the left already.
fn without_time(line: &str) -> &str {
    let timed = line.strip_prefix("time=");
    let rest = timed.and_then(|rest| rest.split_once(' '));
    rest.map_or(line, |(_, rest)| rest)
}

fn lane(state: &mut State, at: usize) -> Option<Row> {
    let (_, number) = *state.digest.order.get(at)?;
    let roles = state.roles();
    let lane = state.digest.lanes.get(&number)?;
    let mut row = Row::default();
    row.head
        .push(Role::Dim, &format!("{:>11} ", amount::clock(lane.from)))
        .plain(&"  ".repeat(depth(state, lane)))
        .push(Role::Process, &format!("p{} ", lane.number));
    // A program that it becomes later says nothing of what it is now.
    let name = lane.name_by(state.head);
    let role = roles.get(&number).filter(|role| row::is_telling(role));
    let role = role.filter(|_| name.is_some() || lane.name().is_empty());
    let role = role.map_or_else(
        || Lane::program_of(name.unwrap_or_default()),
        String::as_str,
    );
    let role: String = role.chars().take(MAX_ROLE).collect();
    row.text.push(Role::Heading, &role);
    life(&mut row.text, state, lane);
    let words = match name {
        Some(name) => name.chars().take(MAX_NAME).collect(),
        None => "(no program of its own)".to_owned(),
    };
    row.text.push(Role::Dim, &format!("  {words}"));
    Some(row)
}

/// How many processes it descends from.
fn depth(state: &State, lane: &Lane) -> usize {
    let mut depth = 0;
    let mut parent = lane.parent;
    while let Some(known) = parent.and_then(|number| state.digest.lanes.get(&number)) {
        depth += 1;
        parent = known.parent;
        if depth > MAX_DEPTH {
            break;
        }
    }
    depth
}

/// Whether it has ended by now and how, and what went wrong so far.
fn life(line: &mut Line, state: &State, lane: &Lane) {
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
        line.push(Role::Result, "  running");
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
}

fn library(state: &mut State, at: usize, width: u16) -> Option<Row> {
    let mapped = state.digest.libraries.list.get(at)?.clone();
    let name = mapped
        .process
        .and_then(|process| row::name_of(state, process));
    let gone = mapped.gone.is_some_and(|index| index <= state.head);
    let mut row = Row::default();
    row::who(
        &mut row.head,
        mapped.process,
        name.as_deref(),
        state.looks,
        width,
    );
    let role = if gone { Role::Dim } else { Role::Object };
    if gone {
        row.text.push(Role::Dim, "given back  ");
    }
    row.text.push(role, &escape::word(mapped.path.as_str()));
    Some(row)
}
