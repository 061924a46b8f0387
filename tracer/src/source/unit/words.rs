//! Words of a setting's value: quotes and escapes as in systemd.syntax(7), "Quoting".
//!
//! In: text. Out: words as bytes, since `\xff` is a legal escape. No variables, no specifiers.
//!
//! The manual says that a quote opens only at the beginning of a word. systemd 252 takes it anywhere
//! (`A="b c"` is one word without quotes), and so do we.

/// How strict a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A setting: known escapes only, quotes must close.
    Setting,
    /// A command: as a setting, but an unknown escape stands for itself (systemd warns and goes on).
    Command,
    /// The value of a variable that is split for `$NAME`: a backslash protects the next character, an open quote
    /// ends with the text.
    Variable,
}

/// Why a text cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Syntax {
    /// `"abc` without an end.
    #[error("a quote is not closed")]
    OpenQuote,
    /// `\q`, or digits missing.
    #[error("an unknown escape sequence; a backslash is written twice")]
    Escape,
}

/// Takes words off the front of a text.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    rest: &'a [u8],
    mode: Mode,
}

impl<'a> Words<'a> {
    /// Words of `text`.
    pub(super) fn new(text: &'a str, mode: Mode) -> Self {
        Self {
            rest: text.as_bytes(),
            mode,
        }
    }

