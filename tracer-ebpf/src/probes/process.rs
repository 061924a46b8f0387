//! Children and ends of processes: scope follows both.

use aya_ebpf::macros::btf_tracepoint;
use aya_ebpf::programs::BtfTracePointContext;
use vgputrace_ebpf::wire::head::lost;
use vgputrace_ebpf::wire::offsets::{
    SIGNAL_FLAGS, SIGNAL_GROUP_CODE, SIGNAL_LIVE, TASK_EXIT_CODE, TASK_LEADER, TASK_PID,
    TASK_SIGNAL, TASK_TGID,
};
use vgputrace_ebpf::wire::{Compat, Exit, Fork, Head, Kind, Oom};

use crate::emit;
use crate::kernel::{field, task};
use crate::maps::{IN_FLIGHT, TRACED, Traced};
use crate::probes::open;
use crate::scope::{Task, is_traced};

/// `SIGNAL_GROUP_EXIT` (include/linux/sched/signal.h).
const GROUP_EXIT: u32 = 4;

/// `sched_process_fork(parent, child)`: in the parent, before the child runs.
#[btf_tracepoint(function = "sched_process_fork")]
pub fn on_fork(ctx: BtfTracePointContext) -> i32 {
    let Some(who) = Task::traced() else { return 0 };
    let child: *const u8 = ctx.arg(1);
    let (Some(tgid), Some(tid)) = (
        field::<u32>(child, TASK_TGID),
        field::<u32>(child, TASK_PID),
    ) else {
        return 0;
    };
    if tgid == who.tgid() {
        return 0;
    }
    if TRACED.insert(&tgid, &Traced { compat: 0 }, 0).is_err() {
        emit::lose(lost::TABLE);
    }
    emit::record(&(
        who.head(Kind::Fork),
        Fork {
            child_tgid: tgid,
            child_tid: tid,
        },
    ));
    0
}

/// `sched_process_exit(task, ...)`: once a thread.
#[btf_tracepoint(function = "sched_process_exit")]
pub fn on_exit(_ctx: BtfTracePointContext) -> i32 {
    let Some(who) = Task::traced() else { return 0 };
    let _ = IN_FLIGHT.remove(&who.pid_tgid);
    open::forget(who);
    let task = task();
    let Some(signal) = field::<*const u8>(task, TASK_SIGNAL) else {
        return 0;
    };
    // The counter was lowered before this point: 0 means that the process ends with this thread.
    if field::<u32>(signal, SIGNAL_LIVE) != Some(0) {
        return 0;
    }
    let code = if field::<u32>(signal, SIGNAL_FLAGS).unwrap_or(0) & GROUP_EXIT != 0 {
        field::<u32>(signal, SIGNAL_GROUP_CODE)
    } else {
        field::<*const u8>(task, TASK_LEADER)
            .and_then(|leader| field::<u32>(leader, TASK_EXIT_CODE))
    };
    if let Some(state) = TRACED.get_ptr(&who.tgid()) {
        // SAFETY: a map value.
        let calls = unsafe { (*state).compat };
        if calls > 0 {
            emit::record(&(who.head(Kind::Compat), Compat { calls }));
        }
    }
    emit::record(&(
        who.head(Kind::Exit),
        Exit {
            code: code.unwrap_or(0),
            zero: 0,
        },
    ));
    let _ = TRACED.remove(&who.tgid());
    0
}

/// `mark_victim(task, uid)` since 6.8: the kernel chose a victim.
#[btf_tracepoint(function = "mark_victim")]
pub fn on_oom_task(ctx: BtfTracePointContext) -> i32 {
    let victim: *const u8 = ctx.arg(0);
    if let Some(tgid) = field::<u32>(victim, TASK_TGID) {
        oom(tgid);
    }
    0
}

/// `mark_victim(pid)` before 6.8.
#[btf_tracepoint(function = "mark_victim")]
pub fn on_oom_pid(ctx: BtfTracePointContext) -> i32 {
    let pid: u32 = ctx.arg(0);
    oom(pid);
    0
}

#[inline(always)]
fn oom(victim: u32) {
    if is_traced(victim) {
        emit::record(&(Task::current().head(Kind::Oom), Oom { victim, zero: 0 }));
    }
}

// A tuple of head and body is one record: both are multiples of 8 bytes, so nothing lies between.
const _: () = assert!(size_of::<(Head, Exit)>() == size_of::<Head>() + size_of::<Exit>());
const _: () = assert!(size_of::<(Head, Fork)>() == size_of::<Head>() + size_of::<Fork>());
