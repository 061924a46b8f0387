//! One lane a process, time from left to right: lives, work, failures, words, the server's limits, and the play head.
//!
//! Many events share a column; the most telling one is shown: kill, signal, failure, driver, start, load, folders, words,
//! life.

mod legend;
pub(in crate::tui) mod scale;
mod signs;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{heading, write};
use crate::tui::colour::{self, Palette};
use crate::tui::digest::lane::{Lane, Mark, Work};
use crate::tui::state::State;
use crate::view::line::{Line, Role};
use crate::view::{Looks, amount};

use scale::Scale;
use signs::Sign;

/// Columns of the names at the left.
pub(in crate::tui) const NAMES: u16 = 28;
/// Lines below the lanes.
const FOOT: u16 = 3;
/// Columns of a time on the ruler.
const TICK: usize = 14;

/// Draws ruler, lanes and legend.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let rows = area.height.saturating_sub(1 + FOOT);
    state.height = u64::from(rows);
    let (from, to) = state.window();
    let width = area.width.saturating_sub(NAMES).max(1);
    let scale = if state.compress {
        Scale::compressed(from, to, width, &state.digest.activity)
    } else {
        Scale::even(from, to, width)
    };
    let now = state.now();
    ruler(&scale, state.looks, palette, frame, area);
    let under = state.event(state.head);
    let number = under
        .as_ref()
        .and_then(|under| under.0.process)
        .map(|process| process.number);
    // A process has a lane once it has begun.
    let head = state.head;
    let begun = state.digest.order.partition_point(|lane| lane.0 <= head);
    let top = first_row(state, number, begun, usize::from(rows));
    let roles = state.roles();
    for row in 0..rows {
        let lanes = state.digest.order.get(..begun).unwrap_or_default();
        let Some((_, number)) = lanes.get(top + usize::from(row)) else {
            break;
        };
        let Some(lane) = state.digest.lanes.get(number) else {
            continue;
        };
        let at = Rect {
            y: area.y + 1 + row,
            height: 1,
            ..area
        };
        name(lane, roles.get(number), palette, frame, at);
        body(&scale, state, lane, now, palette, frame, at);
    }
    let later = state.digest.order.len() - begun;
    if later > 0 && begun < usize::from(rows) {
        let at = Rect {
            y: area.y + 1 + u16::try_from(begun).unwrap_or(0),
            height: 1,
            ..area
        };
        write(frame, at, &[legend::later(later, state.looks)], palette);
    }
    if let Some(column) = scale.column(now) {
        let x = area
            .x
            .saturating_add(NAMES)
            .saturating_add(u16::try_from(column).unwrap_or(0));
        for row in 0..=rows {
            if let Some(cell) = frame.buffer_mut().cell_mut((x, area.y + row)) {
                cell.set_style(Style::new().add_modifier(Modifier::REVERSED));
            }
        }
    }
    let hidden = begun.saturating_sub(usize::from(rows));
    let mut lines = vec![
        legend::meaning(state.looks, hidden),
        legend::limit(state, number, now),
    ];
    if let Some((event, _, scene)) = under {
        lines.push(super::row::of_event(&event, &scene, state.looks, area.width).shown(0));
    }
    let foot = Rect {
        y: area.y + area.height.saturating_sub(FOOT),
        height: FOOT.min(area.height),
        ..area
    };
    write(frame, foot, &lines, palette);
    state.scale = scale;
}

/// The first lane on the screen: that of the play head is always among them.
fn first_row(state: &mut State, number: Option<u32>, begun: usize, rows: usize) -> usize {
    let most = begun.saturating_sub(rows.max(1));
    let at = number.and_then(|number| {
        let mut order = state.digest.order.iter();
        order.position(|lane| lane.1 == number)
    });
    let mut top = state.lane_top.min(most);
    if let Some(at) = at {
        if at < top {
            top = at;
        } else if at >= top + rows.max(1) {
            top = at + 1 - rows.max(1);
        }
    }
    state.lane_top = top;
    top
}

fn ruler(scale: &Scale, looks: Looks, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let mut line = heading("time");
    line.pad_to(usize::from(NAMES));
    for column in (0..scale.columns()).step_by(TICK) {
        let Some((begin, _)) = scale.stretch(column) else {
            break;
        };
        let mut label = format!("|{}", amount::duration(begin, looks.unicode));
        // The sign of a stretch that was left out would stand in the middle of it.
        let end = column + label.chars().count();
        if scale.gaps().iter().any(|gap| (column..end).contains(gap)) {
            label.clear();
        }
        line.push(Role::Dim, &format!("{label:<TICK$}"));
    }
    write(frame, Rect { height: 1, ..area }, &[line], palette);
    for column in scale.gaps() {
        put(frame, area, *column, signs::gap(looks), palette);
    }
}

fn name(lane: &Lane, role: Option<&String>, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let mut line = Line::new();
    let word = match role {
        Some(role) if role != "other" => role,
        _ => lane.program(),
    };
    line.push(Role::Process, &format!("p{} ", lane.number));
    let short: String = word.chars().take(usize::from(NAMES) - 5).collect();
    line.plain(&short);
    let at = Rect {
        width: NAMES.saturating_sub(1).min(area.width),
        ..area
    };
    write(frame, at, &[line], palette);
}

/// The lane itself, up to the play head.
fn body(
    scale: &Scale,
    state: &State,
    lane: &Lane,
    now: u64,
    palette: Palette,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    for column in 0..scale.columns() {
        let Some((from, to)) = scale.stretch(column) else {
            break;
        };
        if from > now {
            break;
        }
        let to = to.min(now.saturating_add(1));
        if let Some(sign) = sign(lane, from, to, state.looks) {
            put(frame, area, column, sign, palette);
        }
    }
    for limit in state
        .limits()
        .iter()
        .filter(|limit| limit.lanes.contains(&lane.number) && limit.from <= now)
    {
        if let Some(column) = scale.column(limit.at) {
            put(frame, area, column, signs::limit(state.looks), palette);
        }
    }
}

/// The most telling thing in a stretch of time.
fn sign(lane: &Lane, from: u64, to: u64, looks: Looks) -> Option<Sign> {
    let marked = |mark: &Mark| lane.marks(*mark).within(from, to).is_some();
    let busy = |work: &Work| lane.works(*work, from, to);
    let ended = lane.to.filter(|end| (from..to).contains(end));
    let telling = Mark::ALL.iter().rev().filter(|mark| **mark != Mark::Word);
    if let Some(mark) = telling.copied().find(|mark| marked(mark)) {
        return Some(signs::of_mark(mark, looks));
    }
    if ended.is_some() {
        return Some(signs::end(looks, lane.failed));
    }
    let alive = lane.from < to && lane.to.is_none_or(|end| end >= from);
    if let Some(work) = Work::ALL.iter().rev().copied().find(|work| busy(work)) {
        return Some(signs::of_work(work, looks));
    }
    if marked(&Mark::Word) {
        return Some(signs::of_mark(Mark::Word, looks));
    }
    alive.then(|| signs::life(looks))
}

fn put(frame: &mut Frame<'_>, area: Rect, column: usize, sign: Sign, palette: Palette) {
    let x = u16::try_from(column)
        .ok()
        .and_then(|column| area.x.checked_add(NAMES)?.checked_add(column));
    let cell = x.and_then(|x| frame.buffer_mut().cell_mut((x, area.y)));
    if let Some(cell) = cell {
        cell.set_symbol(sign.text)
            .set_style(colour::style(sign.role, palette));
    }
}
