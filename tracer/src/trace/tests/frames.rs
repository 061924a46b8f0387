use std::io::Cursor;
use std::path::Path;

use super::super::{Error, Lane, Reader, What};
use super::{end, note, read, reader, small_frames, trace, writer};
use crate::event::process::Exit;
use crate::event::{Event, Hex, Kind, Proc, Seq};

fn events() -> Vec<Event> {
    let mut events: Vec<_> = (1..=50).map(|seq| note(seq, "x")).collect();
    events[20].process = Some(Proc {
        number: 3,
        generation: 1,
    });
    events[20].kind = Kind::Exit(Exit {
        pid: 7,
        code: Some(2),
        signal: None,
        core: false,
    });
    events[20].duration = Some(1_000_000);
    events
}

/// The same file without index and seek table.
fn without_index(bytes: &[u8]) -> Vec<u8> {
    let at = memchr::memmem::rfind(bytes, &super::super::index::MAGIC.to_le_bytes()).unwrap();
    bytes[..at].to_vec()
}

#[test]
fn the_index_says_what_a_walk_finds() {
    let events = events();
    let bytes = trace(&events, small_frames(10));
    let mut indexed = reader(&bytes).unwrap();
    let table = indexed.frames().unwrap().to_vec();
    assert_eq!(table.len(), 6);
    let third = &table[2];
    assert_eq!(
        (third.first, third.last, third.events),
        (Seq(21), Seq(30), 10)
    );
    assert_eq!(third.from, Hex(events[20].start()));
    assert_eq!(third.to, Hex(events[29].time));
    assert_eq!(third.kinds["exit"], 1);
    assert_eq!(third.kinds["note"], 9);
    assert_eq!(third.failed, 1);
    assert_eq!(
        third
            .processes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["p3.1"]
    );
    let cut = without_index(&bytes);
    assert_eq!(reader(&cut).unwrap().frames().unwrap(), table);
    assert!(
        read(&cut).2,
        "an index is an optimisation, not part of the record"
    );
}

#[test]
fn one_frame_is_read_alone_and_does_not_move_the_reader() {
    let events = events();
    let bytes = trace(&events, small_frames(10));
    let mut reader = reader(&bytes).unwrap();
    assert_eq!(reader.next_item().unwrap().unwrap().event, events[0]);
    let frame = reader.frame(3).unwrap();
    assert_eq!(frame.len(), 10);
    assert!(frame.iter().map(|(event, _)| event).eq(&events[30..40]));
    assert_eq!(
        frame.get(1).unwrap().1,
        r#"{"dt":1.001,"note":{"id":"test","text":"x"}}"#
    );
    assert!(frame.get(10).is_none() && frame.warnings.is_empty());
    assert_eq!(reader.next_item().unwrap().unwrap().event, events[1]);
    assert!(matches!(
        reader.frame(6),
        Err(Error::NoFrame { count: 6, .. })
    ));
}

#[test]
fn frames_of_an_unpacked_trace_are_found_too() {
    let events = events();
    let bytes = trace(&events, small_frames(10));
    let plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
    let mut reader = reader(&plain).unwrap();
    assert_eq!(reader.frames().unwrap().len(), 6);
    assert!(
        reader
            .frame(3)
            .unwrap()
            .iter()
            .map(|(event, _)| event)
            .eq(&events[30..40])
    );
}

#[test]
fn a_small_trace_packed_as_one_frame_is_one_frame_in_order() {
    let mut writer = writer(small_frames(10));
    for seq in 1..=50 {
        let lane = if seq % 4 == 0 { Lane::Hot } else { Lane::Story };
        writer.write(&note(seq, "x"), lane).unwrap();
    }
    let bytes = writer.finish(&end(51)).unwrap().0;
    let plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
    let again = zstd::bulk::compress(&plain, 3).unwrap();
    let mut reader = reader(&again).unwrap();
    assert_eq!(reader.frames().unwrap().len(), 1);
    let frame = reader.frame(0).unwrap();
    assert!(frame.iter().map(|(event, _)| event.seq.0).eq(1..=51));
    assert!(frame.warnings.is_empty());
}

