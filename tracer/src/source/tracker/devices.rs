//! ioctl on device nodes of GPUs: how a driver library talks to its kernel module.

use vgputrace_ebpf::wire::Sys;

use super::Tracker;
use crate::event::call::Counted;
use crate::event::file::Ioctl;
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};

/// Successful calls of a process that are told one by one; beyond it they are counted. Failed ones are always told.
const TOLD: u64 = 1_000;

/// Successful calls of a process so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ioctls {
    seen: u64,
    nanos: u64,
}

impl Tracker {
    pub(super) fn ioctl(&mut self, tgid: u32, tid: u32, time: u64, sys: &Sys) {
        let (path, _) = self.pending_path(tgid, tid, sys.start);
        let err = Errno::from_result(sys.result);
        let duration = time.saturating_sub(sys.start);
        if err.is_none() {
            let count = &mut self.known(tgid).ioctls;
            count.seen += 1;
            if count.seen > TOLD {
                count.nanos += duration;
                return;
            }
        }
        let kind = Kind::Ioctl(Ioctl {
            path: path.unwrap_or(Seen::No(Why::Gone)),
            fd: sys.args[0] as i32,
            request: Hex(sys.args[1] & 0xffff_ffff),
            err,
        });
        self.tell(tgid, tid, time, Some(duration), kind);
    }

    /// Tells how many calls of a process were counted.
    pub(super) fn counted_ioctls(&mut self, tgid: u32, tid: u32, time: u64) {
        let count = std::mem::take(&mut self.known(tgid).ioctls);
        let calls = count.seen.saturating_sub(TOLD);
        if calls == 0 {
            return;
        }
        let kind = Kind::Counted(Counted {
            api: Text::from("device"),
            function: Text::from("ioctl"),
            of: None,
            calls,
            returned: calls,
            nanos: count.nanos,
            bytes: 0,
            failed: 0,
            result: None,
            code: None,
        });
        self.tell(tgid, tid, time, None, kind);
    }
}
