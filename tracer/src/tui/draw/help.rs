//! The keys, over the body.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::{heading, write};
use crate::tui::colour::Palette;
use crate::tui::keys::HELP;
use crate::view::line::{Line, Role};

/// Draws the table of keys.
pub(super) fn draw(palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let mut lines = vec![heading("keys"), Line::new()];
    for (keys, what) in HELP {
        let mut line = Line::new();
        line.plain("  ").push(Role::Verb, keys);
        line.pad_to(30).plain(what);
        lines.push(line);
    }
    write(frame, area, &lines, palette);
}
