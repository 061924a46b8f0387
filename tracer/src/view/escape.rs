//! Makes strings of a trace harmless for a terminal: what could move the cursor, change colours, hide or reorder
//! text is written visibly. Input is any string, output has no such character. Idempotent.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// U+FFFD: `event::Text` writes a byte that is no UTF-8 as this and two hexadecimal digits.
const MARK: char = '\u{FFFD}';

/// Free text: a backslash stays as it is, so log lines and JSON are read as they were written.
#[must_use]
pub fn text(input: &str) -> Cow<'_, str> {
    let clear = |character| character != MARK && !is_hidden(character);
    if is_plain(input) || input.chars().all(clear) {
        return Cow::Borrowed(input);
    }
    let mut out = String::with_capacity(input.len() + 16);
    push_all(&mut out, input, false);
    Cow::Owned(out)
}

/// A string in double quotes; quotes and backslashes inside are escaped, so its end is certain.
#[must_use]
pub fn quoted(input: &str) -> String {
    let mut out = String::with_capacity(input.len() + 2);
    out.push('"');
    push_all(&mut out, input, true);
    out.push('"');
    out
}

/// A word such as a path: bare where that is clear, in double quotes otherwise.
#[must_use]
pub fn word(input: &str) -> Cow<'_, str> {
    let clear = |character: char| {
        character.is_alphanumeric()
            || (character.is_ascii_punctuation() && !"\"\\'`".contains(character))
    };
    if !input.is_empty() && input.chars().all(clear) {
        text(input)
    } else {
        Cow::Owned(quoted(input))
    }
}

/// JSON of the same value without characters that act on a terminal: they are written as `\u` escapes.
#[must_use]
pub fn json(input: &str) -> Cow<'_, str> {
    if is_plain(input) || !input.chars().any(is_hidden) {
        return Cow::Borrowed(input);
    }
    let mut out = String::with_capacity(input.len() + 16);
    for character in input.chars() {
        match character {
            // Valid JSON has these between values only.
            '\n' | '\r' | '\t' => out.push(' '),
            _ if is_hidden(character) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// Columns that `input` takes on a terminal.
#[must_use]
pub fn width(input: &str) -> usize {
    if is_plain(input) {
        return input.len();
    }
    UnicodeWidthStr::width(input)
}

/// The beginning of `input` that fits `columns`; the dots stand for the rest.
#[must_use]
pub fn fit<'a>(input: &'a str, columns: usize, dots: &str) -> Cow<'a, str> {
    if width(input) <= columns {
        return Cow::Borrowed(input);
    }
    let room = columns.saturating_sub(width(dots));
    let mut out = String::new();
    for character in input.chars() {
        out.push(character);
        if width(&out) > room {
            out.pop();
            break;
        }
    }
    out.push_str(dots);
    Cow::Owned(out)
}

fn push_all(out: &mut String, input: &str, quotes: bool) {
    let mut rest = input.chars();
    while let Some(character) = rest.next() {
        match character {
            MARK => match marked_byte(rest.as_str()) {
                Some(byte) => {
                    let _ = write!(out, "\\x{byte:02x}");
                    rest.nth(1);
                }
                None => out.push_str("\\u{fffd}"),
            },
            '"' | '\\' if quotes => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if !is_hidden(character) => out.push(character),
            _ if u32::from(character) < 0x80 => {
                let _ = write!(out, "\\x{:02x}", u32::from(character));
            }
            _ => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
}

/// The byte that stands as two hexadecimal digits at the beginning of `rest`.
fn marked_byte(rest: &str) -> Option<u8> {
    let digits = rest.get(..2)?;
    if digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        u8::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// Printable ASCII and nothing else, as nearly everything is: a byte a column, nothing hidden. Told without decoding
/// characters, because a search looks at all of a recording.
fn is_plain(input: &str) -> bool {
    input.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// True for a character that acts instead of being seen: controls (C0, DEL, C1), line separators, bidirectional
/// controls, and the invisible ones of Unicode's Default_Ignorable_Code_Point.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0x00AD
                | 0x034F
                | 0x061C
                | 0x115F..=0x1160
                | 0x17B4..=0x17B5
                | 0x180B..=0x180F
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0x3164
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xFFA0
                | 0xFFF0..=0xFFFB
                | 0x110BD
                | 0x110CD
                | 0x13430..=0x1345F
                | 0x1BCA0..=0x1BCA3
                | 0x1D173..=0x1D17A
                | 0xE0000..=0xE0FFF
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fit, quoted, text, width, word};
    use crate::event::Text;

    #[test]
    fn what_acts_on_a_terminal_becomes_visible() {
        for (given, shown) in [
            ("plain /usr/lib/libcuda.so.1", "plain /usr/lib/libcuda.so.1"),
            ("a\nb\tc\rd", r"a\nb\tc\rd"),
            ("\u{1b}[2J\u{7}", r"\x1b[2J\x07"),
            ("\u{7f}\u{9b}31m", r"\x7f\u{9b}31m"),
            ("exe\u{202e}gpj", r"exe\u{202e}gpj"),
            ("\u{feff}a\u{200f}\u{2066}b", r"\u{feff}a\u{200f}\u{2066}b"),
            ("tag\u{e0041}", r"tag\u{e0041}"),
            (r#"{"a":"b\n"}"#, r#"{"a":"b\n"}"#),
            ("größe ✗ 模型", "größe ✗ 模型"),
            ("\u{fffd}", r"\u{fffd}"),
            ("\u{fffd}+f", r"\u{fffd}+f"),
        ] {
            assert_eq!(text(given), shown, "{given:?}");
        }
        let bytes = Text::from_bytes(b"lib\xff\x1b.so");
        assert_eq!(text(bytes.as_str()), r"lib\xff\x1b.so");
    }

    #[test]
    fn a_word_is_quoted_only_where_it_must_be() {
        assert_eq!(word("/usr/lib/x.so.1"), "/usr/lib/x.so.1");
        assert_eq!(word("my file"), "\"my file\"");
        assert_eq!(word(""), "\"\"");
        assert_eq!(word("a\\n"), r#""a\\n""#);
        assert_eq!(quoted("say \"x\""), r#""say \"x\"""#);
    }

    #[test]
    fn text_is_cut_by_columns_and_not_by_bytes() {
        assert_eq!(fit("llama-server", 12, "…"), "llama-server");
        assert_eq!(fit("llama-server", 8, "…"), "llama-s…");
        assert_eq!(fit("模型模型", 5, "…"), "模型…");
        assert_eq!(width("模型"), 4);
    }

    fn harmless(shown: &str) -> bool {
        shown.chars().all(|character| {
            let code = u32::from(character);
            !(code < 0x20
                || (0x7f..=0x9f).contains(&code)
                || (0x200e..=0x200f).contains(&code)
                || (0x202a..=0x202e).contains(&code)
                || (0x2066..=0x2069).contains(&code)
                || code == 0xfeff)
        })
    }

    proptest! {
        #[test]
        fn no_control_ever_comes_out(bytes: Vec<u8>, string in "\\PC*|[\u{0}-\u{2ff}\u{2000}-\u{206f}\u{fe00}-\u{ffff}]*") {
            let from_bytes = Text::from_bytes(&bytes);
            for given in [from_bytes.as_str(), &string] {
                for shown in [text(given).into_owned(), quoted(given), word(given).into_owned()] {
                    prop_assert!(harmless(&shown), "{:?}", shown);
                    prop_assert_eq!(text(&shown).into_owned(), shown.clone(), "a second pass changes nothing");
                }
                prop_assert!(width(&fit(&text(given), 10, "…")) <= 10);
            }
        }
    }
}
