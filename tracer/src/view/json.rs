//! `show --json`: each line of the trace made to stand alone.
//!
//! `{"n":7,"t":1204000,"at":"2026-11-21T07:23:31.603001204Z","p":"p2.1","open":{...}}`: the number `n` is always
//! there; `t`, nanoseconds since the recording began, takes the place of the difference `dt`; `at` is the wall time,
//! where the trace tells it. All else is as in the trace, fields and kinds of newer releases too.

use std::fmt::Write as _;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::event::host::{Clock, Header};
use crate::event::{Event, Kind};

use super::escape;

/// Writes self-contained lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines {
    clock: Option<Clock>,
}

impl Lines {
    /// Lines of a recording with this clock pair at its beginning (the header's).
    #[must_use]
    pub fn new(clock: Option<Clock>) -> Self {
        Self { clock }
    }

    /// Appends the header as a line of its own.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn header(self, header: &Header, out: &mut String) -> Result<(), serde_json::Error> {
        out.push_str(&escape::json(&serde_json::to_string(header)?));
        out.push('\n');
        Ok(())
    }

    /// Appends an event. `raw` is its line in the trace, if that is at hand.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn event(
        self,
        event: &Event,
        raw: Option<&str>,
        out: &mut String,
    ) -> Result<(), serde_json::Error> {
        let begin = self.clock.map_or(0, |clock| clock.boot.0);
        let since = event.time.saturating_sub(begin);
        let _ = write!(out, "{{\"n\":{},\"t\":{since}", event.seq.0);
        if let Some(at) = self.clock.and_then(|clock| wall(clock, event.time)) {
            let _ = write!(out, ",\"at\":\"{at}\"");
        }
        match raw.and_then(after_head) {
            Some(rest) => out.push_str(&escape::json(rest)),
            None => {
                let rest = serde_json::to_string(&Body(event))?;
                out.push(',');
                out.push_str(&escape::json(rest.strip_prefix('{').unwrap_or(&rest)));
            }
        }
        out.push('\n');
        Ok(())
    }
}

/// What follows `{"dt":X` and `,"n":N`, the only fields that depend on the line before.
fn after_head(raw: &str) -> Option<&str> {
    let number = |text: &str| {
        text.find(|character: char| !matches!(character, '0'..='9' | '-' | '.' | 'e' | 'E' | '+'))
    };
    let rest = raw.trim().strip_prefix("{\"dt\":")?;
    let rest = rest.get(number(rest)?..)?;
    let rest = match rest.strip_prefix(",\"n\":") {
        Some(rest) => rest.get(number(rest)?..)?,
        None => rest,
    };
    (rest.starts_with(',') && rest.ends_with('}')).then_some(rest)
}

fn wall(clock: Clock, time: u64) -> Option<jiff::Timestamp> {
    let nanos = i128::from(clock.wall.0) + i128::from(time) - i128::from(clock.boot.0);
    jiff::Timestamp::from_nanosecond(nanos).ok()
}

/// The fields of a line without number and time.
struct Body<'a>(&'a Event);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(process) = event.process {
            map.serialize_entry("p", &process)?;
        }
        if let Some(tid) = event.tid {
            map.serialize_entry("tid", &tid)?;
        }
        if let Some(nanos) = event.duration {
            map.serialize_entry("dur", &Micros(nanos))?;
        }
        if let Some(parent) = event.parent {
            map.serialize_entry("up", &parent)?;
        }
        if event.late {
            map.serialize_entry("late", &true)?;
        }
        Kind::serialize_entry(&event.kind, &mut map)?;
        map.end()
    }
}

/// Nanoseconds as microseconds with fraction, exact.
struct Micros(u64);

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) {
            return serializer.serialize_u64(self.0 / 1000);
        }
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        let text = text.trim_end_matches('0').to_owned();
        serde_json::value::RawValue::from_string(text)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::event::Hex;
    use crate::event::host::Clock;
    use crate::view::samples::{event, open, wrote};

    const CLOCK: Clock = Clock {
        boot: Hex(1_000_000),
        wall: Hex(1_700_000_000_000_000_000),
    };

    fn line(event: &crate::event::Event, raw: Option<&str>) -> String {
        let mut out = String::new();
        Lines::new(Some(CLOCK)).event(event, raw, &mut out).unwrap();
        out
    }

    #[test]
    fn a_line_stands_alone() {
        let mut event = event(7, 1500, "p2.1", open("/x", Some(2)));
        event.duration = Some(3200);
        assert_eq!(
            line(&event, None),
            concat!(
                r#"{"n":7,"t":500000,"at":"2023-11-14T22:13:20.0005Z","p":"p2.1","tid":100,"dur":3.2,"#,
                r#""open":{"path":"/x","flags":"0x80000","err":"ENOENT"}}"#,
                "\n"
            )
        );
    }

    #[test]
    fn what_this_release_does_not_know_stays() {
        let event = event(7, 1500, "p2.1", open("/x", None));
        let raw = r#"{"dt":-1.5,"n":7,"later":1,"open":{"path":"/x","new":"a"}}"#;
        assert_eq!(
            line(&event, Some(raw)),
            concat!(
                r#"{"n":7,"t":500000,"at":"2023-11-14T22:13:20.0005Z","#,
                r#""later":1,"open":{"path":"/x","new":"a"}}"#,
                "\n"
            )
        );
        for odd in ["", "{\"dt\":", "{\"dt\":1", "{}", "{\"open\":{},\"dt\":1}"] {
            assert!(line(&event, Some(odd)).contains("\"flags\""), "{odd}");
        }
    }

    #[test]
    fn a_terminal_is_safe_and_the_value_is_the_same() {
        let event = event(
            1,
            1500,
            "p1.1",
            wrote(1, "a\u{202e}\u{9b}\u{e0041}\u{7f}\u{1b}b"),
        );
        let out = line(&event, None);
        assert!(
            out.contains(r"a\u202e\u009b\udb40\udc41\u007f\u001bb"),
            "{out}"
        );
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            value["output"]["text"],
            "a\u{202e}\u{9b}\u{e0041}\u{7f}\u{1b}b"
        );
    }
}
