//! The syntax of EnvironmentFile= and of locale.conf: `NAME=value` lines with quotes like a shell's and no expansion.
//!
//! In: the bytes of one file. Out: assignments in order. It follows systemd.exec(5), "EnvironmentFile="; a comment that
//! ends in a backslash does not swallow the next line (so since systemd 254).

/// One assignment, trimmed; the name is not checked.
pub(super) type Pair = (String, String);

/// Reads a file. A file that is no UTF-8 has no assignments for systemd, hence `None`.
pub(super) fn parse(bytes: &[u8]) -> Option<Vec<Pair>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut pairs = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(name) = name(&mut characters) {
        if let Some(name) = name {
            pairs.push((name, value(&mut characters)));
        }
    }
    Some(pairs)
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// The next line up to `=`: `Some(None)` for a comment or a line without one, `None` at the end.
fn name(characters: &mut Characters<'_>) -> Option<Option<String>> {
    while characters.next_if(|c| is_blank(*c)).is_some() {}
    let comment = matches!(characters.peek()?, '#' | ';');
    let mut name = String::new();
    loop {
        match characters.next() {
            None | Some('\n' | '\r') => return Some(None),
            Some('=') if !comment => return Some(Some(name.trim_matches(is_blank).to_owned())),
            Some(character) => name.push(character),
        }
    }
}

/// The value, to the end of its line or of its quotes' line.
fn value(characters: &mut Characters<'_>) -> String {
    let mut value = String::new();
    // Bytes at the end that are whitespace outside of quotes and escapes.
    let mut trailing = 0;
    let mut fresh = true;
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\r' => break,
            '\'' if fresh => {
                value.extend(characters.by_ref().take_while(|c| *c != '\''));
                trailing = 0;
            }
            '"' if fresh => {
                double_quoted(characters, &mut value);
                trailing = 0;
            }
            '\\' => {
                fresh = false;
                trailing = 0;
                value.extend(characters.next().filter(|c| *c != '\n'));
            }
            blank if is_blank(blank) => {
                if !fresh {
                    value.push(blank);
                    trailing += blank.len_utf8();
                }
            }
            other => {
                fresh = false;
                trailing = 0;
                value.push(other);
            }
        }
    }
    value.truncate(value.len().saturating_sub(trailing));
    value
}

/// What stands between double quotes; the opening one is taken already.
fn double_quoted(characters: &mut Characters<'_>, value: &mut String) {
    while let Some(character) = characters.next() {
        match character {
            '"' => return,
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\' | '`' | '$')) => value.push(escaped),
                Some('\n') | None => {}
                Some(other) => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn lines_quotes_and_escapes_are_read_as_the_manual_says() {
        for (text, pairs) in [
            (
                "A=1\nB = two words  \n",
                &[("A", "1"), ("B", "two words")][..],
            ),
            ("# A=1\n; B=2 \\\nC=3", &[("C", "3")]),
            ("no equals\n\nD=\n", &[("D", "")]),
            ("E='a b' # no comment\n", &[("E", "a b# no comment")]),
            ("F=\"a\\\"b\\n $HOME\\$\"\n", &[("F", "a\"b\\n $HOME$")]),
            ("G=a\\\nb \\\\ c\n", &[("G", "ab \\ c")]),
            (
                "H='two\nlines' \nI=it's\n",
                &[("H", "two\nlines"), ("I", "it's")],
            ),
            ("export J=1\r\nK=2\r\n", &[("export J", "1"), ("K", "2")]),
            ("L=x=y", &[("L", "x=y")]),
            ("M=open\\", &[("M", "open")]),
        ] {
            let read = parse(text.as_bytes()).unwrap();
            let read: Vec<_> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(read, pairs, "{text:?}");
        }
        assert_eq!(parse(b"A=\xff"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, text: String) {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }

        #[test]
        fn a_plain_value_reads_back(name in "[A-Z_]{1,8}", value in "[a-z0-9/:.=-]([a-z0-9/:. =-]*[a-z0-9])?") {
            let text = format!("# c\n{name}={value}\n{name}2=\"{value}\"\n");
            prop_assert_eq!(
                parse(text.as_bytes()).unwrap(),
                [(name.clone(), value.clone()), (format!("{name}2"), value)]
            );
        }
    }
}
