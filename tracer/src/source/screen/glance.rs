//! The quick look that lets almost every line pass untouched: may there be a secret at all?
//!
//! It says yes far too often and never a wrong no: whatever the finders react to begins with something seen here.
//! One pass, no allocation.

use super::shape::{begins_token, begins_word, has_token_prefix};
use super::spans::at;

/// A closer look is taken at this byte wherever it stands.
const HINT: u8 = 1;
/// A token of a well-known service may begin with this byte.
const FIRST: u8 = 2;
/// No word begins behind this byte. Not set for n, r and t, which may end a written `\n`.
const INSIDE: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        if matches!(
            value,
            b'k' | b'K'
                | b'c'
                | b'C'
                | b'u'
                | b'U'
                | b'p'
                | b'P'
                | b'w'
                | b'W'
                | b'g'
                | b'G'
                | b'@'
                | b'-'
                | b'h'
                | b'H'
                | b'b'
                | b'B'
        ) {
            classes[byte] |= HINT;
        }
        if begins_token(value) {
            classes[byte] |= FIRST;
        }
        if value.is_ascii_alphanumeric() && !matches!(value, b'n' | b'r' | b't') {
            classes[byte] |= INSIDE;
        }
        byte += 1;
    }
    classes
};

/// False only for bytes that hold nothing any finder reacts to.
pub(super) fn is_suspicious(bytes: &[u8]) -> bool {
    let mut before = b' ';
    let mut inside = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let class = CLASSES[usize::from(*byte)];
        if class & FIRST != 0
            && inside == 0
            && has_token_prefix(bytes, index)
            && begins_word(bytes, index)
        {
            return true;
        }
        if class & HINT != 0 && is_hint(bytes, index, before) {
            return true;
        }
        inside = class & INSIDE;
        before = *byte;
    }
    false
}

/// The rarest letter of each word decides, and its neighbours confirm.
fn is_hint(bytes: &[u8], index: usize, before: u8) -> bool {
    let next = |offset: usize| at(bytes, index + offset).to_ascii_lowercase();
    let before = before.to_ascii_lowercase();
    let twice_before = || at(bytes, index.wrapping_sub(2)).to_ascii_lowercase();
    match next(0) {
        b'@' => true,
        // key; token, cookie
        b'k' => {
            (next(1) == b'e' && next(2) == b'y')
                || (before == b'o' && matches!(next(1), b'e' | b'i'))
        }
        // secret, credential, creds
        b'c' => next(1) == b'r' && next(2) == b'e',
        // auth; -u user:password, --user, --proxy-user
        b'u' => (before == b'a' && next(1) == b't' && next(2) == b'h') || before == b'-',
        // pass; prompt
        b'p' => {
            (next(1) == b'a' && next(2) == b's')
                || (next(1) == b'r' && next(2) == b'o' && next(3) == b'm')
        }
        // pwd, jwt
        b'w' => (before == b'p' && next(1) == b'd') || (before == b'j' && next(1) == b't'),
        // sig, signature
        b'g' => before == b'i' && twice_before() == b's',
        // -hft
        b'h' => before == b'-' && next(1) == b'f',
        // bearer, basic
        b'b' => {
            (next(1) == b'e' && next(2) == b'a')
                || (next(1) == b'a' && next(2) == b's' && next(3) == b'i')
        }
        // -----BEGIN
        b'-' => before == b'-' && next(1) == b'-',
        _ => false,
    }
}
