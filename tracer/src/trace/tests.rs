//! The layer as a whole: what is written is read, and what is damaged is read as far as it goes.

mod damage;
mod document;
mod examples;
mod frames;
mod growth;
mod open;
mod order;
mod round_trip;
mod space;

use std::io::Cursor;
use std::path::Path;

use super::{Error, Lane, Options, Reader, Writer};
use crate::event::host::{Clock, End, Header, Host};
use crate::event::loss::Note;
use crate::event::{Event, Hex, Kind, Seq, Text};

const SECOND: u64 = 1_000_000_000;

fn header() -> Header {
    Header {
        vgputrace: super::VERSION,
        tool: Text::from("0.1.0"),
        engine: Text::from("ebpf"),
        command: vec![Text::from("ollama"), Text::from("serve")],
        clock: Clock {
            boot: Hex(SECOND),
            wall: Hex(1_763_719_200 * SECOND),
        },
        host: Host {
            kernel: Text::from("6.18.0"),
            arch: Text::from("x86_64"),
            cpus: 2,
            memory: 8 << 30,
            ..Host::default()
        },
        ..Header::default()
    }
}

fn event(seq: u64, time: u64, kind: Kind) -> Event {
    Event {
        seq: Seq(seq),
        time,
        duration: None,
        process: None,
        tid: None,
        parent: None,
        late: false,
        kind,
    }
}

fn note(seq: u64, text: &str) -> Event {
    let kind = Kind::Note(Note {
        id: Text::from("test"),
        text: Text::from(text),
    });
    event(seq, 2 * SECOND + seq * 1001, kind)
}

fn end(seq: u64) -> Event {
    let kind = Kind::End(End {
        clock: Clock {
            boot: Hex(9 * SECOND),
            wall: Hex(1_763_719_208 * SECOND),
        },
        why: Text::from("exited"),
        status: Some(0),
        lost: 0,
        probes: None,
        others: None,
    });
    event(seq, 9 * SECOND, kind)
}

fn small_frames(events: u64) -> Options {
    Options {
        frame_events: events,
        ..Options::default()
    }
}

fn writer(options: Options) -> Writer<Vec<u8>> {
    Writer::new(Vec::new(), Path::new("test.vgt"), &header(), options).unwrap()
}

/// A complete trace of these events, all in the story.
fn trace(events: &[Event], options: Options) -> Vec<u8> {
    let mut writer = writer(options);
    for event in events {
        writer.write(event, Lane::Story).unwrap();
    }
    let last = events.last().map_or(0, |event| event.seq.0);
    writer.finish(&end(last + 1)).unwrap().0
}

fn reader(bytes: &[u8]) -> Result<Reader<Cursor<&[u8]>>, Error> {
    Reader::new(Cursor::new(bytes), Path::new("test.vgt"))
}

/// All events that can be read, and the warnings.
fn read(bytes: &[u8]) -> (Vec<Event>, Vec<String>, bool) {
    let mut reader = reader(bytes).unwrap();
    let events = reader.events().map(Result::unwrap).collect();
    let warnings = reader.warnings().iter().map(ToString::to_string).collect();
    (events, warnings, reader.is_complete())
}
