//! Records of the kernel side, one after the other, and what the tracker makes of them.
//!
//! An input is a list of records, each behind its length in two bytes.

use vgputrace::event::{Event, Kind};
use vgputrace::source::record::Record;
use vgputrace::source::tracker::{Image, ImageReader, Settings, Tracker};

use crate::engine::{corpus, run};

/// Answers for every file, so that the paths that need an image are taken too.
struct AnyImage;

impl ImageReader for AnyImage {
    fn image(&mut self, tgid: u32, path: &str) -> Option<Image> {
        (tgid % 7 != 3).then(|| Image {
            span: (path.len() as u64, u64::MAX - u64::from(tgid)),
            interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
            headers: u64::from(tgid),
        })
    }

    fn address(&mut self, _: u32, _: &str, offset: u64) -> Option<u64> {
        (offset % 3 != 1).then_some(offset)
    }

    fn bytes(&mut self, _: u32, _: &str, address: u64, length: usize) -> Option<Vec<u8>> {
        address.is_multiple_of(2).then(|| vec![b'x'; length])
    }

    fn symbol(&mut self, _: u32, path: &str, _: u64) -> Option<String> {
        Some(path.to_owned())
    }
}

fn feed(bytes: &[u8]) {
    let mut tracker = Tracker::new(Settings::default(), Box::new(AnyImage));
    let probes = tracker.probes_mut();
    let object = probes.object("/lib/libfuzz.so");
    for function in vgputrace_api::all() {
        probes.add(
            function,
            object,
            0x1000,
            function.returns == vgputrace_api::Returns::No,
        );
    }
    tracker.begin(100, "/start");
    let mut events: Vec<Event> = Vec::new();
    let mut wishes = 0;
    let mut rest = bytes;
    let mut turn = 0_u64;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_ne_bytes(*length)).min(after.len());
        let (record, after) = after.split_at(length);
        rest = after;
        if let Some(record) = Record::decode(record) {
            let story = tracker.take(record);
            events.extend(story.events);
            wishes += story.wishes.len();
        }
        turn += 1;
        if turn.is_multiple_of(16) {
            events.extend(tracker.sweep(turn << 32, Some(1)).events);
        }
    }
    events.extend(tracker.sweep(u64::MAX, None).events);
    assert_eq!(
        tracker.sweep(u64::MAX, None).events.len(),
        0,
        "all is told once"
    );
    in_proportion(bytes.len(), &events, wishes);
}

fn in_proportion(length: usize, events: &[Event], wishes: usize) {
    let mut last = 0;
    let mut written = 0;
    for event in events {
        assert!(event.seq.0 > last, "numbers rise");
        last = event.seq.0;
        let one = format!("{:?}", event.kind).len();
        assert!(one > 0, "every event can be shown");
        // An escaped byte takes ten; arguments that a thousand calls repeat are not counted here.
        if !matches!(event.kind, Kind::Unfinished(_)) {
            written += one;
        }
    }
    assert!(
        written <= 4096 + length * 64,
        "{written} bytes of events for {length}"
    );
    assert!(wishes <= length, "{wishes} wishes");
}

#[test]
fn hostile_records_never_break_the_tracker() {
    run("records", &corpus("records"), feed);
}
