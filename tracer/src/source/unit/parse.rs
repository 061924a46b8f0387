//! Lines of a unit file: sections, assignments, comments, continued lines.
//!
//! In: the bytes of one file. Out: its assignments in order, with their line, and what systemd would pass over with a
//! warning. It knows no setting by name and reads no file. The rules are those of systemd.syntax(7), compared with
//! what systemd 252 makes of the same text.

use super::Ignored;
use std::path::Path;

/// `key=value` in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The section's name, without brackets.
    pub(super) section: String,
    /// Left of the first `=`, trimmed.
    pub(super) key: String,
    /// Right of it, trimmed; continued lines are joined by a space.
    pub(super) value: String,
    /// Line number of its last line, from 1.
    pub(super) line: usize,
}

/// What one file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    /// In order.
    pub(super) assignments: Vec<Assignment>,
    /// Lines that systemd passes over.
    pub(super) ignored: Vec<Ignored>,
    /// The line of a broken section header. systemd reads nothing after it.
    pub(super) broken: Option<usize>,
}

/// Reads a unit file. Any bytes are allowed.
pub(super) fn parse(file: &Path, bytes: &[u8]) -> Parsed {
    let mut reader = Reader {
        file,
        section: None,
        out: Parsed::default(),
    };
    let mut continued: Option<String> = None;
    let mut last = 0;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for (index, raw) in lines(bytes).enumerate() {
        last = index + 1;
        let Ok(text) = std::str::from_utf8(raw) else {
            reader.ignore(last, "the line is no UTF-8");
            continue;
        };
        if text.trim_start_matches(BLANK).starts_with(['#', ';']) {
            continue;
        }
        let mut line = continued.take().unwrap_or_default();
        line.push_str(text);
        if ends_in_backslash(&line) {
            line.pop();
            line.push(' ');
            continued = Some(line);
            continue;
        }
        if !reader.line(&line, last) {
            return reader.out;
        }
    }
    if let Some(line) = continued {
        reader.line(&line, last);
    }
    reader.out
}

/// What systemd calls whitespace.
pub(super) const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

struct Reader<'a> {
    file: &'a Path,
    section: Option<String>,
    out: Parsed,
}

impl Reader<'_> {
    fn ignore(&mut self, line: usize, reason: &str) {
        self.out.ignored.push(Ignored {
            file: self.file.to_owned(),
            line,
            reason: reason.to_owned(),
        });
    }

    /// One whole line; false when the file is broken here.
    fn line(&mut self, text: &str, line: usize) -> bool {
        let text = text.trim_matches(BLANK);
        if text.is_empty() {
            return true;
        }
        if let Some(rest) = text.strip_prefix('[') {
            let Some(name) = rest.strip_suffix(']') else {
                self.out.broken = Some(line);
                return false;
            };
            self.section = Some(name.to_owned());
            return true;
        }
        let Some(section) = self.section.clone() else {
            self.ignore(line, "an assignment outside of a section");
            return true;
        };
        let Some((key, value)) = text.split_once('=') else {
            self.ignore(line, "no '=' in the line");
            return true;
        };
        self.out.assignments.push(Assignment {
            section,
            key: key.trim_matches(BLANK).to_owned(),
            value: value.trim_matches(BLANK).to_owned(),
            line,
        });
        true
    }
}

/// An odd number of backslashes at the end continues a line.
fn ends_in_backslash(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Lines end in LF, CR or NUL; CR LF is one end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(at) = text.iter().position(|b| matches!(b, b'\n' | b'\r' | 0)) else {
            rest = None;
            return (!text.is_empty()).then_some(text);
        };
        let (line, tail) = text.split_at(at);
        rest = Some(match tail {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => &[],
        });
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::parse;

    fn read(text: &[u8]) -> Vec<(String, String, String)> {
        parse(Path::new("/x.service"), text)
            .assignments
            .into_iter()
            .map(|one| (one.section, one.key, one.value))
            .collect()
    }

    fn one(section: &str, key: &str, value: &str) -> (String, String, String) {
        (section.into(), key.into(), value.into())
    }

    #[test]
    fn sections_comments_and_continued_lines_are_read_as_the_manual_says() {
        let text = b"[Section A]\nKeyOne=value 1\nKeyTwo=value 2\n\n# a comment\n\n\
            [Section B]\nSetting=\"something\" \"some thing\"\nKeyTwo=value 2 \\\n       value 2 continued\n\n\
            [Section C]\nKeyThree=value 3\\\n# this line is ignored\n; this line is ignored too\n       more\n";
        assert_eq!(
            read(text),
            [
                one("Section A", "KeyOne", "value 1"),
                one("Section A", "KeyTwo", "value 2"),
                one("Section B", "Setting", "\"something\" \"some thing\""),
                one("Section B", "KeyTwo", "value 2         value 2 continued"),
                one("Section C", "KeyThree", "value 3        more"),
            ]
        );
    }

    #[test]
    fn only_an_odd_number_of_backslashes_continues_a_line() {
        assert_eq!(
            read(b"[S]\r\nA=1\\\\\r\nB=2\\\r\n3\r\nC=end\\"),
            [
                one("S", "A", "1\\\\"),
                one("S", "B", "2 3"),
                one("S", "C", "end")
            ]
        );
    }

    #[test]
    fn what_systemd_passes_over_is_named_with_its_line() {
        let parsed = parse(
            Path::new("/x.service"),
            b"\xef\xbb\xbfA=1\n[S]\nnonsense\nB=\xff\n  ; comment\nC = = x \n[broken\nD=1\n",
        );
        let lines: Vec<_> = parsed.ignored.iter().map(|one| one.line).collect();
        assert_eq!(lines, [1, 3, 4]);
        assert_eq!(parsed.assignments.len(), 1);
        assert_eq!(parsed.assignments[0].value, "= x");
        assert_eq!(parsed.broken, Some(7));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(Path::new("/x"), &bytes);
        }

        #[test]
        fn an_assignment_is_found_whatever_stands_around_it(
            before in "[#;][^\\r\\n\\x00]*", value in "[a-z]([a-z \"'=]*[a-z])?",
        ) {
            let text = format!("{before}\n[S]\n{before}\nKey={value}\n");
            prop_assert_eq!(read(text.as_bytes()), [one("S", "Key", &value)]);
        }
    }
}
