//! Passwords as .netrc writes them, behind a word and a blank: `login anna password X`, or `password X` as a line.
//!
//! Prose speaks of passwords too (`the password is wrong`), so the words around decide.

use super::spans::{Spans, part, until};

const NAMES: [&[u8]; 2] = [b"password", b"passwd"];
/// Words of a .netrc that stand before a password on its line.
const BEFORE: [&[u8]; 3] = [b"login", b"machine", b"account"];
/// How far these are looked for, in bytes.
const WINDOW: usize = 256;

/// Adds the words behind `password` in a .netrc.
pub(super) fn find(bytes: &[u8], spans: &mut Spans) {
    let mut line = 0;
    let mut next = 0;
    while next < bytes.len() {
        let start = until(bytes, next, |byte| !byte.is_ascii_whitespace());
        if part(bytes, next, start).contains(&b'\n') {
            line = start;
        }
        let end = until(bytes, start, |byte| byte.is_ascii_whitespace());
        next = end;
        if !NAMES.contains(&part(bytes, start, end)) {
            continue;
        }
        let value = until(bytes, end, |byte| byte != b' ' && byte != b'\t');
        let stop = until(bytes, value, |byte| byte.is_ascii_whitespace());
        let rest = until(bytes, stop, |byte| {
            byte != b' ' && byte != b'\t' && byte != b'\r'
        });
        let alone = line == start && (rest == bytes.len() || bytes.get(rest) == Some(&b'\n'));
        if value > end
            && (alone || has_login(part(bytes, line.max(start.saturating_sub(WINDOW)), start)))
        {
            spans.add(value..stop);
            next = stop;
        }
    }
}

fn has_login(before: &[u8]) -> bool {
    before
        .split(u8::is_ascii_whitespace)
        .any(|word| BEFORE.contains(&word))
}

#[cfg(test)]
mod tests {
    use crate::source::screen::text;

    #[test]
    fn passwords_of_a_netrc_are_found_and_prose_is_left_alone() {
        for (words, withheld) in [
            ("machine host login anna password opensesame", true),
            ("machine host\nlogin anna\n  password opensesame\n", true),
            ("password opensesame", true),
            ("default login anna passwd opensesame account x", true),
            ("the password opensesame was wrong", false),
            ("password opensesame expired yesterday", false),
            ("login\npassword for opensesame\n", false),
        ] {
            let shown = text(words.as_bytes());
            assert_eq!(!shown.as_str().contains("opensesame"), withheld, "{words}");
            assert!(shown.as_str().contains("pass"), "{words}");
        }
    }
}
