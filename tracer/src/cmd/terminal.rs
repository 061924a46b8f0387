//! What the terminal can show, from the environment.

use std::io::IsTerminal as _;
use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, background_color};

use crate::view::Looks;

/// How long a terminal may take to tell its background: that of a connection around the world.
const PATIENCE: Duration = Duration::from_millis(400);
/// Perceived lightness (CIE L*, 0 to 1) below and above which a background is one that own colours are made for.
const DARK: f32 = 0.25;
const LIGHT: f32 = 0.9;

/// How text on standard output may look.
#[must_use]
pub fn standard_output() -> Looks {
    looks(std::io::stdout().is_terminal(), |name| {
        std::env::var(name).ok()
    })
}

/// How text on standard error may look.
#[must_use]
pub fn standard_error() -> Looks {
    looks(std::io::stderr().is_terminal(), |name| {
        std::env::var(name).ok()
    })
}

/// Whether text can be put anywhere on this terminal: a dumb one, or one without a name, only takes lines.
#[must_use]
pub fn has_a_screen() -> bool {
    !is_dumb(std::env::var("TERM").ok().as_deref())
}

/// What is behind the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Light letters are read well.
    Dark,
    /// Dark ones are.
    Light,
}

/// The background, where it is known: from COLORFGBG, as rxvt, Konsole and others set it; of a terminal with all colours,
/// which is one that answers, by asking it (xterm control sequences, OSC 11). A serial line is never asked.
#[must_use]
pub fn background() -> Option<Background> {
    let told = told(std::env::var("COLORFGBG").ok().as_deref());
    told.or_else(|| has_all_colours().then(ask).flatten())
}

/// The terminal shows colours that are given by red, green and blue: COLORTERM says so (S-Lang, and what followed it).
#[must_use]
pub fn has_all_colours() -> bool {
    let told = std::env::var("COLORTERM");
    matches!(told.as_deref(), Ok("truecolor" | "24bit"))
}

/// The last number of COLORFGBG: 7 and 9 to 15 are light (vim, `'background'`).
fn told(told: Option<&str>) -> Option<Background> {
    let number = told?.rsplit(';').next()?.parse::<u8>().ok()?;
    Some(match number {
        7 | 9..=15 => Background::Light,
        _ => Background::Dark,
    })
}

fn ask() -> Option<Background> {
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    of_lightness(background_color(options).ok()?.perceived_lightness())
}

/// What lies between, a grey or a strong colour, is neither: no own colour is made for it.
fn of_lightness(lightness: f32) -> Option<Background> {
    if lightness < DARK {
        Some(Background::Dark)
    } else if lightness > LIGHT {
        Some(Background::Light)
    } else {
        None
    }
}

fn is_dumb(name: Option<&str>) -> bool {
    name.is_none_or(|name| name.is_empty() || name == "dumb")
}

/// CLICOLOR_FORCE wins, then NO_COLOR (no-color.org: set and not empty), then a terminal that is not dumb and not one of
/// DEC's without colours. Signs beyond ASCII need a locale with UTF-8 and more letters than the kernel's console and serial
/// terminals have.
fn looks(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Looks {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let name = variable("TERM");
    let dumb = is_dumb(name.as_deref());
    let name = name.unwrap_or_default();
    let of_dec = name.starts_with("vt");
    let few_letters = of_dec || matches!(name.as_str(), "linux" | "ansi");
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    Looks {
        colour: forced || (terminal && !dumb && !of_dec && set("NO_COLOR").is_none()),
        unicode: !few_letters
            && locale.is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Background, looks, of_lightness, told};

    #[test]
    fn a_light_background_is_told_by_the_terminal() {
        for (given, known) in [
            (None, None),
            (Some("15;0"), Some(Background::Dark)),
            (Some("0;15"), Some(Background::Light)),
            (Some("0;default;7"), Some(Background::Light)),
            (Some("7;8"), Some(Background::Dark)),
            (Some("x"), None),
            (Some("0;default"), None),
        ] {
            assert_eq!(told(given), known, "{given:?}");
        }
        assert_eq!(of_lightness(0.1), Some(Background::Dark));
        assert_eq!(of_lightness(0.5), None);
        assert_eq!(of_lightness(0.97), Some(Background::Light));
    }

    #[test]
    fn the_environment_decides_about_colours_and_signs() {
        /// On a terminal, variables; colours, signs.
        type Case = (bool, &'static [(&'static str, &'static str)], bool, bool);
        let table: [Case; 11] = [
            (true, &[("TERM", "linux"), ("LANG", "C.UTF-8")], true, false),
            (
                true,
                &[("TERM", "vt220"), ("LANG", "C.UTF-8")],
                false,
                false,
            ),
            (true, &[("TERM", "xterm"), ("LANG", "C.UTF-8")], true, true),
            (
                false,
                &[("TERM", "xterm"), ("LANG", "en_US.utf8")],
                false,
                true,
            ),
            (true, &[("TERM", "dumb")], false, false),
            (true, &[], false, false),
            (true, &[("TERM", "xterm"), ("NO_COLOR", "1")], false, false),
            (true, &[("TERM", "xterm"), ("NO_COLOR", "")], true, false),
            (
                false,
                &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")],
                true,
                false,
            ),
            (false, &[("CLICOLOR_FORCE", "0")], false, false),
            (false, &[("LANG", "C.UTF-8"), ("LC_ALL", "C")], false, false),
        ];
        for (terminal, variables, colour, unicode) in table {
            let found = looks(terminal, |name| {
                let pair = variables.iter().find(|pair| pair.0 == name);
                pair.map(|pair| pair.1.to_owned())
            });
            assert_eq!(
                (found.colour, found.unicode),
                (colour, unicode),
                "{variables:?}"
            );
        }
    }
}
