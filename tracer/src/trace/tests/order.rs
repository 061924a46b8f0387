use proptest::prelude::*;

use super::super::{Lane, Options, Reader};
use super::{end, note, read, reader, small_frames, writer};
use crate::event::Event;

/// Writes notes 1 to `count`; `hot` says which go into frames of their own, `tick` when time passes.
fn mixed(
    count: u64,
    options: Options,
    hot: impl Fn(u64) -> bool,
    tick: impl Fn(u64) -> bool,
) -> (Vec<u8>, Vec<Event>) {
    let mut writer = writer(options);
    let mut events = Vec::new();
    let mut now = 0;
    for seq in 1..=count {
        let event = note(seq, "x");
        let lane = if hot(seq) { Lane::Hot } else { Lane::Story };
        writer.write(&event, lane).unwrap();
        events.push(event);
        if tick(seq) {
            now += 10 * super::SECOND;
            writer.tick(now).unwrap();
        }
    }
    events.push(end(count + 1));
    (writer.finish(&end(count + 1)).unwrap().0, events)
}

#[test]
fn hot_calls_have_frames_of_their_own_and_come_back_in_their_places() {
    let (bytes, events) = mixed(100, small_frames(30), |seq| seq % 3 == 0, |_| false);
    let (back, warnings, complete) = read(&bytes);
    assert_eq!(back, events);
    assert!(warnings.is_empty() && complete, "{warnings:?}");
    let mut reader = reader(&bytes).unwrap();
    let table: Vec<_> = reader
        .frames()
        .unwrap()
        .iter()
        .map(|frame| (frame.hot, frame.events))
        .collect();
    assert_eq!(
        table,
        [
            (false, 30),
            (true, 14),
            (false, 30),
            (true, 15),
            (false, 7),
            (true, 4),
            (false, 1)
        ]
    );
}

#[test]
fn what_was_ticked_survives_a_kill() {
    let mut writer = writer(Options::default());
    for seq in 1..=10 {
        writer.write(&note(seq, "x"), Lane::Story).unwrap();
    }
    let before = writer.bytes_written();
    // Too early: the header's clock counts as a flush.
    writer.tick(super::SECOND + 200_000_000).unwrap();
    assert_eq!(writer.bytes_written(), before);
    writer.tick(super::SECOND + 250_000_000).unwrap();
    let flushed = writer.bytes_written();
    assert!(flushed > before);
    writer.tick(9 * super::SECOND).unwrap();
    assert_eq!(
        writer.bytes_written(),
        flushed,
        "nothing new, nothing written"
    );
    writer
        .write(&note(11, "in memory only"), Lane::Story)
        .unwrap();
    writer.write(&note(12, "hot"), Lane::Hot).unwrap();
    writer.tick(20 * super::SECOND).unwrap();
    writer.write(&note(13, "lost"), Lane::Story).unwrap();
    let file = writer.into_sink();
    let mut reader = Reader::new(std::io::Cursor::new(file), std::path::Path::new("x")).unwrap();
    assert_eq!(reader.events().count(), 12);
    assert!(!reader.is_complete());
    assert!(
        reader.warnings()[0]
            .to_string()
            .ends_with("cut off: no end line")
    );
}

#[test]
fn events_that_stand_twice_in_a_file_are_told_as_out_of_order() {
    let (bytes, events) = mixed(5, Options::default(), |_| false, |_| false);
    let plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
    let begin = plain.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let twice = [&plain, &plain[begin..]].concat();
    let (back, warnings, complete) = read(&twice);
    assert_eq!(back.len(), 2 * events.len());
    assert!(warnings.iter().any(|words| words.contains("out of order")));
    assert!(!complete, "{warnings:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_mixture_comes_back_in_order(
        count in 0_u64..200,
        frame in 1_u64..40,
        hot: u64,
        tick: u64,
        packed_again: bool,
    ) {
        let bit = |mask: u64, seq: u64| mask >> (seq % 64) & 1 == 1;
        let (bytes, events) =
            mixed(count, small_frames(frame), |seq| bit(hot, seq), |seq| bit(tick, seq));
        let bytes = if packed_again {
            let plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
            zstd::bulk::compress(&plain, 1).unwrap()
        } else {
            bytes
        };
        let (back, warnings, complete) = read(&bytes);
        prop_assert_eq!(back, events);
        prop_assert!(warnings.is_empty() && complete, "{:?}", warnings);
    }
}
