//! How far a secret reaches once its name was found: quoted, in brackets, a word, the rest of a line.

use std::ops::Range;

use super::name::Label;
use super::spans::{at, part, until};

/// The longest name that is looked for behind `&`, `,` or `;`.
const LONGEST_NAME: usize = 64;

/// The place of the value that begins at or after `from`, and where the search goes on. Both lie on one line.
/// `quote` is the byte directly before the name: an option in quotes ends with them.
pub(super) fn after(bytes: &[u8], from: usize, label: Label, quote: u8) -> (Range<usize>, usize) {
    let mut start = skip_blanks(bytes, from);
    // `:= X`, `=> X`
    if matches!(at(bytes, start), b'=' | b'>')
        && matches!(at(bytes, start + 1), b' ' | b'"' | b'\'')
    {
        start = skip_blanks(bytes, start + 1);
    }
    if label == Label::Variable && start > from && is_variable(bytes, start) {
        return (start..start, start);
    }
    let open = until(bytes, start, |byte| byte != b'\\');
    let mark = at(bytes, open);
    if matches!(mark, b'"' | b'\'') {
        return quoted(bytes, start, open, mark);
    }
    let line_ends = |byte| byte == b'\n' || byte == b'\r';
    let end = match label {
        Label::Header if mark == b'[' => {
            let close = until(bytes, start, |byte| byte == b']' || line_ends(byte));
            return (start + 1..close, close);
        }
        Label::Header if matches!(quote, b'"' | b'\'') => {
            until(bytes, start, |byte| byte == quote || line_ends(byte))
        }
        Label::Header => until(bytes, start, line_ends),
        Label::Variable if at(bytes, from.saturating_sub(1)) == b':' => map_end(bytes, start),
        _ => word_end(bytes, start),
    };
    let mut trimmed = end;
    if label != Label::Header {
        let closer = |byte| {
            matches!(
                byte,
                b')' | b']' | b'}' | b',' | b';' | b'.' | b'\'' | b'`' | b'\\'
            )
        };
        while trimmed > start && closer(at(bytes, trimmed - 1)) {
            trimmed -= 1;
        }
    }
    (start..trimmed, end)
}

/// From the opening quote to the same one, with as many backslashes before it; to the end of the line without.
fn quoted(bytes: &[u8], start: usize, open: usize, mark: u8) -> (Range<usize>, usize) {
    let slashes = open - start;
    let mut index = open + 1;
    let mut seen = 0;
    loop {
        match at(bytes, index) {
            b'\n' => break,
            0 if index >= bytes.len() => break,
            b'\\' => seen += 1,
            byte if byte == mark && seen <= slashes && (seen == slashes || mark == b'\'') => {
                return (open + 1..index - seen, index);
            }
            _ => seen = 0,
        }
        index += 1;
    }
    (open + 1..index, index)
}

/// A word ends with a blank, an unescaped double quote, or `&name=` and its like.
fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut index = start;
    while index < bytes.len() {
        let ends = match at(bytes, index) {
            b' ' | b'\t' | b'\n' | b'\r' => true,
            b'"' => index == start || at(bytes, index - 1) != b'\\',
            b'&' | b',' | b';' => is_next_name(bytes, index + 1),
            _ => false,
        };
        if ends {
            break;
        }
        index += 1;
    }
    index
}

fn is_next_name(bytes: &[u8], start: usize) -> bool {
    let window = part(bytes, 0, bytes.len().min(start + LONGEST_NAME));
    let end = until(window, start, |byte| {
        !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    });
    end > start && at(bytes, end) == b'='
}

/// A value in a printed Go map (`map[A:x y B:z]`) goes on to the next variable or the closing bracket.
fn map_end(bytes: &[u8], start: usize) -> usize {
    let mut index = start;
    while index < bytes.len() {
        let ends = match at(bytes, index) {
            b'\n' | b'\r' => true,
            b' ' => is_variable(bytes, index + 1),
            b']' => matches!(at(bytes, index + 1), b'"' | b' ' | b'\n' | 0),
            b'"' => index == start || at(bytes, index - 1) != b'\\',
            _ => false,
        };
        if ends {
            break;
        }
        index += 1;
    }
    index
}

/// `NAME:` or `NAME=` of a variable, or `https_proxy:`.
fn is_variable(bytes: &[u8], start: usize) -> bool {
    let window = part(bytes, 0, bytes.len().min(start + LONGEST_NAME));
    let end = until(window, start, |byte| {
        !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    });
    let upper = end >= start + 3
        && at(bytes, start).is_ascii_uppercase()
        && matches!(at(bytes, end), b':' | b'=');
    let proxies: [&[u8]; 3] = [b"http_proxy:", b"https_proxy:", b"no_proxy:"];
    let rest = bytes.get(start..).unwrap_or_default();
    upper || proxies.iter().any(|name| rest.starts_with(name))
}

fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    until(bytes, from, |byte| byte != b' ' && byte != b'\t')
}