#[test]
fn an_index_that_lies_is_replaced_by_what_is_there() {
    let bytes = trace(&events(), small_frames(10));
    let table = reader(&bytes).unwrap().frames().unwrap().to_vec();
    let mut lying = table.clone();
    lying[1].first = Seq(5);
    lying[1].events = 9;
    let mut swapped = table.clone();
    swapped.swap(1, 2);
    let mut far = table.clone();
    far[1].offset = 1 << 60;
    for (lie, at_once) in [(lying, false), (swapped, true), (far, true)] {
        let file = with_index(&bytes, &lie);
        let mut reader = reader(&file).unwrap();
        assert_eq!(reader.frames().unwrap() == table, at_once);
        let frame = reader.frame(1).unwrap();
        assert!(frame.iter().map(|(event, _)| event.seq.0).eq(11..=20));
        assert_eq!(reader.frames().unwrap(), table);
        assert_eq!(
            reader
                .warnings()
                .iter()
                .any(|warning| warning.what == What::Index),
            !at_once
        );
        let (events, _, complete) = read(&file);
        assert_eq!(
            (events.len(), complete),
            (51, true),
            "reading on needs no index"
        );
    }
}

/// The same frames with another index and a right seek table.
fn with_index(bytes: &[u8], table: &[super::super::FrameInfo]) -> Vec<u8> {
    use super::super::seek_table::{Entry, write};
    let mut file = without_index(bytes);
    let real = reader(bytes).unwrap().frames().unwrap().to_vec();
    let index = super::super::index::write(table).unwrap();
    let header = Entry {
        size: u32::try_from(real[0].offset).unwrap(),
        json: 0,
    };
    let mut entries = vec![header];
    entries.extend(real.iter().map(|frame| Entry {
        size: u32::try_from(frame.size).unwrap(),
        json: u32::try_from(frame.json).unwrap(),
    }));
    entries.push(Entry {
        size: u32::try_from(index.len()).unwrap(),
        json: 0,
    });
    file.extend_from_slice(&index);
    file.extend_from_slice(&write(&entries));
    file
}

#[test]
fn an_independent_reader_of_the_seekable_format_finds_the_frames() {
    let bytes = trace(&events(), small_frames(10));
    let table = reader(&bytes).unwrap().frames().unwrap().to_vec();
    let mut source = zeekstd::BytesWrapper::new(&bytes);
    let seek = zeekstd::SeekTable::from_seekable(&mut source).unwrap();
    // Header, six frames of events, index.
    assert_eq!(seek.num_frames(), 8);
    for (number, frame) in (1..).zip(&table) {
        assert_eq!(seek.frame_start_comp(number).unwrap(), frame.offset);
        assert_eq!(seek.frame_size_decomp(number).unwrap(), frame.json);
    }
    let plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
    assert_eq!(seek.size_decomp(), plain.len() as u64);
}

#[test]
fn a_trace_packed_again_as_one_large_piece_says_what_to_do() {
    let long = "x".repeat(200_000);
    let events: Vec<_> = (1..=100).map(|seq| note(seq, &long)).collect();
    let plain = zstd::stream::decode_all(trace(&events, small_frames(4)).as_slice()).unwrap();
    assert!(plain.len() > 16 << 20);
    let again = zstd::bulk::compress(&plain, 1).unwrap();
    let mut reader = Reader::new(Cursor::new(again), Path::new("big.vgt")).unwrap();
    assert_eq!(reader.events().count(), 101);
    assert!(reader.is_complete(), "{:?}", reader.warnings());
    let error = reader.frames().unwrap_err();
    assert!(error.to_string().contains("unpack it with `zstd -d`"));
}
