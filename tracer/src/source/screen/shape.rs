//! Secrets that are recognised by their own looks: tokens of well-known services, JSON web tokens, `Bearer X`,
//! `Basic X`, private key blocks.

use super::spans::{Spans, at, part, until};

/// What the rest of a token must look like, so that `npm_config_registry` is none.
#[derive(Clone, Copy)]
enum Body {
    /// Letters and digits up to the least length.
    Plain,
    /// A digit somewhere.
    Digit,
    /// A full stop somewhere (JSON web token: header.claims.signature).
    Dot,
}

/// Beginning of a token, its least length in bytes, its looks.
const TOKENS: [(&[u8], usize, Body); 43] = [
    (b"hf_", 20, Body::Plain),
    (b"api_org_", 20, Body::Plain),
    (b"ghp_", 20, Body::Plain),
    (b"gho_", 20, Body::Plain),
    (b"ghu_", 20, Body::Plain),
    (b"ghs_", 20, Body::Plain),
    (b"ghr_", 20, Body::Plain),
    (b"AKIA", 20, Body::Plain),
    (b"ASIA", 20, Body::Plain),
    (b"npm_", 30, Body::Plain),
    (b"r8_", 30, Body::Plain),
    (b"gsk_", 20, Body::Plain),
    (b"sgp_", 20, Body::Plain),
    (b"sk_live_", 16, Body::Plain),
    (b"sk_test_", 16, Body::Plain),
    (b"rk_live_", 16, Body::Plain),
    (b"shpat_", 20, Body::Plain),
    (b"lin_api_", 30, Body::Plain),
    (b"whsec_", 20, Body::Plain),
    (b"sk-", 20, Body::Digit),
    (b"github_pat_", 20, Body::Digit),
    (b"glpat-", 16, Body::Digit),
    (b"glsa_", 24, Body::Digit),
    (b"xoxa-", 16, Body::Digit),
    (b"xoxb-", 16, Body::Digit),
    (b"xoxp-", 16, Body::Digit),
    (b"xoxr-", 16, Body::Digit),
    (b"xoxs-", 16, Body::Digit),
    (b"xapp-", 16, Body::Digit),
    (b"AIza", 30, Body::Digit),
    (b"ya29.", 20, Body::Digit),
    (b"pypi-", 30, Body::Digit),
    (b"nvapi-", 20, Body::Digit),
    (b"dop_v1_", 30, Body::Digit),
    (b"tskey-", 20, Body::Digit),
    (b"hvs.", 20, Body::Digit),
    (b"dckr_pat_", 20, Body::Digit),
    (b"xai-", 30, Body::Digit),
    (b"pplx-", 30, Body::Digit),
    (b"sntrys_", 30, Body::Digit),
    (b"AGE-SECRET-KEY-1", 20, Body::Digit),
    (b"eyJ", 20, Body::Dot),
    (b"SG.", 40, Body::Dot),
];

/// True when a token may begin with this byte.
pub(super) const fn begins_token(byte: u8) -> bool {
    matches!(
        byte,
        b's' | b'r'
            | b'h'
            | b'a'
            | b'g'
            | b'x'
            | b'A'
            | b'y'
            | b'n'
            | b'p'
            | b'd'
            | b'S'
            | b't'
            | b'l'
            | b'w'
            | b'e'
    )
}

/// True when a token may begin with these bytes; a cheap question before the table is asked.
fn may_begin(first: u8, second: u8) -> bool {
    matches!(
        (first, second),
        (b's', b'k' | b'g' | b'h' | b'n')
            | (b'r', b'k' | b'8')
            | (b'h', b'f' | b'v')
            | (b'a', b'p')
            | (b'g', b'h' | b'i' | b'l' | b's')
            | (b'x', b'o' | b'a')
            | (b'A', b'K' | b'S' | b'I' | b'G')
            | (b'y', b'a')
            | (b'n', b'p' | b'v')
            | (b'p', b'y' | b'p')
            | (b'd', b'o' | b'c')
            | (b'S', b'G')
            | (b't', b's')
            | (b'l', b'i')
            | (b'w', b'h')
            | (b'e', b'y')
    )
}

/// How far into a token its looks are examined, so that hostile text costs linear time.
const LOOK: usize = 256;

/// True when one of the known beginnings stands at `index`.
pub(super) fn has_token_prefix(bytes: &[u8], index: usize) -> bool {
    may_begin(at(bytes, index), at(bytes, index + 1)) && {
        let rest = bytes.get(index..).unwrap_or_default();
        TOKENS.iter().any(|(begin, ..)| rest.starts_with(begin))
    }
}

/// Adds tokens. With `open` a word that ends with the bytes may still grow, so a beginning is enough.
pub(super) fn find_tokens(bytes: &[u8], open: bool, spans: &mut Spans) {
    let mut run = 0;
    while run < bytes.len() {
        let end = until(bytes, run, |byte| !is_token_byte(byte));
        let growing = open && end == bytes.len();
        let token = (run..end).find(|start| {
            begins_word(bytes, *start) && is_token(part(bytes, *start, end), growing)
        });
        if let Some(start) = token {
            // A full stop at its end belongs to the sentence.
            let dots = part(bytes, start, end).iter().rev();
            let dots = dots.take_while(|byte| **byte == b'.').count();
            spans.add(start..end - dots);
        }
        run = end + 1;
    }
}

