//! Byte strings of the traced programs: paths, arguments, log text.
//!
//! They need not be UTF-8, JSON must be. The one escape: a byte that is no part of valid UTF-8 is written as
//! U+FFFD followed by its two hexadecimal digits, and so are the three bytes of a genuine U+FFFD. All other text
//! stands as it is, and every byte string reads back exactly.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

const MARK: char = '\u{FFFD}';

/// A byte string in its written form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// From the bytes of the tracee.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes)
            && !text.contains(MARK)
        {
            return Self(text.to_owned());
        }
        let mut out = String::with_capacity(bytes.len() + 8);
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character == MARK {
                    for byte in MARK.to_string().bytes() {
                        push_escaped(&mut out, byte);
                    }
                } else {
                    out.push(character);
                }
            }
            for byte in chunk.invalid() {
                push_escaped(&mut out, *byte);
            }
        }
        Self(out)
    }

    /// The bytes of the tracee. An escape that is no escape (foreign trace) stands for itself.
    #[must_use]
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        if !self.0.contains(MARK) {
            return Cow::Borrowed(self.0.as_bytes());
        }
        let mut out = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some(at) = rest.find(MARK) {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at + MARK.len_utf8()..];
            match rest
                .get(..2)
                .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            {
                Some(byte) => {
                    out.push(byte);
                    rest = &rest[2..];
                }
                None => out.extend_from_slice(MARK.to_string().as_bytes()),
            }
        }
        out.extend_from_slice(rest.as_bytes());
        Cow::Owned(out)
    }

    /// The written form. May hold control characters: a terminal needs `view`'s escaping.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// From text of our own: plain, or parts of texts in their written form, whose escapes stay what they are. A mark that
/// begins no escape is escaped. Bytes of a tracee come by [`Text::from_bytes`].
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        if !text.contains(MARK) {
            return Self(text);
        }
        let mut out = String::with_capacity(text.len() + 8);
        let mut parts = text.split(MARK);
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let is_escape = part
                .as_bytes()
                .first_chunk::<2>()
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            if is_escape {
                out.push(MARK);
            } else {
                for byte in MARK.to_string().bytes() {
                    push_escaped(&mut out, byte);
                }
            }
            out.push_str(part);
        }
        Self(out)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn push_escaped(out: &mut String, byte: u8) {
    use fmt::Write;
    out.push(MARK);
    let _ = write!(out, "{byte:02x}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Text;

    #[test]
    fn bytes_that_are_no_utf8_are_marked_and_the_rest_is_readable() {
        assert_eq!(
            Text::from_bytes(b"lib\xff\xfe.so").as_str(),
            "lib\u{FFFD}ff\u{FFFD}fe.so"
        );
        assert_eq!(
            Text::from_bytes("a\u{FFFD}b".as_bytes()).as_str(),
            "a\u{FFFD}ef\u{FFFD}bf\u{FFFD}bdb"
        );
        assert_eq!(Text::from(r#"C:\x "q""#).as_str(), r#"C:\x "q""#);
    }

    #[test]
    fn parts_of_a_text_are_the_same_text_again() {
        let path = Text::from_bytes(b"/lib/cuda\xff");
        let name = path.as_str().rsplit('/').next().unwrap();
        assert_eq!(Text::from(name), Text::from_bytes(b"cuda\xff"));
        assert_eq!(Text::from(format!("/lib/{name}")), path);
        // Of other origin: no escape follows.
        assert_eq!(
            Text::from("a\u{FFFD}z").to_bytes().as_ref(),
            "a\u{FFFD}z".as_bytes()
        );
    }

    proptest! {
        #[test]
        fn every_byte_string_reads_back(bytes: Vec<u8>) {
            let text = Text::from_bytes(&bytes);
            let back = text.to_bytes();
            prop_assert_eq!(back.as_ref(), bytes.as_slice());
        }

        #[test]
        fn a_foreign_written_form_never_panics(text: String) {
            let text: Text = serde_json::from_str(&serde_json::to_string(&text).unwrap()).unwrap();
            let _ = text.to_bytes();
        }
    }
}
