//! Undoes what pages, mail and word processors do to the letters of a log: HTML's escapes, quotes of typography, spaces that do
//! not break, Markdown's code.
//!
//! In: one line. Out: the line as it was. Which of these a text went through is learned from a line of slog, where a `"` must
//! stand behind `msg=` or another key; only then are letters changed, which may be parts of names elsewhere.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// A value that begins with an escaped quote, or fields behind an escaped space.
static IN_HTML: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)=&(?:quot|#34|#x22|amp;quot);|^time=\S+&(?:nbsp|#160|#xa0);level=").ok()
});

/// The same with a quote of typography (U+00AB, U+00BB, U+201C to U+201F), behind a space that does not break, and with such an
/// apostrophe within a message.
static IN_TYPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?-u)=(?:\xc2[\xab\xbb]|\xe2\x80[\x9c-\x9f])|time=\S*?\xc2\xa0level=|msg="[^"]*[a-z]\xe2\x80[\x98\x99][a-z]"#).ok()
});

/// Escapes of letters that logs have.
static ESCAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)&(amp|quot|lt|gt|apos|nbsp|#\d{1,3}|#x[0-9a-fA-F]{1,2});").ok()
});

/// Marks of a page around a line.
static TAGS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i-u)^\s*(?:<(?:br|pre|code|p|div|span|td|tr|li)\b[^<>]*>)+|(?:</?(?:br|pre|code|p|div|span|td|tr|li)\b[^<>]*>)+\s*$").ok()
});

/// How often a text is escaped at most: a page that shows a page.
const ROUNDS: usize = 2;

/// What the lines so far went through.
#[derive(Debug, Default)]
pub(super) struct Pasted {
    html: bool,
    typography: bool,
}

impl Pasted {
    /// The line as it was written.
    pub(super) fn undo<'a>(&mut self, line: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let mut line = line;
        if memchr::memchr(b'&', &line).is_some() {
            self.html |= matches(&IN_HTML, &line);
        }
        if self.html {
            line = Cow::Owned(plain_of_page(&line));
        }
        // All letters in question begin with one of these bytes.
        if memchr::memchr2(0xc2, 0xe2, &line).is_some() {
            self.typography |= matches(&IN_TYPE, &line);
            line = Cow::Owned(if self.typography {
                plain_of_typography(&line)
            } else {
                trimmed(&line).to_vec()
            });
        }
        line
    }
}

fn matches(of: &LazyLock<Option<Regex>>, line: &[u8]) -> bool {
    of.as_ref().is_some_and(|of| of.is_match(line))
}

fn plain_of_page(line: &[u8]) -> Vec<u8> {
    let (Some(tags), Some(escape)) = (TAGS.as_ref(), ESCAPE.as_ref()) else {
        return line.to_vec();
    };
    let mut text = tags.replace_all(line, b"".as_slice()).into_owned();
    for _ in 0..ROUNDS {
        let turned = escape.replace_all(&text, |found: &regex::bytes::Captures<'_>| {
            letter(found.get(1).map_or(b"", |name| name.as_bytes()))
        });
        let Cow::Owned(turned) = turned else { break };
        text = turned;
    }
    text
}

/// What an escape stands for; one of a letter beyond ASCII stays.
fn letter(name: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(name).unwrap_or_default();
    let number = match text.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix('x') {
            Some(digits) => u8::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        },
        None => match text {
            "amp" => Some(b'&'),
            "quot" => Some(b'"'),
            "lt" => Some(b'<'),
            "gt" => Some(b'>'),
            "apos" => Some(b'\''),
            _ => Some(0xa0),
        },
    };
    match number {
        Some(0xa0) => b" ".to_vec(),
        Some(byte @ b' '..=b'~') => vec![byte],
        _ => [b"&", name, b";"].concat(),
    }
}

fn plain_of_typography(line: &[u8]) -> Vec<u8> {
    let turned = |letter: char| match letter {
        '\u{a0}' | '\u{202f}' | '\u{2007}' => Some(' '),
        '\u{200b}' | '\u{2060}' | '\u{feff}' => None,
        '«' | '»' | '\u{201c}'..='\u{201f}' => Some('"'),
        '\u{2018}'..='\u{201b}' => Some('\''),
        other => Some(other),
    };
    let mut out = Vec::with_capacity(line.len());
    // What is no UTF-8 is kept as it is.
    for chunk in line.utf8_chunks() {
        let text: String = chunk.valid().chars().filter_map(turned).collect();
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(chunk.invalid());
    }
    out
}

/// Without letters of no width around it.
fn trimmed(line: &[u8]) -> &[u8] {
    const NO_WIDTH: [&[u8]; 3] = [b"\xe2\x80\x8b", b"\xe2\x81\xa0", b"\xef\xbb\xbf"];
    let mut rest = line;
    while let Some(next) = NO_WIDTH
        .iter()
        .find_map(|one| rest.strip_prefix(*one).or_else(|| rest.strip_suffix(*one)))
    {
        rest = next;
    }
    rest
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::Pasted;

    fn undone(lines: &[&str]) -> Vec<String> {
        let mut pasted = Pasted::default();
        let one = |line: &&str| {
            let line = pasted.undo(Cow::Borrowed(line.as_bytes()));
            String::from_utf8_lossy(&line).into_owned()
        };
        lines.iter().map(one).collect()
    }

    #[test]
    fn letters_are_changed_only_where_a_line_of_slog_shows_that_they_were() {
        let names = [
            "a=/srv/“models”/R&amp;D",
            "l’eau «x»\u{a0}y",
            "a &lt; b<br>",
        ];
        assert_eq!(undone(&names), names);
        assert_eq!(
            undone(&[
                "time=1 level=INFO msg=&quot;a &amp;lt; b&quot;<br>",
                "R&amp;D &#8217;<br />"
            ]),
            ["time=1 level=INFO msg=\"a < b\"", "R&D &#8217;"]
        );
        assert_eq!(
            undone(&["time=1\u{a0}level=INFO msg=“a”", "it’s «so»"]),
            ["time=1 level=INFO msg=\"a\"", "it's \"so\""]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(lines: Vec<Vec<u8>>) {
            let mut pasted = Pasted::default();
            pasted.undo(Cow::Borrowed(b"msg=&quot;x&quot; k=\xc2\xab"));
            for line in &lines {
                let long = pasted.undo(Cow::Borrowed(line)).len();
                prop_assert!(long <= line.len());
            }
        }
    }
}
