//! Go's older `log` form, which slog's default handler writes into until a program sets another: `2024/10/17 06:27:26
//! routes.go:1158: INFO server config env="map[...]"`. Ollama wrote it throughout until 0.1.2x, with no level, and for its
//! first line until 0.5. The time has no zone, so it is not kept.

use crate::discover::model::Level;
use crate::event::Text;

use super::{Record, fields, level_of};

/// Whether the bytes begin like such a line.
pub(super) fn looks_like(line: &[u8]) -> bool {
    const SHAPE: &[u8] = b"dddd/dd/dd dd:dd:dd";
    line.len() > SHAPE.len()
        && SHAPE.iter().zip(line).all(|(shape, byte)| match shape {
            b'd' => byte.is_ascii_digit(),
            shape => shape == byte,
        })
}

/// Takes such a line apart; `None` when it names no source file of Go.
pub(super) fn parse(line: &[u8]) -> Option<Record> {
    let rest = line.get(19..)?;
    // With log.Lmicroseconds a fraction follows.
    let rest = rest.get(rest.iter().position(|byte| *byte == b' ')? + 1..)?;
    let end = memchr::memmem::find(rest, b": ")?;
    let (source, rest) = (rest.get(..end)?, rest.get(end + 2..)?.trim_ascii());
    if memchr::memmem::find(source, b".go:").is_none() || source.contains(&b' ') {
        return None;
    }
    let mut record = Record {
        level: Level::Info,
        source: Some(Text::from_bytes(source)),
        ..Record::default()
    };
    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
    let Some(level) = level_of(word) else {
        record.message = Text::from_bytes(rest);
        return Some(record);
    };
    record.level = level;
    let rest = rest.get(word.len()..)?.trim_ascii_start();
    let end = (0..rest.len())
        .find(|at| begins_a_field(rest, *at))
        .unwrap_or(rest.len());
    record.message = Text::from_bytes(rest.get(..end)?.trim_ascii_end());
    fields(rest.get(end..)?, &mut record.fields);
    Some(record)
}

/// Whether `key=` begins at this place.
fn begins_a_field(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    if before.is_some_and(|before| *before != b' ') {
        return false;
    }
    let rest = text.get(at..).unwrap_or_default();
    let key = rest
        .iter()
        .take(64)
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')));
    key.is_some_and(|end| end > 0 && rest.get(end) == Some(&b'='))
}
