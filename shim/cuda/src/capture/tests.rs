//! Captures that spread and come back, and those that must not.

use vgputrace_device::Code;

use super::{Captures, Key};
use crate::abi::Handle;

const A: Handle = Handle(0x100);
const B: Handle = Handle(0x200);
const GRAPH: Handle = Handle(0x10);
const EVENT: Handle = Handle(0x20);
const BACK: Handle = Handle(0x30);
const NODE: Handle = Handle(0x40);

fn begun() -> Captures {
    let mut captures = Captures::default();
    assert_eq!(captures.begin(Key::of(A), GRAPH), Ok(()));
    captures
}

#[test]
fn a_stream_is_captured_from_begin_to_end() {
    let mut captures = begun();
    let stream = Key::of(A);
    assert_eq!(captures.graph(stream), Ok(Some(GRAPH)));
    assert_eq!(captures.graph(Key::of(B)), Ok(None));
    captures.worked(stream, NODE);
    assert_eq!(captures.begin(stream, GRAPH), Err(Code(401)));
    assert_eq!(captures.end(stream), Ok((GRAPH, Ok(()))));
    assert_eq!(captures.graph(stream), Ok(None));
    assert_eq!(captures.end(stream), Err(Code(401)));
}

#[test]
fn the_shared_stream_cannot_be_captured_and_each_threads_own_is_its_own() {
    let mut captures = Captures::default();
    assert_eq!(captures.begin(Key::of(Handle(0)), GRAPH), Err(Code(900)));
    assert_eq!(captures.begin(Key::of(Handle(1)), GRAPH), Err(Code(900)));
    let here = Key::of(Handle(2));
    let there = std::thread::spawn(|| Key::of(Handle(2)));
    assert_ne!(Some(here), there.join().ok());
    assert_eq!(here, Key::of(Handle(2)));
}

#[test]
fn it_spreads_by_an_event_and_must_come_back() {
    for comes_back in [false, true] {
        let mut captures = begun();
        let (first, second) = (Key::of(A), Key::of(B));
        assert!(captures.record(EVENT, first));
        assert_eq!(captures.wait(EVENT, second, false), Ok(()));
        assert_eq!(captures.graph(second), Ok(Some(GRAPH)));
        captures.worked(second, NODE);
        assert!(captures.record(BACK, second));
        if comes_back {
            assert_eq!(captures.wait(BACK, first, false), Ok(()));
        }
        let whole = if comes_back { Ok(()) } else { Err(Code(904)) };
        assert_eq!(captures.end(first), Ok((GRAPH, whole)));
        assert_eq!(captures.graph(second), Ok(None));
        assert_eq!(captures.must_not_be_captured(BACK), Ok(()));
    }
}

#[test]
fn work_after_the_event_has_not_come_back() {
    let mut captures = begun();
    let (first, second) = (Key::of(A), Key::of(B));
    captures.record(EVENT, first);
    assert_eq!(captures.wait(EVENT, second, false), Ok(()));
    captures.record(BACK, second);
    captures.worked(second, NODE);
    assert_eq!(captures.wait(BACK, first, false), Ok(()));
    assert_eq!(captures.end(first), Ok((GRAPH, Err(Code(904)))));
}

#[test]
fn what_is_not_allowed_breaks_it() {
    let mut captures = begun();
    let stream = Key::of(A);
    assert_eq!(captures.must_not_capture(stream), Err(Code(900)));
    assert_eq!(captures.graph(stream), Err(Code(901)));
    assert_eq!(captures.info(stream).map(|info| info.status), Some(2));
    assert_eq!(captures.end(stream), Ok((GRAPH, Err(Code(901)))));
}

#[test]
fn work_of_no_capture_or_of_another_one_is_not_waited_for() {
    let mut captures = begun();
    let (first, second) = (Key::of(A), Key::of(B));
    assert_eq!(captures.wait(EVENT, first, true), Err(Code(905)));
    assert_eq!(captures.begin(second, Handle(0x11)), Ok(()));
    captures.record(EVENT, second);
    assert_eq!(captures.wait(EVENT, first, false), Err(Code(902)));
    assert_eq!(
        captures.wait(EVENT, Key::of(Handle(0)), false),
        Err(Code(906))
    );
    assert_eq!(captures.must_not_be_captured(EVENT), Err(Code(907)));
    assert!(!captures.record(EVENT, Key::of(Handle(0))));
    assert_eq!(captures.must_not_be_captured(EVENT), Ok(()));
}

#[test]
fn a_stream_that_is_gone_takes_its_capture_with_it() {
    let mut captures = begun();
    let (first, second) = (Key::of(A), Key::of(B));
    captures.record(EVENT, first);
    assert_eq!(captures.wait(EVENT, second, false), Ok(()));
    assert_eq!(captures.forget(second), None);
    assert_eq!(captures.graph(first), Err(Code(901)));
    assert_eq!(captures.forget(first), Some(GRAPH));
    assert_eq!(captures.graph(first), Ok(None));
    assert_eq!(captures.must_not_be_captured(EVENT), Ok(()));
}
