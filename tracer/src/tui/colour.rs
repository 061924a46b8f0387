//! Roles of text to styles. Nothing is told by colour alone: failures carry their sign in the text.

use ratatui::style::{Color, Modifier, Style};

use crate::view::line::Role;

/// Which colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// None (NO_COLOR): bold, dim and reverse only.
    Plain,
    /// The sixteen of every terminal, as the user's theme has them.
    #[default]
    Sixteen,
    /// Those of them that can be read on a light background: neither yellow nor cyan.
    Light,
}

/// The style of a role.
pub(super) fn style(role: Role, palette: Palette) -> Style {
    let plain = Style::new();
    let coloured = |colour: Color| match (palette, colour) {
        (Palette::Plain, _) => Style::new(),
        (Palette::Light, Color::Cyan) => Style::new().fg(Color::Blue),
        (Palette::Light, Color::Yellow) => Style::new().fg(Color::Red),
        _ => Style::new().fg(colour),
    };
    match role {
        Role::Plain => plain,
        Role::Verb | Role::Heading => plain.add_modifier(Modifier::BOLD),
        Role::Object => coloured(Color::Cyan),
        Role::Result => coloured(Color::Green),
        Role::Failed => coloured(Color::Red).add_modifier(Modifier::BOLD),
        Role::Warning => coloured(Color::Yellow),
        Role::Dim => plain.add_modifier(Modifier::DIM),
        Role::Process => coloured(Color::Magenta),
    }
}

/// The line of the play head and other selections.
pub(super) fn selected() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}
