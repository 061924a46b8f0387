//! What the terminal can show, from the environment.

use std::io::IsTerminal as _;

use crate::view::Looks;

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

/// The background is light, where the terminal says so: the last number of COLORFGBG, as rxvt, Konsole and others set
/// it, is 7 or one of 9 to 15 (vim, `'background'`).
#[must_use]
pub fn is_light() -> bool {
    background(std::env::var("COLORFGBG").ok().as_deref())
}

fn background(told: Option<&str>) -> bool {
    let last = told.and_then(|told| told.rsplit(';').next());
    let number = last.and_then(|last| last.parse::<u8>().ok());
    matches!(number, Some(7 | 9..=15))
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
    use super::{background, looks};

    #[test]
    fn a_light_background_is_told_by_the_terminal() {
        for (told, light) in [
            (None, false),
            (Some("15;0"), false),
            (Some("0;15"), true),
            (Some("0;default;7"), true),
            (Some("7;8"), false),
            (Some("x"), false),
        ] {
            assert_eq!(background(told), light, "{told:?}");
        }
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
