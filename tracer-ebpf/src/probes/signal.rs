//! Signals when they are generated: in the sender's context, so the sender is known.

use aya_ebpf::helpers::{bpf_get_current_comm, generated};
use aya_ebpf::macros::btf_tracepoint;
use aya_ebpf::programs::BtfTracePointContext;
use vgputrace_ebpf::wire::offsets::{TASK_PID, TASK_TGID};
use vgputrace_ebpf::wire::signal::{NO_INFO, PRIVATE};
use vgputrace_ebpf::wire::{Kind, Signal};

use crate::emit;
use crate::kernel::{at, field};
use crate::scope::{Task, is_traced};

const SIGILL: i32 = 4;
const SIGTRAP: i32 = 5;
const SIGBUS: i32 = 7;
const SIGFPE: i32 = 8;
const SIGSEGV: i32 = 11;
const SIGCHLD: i32 = 17;
const SIGURG: i32 = 23;
const SIGPROF: i32 = 27;
const SIGSYS: i32 = 31;

/// `si_code` and the first word of the union, of `siginfo_t` (x86-64 ABI).
const SI_CODE: usize = 8;
const SI_ADDRESS: usize = 16;

/// `signal_generate(sig, info, task, group, result)`.
#[btf_tracepoint(function = "signal_generate")]
pub fn on_signal(ctx: BtfTracePointContext) -> i32 {
    let number: i32 = ctx.arg(0);
    // Go preempts its threads with SIGURG by the thousand; SIGCHLD and SIGPROF say nothing an exit does not.
    if number == SIGURG || number == SIGCHLD || number == SIGPROF {
        return 0;
    }
    let target: *const u8 = ctx.arg(2);
    let who = Task::current();
    let to_tgid = field::<u32>(target, TASK_TGID).unwrap_or(0);
    if !is_traced(who.tgid()) && !is_traced(to_tgid) {
        return 0;
    }
    let to_tid = field::<u32>(target, TASK_PID).unwrap_or(0);
    let result: i32 = ctx.arg(4);
    // 0 and 1 stand for "no siginfo" (SEND_SIG_NOINFO, SEND_SIG_PRIV).
    let info: u64 = ctx.arg(1);
    let code = match info {
        0 => NO_INFO,
        1 => PRIVATE,
        _ => at::<i32>(info as *const u8, SI_CODE).unwrap_or(NO_INFO),
    };
    let raised = matches!(
        number,
        SIGILL | SIGTRAP | SIGBUS | SIGFPE | SIGSEGV | SIGSYS
    );
    let fault = raised && code > 0 && to_tid == who.tid();
    let mut record = (
        who.head(Kind::Signal),
        Signal {
            number,
            code,
            result,
            to_tgid,
            to_tid,
            fault: u32::from(fault),
            address: 0,
            ip: 0,
            sp: 0,
            name: bpf_get_current_comm().unwrap_or([0; 16]),
        },
    );
    if fault {
        if info > 1 {
            record.1.address = at::<u64>(info as *const u8, SI_ADDRESS).unwrap_or(0);
        }
        (record.1.ip, record.1.sp) = user_registers();
    }
    emit::record(&record);
    0
}

/// Instruction and stack pointer of the current task in user mode.
#[inline(always)]
fn user_registers() -> (u64, u64) {
    use aya_ebpf::bindings::pt_regs;
    // SAFETY: the current task is always valid; the helper returns its saved user registers.
    let registers = unsafe {
        let task = generated::bpf_get_current_task_btf();
        generated::bpf_task_pt_regs(task) as *const u8
    };
    let read = |bytes| at::<u64>(registers, bytes).unwrap_or(0);
    (
        read(core::mem::offset_of!(pt_regs, rip)),
        read(core::mem::offset_of!(pt_regs, rsp)),
    )
}
