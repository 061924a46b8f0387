use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;

use super::super::{Error, Lane, Options, Outcome, Writer};
use super::{end, header, note, read, writer};
use crate::event::{Kind, Seq};

/// Text that does not compress.
fn noise(seq: u64) -> String {
    let mut state = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..40)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            format!("{state:016x}")
        })
        .collect()
}

#[test]
fn a_trace_at_its_size_limit_says_so_and_stays_below_it() {
    for max in [6_000_u64, 20_000, 200_000] {
        let mut writer = writer(Options {
            max_size: Some(max),
            ..Options::default()
        });
        let mut kept = 0;
        for seq in 1..=1000 {
            match writer.write(&note(seq, &noise(seq)), Lane::Story).unwrap() {
                Outcome::Written => kept += 1,
                Outcome::Full => {}
            }
        }
        assert_eq!(writer.refused(), 1000 - kept);
        let (bytes, summary) = writer.finish(&end(1001)).unwrap();
        assert_eq!(summary.bytes, bytes.len() as u64);
        assert!(summary.bytes <= max, "{} of {max}", summary.bytes);
        assert!(summary.bytes + 8_192 > max, "{} of {max}", summary.bytes);
        assert_eq!(summary.refused, 1000 - kept);
        let (events, warnings, complete) = read(&bytes);
        assert!(warnings.is_empty() && complete, "{warnings:?}");
        let losses: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.kind {
                Kind::Loss(loss) => Some((event.seq, loss.cause.as_str(), loss.count)),
                _ => None,
            })
            .collect();
        assert_eq!(
            losses,
            [(Seq(kept + 1), "size", 1), (Seq(1000), "size", 999 - kept)]
        );
    }
}

/// A disk with room for so many bytes.
struct Disk {
    bytes: Rc<RefCell<Vec<u8>>>,
    room: usize,
    error: io::ErrorKind,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.bytes.borrow_mut();
        let count = bytes.len().min(self.room - disk.len());
        if count == 0 {
            return Err(self.error.into());
        }
        disk.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_reached_a_full_disk_stays_readable() {
    for (room, lane) in [
        (2_000, Lane::Story),
        (9_000, Lane::Story),
        (60_000, Lane::Hot),
    ] {
        let bytes = Rc::new(RefCell::new(Vec::new()));
        let disk = Disk {
            bytes: Rc::clone(&bytes),
            room,
            error: io::ErrorKind::StorageFull,
        };
        let path = Path::new("test.vgt");
        let mut writer = Writer::new(disk, path, &header(), Options::default()).unwrap();
        let mut flushed = 0;
        let error = (1..)
            .find_map(|seq| {
                let written = writer.write(&note(seq, &noise(seq)), lane);
                match written.and_then(|_| writer.tick(seq * super::SECOND + (1 << 40))) {
                    Ok(()) => {
                        flushed = seq;
                        None
                    }
                    Err(error) => Some(error),
                }
            })
            .unwrap();
        assert!(matches!(error, Error::DiskFull { .. }), "{error}");
        assert!(error.to_string().starts_with("the disk is full: test.vgt"));
        let later = writer.write(&note(9999, "x"), lane);
        assert!(matches!(later, Err(Error::Stopped(_))));
        assert!(matches!(
            writer.finish(&end(10_000)),
            Err(Error::Stopped(_))
        ));
        let (events, warnings, complete) = read(&bytes.borrow());
        assert!(events.len() as u64 >= flushed && flushed > 0);
        assert!(!complete);
        assert!(warnings.last().unwrap().ends_with("cut off: no end line"));
    }
}

#[test]
fn no_room_for_the_header_and_other_errors_are_told_apart() {
    for (room, kind) in [(0, io::ErrorKind::QuotaExceeded), (0, io::ErrorKind::Other)] {
        let disk = Disk {
            bytes: Rc::default(),
            room,
            error: kind,
        };
        let error = Writer::new(disk, Path::new("x"), &header(), Options::default()).err();
        match kind {
            io::ErrorKind::Other => assert!(matches!(error, Some(Error::Write { .. }))),
            _ => assert!(matches!(error, Some(Error::DiskFull { written: 0, .. }))),
        }
    }
}

#[test]
fn the_device_that_is_always_full_is_a_full_disk() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let error = Writer::new(full, Path::new("/dev/full"), &header(), Options::default()).err();
    assert!(matches!(error, Some(Error::DiskFull { .. })));
}

#[test]
fn a_line_too_long_for_any_reader_is_a_loss() {
    let mut writer = writer(Options::default());
    writer
        .write(&note(1, &"x".repeat(9 << 20)), Lane::Story)
        .unwrap();
    writer.write(&note(2, "short"), Lane::Story).unwrap();
    let (events, warnings, complete) = read(&writer.finish(&end(3)).unwrap().0);
    assert!(warnings.is_empty() && complete, "{warnings:?}");
    assert_eq!(events.len(), 3);
    assert!(matches!(&events[0].kind, Kind::Loss(loss) if loss.cause.as_str() == "length"));
}
