//! All events in a list, and everything that is known of the one under the play head.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{detail, select, write};
use crate::event::{Event, Kind};
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::view::line::{Line, Role};
use crate::view::row::{Context, Detail, describe, who};
use crate::view::scene::Scene;
use crate::view::{Looks, amount};

/// Deepest indentation of what happens inside calls.
const MAX_DEPTH: usize = 12;

/// Draws list and detail.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let (list, detail) = if state.detail && area.height >= 12 {
        let [list, detail] =
            Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
        (list, Some(detail))
    } else {
        (area, None)
    };
    state.sized(list.height);
    let mut lines = Vec::new();
    let mut at = None;
    for row in 0..list.height {
        let Some(index) = state.index_at(state.top + u64::from(row)) else {
            break;
        };
        if index == state.head {
            at = Some(row);
        }
        if let Some((event, _, scene)) = state.book.event(index) {
            lines.push(list_line(&event, &scene, state.looks));
        }
    }
    if lines.is_empty() {
        let mut line = Line::new();
        line.push(Role::Dim, "no event matches; Esc leaves the filter");
        lines.push(line);
    }
    write(frame, list, &lines, palette);
    if let Some(row) = at {
        select(frame, list, row);
    }
    if let Some(area) = detail {
        detail::draw(state, palette, frame, area);
    }
}

/// Time, process, and the row, indented inside calls.
pub(super) fn list_line(event: &Event, scene: &Scene, looks: Looks) -> Line {
    let row = describe(
        event,
        Context {
            scene,
            looks,
            detail: Detail::Short,
        },
    );
    let mut line = Line::new();
    let failed = event.kind.failed();
    let sign = if failed { looks.cross() } else { " " };
    line.push(
        Role::Dim,
        &format!("{:>11} ", amount::clock(scene.since_begin(event.time))),
    )
    .push(Role::Failed, sign)
    .plain(" ");
    if let Some(process) = event.process {
        line.push(Role::Process, &who(process, scene));
    }
    line.pad_to(32).plain(" ");
    line.push(Role::Dim, &looks.rule().repeat(depth(event, scene)));
    line.append(&row.first);
    line
}

/// How many calls an event is inside of.
fn depth(event: &Event, scene: &Scene) -> usize {
    let mut depth = 0;
    let mut parent = match &event.kind {
        Kind::Return(back) => scene.call(back.call).and_then(|open| open.parent),
        _ => event.parent,
    };
    while let Some(seq) = parent {
        depth += 1;
        if depth >= MAX_DEPTH {
            break;
        }
        parent = scene.call(seq).and_then(|open| open.parent);
    }
    depth
}
