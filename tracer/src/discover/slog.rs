//! Lines in the text form of Go's log/slog, as Ollama writes them: `time=... level=INFO source=runner.go:67 msg="..." k=v`.
//!
//! In: the bytes of one line. Out: [`Record`] or a [`Line`]; text in any other form is [`Level::Raw`]. Keys and values
//! are quoted as strconv.Quote does it (log/slog/text_handler.go), so quoted ones are unquoted here. Values that are Go
//! slices and maps printed by `%v` are taken apart in [`values`].

mod plain;
pub mod values;

use std::collections::BTreeMap;

use crate::event::Text;

use super::model::{Evidence, Level, Line};

/// Most fields of one line that are kept; Ollama's longest (`subprocess`) has some dozens.
const MOST_FIELDS: usize = 512;

/// One line of slog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Its level. Ollama names -8 `TRACE`; without that name slog writes `DEBUG-4`.
    pub level: Level,
    /// `time=`, nanoseconds since 1970; `None` when it is no time.
    pub wall: Option<i64>,
    /// `source=`, such as `runner.go:437`.
    pub source: Option<Text>,
    /// `msg=`, unquoted.
    pub message: Text,
    /// The other fields, unquoted; of two with one name the first.
    pub fields: BTreeMap<Text, Text>,
}

impl Record {
    /// The line of the model. `time` is nanoseconds in the clock of the model's source.
    #[must_use]
    pub fn into_line(self, time: u64, seen: Evidence) -> Line {
        Line {
            level: self.level,
            message: self.message,
            fields: self.fields,
            source: self.source,
            time,
            seen: Some(seen),
        }
    }
}

/// Whether the bytes begin like a line of slog; cheap, for the many lines that do not.
#[must_use]
pub fn looks_like(line: &[u8]) -> bool {
    is_text(line) || plain::looks_like(line)
}

fn is_text(line: &[u8]) -> bool {
    [b"time=".as_slice(), b"level=", b"source="]
        .iter()
        .any(|begin| line.starts_with(begin))
}

/// Takes a line apart; `None` when it is not in this form (neither level nor source, or no message).
#[must_use]
pub fn parse(line: &[u8]) -> Option<Record> {
    if plain::looks_like(line) {
        return plain::parse(line);
    }
    let mut record = Record::default();
    let (mut level, mut message, mut time) = (None, None, None);
    let mut rest = line.trim_ascii_end();
    // People cut off what stands before the message, or leave the bare file of the source there.
    let bare = source_file(rest);
    if let Some((source, after)) = bare {
        record.source = Some(Text::from_bytes(source));
        rest = after;
    } else if rest.starts_with(b"msg=\"") {
        level = Some(Level::Info);
    } else if !is_text(line) {
        return None;
    }
    while let Some((key, value, after)) = pair(rest) {
        rest = after;
        match key.as_slice() {
            b"time" if time.is_none() && message.is_none() => time = Some(value),
            b"level" if level.is_none() && message.is_none() => level = Some(level_of(&value)?),
            b"source" if record.source.is_none() && message.is_none() => {
                record.source = Some(Text::from_bytes(&value));
            }
            b"msg" if message.is_none() => message = Some(Text::from_bytes(&value)),
            _ => {
                if !add(&mut record.fields, &key, &value) {
                    break;
                }
            }
        }
    }
    // People cut the time and the level off; a source file of Go still tells the form.
    let go = |source: &Text| source.as_str().contains(".go:");
    record.level = match level {
        Some(level) => level,
        None if record.source.as_ref().is_some_and(go) => Level::Info,
        None => return None,
    };
    record.message = message?;
    record.wall = time.and_then(|time| wall_time(&time));
    Some(record)
}

/// `runner.go:396` before ` msg=`, and what follows it.
fn source_file(line: &[u8]) -> Option<(&[u8], &[u8])> {
    const LONGEST: usize = 48;
    let end = line.iter().take(LONGEST).position(|byte| *byte == b' ')?;
    let (source, rest) = (line.get(..end)?, line.get(end + 1..)?);
    let numbered = source.last().is_some_and(u8::is_ascii_digit);
    let go = memchr::memmem::find(source, b".go:").is_some() && !source.contains(&b'=');
    (numbered && go && rest.starts_with(b"msg=")).then_some((source, rest))
}

/// Reads `key=value` after `key=value`.
fn fields(text: &[u8], into: &mut BTreeMap<Text, Text>) {
    let mut rest = text.trim_ascii_end();
    while let Some((key, value, after)) = pair(rest) {
        rest = after;
        if !add(into, &key, &value) {
            break;
        }
    }
}

