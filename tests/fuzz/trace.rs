//! The reader of traces, on packed and unpacked files.

use std::io::Cursor;
use std::path::Path;

use vgputrace::trace::Reader;

use crate::engine::{corpus, run};

fn read(bytes: &[u8]) {
    let Ok(mut reader) = Reader::new(Cursor::new(bytes), Path::new("fuzz.vgt")) else {
        return;
    };
    let _ = reader.header();
    let mut last = None;
    let mut in_order = true;
    while let Ok(Some(item)) = reader.next_item() {
        let seq = item.event.seq;
        in_order &= last.is_none_or(|last| last < seq);
        last = Some(seq);
        assert!(item.raw.len() <= 64 << 20, "a line is bounded");
    }
    // Frames may have been copied or moved; the reader says so.
    assert!(in_order || !reader.warnings().is_empty(), "numbers rise");
    assert!(
        !reader.is_complete() || in_order,
        "its end is told as doubtful"
    );
    assert!(reader.warnings().len() <= 100_000, "warnings are bounded");
    let frames = reader.frames().map(<[_]>::len).unwrap_or_default();
    assert!(frames <= bytes.len(), "a frame has a byte at least");
}

#[test]
fn damaged_traces_are_read_as_far_as_they_go() {
    let mut inputs = corpus("trace");
    // The same unpacked: what `zstd -dc` writes.
    let plain: Vec<_> = inputs
        .iter()
        .filter_map(|input| zstd::decode_all(input.as_slice()).ok())
        .collect();
    inputs.extend(plain);
    run("trace", &inputs, read);
}
