//! Log, processes, libraries, calls: lists of what had happened by the play head. What is said or called later is dim; what
//! begins later is not there yet.

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
    state.sized(list.height, 1);
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
        let index = state.index_at(position);
        if index.is_some_and(|index| state.is_hidden(index)) {
            break;
        }
        let Some(line) = line(state, position, list.width) else {
            break;
        };
        lines.push(line);
    }
    if rows == 0 {
        let mut none = Line::new();
        none.push(Role::Dim, "none in this recording");
        lines.push(none);
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
        View::Processes => "processes: role, end, failures and signals so far, command",
        View::Libraries => "executable mappings of libraries so far",
        _ => "calls of drivers and runtimes",
    };
    let mut line = heading(text);
    let (now, rows) = (state.rows_by_now(), state.rows());
    line.push(Role::Dim, &format!("  {now}"));
    if rows > now {
        line.push(Role::Dim, &format!(", {} later", rows - now));
    }
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

fn line(state: &mut State, position: u64, width: u16) -> Option<Line> {
    let at = usize::try_from(position).ok()?;
    let index = state.index_at(position)?;
    let later = index > state.head;
    let row = match state.view {
        View::Log => word(state, at, width)?,
        View::Processes => lane(state, at)?,
        View::Libraries => library(state, at, width)?,
        _ => {
            let (event, _, scene) = state.event(index)?;
            row::of_event(&event, &scene, state.looks, width)
        }
    };
    let row = if later { row.dim() } else { row };
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
    let role = roles.get(&number).filter(|role| row::is_telling(role));
    let role = role.map_or_else(|| lane.program(), String::as_str);
    let role: String = role.chars().take(MAX_ROLE).collect();
    row.text.push(Role::Heading, &role);
    life(&mut row.text, state, lane);
    let name: String = lane.name.chars().take(MAX_NAME).collect();
    row.text.push(
        Role::Dim,
        &if name.is_empty() {
            "  (no program of its own)".to_owned()
        } else {
            format!("  {name}")
        },
    );
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
