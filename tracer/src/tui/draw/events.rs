//! All events in a list, and everything that is known of the one under the play head. It is what the play head is moved on, so it
//! shows later ones too, dim.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{detail, row, select, write};
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::view::line::{Line, Role};

/// Draws list and detail.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let (list, detail) = if state.detail && area.height >= 12 {
        let [list, detail] =
            Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
        (list, Some(detail))
    } else {
        (area, None)
    };
    state.sized(list.height, 0);
    let mut lines = Vec::new();
    let mut at = None;
    for row in 0..list.height {
        let Some(index) = state.index_at(state.top + u64::from(row)) else {
            break;
        };
        if index == state.head {
            at = Some(row);
        }
        if let Some((event, _, scene)) = state.event(index) {
            let row = row::of_event(&event, &scene, state.looks, list.width);
            let row = if index > state.head { row.dim() } else { row };
            lines.push(row.shown(state.left));
        }
    }
    if lines.is_empty() {
        let mut line = Line::new();
        let words = if state.matching.is_some() {
            "no event matches; Esc leaves the filter"
        } else {
            "no event"
        };
        line.push(Role::Dim, words);
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
