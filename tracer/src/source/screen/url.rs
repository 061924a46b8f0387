//! User info in URLs, `scheme://user:password@host`, and in addresses without a scheme, `user:password@host`.
//!
//! Only the part before `@` is withheld; host, port and path are what a diagnosis needs.

use super::spans::{Spans, at, part, until};

/// How far an `@` is looked for behind a `/` in what seems to be a password.
const LOOKAHEAD: usize = 256;

/// A word without a full stop that is this long, in bytes, is no host but a token before its `@`.
const LEAST_USER: usize = 16;

/// Adds the user info of every URL. With `open` the bytes may go on in another piece, so a URL that ends with
/// them and has a non-numeric word after its `:` counts as user info that is not complete yet.
pub(super) fn find(bytes: &[u8], open: bool, spans: &mut Spans) {
    let mut next = 0;
    while next < bytes.len() {
        let colon = until(bytes, next, |byte| byte == b':');
        next = colon + 1;
        let Some(start) = authority(bytes, colon) else {
            continue;
        };
        let end = until(bytes, start, |byte| {
            ends_url(byte) || matches!(byte, b'/' | b'?' | b'#')
        });
        next = end;
        if let Some(sign) = last_at(bytes, start, end) {
            spans.add(start..sign);
            continue;
        }
        let inner = part(bytes, start, end);
        if open
            && end == bytes.len()
            && inner.len() >= LEAST_USER
            && !inner.contains(&b'.')
            && !inner.contains(&b':')
        {
            spans.add(start..end);
            continue;
        }
        let Some(colon) = inner.iter().rposition(|byte| *byte == b':') else {
            continue;
        };
        let port = inner.get(colon + 1..).unwrap_or_default();
        if inner.starts_with(b"[")
            || port
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'*')
        {
            continue;
        }
        // No port has letters, so this is a password with a `/`, `?` or `#` in it, or one cut short.
        let word = until(part(bytes, 0, start + LOOKAHEAD), end, ends_url);
        match last_at(bytes, end, word) {
            Some(sign) => spans.add(start..sign),
            None if open && end == bytes.len() => spans.add(start..end),
            None => {}
        }
    }
}

/// Adds `user:password` before every `@host` that has no scheme before it. With `open` the value of a proxy variable
/// that ends with the bytes counts as user info that is not complete yet.
pub(super) fn find_bare(bytes: &[u8], open: bool, spans: &mut Spans) {
    let mut next = 0;
    while next < bytes.len() {
        let sign = until(bytes, next, |byte| byte == b'@');
        let before = part(bytes, next, sign);
        let word = before.iter().rposition(|byte| ends_word(*byte));
        let word = next + word.map_or(0, |index| index + 1);
        if sign == bytes.len() {
            let name = variable(part(bytes, word, sign));
            if open && name > 0 && !part(bytes, word, sign).contains(&b'/') {
                spans.add(word + name..sign);
            }
            return;
        }
        let end = until(bytes, sign, |byte| ends_word(byte) || byte == b'/');
        let last = last_at(bytes, sign, end).unwrap_or(sign);
        next = end.max(sign + 1);
        let start = word + variable(part(bytes, word, sign));
        let user = part(bytes, start, last);
        let colon = user.iter().position(|byte| *byte == b':');
        let is_pair = colon.is_some_and(|colon| colon > 0 && colon + 1 < user.len());
        let host = part(bytes, last + 1, end);
        let cut_short = open && host.is_empty() && end == bytes.len();
        if is_pair && !user.contains(&b'/') && (cut_short || is_host(host)) {
            spans.add(start..last);
        }
    }
}

/// Where the authority begins, if the colon is followed by `//`, in JSON possibly `\/\/`.
fn authority(bytes: &[u8], colon: usize) -> Option<usize> {
    let mut index = colon + 1;
    for _ in 0..2 {
        index += usize::from(at(bytes, index) == b'\\');
        if at(bytes, index) != b'/' {
            return None;
        }
        index += 1;
    }
    Some(index)
}

fn ends_url(byte: u8) -> bool {
    byte <= b' ' || matches!(byte, b'"' | b'<' | b'>' | b'`')
}

fn ends_word(byte: u8) -> bool {
    ends_url(byte) || matches!(byte, b'=' | b'\'' | b'(' | b'[' | b'{')
}

fn last_at(bytes: &[u8], from: usize, to: usize) -> Option<usize> {
    let sign = part(bytes, from, to).iter().rposition(|byte| *byte == b'@');
    sign.map(|offset| from + offset)
}

/// Length of `HTTPS_PROXY:` before the user in Go's printed maps; 0 for any other word.
fn variable(word: &[u8]) -> usize {
    let Some(colon) = word.iter().position(|byte| *byte == b':') else {
        return 0;
    };
    let name = part(word, 0, colon);
    let tail = part(name, name.len().saturating_sub(5), name.len());
    if tail.eq_ignore_ascii_case(b"proxy") {
        colon + 1
    } else {
        0
    }
}

/// A host, and not the version of a symbol (`memcpy@GLIBC_2.14`), a digest of an image or an address.
fn is_host(text: &[u8]) -> bool {
    let first = at(text, 0);
    let digest = text.starts_with(b"sha256:") || text.starts_with(b"sha512:");
    let version = first.is_ascii_uppercase() && text.contains(&b'_');
    (first.is_ascii_alphanumeric() || first == b'[')
        && !digest
        && !version
        && !text.starts_with(b"0x")
}
