use proptest::prelude::*;

use super::super::{Error, Lane, What};
use super::{end, note, read, reader, small_frames, trace, writer};
use crate::event::Event;

fn events(count: u64) -> Vec<Event> {
    (1..=count).map(|seq| note(seq, "some text")).collect()
}

/// Story and hot frames, and a flush inside a frame.
fn small_trace() -> (Vec<u8>, Vec<Event>) {
    let mut writer = writer(small_frames(10));
    let mut all = events(35);
    for event in &all {
        let lane = if event.seq.0 % 5 == 0 {
            Lane::Hot
        } else {
            Lane::Story
        };
        writer.write(event, lane).unwrap();
        if event.seq.0 == 33 {
            writer.tick(1 << 50).unwrap();
        }
    }
    all.push(end(36));
    (writer.finish(&end(36)).unwrap().0, all)
}

#[test]
fn a_trace_cut_at_any_byte_gives_what_is_before_the_cut() {
    let (bytes, events) = small_trace();
    let mut most = 0;
    for length in 0..bytes.len() {
        let mut reader = match reader(&bytes[..length]) {
            Ok(reader) => reader,
            Err(Error::Empty(_)) => {
                assert_eq!(length, 0);
                continue;
            }
            Err(error) => {
                assert!(matches!(error, Error::CutHeader(_)), "at {length}: {error}");
                assert_eq!(most, 0, "at {length}");
                continue;
            }
        };
        let back: Vec<_> = reader.events().map(Result::unwrap).collect();
        let whole = back.len() == events.len();
        assert_eq!(
            reader.is_complete(),
            whole,
            "at {length}: {:?}",
            reader.warnings()
        );
        assert!(whole || !reader.warnings().is_empty(), "at {length}");
        assert!(back.len() >= most, "at {length}");
        most = back.len();
        // Nothing is invented or changed; only hot calls, which stand later in the file, may be missing between.
        assert!(
            back.iter().all(|event| events.contains(event)),
            "at {length}"
        );
        assert!(back.is_sorted_by_key(|event| event.seq));
        let frames = reader.frames().unwrap().to_vec();
        let counted: u64 = frames.iter().map(|frame| frame.events).sum();
        assert_eq!(counted, back.len() as u64, "at {length}");
    }
    assert_eq!(most, events.len());
}

#[test]
fn an_unpacked_trace_cut_at_any_byte_gives_what_is_before_the_cut() {
    let (bytes, events) = small_trace();
    let plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
    for length in 1..plain.len() {
        match reader(&plain[..length]) {
            Ok(mut reader) => {
                let back: Vec<_> = reader.events().map(Result::unwrap).collect();
                assert!(
                    back.iter().all(|event| events.contains(event)),
                    "at {length}"
                );
                assert_eq!(
                    reader.is_complete(),
                    back.len() == events.len(),
                    "at {length}"
                );
            }
            Err(error) => assert!(matches!(error, Error::CutHeader(_)), "at {length}: {error}"),
        }
    }
}

#[test]
fn a_flipped_bit_never_changes_an_event_and_costs_at_most_its_frame() {
    let (bytes, events) = small_trace();
    let table = reader(&bytes).unwrap().frames().unwrap().to_vec();
    // Every byte, and every bit where a frame begins: magic, window, length of the first block.
    let begins = |byte: u64| {
        table
            .iter()
            .any(|frame| (frame.offset..frame.offset + 10).contains(&byte))
    };
    let bits = (0..bytes.len() * 8).filter(|bit| bit % 9 == 0 || begins(*bit as u64 / 8));
    for at in bits {
        let mut damaged = bytes.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        let Ok(mut reader) = reader(&damaged) else {
            // Only the header's frame decides what a file is.
            assert!((at as u64 / 8) < table[0].offset, "bit {at}");
            continue;
        };
        let back: Vec<_> = reader.events().map(Result::unwrap).collect();
        assert!(back.iter().all(|event| events.contains(event)), "bit {at}");
        assert!(back.is_sorted_by_key(|event| event.seq), "bit {at}");
        let missing = events.len() - back.len();
        let hit = table
            .iter()
            .find(|frame| (frame.offset..frame.offset + frame.size).contains(&(at as u64 / 8)));
        let cost = hit.map_or(0, |frame| frame.events);
        assert!(
            missing as u64 <= cost,
            "bit {at}: {missing} {:?}",
            reader.warnings()
        );
        if missing > 0 {
            assert!(!reader.is_complete(), "bit {at}");
            assert!(!reader.warnings().is_empty(), "bit {at}");
        }
        if at % 64 < 8 {
            for number in 0..reader.frames().unwrap().len() {
                let _ = reader.frame(number);
            }
        }
    }
}

