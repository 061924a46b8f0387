//! A new program image: its file, working directory, credentials, auxiliary vector, arguments and environment, all
//! read from the new memory before its first instruction.

use aya_ebpf::helpers::generated;
use aya_ebpf::macros::btf_tracepoint;
use aya_ebpf::programs::BtfTracePointContext;
use vgputrace_ebpf::wire::head::{EXEC_PIECES, PIECE, What};
use vgputrace_ebpf::wire::offsets::{
    BINPRM_FILE, BINPRM_FILENAME, CRED_EGID, CRED_EUID, CRED_GID, CRED_UID, MM_ARG_END,
    MM_ARG_START, MM_AUXV, MM_ENV_END, MM_ENV_START, MNT_NS_INUM, NSPROXY_MNT, TASK_CRED, TASK_MM,
    TASK_NSPROXY,
};
use vgputrace_ebpf::wire::path::OF_EXE;
use vgputrace_ebpf::wire::{Exec, Head, Kind};

use crate::awaited;
use crate::emit::Lease;
use crate::kernel::{field, task};
use crate::maps::{IN_FLIGHT, SCRATCH_EXEC, SCRATCH_EXEC_PATH, offset};
use crate::path::Place;
use crate::probes::stream::Stream;
use crate::scope::{Task, is_traced};

const FILE_AT: usize = size_of::<Head>() + size_of::<Exec>();

/// `sched_process_exec(task, old_pid, bprm)`.
#[btf_tracepoint(function = "sched_process_exec")]
pub fn on_exec(ctx: BtfTracePointContext) -> i32 {
    let old_tid: u32 = ctx.arg(1);
    let bprm: *const u8 = ctx.arg(2);
    let who = Task::current();
    if !is_traced(who.tgid()) && !awaited::begins(who, bprm) {
        return 0;
    }
    // A thread that executes has the number of the first when the call comes back: its own entry would stay for ever.
    let _ = IN_FLIGHT.remove(&(u64::from(who.tgid()) << 32 | u64::from(old_tid)));
    if let Some(file) = field::<*const u8>(bprm, BINPRM_FILE) {
        Place::of_file(OF_EXE, file).send(who, SCRATCH_EXEC_PATH);
    }
    if let Some(folder) = Place::working_directory() {
        folder.send(who, SCRATCH_EXEC_PATH);
    }
    let Some(mm) = field::<*const u8>(task(), TASK_MM) else {
        return 0;
    };
    let ends = |from, to| {
        let start: u64 = field(mm, from).unwrap_or(0);
        let end: u64 = field(mm, to).unwrap_or(0);
        (start, end.saturating_sub(start))
    };
    let argv = ends(MM_ARG_START, MM_ARG_END);
    let env = ends(MM_ENV_START, MM_ENV_END);
    let Some(lease) = Lease::take(SCRATCH_EXEC) else {
        return 0;
    };
    send_exec(&lease, who, old_tid, bprm, mm, argv.1, env.1);
    let time = crate::kernel::now();
    for (what, (address, total)) in [(What::Argv, argv), (What::Environment, env)] {
        let mut stream = Stream::new(SCRATCH_EXEC, what, -1, time);
        stream.limit = EXEC_PIECES * PIECE as u32;
        stream.total = total;
        stream.send(EXEC_PIECES, address, total);
    }
    lease.end();
    0
}

#[inline(always)]
fn send_exec(
    lease: &Lease,
    who: Task,
    old_tid: u32,
    bprm: *const u8,
    mm: *const u8,
    argv_length: u64,
    env_length: u64,
) {
    let cred: *const u8 = field(task(), TASK_CRED).unwrap_or(core::ptr::null());
    let id = |index| field::<u32>(cred, index).unwrap_or(u32::MAX);
    let name: *const u8 = field(bprm, BINPRM_FILENAME).unwrap_or(core::ptr::null());
    // SAFETY: the helper checks the kernel's address; the buffer has room behind the head.
    let file = unsafe {
        generated::bpf_probe_read_kernel_str(lease.at(FILE_AT).cast(), PIECE as u32, name.cast())
    } as i32;
    lease.put(0, who.head(Kind::Exec));
    let auxv_at = size_of::<Head>() + core::mem::offset_of!(Exec, auxv);
    lease.put(
        size_of::<Head>(),
        [old_tid, id(CRED_UID), id(CRED_EUID), id(CRED_GID)],
    );
    lease.put(size_of::<Head>() + 16, (id(CRED_EGID), file));
    lease.put(size_of::<Head>() + 24, [argv_length, env_length]);
    lease.put(size_of::<Head>() + 40, (mount_namespace(), 0_u32));
    // SAFETY: as above; the destination is the record's own field.
    let code = unsafe {
        generated::bpf_probe_read_kernel(
            lease.at(auxv_at).cast(),
            (size_of::<Exec>() - core::mem::offset_of!(Exec, auxv)) as u32,
            mm.wrapping_add(offset(MM_AUXV)).cast(),
        )
    };
    if code < 0 {
        lease.put(auxv_at, 0_u64);
    }
    let length = if file > 0 {
        file as usize & (PIECE * 2 - 1)
    } else {
        0
    };
    lease.send(FILE_AT + length);
}

/// Number of the current task's mount namespace.
#[inline(always)]
fn mount_namespace() -> u32 {
    field::<*const u8>(task(), TASK_NSPROXY)
        .and_then(|proxy| field::<*const u8>(proxy, NSPROXY_MNT))
        .and_then(|namespace| field(namespace, MNT_NS_INUM))
        .unwrap_or(0)
}

const _: () = assert!(core::mem::offset_of!(Exec, argv_length) == 24);
const _: () = assert!(core::mem::offset_of!(Exec, mount_namespace) == 40);