/// True where a word may begin: not inside of letters and digits, or behind a written `\n`, `\r`, `\t`.
pub(super) fn begins_word(bytes: &[u8], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).map(|before| at(bytes, before)) else {
        return true;
    };
    let escape = matches!(before, b'n' | b'r' | b't')
        && index.checked_sub(2).map(|slash| at(bytes, slash)) == Some(b'\\');
    escape || !before.is_ascii_alphanumeric()
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn is_token(word: &[u8], growing: bool) -> bool {
    if !may_begin(at(word, 0), at(word, 1)) {
        return false;
    }
    TOKENS.iter().any(|(begin, least, body)| {
        let Some(rest) = word.strip_prefix(*begin) else {
            return false;
        };
        if growing && word.len() < *least {
            return !rest.is_empty();
        }
        let looked = part(rest, 0, rest.len().min(LOOK));
        word.len() >= *least
            && match body {
                Body::Plain => part(rest, 0, *least - begin.len())
                    .iter()
                    .all(u8::is_ascii_alphanumeric),
                Body::Digit => looked.iter().any(u8::is_ascii_digit),
                Body::Dot => looked.contains(&b'.'),
            }
    })
}

/// Adds what follows `Bearer `, and what follows `Basic ` if it is base64 with a `:` inside.
pub(super) fn find_schemes(bytes: &[u8], spans: &mut Spans) {
    let mut next = 0;
    while next < bytes.len() {
        let blank = until(bytes, next, |byte| byte == b' ');
        next = blank + 1;
        let before = |word: &[u8]| {
            let begin = blank.saturating_sub(word.len());
            let alone = begin == 0 || !at(bytes, begin - 1).is_ascii_alphanumeric();
            alone && part(bytes, begin, blank).eq_ignore_ascii_case(word)
        };
        let start = until(bytes, blank, |byte| byte != b' ');
        let end = until(bytes, start, |byte| {
            byte <= b' ' || matches!(byte, b'"' | b'\'' | b']' | b',' | b'}')
        });
        let word = part(bytes, start, end);
        // Words of a sentence about the scheme.
        let prose = matches!(
            word,
            b"token" | b"tokens" | b"token:" | b"auth" | b"authentication"
        );
        if (before(b"bearer") && !prose) || (before(b"basic") && is_basic(word)) {
            spans.add(start..end);
            next = end;
        } else {
            next = start.max(next);
        }
    }
}

/// Base64 of `user:password`. Any of the three ways a `:` (0x3a) can lie in four digits is looked for.
fn is_basic(word: &[u8]) -> bool {
    let mut bits = 0u32;
    let mut count = 0;
    let mut colon = false;
    for byte in word {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return false,
        };
        bits = (bits << 6) | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            colon |= (bits >> count) & 0xff == u32::from(b':');
        }
    }
    colon
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// An RSA key of 16,384 bits is 12.7 KB in base64. After that a block that does not end is given up.
pub(super) const LONGEST_BLOCK: usize = 16 * 1024;

/// Adds private key blocks, header and footer too. `left` is how much of a block that began in an earlier piece may
/// still come; returned is the same for the next piece, 0 outside of a block. The first `from` bytes belong to an
/// earlier piece.
pub(super) fn find_blocks(bytes: &[u8], from: usize, left: usize, spans: &mut Spans) -> usize {
    let mut next = 0;
    if left > 0 {
        match block_end(bytes, from, left) {
            Ok(end) => {
                spans.add(from..end);
                next = end;
            }
            Err(left) => {
                spans.add(from..bytes.len());
                return left;
            }
        }
    }
    while let Some(start) = position(bytes, next, BEGIN) {
        // `RSA PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`: a label is upper case (RFC 7468, section 3).
        let name = until(bytes, start + BEGIN.len(), |byte| {
            !(byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
        });
        next = name;
        let is_private = part(bytes, start, name)
            .windows(11)
            .any(|part| part == b"PRIVATE KEY");
        if is_private {
            match block_end(bytes, name, LONGEST_BLOCK) {
                Ok(end) => {
                    spans.add(start..end);
                    next = end;
                }
                Err(left) => {
                    spans.add(start..bytes.len());
                    return left;
                }
            }
        }
    }
    0
}

/// The end of a block, or how much of it may still come.
fn block_end(bytes: &[u8], from: usize, left: usize) -> Result<usize, usize> {
    let window = part(bytes, 0, bytes.len().min(from.saturating_add(left)));
    match position(window, from, END) {
        Some(end) => {
            let name = until(bytes, end + END.len(), |byte| byte == b'-' || byte == b'\n');
            Ok(until(bytes, name, |byte| byte != b'-'))
        }
        None if bytes.len() - from.min(bytes.len()) >= left => Ok(from + left),
        None => Err(left - (bytes.len() - from.min(bytes.len()))),
    }
}

fn position(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let found = rest.windows(what.len()).position(|part| part == what);
    found.map(|offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::{TOKENS, begins_token, may_begin};

    #[test]
    fn the_cheap_questions_know_every_token_of_the_table() {
        for (begin, least, _) in TOKENS {
            assert!(
                begins_token(begin[0]) && may_begin(begin[0], begin[1]),
                "{begin:?}"
            );
            assert!(begin.len() < least);
        }
    }
}
