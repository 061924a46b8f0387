//! One line of `vgputrace show --json`: `{"n":7,"t":123,"at":"2026-...","p":"p2.1","tid":41,"open":{...}}`.
//!
//! `t` is nanoseconds since the recording began, `dur` microseconds, `up` the number of the parent.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess};
use serde_json::value::RawValue;
use vgputrace::event::{Event, Kind, Proc, Seq};

/// Reads a line; `None` for one that is no event (the header).
///
/// # Errors
/// When a field is not as the vocabulary says.
pub fn event(text: &str) -> serde_json::Result<Option<Event>> {
    Ok(serde_json::from_str::<Line>(text)?.0)
}

/// Microseconds with a fraction to nanoseconds; exact below 104 days.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a duration is positive and far below 2^53 nanoseconds"
)]
fn nanos(micros: f64) -> u64 {
    (micros * 1000.0).round() as u64
}

struct Line(Option<Event>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let (mut seq, mut time, mut duration) = (None, None, None);
        let (mut process, mut tid, mut parent): (Option<Proc>, Option<u32>, Option<Seq>) =
            (None, None, None);
        let (mut late, mut kind) = (false, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "n" => seq = Some(map.next_value()?),
                "t" => time = Some(map.next_value()?),
                "dur" => duration = Some(nanos(map.next_value()?)),
                "p" => process = Some(map.next_value()?),
                "tid" => tid = Some(map.next_value()?),
                "up" => parent = Some(map.next_value()?),
                "late" => late = map.next_value()?,
                "vgputrace" => {
                    let _ = map.next_value::<de::IgnoredAny>()?;
                    while map
                        .next_entry::<de::IgnoredAny, de::IgnoredAny>()?
                        .is_some()
                    {}
                    return Ok(Line(None));
                }
                known if Kind::NAMES.contains(&known) => {
                    kind = Some(Kind::deserialize_value(known, &mut map)?);
                }
                // A field of the line, such as `at`, or a kind of a newer release.
                other => {
                    let value: Box<RawValue> = map.next_value()?;
                    if value.get().starts_with('{') && kind.is_none() {
                        kind = Some(Kind::Unknown(other.to_owned(), value));
                    }
                }
            }
        }
        let kind = kind.ok_or_else(|| de::Error::custom("no kind"))?;
        Ok(Line(Some(Event {
            seq: seq.ok_or_else(|| de::Error::missing_field("n"))?,
            time: time.ok_or_else(|| de::Error::missing_field("t"))?,
            duration,
            process,
            tid,
            parent,
            late,
            kind,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn a_line_is_read_with_its_kind_and_the_header_is_no_event() {
        let line = r#"{"n":7,"t":123,"at":"2026-11-21T07:23:31Z","p":"p2.1","tid":41,"dur":1.005,"up":3,
            "exit":{"pid":40,"code":2}}"#;
        let read = event(line).unwrap().unwrap();
        assert_eq!(
            (read.duration, read.parent.map(|seq| seq.0)),
            (Some(1005), Some(3))
        );
        assert_eq!((read.seq.0, read.time, read.tid), (7, 123, Some(41)));
        assert_eq!(read.kind.name(), "exit");
        assert!(event(r#"{"vgputrace":1,"tool":"x"}"#).unwrap().is_none());
        assert!(event(r#"{"n":7,"t":123}"#).is_err());
    }
}
