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

/// CLICOLOR_FORCE wins, then NO_COLOR (no-color.org: set and not empty), then a terminal that is not dumb. Signs
/// beyond ASCII need a locale with UTF-8.
fn looks(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Looks {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let dumb = variable("TERM").is_none_or(|value| value.is_empty() || value == "dumb");
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    Looks {
        colour: forced || (terminal && !dumb && set("NO_COLOR").is_none()),
        unicode: locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::looks;

    #[test]
    fn the_environment_decides_about_colours_and_signs() {
        /// On a terminal, variables; colours, signs.
        type Case = (bool, &'static [(&'static str, &'static str)], bool, bool);
        let table: [Case; 9] = [
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
