//! Calls that come by the thousand: told up to a number, then counted, as the kernel side does.

use std::collections::HashMap;

use vgputrace_ebpf::wire::function::{DESC_FAILS_NONZERO, TOLD};
use vgputrace_ebpf::wire::{Count, CountKey, FnDesc};

use crate::event::Event;
use crate::source::tracker::Tracker;

/// Calls by process and function.
#[derive(Default)]
pub(super) struct Counts {
    table: HashMap<(u32, u32), Counted>,
}

struct Counted {
    now: Count,
    /// As it was when it was told last.
    told: Option<Count>,
}

const NOTHING: Count = Count {
    seen: 0,
    calls: 0,
    returned: 0,
    nanos: 0,
    bytes: 0,
    failed: 0,
    code: 0,
};

impl Counts {
    /// Counts a call. True when it is only counted and not told.
    pub(super) fn entered(&mut self, tgid: u32, number: u32, bytes: u64) -> bool {
        let counted = self.table.entry((tgid, number)).or_insert(Counted {
            now: NOTHING,
            told: None,
        });
        counted.now.seen += 1;
        if counted.now.seen <= TOLD {
            return false;
        }
        counted.now.calls += 1;
        counted.now.bytes = counted.now.bytes.saturating_add(bytes);
        true
    }

    /// A counted call came back.
    pub(super) fn returned(
        &mut self,
        tgid: u32,
        number: u32,
        desc: &FnDesc,
        nanos: u64,
        result: u64,
    ) {
        let Some(counted) = self.table.get_mut(&(tgid, number)) else {
            return;
        };
        counted.now.returned += 1;
        counted.now.nanos = counted.now.nanos.saturating_add(nanos);
        let code = result & 0xffff_ffff;
        if desc.flags & DESC_FAILS_NONZERO != 0 && code != 0 {
            counted.now.failed += 1;
            counted.now.code = code;
        }
    }

    /// Appends what was counted since the last time, of all processes or of one that has ended, whose counts then go.
    pub(super) fn tell(
        &mut self,
        tracker: &mut Tracker,
        time: u64,
        ended: Option<u32>,
        events: &mut Vec<Event>,
    ) {
        let mut keys: Vec<(u32, u32)> = self
            .table
            .keys()
            .copied()
            .filter(|(tgid, _)| ended.is_none_or(|ended| ended == *tgid))
            .collect();
        keys.sort_unstable();
        for key in keys {
            let Some(counted) = self.table.get_mut(&key) else {
                continue;
            };
            let (tgid, function) = key;
            let told = counted.told.replace(counted.now);
            events.extend(tracker.counted(
                time,
                CountKey { tgid, function },
                &counted.now,
                told.as_ref(),
            ));
            if ended.is_some() {
                self.table.remove(&key);
            }
        }
    }
}
