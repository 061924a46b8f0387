//! Arguments of a call: strings, descriptors, numbers, lists.

use crate::event::{Errno, Seen, Text};

/// Arguments and list entries that are read.
const MOST: usize = 4_096;

/// Where the parenthesis that is open at the beginning of the text closes, in bytes.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate() {
        if scan.quoted(byte) {
            continue;
        }
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The arguments, split at commas that stand in no string, list or structure.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    let mut scan = Scan::default();
    for (at, byte) in text.bytes().enumerate() {
        if scan.quoted(byte) {
            continue;
        }
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 && parts.len() < MOST => {
                parts.push(text.get(from..at).unwrap_or_default().trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    let last = text.get(from..).unwrap_or_default().trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

/// Whether a byte stands in a string, or in the path that `-y` adds to a descriptor: `3</a, b>`.
#[derive(Default)]
struct Scan {
    string: bool,
    escaped: bool,
    path: bool,
    before: u8,
}

impl Scan {
    fn quoted(&mut self, byte: u8) -> bool {
        let before = std::mem::replace(&mut self.before, byte);
        if self.string {
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.string = false;
            }
            return true;
        }
        if self.path {
            self.path = byte != b'>' || before == b'-';
            return true;
        }
        self.string = byte == b'"';
        self.path = byte == b'<' && (before.is_ascii_digit() || before == b'D');
        self.string || self.path
    }
}

/// A string argument as bytes, and whether strace cut it (`"..."...`); `None` for anything else.
pub(super) fn bytes(argument: &str) -> Option<(Vec<u8>, bool)> {
    let inside = argument.strip_prefix('"')?;
    let (inside, cut) = match inside.strip_suffix("...") {
        Some(inside) => (inside.strip_suffix('"')?, true),
        None => (inside.strip_suffix('"')?, false),
    };
    Some((unescaped(inside), cut))
}

/// The strings of `[{iov_base="a", iov_len=1}, ...]` (writev) as bytes, and whether strace cut them; those behind a cut are
/// left out.
pub(super) fn vector(argument: &str) -> Option<(Vec<u8>, bool)> {
    let inside = argument.strip_prefix('[')?.strip_suffix(']')?;
    let mut all = Vec::new();
    for part in split(inside) {
        let base = part.strip_prefix("{iov_base=").map(split);
        let Some((bytes, cut)) = base.and_then(|parts| bytes(parts.first()?)) else {
            return Some((all, true));
        };
        all.extend(bytes);
        if cut {
            return Some((all, true));
        }
    }
    Some((all, false))
}

/// A path or word.
pub(super) fn text(argument: &str) -> Option<Seen<Text>> {
    let (bytes, cut) = bytes(argument)?;
    let text = Text::from_bytes(&bytes);
    Some(if cut {
        // How long it is strace does not say; longer than this.
        Seen::Cut(text, bytes.len() as u64 + 1)
    } else {
        Seen::Yes(text)
    })
}

/// The strings of a list, and whether all are there.
pub(super) fn list(argument: &str) -> Option<(Vec<Vec<u8>>, bool)> {
    let inside = argument.strip_prefix('[')?.strip_suffix(']')?;
    let mut whole = true;
    let mut all = Vec::new();
    for part in split(inside) {
        match bytes(part) {
            Some((text, cut)) => {
                whole &= !cut;
                all.push(text);
            }
            None => whole = false,
        }
    }
    Some((all, whole))
}

/// C escapes: letters, octal, hexadecimal (`-x`).
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((letter, after)) = rest.split_first() else {
            break;
        };
        let digits = |base: u32, most: usize, from: &[u8]| {
            let count = from
                .iter()
                .take(most)
                .take_while(|byte| char::from(**byte).is_digit(base))
                .count();
            let text = from
                .get(..count)
                .map(|digits| String::from_utf8_lossy(digits).into_owned());
            let number = text.and_then(|text| u32::from_str_radix(&text, base).ok());
            number.map(|number| ((number & 0xff) as u8, count))
        };
        let (byte, used) = match letter {
            b'n' => (b'\n', 1),
            b't' => (b'\t', 1),
            b'r' => (b'\r', 1),
            b'v' => (0x0b, 1),
            b'f' => (0x0c, 1),
            b'x' => digits(16, 2, after).map_or((b'x', 1), |(byte, count)| (byte, count + 1)),
            b'0'..=b'7' => digits(8, 3, rest).unwrap_or((0, 1)),
            other => (*other, 1),
        };
        out.push(byte);
        rest = rest.get(used..).unwrap_or_default();
    }
    out
}

/// A process; with `-Y` its name is behind it: `123<ollama>`.
pub(super) fn pid(argument: &str) -> Option<u32> {
    argument.split('<').next()?.trim().parse().ok()
}

/// A descriptor and, with `-y`, its path.
pub(super) fn descriptor(argument: &str) -> (Option<i32>, Option<&str>) {
    let (number, path) = match argument.split_once('<') {
        Some((number, path)) => (number, path.strip_suffix('>')),
        None => (argument, None),
    };
    let path = path.filter(|path| path.starts_with('/'));
    let path = path.map(|path| path.strip_suffix(" (deleted)").unwrap_or(path));
    (number.trim().parse().ok(), path)
}

/// What a call gave: a number, or why not.
pub(super) fn result(text: &str) -> Option<Result<i64, Errno>> {
    let mut words = text.split(' ');
    let first = words.next()?;
    if first == "-1"
        && let Some(name) = words.next()
    {
        return Errno::of_name(name).map(Err);
    }
    let number = first.split('<').next().unwrap_or(first);
    let number = match number.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => number.parse().ok(),
    };
    number.map(Ok)
}

/// A number, decimal or hexadecimal.
pub(super) fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The value of a field of a structure: `si_pid` in `{si_signo=SIGKILL, si_pid=1}`.
pub(super) fn field<'a>(structure: &'a str, name: &str) -> Option<&'a str> {
    let inside = structure.trim().strip_prefix('{')?;
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    split(inside)
        .into_iter()
        .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}
