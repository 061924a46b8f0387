//! Line to event.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::decimal::{self, Signed};
use super::Chain;
use crate::event::{Event, Kind, Proc, Seq};

/// Why a line is no event.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum Problem {
    /// No JSON, or a value of a wrong type.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Time differences that lead out of the range of times.
    #[error("its time is out of range")]
    Time,
    /// An object without a kind.
    #[error("it names no kind")]
    NoKind,
}

/// Reads a line.
pub(in super::super) fn parse(text: &str, before: Chain) -> Result<Event, Problem> {
    parse_with(text, before, Body::Typed)
}

/// Reads a line whose kind could not be understood: the kind's value is kept as it stands.
pub(in super::super) fn parse_kind_as_it_stands(
    text: &str,
    before: Chain,
) -> Result<Event, Problem> {
    parse_with(text, before, Body::AsItStands)
}

fn parse_with(text: &str, before: Chain, body: Body) -> Result<Event, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let line = body.deserialize(&mut deserializer)?;
    deserializer.end()?;
    let seq = line.seq.unwrap_or_else(|| before.seq.saturating_add(1));
    Ok(Event {
        seq: Seq(seq),
        time: line.dt.after(before.time).ok_or(Problem::Time)?,
        duration: line.duration,
        process: line.process,
        tid: line.tid,
        parent: line.parent.map(Seq),
        late: line.late,
        kind: line.kind.ok_or(Problem::NoKind)?,
    })
}

/// Time and number of a line that cannot be read as a whole, from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Head {
    /// Time difference.
    pub(in super::super) dt: Signed,
    /// Number, where it is given.
    pub(in super::super) seq: Option<u64>,
}

/// Reads `{"dt":X` and `,"n":N`, as our writer begins every line.
pub(in super::super) fn head(line: &[u8]) -> Option<Head> {
    let line = line.get(..line.len().min(64))?;
    let rest = line.strip_prefix(b"{\"dt\":")?;
    let end = rest.iter().position(|byte| *byte == b',')?;
    let (dt, rest) = rest.split_at_checked(end)?;
    let dt = decimal::parse(std::str::from_utf8(dt).ok()?)?;
    let Some(rest) = rest.strip_prefix(b",\"n\":") else {
        return Some(Head { dt, seq: None });
    };
    let end = rest.iter().position(|byte| *byte == b',')?;
    let number = std::str::from_utf8(rest.get(..end)?).ok()?;
    Some(Head {
        dt,
        seq: Some(number.parse().ok()?),
    })
}

/// A line before it is placed after another.
struct Line {
    dt: Signed,
    seq: Option<u64>,
    process: Option<Proc>,
    tid: Option<u32>,
    duration: Option<u64>,
    parent: Option<u64>,
    late: bool,
    kind: Option<Kind>,
}

/// How the kind's value is taken.
#[derive(Clone, Copy)]
enum Body {
    Typed,
    AsItStands,
}

impl<'de> DeserializeSeed<'de> for Body {
    type Value = Line;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Line, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> de::Visitor<'de> for Body {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event: a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
        let mut line = Line {
            dt: Signed::between(0, 0),
            seq: None,
            process: None,
            tid: None,
            duration: None,
            parent: None,
            late: false,
            kind: None,
        };
        while let Some(Key(key)) = map.next_key()? {
            match key.as_ref() {
                "dt" => line.dt = map.next_value::<Micros>()?.0,
                "n" => line.seq = Some(map.next_value()?),
                "p" => line.process = Some(map.next_value()?),
                "tid" => line.tid = Some(map.next_value()?),
                "dur" => line.duration = Some(map.next_value::<Micros>()?.0.nanos),
                "up" => line.parent = Some(map.next_value()?),
                "late" => line.late = map.next_value()?,
                _ => {
                    let kind = self.kind(&key, &mut map)?;
                    keep(&mut line.kind, kind);
                }
            }
        }
        Ok(line)
    }
}

impl Body {
    fn kind<'de, A: MapAccess<'de>>(self, key: &str, map: &mut A) -> Result<Kind, A::Error> {
        match self {
            Self::Typed => Kind::deserialize_value(key, map),
            Self::AsItStands => Ok(Kind::Unknown(key.to_owned(), map.next_value()?)),
        }
    }
}