#[test]
fn a_damaged_frame_is_told_with_place_and_cost() {
    let mut bytes = trace(&events(30), small_frames(10));
    let table = reader(&bytes).unwrap().frames().unwrap().to_vec();
    let at = usize::try_from(table[1].offset + table[1].size).unwrap() - 2;
    bytes[at] ^= 1;
    let (back, warnings, complete) = read(&bytes);
    assert_eq!(back.len(), 21);
    assert!(!complete);
    let expected = format!(
        "byte {}, frame 2: damaged: wrong checksum; the frame is left out (missing: 10 events, #11 to #20)",
        table[1].offset
    );
    assert_eq!(warnings, [expected]);
}

#[test]
fn a_trace_that_ends_early_is_not_damaged_and_one_with_a_hole_is() {
    let mut bytes = trace(&events(30), small_frames(10));
    let damaged = |bytes: &[u8]| {
        let mut reader = reader(bytes).unwrap();
        let read = reader.events().map(Result::unwrap).count();
        (read > 0, reader.is_damaged())
    };
    assert_eq!(damaged(&bytes), (true, false));
    let table = reader(&bytes).unwrap().frames().unwrap().to_vec();
    let end = usize::try_from(table[2].offset).unwrap();
    assert_eq!(damaged(&bytes[..end]), (true, false));
    let at = usize::try_from(table[1].offset + table[1].size).unwrap() - 2;
    bytes[at] ^= 1;
    assert_eq!(damaged(&bytes), (true, true));
}

#[test]
fn bytes_between_frames_are_passed_over() {
    let bytes = trace(&events(20), small_frames(10));
    let table = reader(&bytes).unwrap().frames().unwrap().to_vec();
    let at = usize::try_from(table[1].offset).unwrap();
    let mut damaged = bytes[..at].to_vec();
    damaged.extend_from_slice(&[0; 1000]);
    damaged.extend_from_slice(&bytes[at..]);
    let (back, warnings, complete) = read(&damaged);
    assert_eq!((back.len(), complete), (21, true));
    assert_eq!(
        warnings,
        [format!("byte {at}, frame 2: 1000 bytes that are no frame")]
    );
}

#[test]
fn a_damaged_header_costs_the_header_only() {
    let mut bytes = trace(&events(20), small_frames(10));
    bytes[20] ^= 0x10;
    let mut reader = reader(&bytes).unwrap();
    assert_eq!(reader.header(), None);
    assert_eq!(reader.events().count(), 21);
    assert!(reader.is_complete(), "{:?}", reader.warnings());
    let header = |what: &What| matches!(what, What::Header(_));
    assert!(
        reader
            .warnings()
            .iter()
            .any(|warning| header(&warning.what))
    );
}

/// A plain trace with these lines between header and end.
fn plain(lines: &str) -> Vec<u8> {
    let bytes = trace(&[], small_frames(10));
    let text = String::from_utf8(zstd::stream::decode_all(bytes.as_slice()).unwrap()).unwrap();
    let header = text.lines().next().unwrap();
    let end = text.lines().last().unwrap();
    format!("{header}\n{lines}{{\"frame\":{{\"n\":100,\"t\":9}}}}\n{end}\n").into_bytes()
}

const START: &str = "{\"frame\":{\"n\":1,\"t\":5}}\n";
const NOTE: &str = "{\"dt\":1,\"note\":{\"id\":\"a\",\"text\":\"b\"}}\n";

fn read_lines(lines: &str) -> (Vec<(u64, u64)>, Vec<String>) {
    let (events, warnings, _) = read(&plain(lines));
    let places = events
        .iter()
        .map(|event| (event.seq.0, event.time))
        .collect();
    (places, warnings)
}

