//! The keys of this view, over the body.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Clear;

use super::{heading, write};
use crate::tui::colour::Palette;
use crate::tui::keys::HELP;
use crate::tui::state::View;
use crate::view::line::{Line, Role};

/// Draws the table of keys.
pub(super) fn draw(view: View, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let mut lines = vec![heading(&format!("keys of {}", view.name()))];
    for help in HELP {
        if !(help.views.is_empty() || help.views.contains(&view)) {
            continue;
        }
        let mut line = Line::new();
        line.plain("  ").push(Role::Verb, help.keys);
        line.pad_to(30).plain(help.what);
        lines.push(line);
    }
    write(frame, area, &lines, palette);
}
