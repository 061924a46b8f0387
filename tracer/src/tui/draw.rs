//! The screen: tabs, body, foot. Each view is a file; what it shows has happened by the play head.

pub(super) mod bar;
mod detail;
mod events;
mod help;
mod lists;
mod overview;
mod row;
mod timeline;

pub(super) use timeline::NAMES;
pub(super) use timeline::scale::Scale;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line as Cells, Span as Cell};

use super::colour::{self, Palette};
use super::state::{State, View};
use crate::view::line::{Line, Role};

/// Below this a screen cannot show anything useful.
const SMALLEST: (u16, u16) = (20, 5);

/// Says so, where nothing else can be shown.
pub(super) fn too_small(least: (u16, u16), palette: Palette, frame: &mut Frame<'_>) -> bool {
    let area = frame.area();
    let small = area.width < least.0 || area.height < least.1;
    if small {
        let mut line = Line::new();
        line.plain("too small");
        write(frame, area, &[line], palette);
    }
    small
}

/// Draws everything.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>) {
    let area = frame.area();
    if too_small(SMALLEST, palette, frame) {
        return;
    }
    let [tabs, body, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(2),
    ])
    .areas(area);
    state.body = body;
    bar::tabs(state, palette, frame, tabs);
    self::body(state, palette, frame, body);
    bar::foot(state, palette, frame, foot);
    if state.help {
        help::draw(state.view, palette, frame, body);
    }
}

/// Draws what the view shows, without tabs and foot.
pub(super) fn body(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    // What has ended is told by the moment under the play head, which may have moved since the last frame.
    state.now();
    state.pick();
    match state.view {
        View::Overview => overview::draw(state, palette, frame, area),
        View::Timeline => timeline::draw(state, palette, frame, area),
        View::Events => events::draw(state, palette, frame, area),
        View::Log | View::Processes | View::Libraries | View::Calls => {
            lists::draw(state, palette, frame, area);
        }
    }
}

/// A line of the text views as cells. It is escaped already.
fn cells(line: &Line, palette: Palette) -> Cells<'static> {
    let spans: Vec<Cell<'static>> = line
        .spans()
        .iter()
        .map(|span| Cell::styled(span.text().to_owned(), colour::style(span.role, palette)))
        .collect();
    Cells::from(spans)
}

/// Writes lines from the top of an area; what does not fit is cut.
pub(super) fn write(frame: &mut Frame<'_>, area: Rect, lines: &[Line], palette: Palette) {
    for (row, line) in (0..area.height).zip(lines) {
        let at = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        frame.render_widget(cells(line, palette), at);
    }
}

/// Turns a row of the screen into the one under the play head.
fn select(frame: &mut Frame<'_>, area: Rect, row: u16) {
    if row < area.height {
        let at = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        frame.buffer_mut().set_style(at, colour::selected());
    }
}

/// A heading line.
fn heading(text: &str) -> Line {
    let mut line = Line::new();
    line.push(Role::Heading, text);
    line
}
