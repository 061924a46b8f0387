//! One lane a process, time from left to right: lives, calls, failures, words, and the play head.
//!
//! Many events share a column; the most telling one is shown: signal, failure, call, word, life.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{heading, write};
use crate::tui::colour::{self, Palette};
use crate::tui::digest::{Lane, Mark};
use crate::tui::state::State;
use crate::view::amount;
use crate::view::line::{Line, Role};

/// Columns of the names at the left.
const NAMES: u16 = 24;
/// Parts of one column, for leaving out quiet stretches.
const QUIET_PARTS: u64 = 40;

/// How time lies on the columns.
struct Scale {
    /// Moments at which columns begin; one more than there are columns.
    begins: Vec<u64>,
}

impl Scale {
    /// The columns' begins in a stretch of time.
    fn between(&self, from: u64, to: u64) -> &[u64] {
        let first = self.begins.partition_point(|begin| *begin < from);
        let past = self.begins.partition_point(|begin| *begin <= to);
        self.begins.get(first..past).unwrap_or_default()
    }

    fn column(&self, time: u64) -> Option<u16> {
        let first = self.begins.first()?;
        let last = self.begins.last()?;
        if time < *first || time > *last {
            return None;
        }
        let at = self
            .begins
            .partition_point(|begin| *begin <= time)
            .saturating_sub(1);
        u16::try_from(at.min(self.begins.len().saturating_sub(2))).ok()
    }
}

/// Draws lanes, ruler and legend.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    state.height = u64::from(area.height.saturating_sub(3));
    let (from, to) = state.window();
    let width = area.width.saturating_sub(NAMES).max(1);
    let scale = scale(state, from, to, width);
    let now = state.now();
    ruler(&scale, state, palette, frame, area);
    let lanes: Vec<Lane> = state.digest.lanes.values().cloned().collect();
    let rows = area.height.saturating_sub(3);
    let roles = state.roles();
    for (row, lane) in (0..rows).zip(&lanes) {
        let at = Rect {
            y: area.y + 1 + row,
            height: 1,
            ..area
        };
        let role = roles.get(&lane.number).cloned();
        name(lane, role, palette, frame, at);
        body(&scale, state, lane, now, palette, frame, at);
    }
    if let Some(column) = scale.column(now) {
        for row in 0..=rows {
            let cell = frame
                .buffer_mut()
                .cell_mut((area.x + NAMES + column, area.y + row));
            if let Some(cell) = cell {
                cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
            }
        }
    }
    legend(state, lanes.len(), usize::from(rows), palette, frame, area);
}

/// Equal stretches; with `compress` a stretch in which nothing happens gets one column.
fn scale(state: &State, from: u64, to: u64, width: u16) -> Scale {
    let columns = u64::from(width);
    let even = |from: u64, to: u64, columns: u64| -> Vec<u64> {
        (0..=columns)
            .map(|at| from + (to - from).saturating_mul(at) / columns.max(1))
            .collect()
    };
    if !state.compress {
        return Scale {
            begins: even(from, to, columns),
        };
    }
    let mut times: Vec<u64> = state
        .digest
        .marks
        .iter()
        .map(|(_, time, _, _)| *time)
        .chain(
            state
                .digest
                .spans
                .iter()
                .flat_map(|span| [Some(span.from), span.to])
                .flatten(),
        )
        .chain(
            state
                .digest
                .lanes
                .values()
                .flat_map(|lane| [Some(lane.from), lane.to])
                .flatten(),
        )
        .filter(|time| (from..=to).contains(time))
        .collect();
    times.extend([from, to]);
    times.sort_unstable();
    times.dedup();
    let quiet = (to - from) / QUIET_PARTS;
    let busy: u64 = times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|gap| *gap <= quiet)
        .sum();
    let gaps = times
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > quiet)
        .count() as u64;
    let left = columns.saturating_sub(gaps).max(1);
    let mut begins = vec![from];
    for pair in times.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        if end - start > quiet {
            begins.push(end);
            continue;
        }
        let own = busy.max(1) / left;
        while begins
            .last()
            .is_some_and(|last| last.saturating_add(own.max(1)) <= end)
        {
            let next = begins.last().copied().unwrap_or(start) + own.max(1);
            begins.push(next);
        }
    }
    begins.truncate(usize::from(width));
    begins.push(to.max(begins.last().copied().unwrap_or(to)));
    Scale { begins }
}

