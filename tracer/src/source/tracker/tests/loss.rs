use proptest::prelude::*;

use super::{STACK, TARGET, Told};
use crate::event::Kind;
use crate::source::record::Body;
use vgputrace_ebpf::wire::Exit;

#[test]
fn a_record_much_older_than_one_before_it_is_marked_as_late() {
    let mut told = Told::new();
    told.fork(TARGET, 200);
    let now = told.time;
    let exit = |code| Body::Exit(Exit { code, zero: 0 });
    told.take_at(now - 1_000_000, 200, 200, exit(0));
    told.take_at(now - 3_000_000, TARGET, TARGET, exit(0));
    let late: Vec<_> = told.events.iter().map(|event| event.late).collect();
    assert_eq!(late, [false, false, true]);
}

#[test]
fn times_at_the_end_of_the_world_are_times() {
    let mut told = Told::new();
    for time in [0, u64::MAX, 1, u64::MAX - 1] {
        told.take_at(time, TARGET, TARGET, Body::Exit(Exit { code: 0, zero: 0 }));
    }
    assert_eq!(told.events.len(), 4);
}

/// What may happen to one of three processes.
fn happening() -> impl Strategy<Value = (u8, u32, u64)> {
    (0_u8..12, 0_u32..3, 0_u64..4)
}

proptest! {
    #[test]
    fn any_order_of_records_gives_rising_numbers_and_at_most_one_end_of_each_call(
        list in prop::collection::vec(happening(), 0..200)
    ) {
        let mut told = Told::new();
        for (what, which, depth) in list {
            let pid = TARGET + which * 100;
            let sp = STACK - depth * 64;
            match what {
                0 => told.fork(TARGET, pid),
                1 => told.exit(pid, 0),
                2 => told.exec(pid, "/bin/a", b"a\0", b"B=1\0"),
                3 => told.exec_head(pid, 9, 9),
                4 => told.path(pid, pid, u32::try_from(depth).unwrap(), "/some/where"),
                5 => told.enter(pid, "dlopen", sp, depth, &["/x.so"]),
                6 => told.back(pid, "dlopen", sp, depth),
                7 => told.enter(pid, "dlsym", sp, depth, &["x"]),
                8 => told.enter(pid, "_dl_signal_error", sp, depth, &["a", "b", "c"]),
                9 => told.call(pid, 257, [depth; 6], 3, "x"),
                10 => told.call(pid, 9, [0, 64, 5, 2, 3, 0], i64::try_from(depth * 32).unwrap(), ""),
                _ => told.signal(pid, TARGET, 9),
            }
        }
        told.end();
        for (at, event) in (1_u64..).zip(&told.events) {
            prop_assert_eq!(event.seq.0, at);
        }
        let mut ended = std::collections::BTreeSet::new();
        for event in &told.events {
            let call = match &event.kind {
                Kind::Return(back) => Some(back.call),
                Kind::Unfinished(call) => call.call,
                _ => None,
            };
            if let Some(call) = call {
                prop_assert!(ended.insert(call), "{} ended twice", call.0);
                prop_assert!(call < event.seq);
            }
            prop_assert!(event.parent.is_none_or(|parent| parent < event.seq));
        }
    }
}