#[test]
fn a_bad_line_with_a_good_head_costs_itself_and_another_the_rest_of_its_frame() {
    let good_head = format!("{START}{NOTE}{{\"dt\":1.5,\"note\":{{x}}}}\n{NOTE}");
    let (places, warnings) = read_lines(&good_head);
    assert_eq!(places, [(1, 6_000), (3, 8_500), (100, 9_000)]);
    assert!(warnings[0].contains("line 4: no event: "), "{warnings:?}");
    assert!(
        warnings[0].ends_with("(missing: 97 events, #2 to #99)"),
        "{warnings:?}"
    );
    let no_head = format!("{START}{NOTE}!\n{NOTE}{NOTE}");
    let (places, warnings) = read_lines(&no_head);
    assert_eq!(places, [(1, 6_000), (100, 9_000)]);
    assert!(
        warnings[0].contains("the rest of the frame is left out"),
        "{warnings:?}"
    );
}

#[test]
fn lines_without_a_frame_line_are_not_given_a_wrong_time() {
    let (places, warnings) = read_lines(NOTE);
    assert_eq!(places, [(100, 9_000)]);
    assert!(
        warnings[0].contains("lines without the beginning of their frame"),
        "{warnings:?}"
    );
}

#[test]
fn an_endless_line_is_passed_over() {
    for mebibytes in [9, 18] {
        let long = "x".repeat(mebibytes << 20);
        let lines = format!("{START}{NOTE}{{\"dt\":1,\"note\":{{\"id\":\"{long}\"}}}}\n{NOTE}");
        let (places, warnings) = read_lines(&lines);
        assert!(places.contains(&(1, 6_000)) && places.contains(&(100, 9_000)));
        assert!(
            warnings[0].contains("a line of more than 8 MiB is left out"),
            "{warnings:?}"
        );
    }
    let endless = vec![b'{'; 17 << 20];
    assert!(matches!(
        reader(&endless),
        Err(Error::Foreign { .. } | Error::CutHeader(_))
    ));
}

#[test]
fn a_bomb_is_read_in_bounded_memory() {
    // 48 MiB of one byte in 5 KB, and a frame that asks for a window of 2 GiB.
    let bytes = trace(&events(3), small_frames(10));
    let mut file = bytes.clone();
    let zeros = vec![b'x'; 1 << 20];
    let mut encoder = zstd::stream::Encoder::new(&mut file, 1).unwrap();
    for _ in 0..48 {
        std::io::Write::write_all(&mut encoder, &zeros).unwrap();
    }
    encoder.finish().unwrap();
    file.extend_from_slice(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]);
    let (back, warnings, _) = read(&file);
    assert_eq!(back.len(), 4);
    assert!(
        warnings.iter().any(|words| words.contains("8 MiB")),
        "{warnings:?}"
    );
    assert!(
        warnings
            .iter()
            .any(|words| words.contains("too much memory")),
        "{warnings:?}"
    );
}

#[test]
fn a_file_of_nothing_but_frame_beginnings_is_given_up() {
    let mut bytes = trace(&events(3), small_frames(10));
    for _ in 0..10_000 {
        bytes.extend_from_slice(&[0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff, 0xff]);
    }
    let (back, warnings, _) = read(&bytes);
    assert_eq!(back.len(), 4);
    assert!(warnings.len() < 100);
    assert!(
        warnings
            .iter()
            .any(|words| words.contains("too much damage"))
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(begin in 0_usize..4, bytes: Vec<u8>) {
        let prefixes: [&[u8]; 4] = [b"", b"\x28\xb5\x2f\xfd", b"{\"vgputrace\":1", b"\x56\x2a\x4d\x18"];
        let mut file = prefixes[begin].to_vec();
        file.extend_from_slice(&bytes);
        if let Ok(mut reader) = reader(&file) {
            let _ = reader.events().count();
            let _ = reader.frames().map(<[_]>::len);
        }
    }

    #[test]
    fn scrambled_lines_never_panic(seed: Vec<(usize, u8)>) {
        let (bytes, _) = small_trace();
        let mut plain = zstd::stream::decode_all(bytes.as_slice()).unwrap();
        let length = plain.len();
        for (at, byte) in seed {
            plain[at % length] = byte;
        }
        for file in [zstd::bulk::compress(&plain, 1).unwrap(), plain] {
            if let Ok(mut reader) = reader(&file) {
                let _ = reader.events().count();
                for number in 0..reader.frames().unwrap().len() {
                    let _ = reader.frame(number);
                }
            }
        }
    }
}