fn ruler(scale: &Scale, state: &State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let mut line = heading("time");
    line.pad_to(usize::from(NAMES));
    let mut column = 0;
    while let Some(begin) = scale.begins.get(column) {
        let label = format!("|{}", amount::duration(*begin, state.looks.unicode));
        line.push(Role::Dim, &format!("{label:<14}"));
        column += 14;
        if column + 14 > scale.begins.len() {
            break;
        }
    }
    write(frame, Rect { height: 1, ..area }, &[line], palette);
}

fn name(lane: &Lane, role: Option<String>, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let mut line = Line::new();
    let word = match role {
        Some(role) if role != "other" => role,
        _ => {
            let program = lane.name.split(' ').next().unwrap_or_default();
            program.rsplit('/').next().unwrap_or_default().to_owned()
        }
    };
    line.push(Role::Process, &format!("p{} ", lane.number));
    let short: String = word.chars().take(usize::from(NAMES) - 5).collect();
    line.plain(&short);
    let at = Rect {
        width: NAMES.min(area.width),
        ..area
    };
    write(frame, at, &[line], palette);
}

fn body(
    scale: &Scale,
    state: &State,
    lane: &Lane,
    now: u64,
    palette: Palette,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let unicode = state.looks.unicode;
    let mut put = |time: u64, sign: &str, role: Role| {
        if time > now {
            return;
        }
        if let Some(column) = scale.column(time) {
            let cell = frame
                .buffer_mut()
                .cell_mut((area.x + NAMES + column, area.y));
            if let Some(cell) = cell {
                cell.set_symbol(sign)
                    .set_style(colour::style(role, palette));
            }
        }
    };
    let end = lane.to.unwrap_or(state.digest.last);
    for begin in scale.between(lane.from, end) {
        put(*begin, if unicode { "─" } else { "-" }, Role::Dim);
    }
    for (_, time, ..) in marks(state, lane.number).filter(|(_, _, mark, _)| *mark == Mark::Word) {
        put(*time, if unicode { "·" } else { "." }, Role::Plain);
    }
    for span in state
        .digest
        .spans
        .iter()
        .filter(|span| span.lane == lane.number)
    {
        let to = span.to.unwrap_or(state.digest.last).min(now);
        let sign = match (unicode, span.depth) {
            (true, 0) => "▄",
            (true, _) => "█",
            (false, _) => "=",
        };
        put(span.from, sign, Role::Object);
        for begin in scale.between(span.from, to) {
            put(*begin, sign, Role::Object);
        }
    }
    for (_, time, mark, _) in
        marks(state, lane.number).filter(|(_, _, mark, _)| *mark != Mark::Word)
    {
        match mark {
            Mark::Signal => put(*time, "S", Role::Warning),
            _ => put(*time, if unicode { "✗" } else { "!" }, Role::Failed),
        }
    }
    if let Some(to) = lane.to {
        let sign = if unicode { "┤" } else { "]" };
        let role = if lane.failed { Role::Failed } else { Role::Dim };
        put(to, sign, role);
    }
}

fn marks(state: &State, number: u32) -> impl Iterator<Item = &(u32, u64, Mark, u64)> {
    state
        .digest
        .marks
        .iter()
        .filter(move |(lane, ..)| *lane == number)
}

fn legend(
    state: &mut State,
    lanes: usize,
    rows: usize,
    palette: Palette,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let at = Rect {
        y: area.y + area.height.saturating_sub(2),
        height: 2.min(area.height),
        ..area
    };
    let (call, word, bad) = if state.looks.unicode {
        ("█", "·", "✗")
    } else {
        ("=", ".", "!")
    };
    let mut first = Line::new();
    first
        .push(Role::Object, call)
        .plain(" call  ")
        .plain(word)
        .plain(" words  ")
        .push(Role::Failed, bad)
        .plain(" failure  ")
        .push(Role::Warning, "S")
        .plain(" signal  + - zoom  c leave out quiet stretches");
    if lanes > rows {
        first.push(Role::Dim, &format!("  {} more processes", lanes - rows));
    }
    let mut second = Line::new();
    if let Some((event, _, scene)) = state.book.event(state.head) {
        second = super::events::list_line(&event, &scene, state.looks);
    }
    write(frame, at, &[first, second], palette);
}