/// Adds a field; false when there are too many.
fn add(fields: &mut BTreeMap<Text, Text>, key: &[u8], value: &[u8]) -> bool {
    if fields.len() >= MOST_FIELDS {
        return false;
    }
    let value = Text::from_bytes(value);
    fields.entry(Text::from_bytes(key)).or_insert(value);
    true
}

/// A line of the model from one line of text: slog taken apart, anything else as [`Level::Raw`].
#[must_use]
pub fn line(text: &Text, time: u64, seen: Evidence) -> Line {
    match parse(&text.to_bytes()) {
        Some(record) => record.into_line(time, seen),
        None => Line {
            message: text.clone(),
            time,
            seen: Some(seen),
            ..Line::default()
        },
    }
}

/// Nanoseconds since 1970 of a time in RFC 3339, such as `2026-11-21T07:21:52.483Z`.
#[must_use]
pub fn wall_time(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let time: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

/// The first `key=value` and what follows it. A word without `=` is a key without a value.
fn pair(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>, &[u8])> {
    let line = line.trim_ascii_start();
    if line.is_empty() {
        return None;
    }
    let (key, rest) = word(line, b"= ");
    match rest.strip_prefix(b"=") {
        Some(rest) => {
            let (value, rest) = word(rest, b" ");
            Some((key, value, rest))
        }
        // Progress is certain even where a quote stands alone: `word` takes at least the quote.
        None => Some((key, Vec::new(), rest)),
    }
}

/// One word, unquoted, up to one of `ends`, and the rest from there.
fn word<'a>(text: &'a [u8], ends: &[u8]) -> (Vec<u8>, &'a [u8]) {
    if let Some(quoted) = text.strip_prefix(b"\"")
        && let Some((value, rest)) = unquote(quoted)
    {
        return (value, rest);
    }
    let end = text
        .iter()
        .position(|byte| ends.contains(byte))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word.to_vec(), rest)
}

/// The text up to the closing quote, without its escapes, and what follows; `None` where there is no closing quote.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (&sign, after) = special.split_first()?;
        if sign == b'"' {
            return Some((out, after));
        }
        rest = escape(after, &mut out)?;
    }
}

/// Writes what an escape stands for (Go's strconv.Quote); `text` begins after the backslash. An escape that is none
/// stands for itself.
fn escape<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (&letter, rest) = text.split_first()?;
    let (digits, byte) = match letter {
        b'a' => (0, 7),
        b'b' => (0, 8),
        b't' => (0, b'\t'),
        b'n' => (0, b'\n'),
        b'v' => (0, 11),
        b'f' => (0, 12),
        b'r' => (0, b'\r'),
        b'x' => (2, 0),
        b'u' => (4, 0),
        b'U' => (8, 0),
        b'"' | b'\\' | b'\'' => (0, letter),
        _ => {
            out.extend_from_slice(&[b'\\', letter]);
            return Some(rest);
        }
    };
    if digits == 0 {
        out.push(byte);
        return Some(rest);
    }
    let number = rest
        .get(..digits)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match (number, number.and_then(char::from_u32)) {
        (Some(number), _) if letter == b'x' => out.push(u8::try_from(number).ok()?),
        (_, Some(character)) => out.extend_from_slice(character.to_string().as_bytes()),
        _ => {
            out.extend_from_slice(&[b'\\', letter]);
            return Some(rest);
        }
    }
    rest.get(digits..)
}

/// `INFO`, `DEBUG-4`, `WARN+2`: the name at or below the number.
fn level_of(text: &[u8]) -> Option<Level> {
    let text = std::str::from_utf8(text).ok()?;
    let at = text.find(['+', '-']).unwrap_or(text.len());
    let (name, offset) = text.split_at(at);
    let offset: i64 = match offset {
        "" => 0,
        offset => offset.parse().ok()?,
    };
    let base = match name {
        "TRACE" => -8,
        "DEBUG" => -4,
        "INFO" => 0,
        "WARN" => 4,
        "ERROR" => 8,
        _ => return None,
    };
    Some(match offset.checked_add(base)? {
        i64::MIN..-4 => Level::Trace,
        -4..0 => Level::Debug,
        0..4 => Level::Info,
        4..8 => Level::Warn,
        8.. => Level::Error,
    })
}

#[cfg(test)]
mod tests;