    /// Takes `word` off the front, if it stands there unquoted and alone.
    pub(super) fn take_lone(&mut self, word: &str) -> bool {
        let start = self.rest.trim_ascii_start();
        match start.strip_prefix(word.as_bytes()) {
            Some(after) if after.first().is_none_or(|byte| is_blank(*byte)) => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// What follows a backslash.
    fn escape(&mut self, word: &mut Vec<u8>) -> Result<(), Syntax> {
        let (rest, length) = (self.rest, word.len());
        match self.mode {
            Mode::Setting => self.known_escape(word),
            Mode::Command => self.known_escape(word).or_else(|_| {
                self.rest = rest;
                word.truncate(length);
                word.push(b'\\');
                word.extend(self.byte());
                Ok(())
            }),
            Mode::Variable => {
                word.extend(self.byte());
                Ok(())
            }
        }
    }

    fn known_escape(&mut self, word: &mut Vec<u8>) -> Result<(), Syntax> {
        let letter = self.byte().ok_or(Syntax::Escape)?;
        word.push(match letter {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b's' => b' ',
            b'\\' | b'"' | b'\'' => letter,
            b'x' => self.number(2, 16)?,
            b'0'..=b'7' => {
                let digits = [letter, self.digit(8)?, self.digit(8)?];
                number(&digits, 8)
                    .and_then(|value| u8::try_from(value).ok())
                    .ok_or(Syntax::Escape)?
            }
            b'u' => return self.character(4, word),
            b'U' => return self.character(8, word),
            _ => return Err(Syntax::Escape),
        });
        // A NUL cannot be part of a string.
        if word.last() == Some(&0) {
            return Err(Syntax::Escape);
        }
        Ok(())
    }

    fn digit(&mut self, radix: u32) -> Result<u8, Syntax> {
        self.byte()
            .filter(|byte| char::from(*byte).is_digit(radix))
            .ok_or(Syntax::Escape)
    }

    fn digits(&mut self, count: usize, radix: u32) -> Result<u32, Syntax> {
        let digits = (0..count)
            .map(|_| self.digit(radix))
            .collect::<Result<Vec<_>, _>>()?;
        number(&digits, radix).ok_or(Syntax::Escape)
    }

    fn number(&mut self, count: usize, radix: u32) -> Result<u8, Syntax> {
        u8::try_from(self.digits(count, radix)?).map_err(|_| Syntax::Escape)
    }

    fn character(&mut self, count: usize, word: &mut Vec<u8>) -> Result<(), Syntax> {
        let character = char::from_u32(self.digits(count, 16)?)
            .filter(|character| *character != '\0')
            .ok_or(Syntax::Escape)?;
        word.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn word(&mut self) -> Result<Vec<u8>, Syntax> {
        let mut word = Vec::new();
        let mut quote = None;
        while let Some(byte) = self.byte() {
            match (byte, quote) {
                (b'\\', _) => self.escape(&mut word)?,
                (_, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => word.push(byte),
                (b'"' | b'\'', None) => quote = Some(byte),
                (_, None) if is_blank(byte) => return Ok(word),
                (_, None) => word.push(byte),
            }
        }
        if quote.is_some() && self.mode != Mode::Variable {
            return Err(Syntax::OpenQuote);
        }
        Ok(word)
    }
}

impl Iterator for Words<'_> {
    type Item = Result<Vec<u8>, Syntax>;

    /// The next word. After an error there is none.
    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_ascii_start();
        if self.rest.is_empty() {
            return None;
        }
        let word = self.word();
        if word.is_err() {
            self.rest = &[];
        }
        Some(word)
    }
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Mode, Syntax, Words};

    fn split(text: &str, mode: Mode) -> Result<Vec<String>, Syntax> {
        Words::new(text, mode)
            .map(|word| word.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
            .collect()
    }

    #[test]
    fn quotes_and_escapes_are_read_as_systemd_reads_them() {
        for (text, words) in [
            ("", &[][..]),
            ("  a\t b ", &["a", "b"]),
            (r#""a b" 'c "d' e"#, &["a b", "c \"d", "e"]),
            (
                r#"ONE='one' "TWO='two two' too" THREE="#,
                &["ONE=one", "TWO='two two' too", "THREE="],
            ),
            (
                r#"FIVE=a"b c"d SIX=\x41\u00e9\s."#,
                &["FIVE=ab cd", "SIX=A\u{e9} ."],
            ),
            (r#""" x"#, &["", "x"]),
            (r"\101\t\\\U0001F600", &["A\t\\\u{1f600}"]),
            (r#"'a\'b'"#, &["a'b"]),
        ] {
            assert_eq!(split(text, Mode::Setting).unwrap(), words, "{text}");
        }
    }

    #[test]
    fn a_wrong_escape_and_an_open_quote_are_errors_in_a_setting_only() {
        for (text, error) in [
            (r"a \q", Syntax::Escape),
            (r"a\", Syntax::Escape),
            (r"\x4", Syntax::Escape),
            (r"\000", Syntax::Escape),
            (r"\777", Syntax::Escape),
            (r"\ud800", Syntax::Escape),
            ("\"a b", Syntax::OpenQuote),
        ] {
            assert_eq!(split(text, Mode::Setting), Err(error), "{text}");
            assert!(split(text, Mode::Variable).is_ok(), "{text}");
        }
        assert_eq!(split(r"a\ b 'c", Mode::Variable).unwrap(), ["a b", "c"]);
        assert_eq!(
            split(r"\q \x4 \x41 '\;' end\", Mode::Command).unwrap(),
            [r"\q", r"\x4", "A", r"\;", r"end\"]
        );
        assert!(split("'a", Mode::Command).is_err());
    }

    #[test]
    fn a_lone_word_can_be_taken_off_the_front() {
        let mut words = Words::new(" ; ;x", Mode::Setting);
        assert!(words.take_lone(";"));
        assert!(!words.take_lone(";"));
        assert_eq!(words.next(), Some(Ok(b";x".to_vec())));
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_a_panic(text: String) {
            for mode in [Mode::Setting, Mode::Command, Mode::Variable] {
                prop_assert!(Words::new(&text, mode).count() <= text.len());
            }
        }

        #[test]
        fn a_quoted_word_reads_back(words in prop::collection::vec("[ -~]{0,8}", 0..5)) {
            let text: Vec<String> = words
                .iter()
                .map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
                .collect();
            prop_assert_eq!(split(&text.join(" "), Mode::Setting).unwrap(), words);
        }
    }
}
