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
    /// Own colours on a background that is known to be dark.
    OwnOnDark,
    /// Own colours on a background that is known to be light.
    OwnOnLight,
}

/// One colour for each kind of text.
struct Inks {
    object: Color,
    result: Color,
    failed: Color,
    warning: Color,
    process: Color,
    /// `None`: the terminal's own dim.
    dim: Option<Color>,
}

const SIXTEEN: Inks = Inks {
    object: Color::Cyan,
    result: Color::Green,
    failed: Color::Red,
    warning: Color::Yellow,
    process: Color::Magenta,
    dim: None,
};
const LIGHT: Inks = Inks {
    object: Color::Blue,
    warning: Color::Red,
    ..SIXTEEN
};
/// At least 5.5 to 1 against black and dark greys up to #262626 (WCAG 2, contrast ratio).
const OWN_ON_DARK: Inks = Inks {
    object: Color::Rgb(0x7f, 0xc8, 0xd8),
    result: Color::Rgb(0x8f, 0xd2, 0x8f),
    failed: Color::Rgb(0xff, 0x7b, 0x7b),
    warning: Color::Rgb(0xf0, 0xc6, 0x74),
    process: Color::Rgb(0xc9, 0xa0, 0xdc),
    dim: Some(Color::Rgb(0x9a, 0xa0, 0xa2)),
};
/// At least 4.5 to 1 against white and light greys down to #f0f0f0.
const OWN_ON_LIGHT: Inks = Inks {
    object: Color::Rgb(0x0b, 0x5f, 0x74),
    result: Color::Rgb(0x1b, 0x6e, 0x2d),
    failed: Color::Rgb(0xb3, 0x26, 0x1e),
    warning: Color::Rgb(0x80, 0x52, 0x00),
    process: Color::Rgb(0x7b, 0x2d, 0x8e),
    dim: Some(Color::Rgb(0x60, 0x65, 0x68)),
};

impl Palette {
    const fn inks(self) -> Option<&'static Inks> {
        match self {
            Self::Plain => None,
            Self::Sixteen => Some(&SIXTEEN),
            Self::Light => Some(&LIGHT),
            Self::OwnOnDark => Some(&OWN_ON_DARK),
            Self::OwnOnLight => Some(&OWN_ON_LIGHT),
        }
    }
}

/// The style of a role.
pub(super) fn style(role: Role, palette: Palette) -> Style {
    let plain = Style::new();
    let inks = palette.inks();
    let coloured = |choose: fn(&Inks) -> Color| inks.map_or(plain, |inks| plain.fg(choose(inks)));
    match role {
        Role::Plain => plain,
        Role::Verb | Role::Heading => plain.add_modifier(Modifier::BOLD),
        Role::Object => coloured(|inks| inks.object),
        Role::Result => coloured(|inks| inks.result),
        Role::Failed => coloured(|inks| inks.failed).add_modifier(Modifier::BOLD),
        Role::Warning => coloured(|inks| inks.warning),
        Role::Dim => match inks.and_then(|inks| inks.dim) {
            Some(colour) => plain.fg(colour),
            None => plain.add_modifier(Modifier::DIM),
        },
        Role::Process => coloured(|inks| inks.process),
    }
}

/// The line of the play head and other selections.
pub(super) fn selected() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::{Inks, OWN_ON_DARK, OWN_ON_LIGHT};

    /// WCAG 2: relative luminance.
    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(red, green, blue) = colour else {
            panic!("{colour:?} is the terminal's");
        };
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn lowest(inks: &Inks, grey: u8) -> f64 {
        let paper = luminance(Color::Rgb(grey, grey, grey));
        let dim = inks.dim.expect("a colour");
        let all = [
            inks.object,
            inks.result,
            inks.failed,
            inks.warning,
            inks.process,
            dim,
        ];
        let ratio = |ink: Color| {
            let (one, other) = (luminance(ink) + 0.05, paper + 0.05);
            one.max(other) / one.min(other)
        };
        all.map(ratio).into_iter().fold(f64::MAX, f64::min)
    }

    #[test]
    fn own_colours_can_be_read_on_their_backgrounds() {
        for grey in [0x00, 0x1d, 0x26] {
            let found = lowest(&OWN_ON_DARK, grey);
            assert!(found >= 5.5, "{found} on {grey:x}");
        }
        for grey in [0xff, 0xf0] {
            let found = lowest(&OWN_ON_LIGHT, grey);
            assert!(found >= 4.5, "{found} on {grey:x}");
        }
    }
}
