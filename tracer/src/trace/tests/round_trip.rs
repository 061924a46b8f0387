use proptest::prelude::*;
use serde_json::value::RawValue;

use super::super::line::{self, Chain};
use super::examples::examples;
use super::{end, event, read, reader, small_frames, trace};
use crate::event::{Event, Kind, Proc, Seq};

#[test]
fn every_kind_has_an_example() {
    let kinds: Vec<_> = examples()
        .iter()
        .map(|event| event.kind.name().to_owned())
        .collect();
    assert_eq!(kinds, Kind::NAMES);
}

#[test]
fn every_kind_reads_back_as_it_was_written() {
    let mut events = examples();
    events.pop();
    let bytes = trace(&events, small_frames(7));
    let (back, warnings, complete) = read(&bytes);
    events.push(end(events.len() as u64 + 1));
    assert_eq!(back, events);
    assert_eq!(warnings, Vec::<String>::new());
    assert!(complete);
    assert_eq!(reader(&bytes).unwrap().header(), Some(&super::header()));
}

#[test]
fn no_kind_has_the_name_of_a_field() {
    for field in [
        "dt",
        "n",
        "p",
        "tid",
        "dur",
        "up",
        "late",
        "frame",
        "vgputrace",
    ] {
        assert!(!Kind::NAMES.contains(&field));
    }
}

#[test]
fn an_unknown_kind_stays_one_line() {
    let body = RawValue::from_string("{\n \"a\":\n1}".to_owned()).unwrap();
    let unknown = event(1, 5, Kind::Unknown("warp".to_owned(), body));
    let bytes = trace(&[unknown, super::note(2, "x")], small_frames(100));
    let mut reader = reader(&bytes).unwrap();
    let item = reader.next_item().unwrap().unwrap();
    assert_eq!(item.raw, r#"{"dt":0,"warp":{  "a": 1}}"#);
    assert_eq!(reader.events().count(), 2);
    assert!(reader.is_complete());
}

#[test]
fn the_written_line_is_handed_on_with_the_event() {
    let mut reader_bytes = trace(&[super::note(1, "x")], small_frames(100));
    let mut reader = reader(&reader_bytes).unwrap();
    let item = reader.next_item().unwrap().unwrap();
    assert_eq!(item.raw, r#"{"dt":0,"note":{"id":"test","text":"x"}}"#);
    reader_bytes.clear();
}

fn any_event() -> impl Strategy<Value = Event> {
    let kinds: Vec<Kind> = examples().into_iter().map(|event| event.kind).collect();
    (
        any::<[u64; 2]>(),
        any::<(Option<u64>, Option<u32>, Option<u64>, bool)>(),
        any::<Option<(u32, u32)>>(),
        proptest::sample::select(kinds),
    )
        .prop_map(
            |([seq, time], (duration, tid, parent, late), process, kind)| Event {
                seq: Seq(seq),
                time,
                duration,
                process: process.map(|(number, generation)| Proc { number, generation }),
                tid,
                parent: parent.map(Seq),
                late,
                kind,
            },
        )
}

proptest! {
    #[test]
    fn any_event_reads_back_after_any_other(event in any_event(), seq: u64, time: u64) {
        let before = Chain { seq, time };
        let mut out = Vec::new();
        line::push(&mut out, &event, before).unwrap();
        prop_assert_eq!(out.pop(), Some(b'\n'));
        let text = String::from_utf8(out).unwrap();
        prop_assert!(!text.contains('\n'));
        prop_assert_eq!(line::parse(&text, before).unwrap(), event.clone());
        let _: serde_json::Value = serde_json::from_str(&text).unwrap();
    }

    #[test]
    fn no_line_panics(text in "\\PC*", json in "[{}\\[\\]:,\"a-z0-9.-]*") {
        let before = Chain::default();
        let _ = (line::parse(&text, before), line::parse(&json, before));
        let _ = (line::head(text.as_bytes()), line::head(json.as_bytes()));
    }
}
