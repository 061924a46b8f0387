//! Values behind the name of a secret: `NAME=X`, `"name": "X"`, `name: X`, `--name X`, `-u user:X`.

use super::name::{Label, is_qualifier, label};
use super::spans::{Spans, at, part, until};
use super::value;

/// Longer names than this are not read to their beginning.
const LONGEST_NAME: usize = 96;
/// Blanks that may stand between a name and its separator (`BOS token        = 1`).
const MOST_BLANKS: usize = 32;

/// Adds values behind `=` and `:`.
pub(super) fn find(bytes: &[u8], spans: &mut Spans) {
    let mut next = 0;
    while next < bytes.len() {
        let separator = until(bytes, next, |byte| byte == b'=' || byte == b':');
        next = separator + 1;
        let name = name_before(bytes, separator);
        let kind = judge(bytes, &name, at(bytes, separator));
        if kind == Label::Plain {
            continue;
        }
        let quote = name
            .start
            .checked_sub(1)
            .map_or(0, |before| at(bytes, before));
        let (span, end) = value::after(bytes, next, kind, quote);
        if kind != Label::Likely || !is_harmless(part(bytes, span.start, span.end)) {
            spans.add(span);
        }
        next = end.max(next);
    }
}

/// Adds values behind an option and a blank, and `user:password` behind `-u`, `-U`, `--user`, `--proxy-user`.
pub(super) fn find_options(bytes: &[u8], spans: &mut Spans) {
    let mut next = 0;
    while next < bytes.len() {
        let dash = until(bytes, next, |byte| byte == b'-');
        next = dash + 1;
        let before = dash.checked_sub(1).map_or(b' ', |before| at(bytes, before));
        if !matches!(
            before,
            b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'[' | b',' | b'(' | b'='
        ) {
            continue;
        }
        let name = until(bytes, dash, |byte| byte != b'-');
        let end = until(bytes, name, |byte| {
            !(byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
        next = end.max(next);
        // `--token X`, `["--token", "X"]`, `"--token" "X"`
        let gap = until(bytes, end, |byte| {
            !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b',')
        });
        if gap == end || gap == bytes.len() {
            continue;
        }
        let value = if at(bytes, gap - 1) == b'"' || at(bytes, gap - 1) == b'\'' {
            gap - 1
        } else {
            gap
        };
        let option = part(bytes, name, end);
        let kind = option_label(option);
        let (span, stop) = value::after(bytes, value, kind, 0);
        let inner = part(bytes, span.start, span.end);
        let withhold = match kind {
            Label::Plain => takes_credentials(option) && is_credentials(inner),
            Label::Likely => !is_harmless(inner),
            _ => true,
        };
        if withhold {
            spans.add(span);
            next = stop.max(next);
        }
    }
}

/// How an option's value is to be taken. `--no-...` has none.
pub(super) fn option_label(option: &[u8]) -> Label {
    if option.starts_with(b"no-") {
        return Label::Plain;
    }
    match label(option, b' ') {
        // The value of an option is one word, whatever the name.
        Label::Header | Label::Variable => Label::Secret,
        Label::Plain if matches!(option, b"key" | b"auth" | b"pass" | b"hft") => Label::Likely,
        other => other,
    }
}

/// Options of curl and others that take `user:password`.
pub(super) fn takes_credentials(option: &[u8]) -> bool {
    matches!(option, b"u" | b"U" | b"user" | b"proxy-user")
}

/// `user:password`, and not `uid:gid` as docker has it.
pub(super) fn is_credentials(value: &[u8]) -> bool {
    let numeric = value
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b':');
    !numeric && value.contains(&b':') && !value.starts_with(b"/")
}

/// Small numbers (ids of model tokens) and words of a setting.
pub(super) fn is_harmless(value: &[u8]) -> bool {
    let words: [&[u8]; 10] = [
        b"", b"true", b"false", b"null", b"nil", b"none", b"yes", b"no", b"on", b"off",
    ];
    let number = value.len() < 8 && value.iter().all(u8::is_ascii_digit);
    number || words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn judge(bytes: &[u8], name: &std::ops::Range<usize>, separator: u8) -> Label {
    let text = part(bytes, name.start, name.end);
    let before = name
        .start
        .checked_sub(1)
        .map_or(0, |before| at(bytes, before));
    let mut kind = label(text, separator);
    if kind == Label::Plain && text.eq_ignore_ascii_case(b"key") {
        // `?key=X` of an address; `api key: X` in two words.
        let word = name_before(bytes, name.start);
        if separator == b'=' && matches!(before, b'?' | b'&') {
            kind = Label::Likely;
        } else if before == b' ' && is_qualifier(part(bytes, word.start, word.end)) {
            kind = Label::Secret;
        }
    }
    if separator == b':' && kind != Label::Variable {
        // `ns::token::next` in a C++ name, `/run/secrets/token: No such file` in a message.
        let after = at(bytes, name.end + 1);
        let double = at(bytes, name.end) == b':' && (after == b':' || before == b':');
        if double || before == b'/' {
            return Label::Plain;
        }
    }
    kind
}

/// The name that ends before `separator`: blanks, a closing quote or bracket and backslashes are stepped over.
fn name_before(bytes: &[u8], separator: usize) -> std::ops::Range<usize> {
    let back = |from: usize, most: usize, belongs: &dyn Fn(u8) -> bool| {
        let head = part(bytes, from.saturating_sub(most), from).iter().rev();
        from - head.take_while(|byte| belongs(**byte)).count()
    };
    let end = back(separator, MOST_BLANKS, &|byte| {
        byte == b' ' || byte == b'\t'
    });
    let end = back(end, 4, &|byte| matches!(byte, b'"' | b'\'' | b'\\' | b']'));
    let start = back(end, LONGEST_NAME, &|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
    });
    start..end
}