/// Keeps the kind among the keys of a line. A field of a newer release is never an object, a kind always is.
fn keep(kept: &mut Option<Kind>, found: Kind) {
    if let Kind::Unknown(name, body) = &found {
        let known = Kind::NAMES.contains(&name.as_str());
        if !body.get().starts_with('{') || (kept.is_some() && !known) {
            return;
        }
    }
    if kept
        .as_ref()
        .is_none_or(|kept| !Kind::NAMES.contains(&kept.name()))
    {
        *kept = Some(found);
    }
}

/// Microseconds, read digit by digit.
struct Micros(Signed);

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        decimal::parse(raw.get())
            .map(Self)
            .ok_or_else(|| de::Error::custom("a time that is no number of microseconds"))
    }
}

/// A key, borrowed from the line where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: de::Error>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E: de::Error>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::{Chain, Head, Signed, head, parse, parse_kind_as_it_stands};
    use crate::event::{Kind, Proc, Seq};

    const BEFORE: Chain = Chain { seq: 9, time: 5000 };

    #[test]
    fn keys_may_come_in_any_order_and_unknown_fields_are_passed_over() {
        let text = r#"{"exit":{"pid":7,"code":0,"new":[1]},"later":[{}],"up":3,"p":"p1.2","dt":-1.5,"cpu":4}"#;
        let event = parse(text, BEFORE).unwrap();
        assert_eq!(event.seq, Seq(10));
        assert_eq!(event.time, 3500);
        assert_eq!(event.parent, Some(Seq(3)));
        assert_eq!(event.process.map(|p: Proc| p.number), Some(1));
        assert_eq!(event.kind.name(), "exit");
    }

    #[test]
    fn a_kind_of_a_newer_release_is_kept_as_it_stands() {
        let event = parse(r#"{"dt":1,"cpu":4,"warp":{"speed": 9}}"#, BEFORE).unwrap();
        let Kind::Unknown(name, body) = &event.kind else {
            panic!("{event:?}");
        };
        assert_eq!((name.as_str(), body.get()), ("warp", r#"{"speed": 9}"#));
    }

    #[test]
    fn a_known_kind_wins_over_an_unknown_object_on_either_side() {
        for text in [
            r#"{"dt":1,"warp":{},"note":{"id":"a","text":"b"}}"#,
            r#"{"dt":1,"note":{"id":"a","text":"b"},"warp":{}}"#,
        ] {
            assert_eq!(parse(text, BEFORE).unwrap().kind.name(), "note");
            let loose = parse_kind_as_it_stands(text, BEFORE).unwrap();
            assert_eq!(loose.kind.name(), "note");
        }
    }

    #[test]
    fn a_body_of_another_shape_is_an_error_first_and_kept_when_asked() {
        let text = r#"{"dt":1,"exit":{"pid":"seven"}}"#;
        assert!(parse(text, BEFORE).is_err());
        let event = parse_kind_as_it_stands(text, BEFORE).unwrap();
        assert!(matches!(event.kind, Kind::Unknown(name, _) if name == "exit"));
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for text in [
            "",
            "{}",
            "[]",
            "7",
            r#"{"dt":1}"#,
            r#"{"dt":"1","note":{"id":"a","text":"b"}}"#,
            r#"{"dt":-6,"note":{"id":"a","text":"b"}}"#,
            r#"{"dt":1,"note":{"id":"a","text":"b"}} x"#,
            r#"{"dt":1,"warp":7}"#,
        ] {
            assert!(parse(text, BEFORE).is_err(), "{text}");
        }
    }

    #[test]
    fn the_head_of_a_line_is_read_without_the_rest() {
        let dt = Signed {
            negative: true,
            nanos: 1500,
        };
        let given = |text: &str| head(text.as_bytes());
        assert_eq!(
            given(r#"{"dt":-1.5,"n":70,"op"#),
            Some(Head { dt, seq: Some(70) })
        );
        assert_eq!(
            given(r#"{"dt":-1.5,"open":{"#),
            Some(Head { dt, seq: None })
        );
        for wrong in ["", "{", r#"{"dt":1"#, r#"{"dt":,"#, r#"{"dt":1,"n":7"#] {
            assert_eq!(given(wrong), None, "{wrong}");
        }
    }
}
