//! A trace that is read while it is written.

use super::{Lane, Reader, Seq, Writer, end, header, note, small_frames};

fn total(reader: &mut Reader) -> u64 {
    let frames = reader.frames().unwrap();
    frames.iter().map(|frame| frame.events).sum()
}

#[test]
fn what_comes_later_is_seen_and_what_was_known_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.vgt");
    let mut writer = Writer::create(&path, &header(), small_frames(10)).unwrap();
    let mut reader = Reader::open(&path).unwrap();
    assert_eq!(total(&mut reader), 0);
    let mut written = 0;
    for batch in [4, 3, 30, 1] {
        for _ in 0..batch {
            written += 1;
            writer.write(&note(written, "word"), Lane::Story).unwrap();
        }
        writer.tick(u64::MAX).unwrap();
        let before = reader.frames().unwrap().to_vec();
        assert!(reader.refresh().unwrap());
        assert_eq!(total(&mut reader), written);
        assert!(!reader.is_finished().unwrap());
        let after = reader.frames().unwrap();
        let whole = before.len().saturating_sub(1);
        assert_eq!(after.get(..whole), before.get(..whole));
        let last = after.len() - 1;
        let frame = reader.frame(last).unwrap();
        let seq = frame.iter().last().map(|(event, _)| event.seq);
        assert_eq!(seq, Some(Seq(written)));
    }
    assert!(!reader.refresh().unwrap());
    writer.finish(&end(written + 1)).unwrap();
    assert!(reader.refresh().unwrap());
    assert_eq!(total(&mut reader), written + 1);
    assert!(reader.is_finished().unwrap());
}
