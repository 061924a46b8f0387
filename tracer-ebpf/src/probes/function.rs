//! The generic function probe: one entry and one return program for every function; the cookie says which.

use aya_ebpf::EbpfContext;
use aya_ebpf::bindings::pt_regs;
use aya_ebpf::helpers::generated;
use aya_ebpf::macros::{uprobe, uretprobe};
use aya_ebpf::programs::{ProbeContext, RetProbeContext};
use vgputrace_ebpf::wire::function::{
    DESC_OUTS, DESC_RETURN_PROBE, FnDesc, FnEnter, FnReturn, NONE, PACKED, STRINGS,
};
use vgputrace_ebpf::wire::head::{FLAG_CUT, FLAG_SLOTS, SLOT, lost};
use vgputrace_ebpf::wire::{Head, Kind};

use crate::emit;
use crate::kernel::user;
use crate::maps::{CALLS, FUNCTIONS, RECORDS};
use crate::scope::Task;

/// A short call: everything on the BPF stack, so that a preempted program shares nothing.
#[repr(C)]
struct Small {
    head: Head,
    body: FnEnter,
    text: [u8; PACKED + HALF],
}
const TEXT_AT: usize = size_of::<Head>() + size_of::<FnEnter>();
/// A string that begins behind this place does not fit the short form.
const HALF: usize = PACKED / 2;

/// A call with a long string: each string in a slot of its own, put together in the ring itself.
#[repr(C)]
struct Large {
    head: Head,
    body: FnEnter,
    text: [[u8; SLOT]; STRINGS],
}

/// A function was entered. Sleepable, so that a string that is not in memory yet can be brought in.
#[uprobe(multi, sleepable)]
pub fn on_enter(ctx: ProbeContext) -> u32 {
    let Some(who) = Task::traced() else { return 0 };
    // SAFETY: the context of this program.
    let cookie = unsafe { generated::bpf_get_attach_cookie(ctx.as_ptr()) } as u32;
    let Some(desc) = FUNCTIONS.get(cookie) else {
        return 0;
    };
    let (args, sp) = registers(ctx.regs);
    let mut small = Small {
        head: who.head(Kind::FnEnter),
        body: FnEnter {
            function: cookie,
            zero: 0,
            args,
            sp,
            caller: user::<u64>(sp).unwrap_or(0),
            strings: [0; 4],
        },
        text: [0; PACKED + HALF],
    };
    if desc.flags & DESC_OUTS != 0
        && CALLS
            .insert(&[who.pid_tgid, sp], &small.body.args, 0)
            .is_err()
    {
        emit::lose(lost::TABLE);
    }
    let mut used = 0_usize;
    let mut index = 0;
    while index < STRINGS {
        let address = string_address(desc, index, &small.body.args);
        if address != 0 {
            if used > HALF {
                send_large(&mut small, desc);
                return 0;
            }
            let to = (&raw mut small.text)
                .cast::<u8>()
                .wrapping_add(used & (PACKED - 1));
            let length = read_string(to, PACKED as u32, address);
            if length == PACKED as i32 {
                send_large(&mut small, desc);
                return 0;
            }
            small.body.strings[index] = length;
            if length > 0 {
                used += length as usize;
            }
        }
        index += 1;
    }
    mask(&mut small.body.args, desc.arguments);
    let used = if used > PACKED + HALF {
        PACKED + HALF
    } else {
        used
    };
    let length = TEXT_AT + used;
    // SAFETY: the record is on the stack and at least this long.
    unsafe { emit::bytes((&raw const small).cast(), length as u64) };
    0
}

#[inline(always)]
fn send_large(small: &mut Small, desc: &FnDesc) {
    let Some(mut entry) = RECORDS.reserve::<Large>(0) else {
        emit::lose(lost::RING);
        return;
    };
    let record = entry.as_mut_ptr();
    // SAFETY: the reservation is ours until it is submitted.
    unsafe {
        (*record).head = small.head;
        let mut flags = FLAG_SLOTS;
        let mut index = 0;
        while index < STRINGS {
            let address = string_address(desc, index, &small.body.args);
            let length = if address == 0 {
                0
            } else {
                read_string(
                    (&raw mut (*record).text[index]).cast(),
                    SLOT as u32,
                    address,
                )
            };
            small.body.strings[index] = length;
            if length == SLOT as i32 {
                flags |= FLAG_CUT;
            }
            index += 1;
        }
        mask(&mut small.body.args, desc.arguments);
        (*record).body = small.body;
        (*record).head.flags = flags;
    }
    entry.submit(emit::wakeup());
}

/// A function came back, seen at one of its own `ret` instructions.
#[uprobe(multi)]
pub fn on_ret(ctx: ProbeContext) -> u32 {
    // SAFETY: the context of this program.
    let cookie = unsafe { generated::bpf_get_attach_cookie(ctx.as_ptr()) } as u32;
    returned(ctx.regs, cookie);
    0
}

/// A function came back, seen by a return probe: only for plain C functions of drivers.
#[uretprobe(multi)]
pub fn on_return(ctx: RetProbeContext) -> u32 {
    // SAFETY: the context of this program.
    let cookie = unsafe { generated::bpf_get_attach_cookie(ctx.as_ptr()) } as u32;
    returned(ctx.regs, cookie);
    0
}

#[inline(always)]
fn returned(regs: *const pt_regs, cookie: u32) {
    let Some(who) = Task::traced() else { return };
    let Some(desc) = FUNCTIONS.get(cookie) else {
        return;
    };
    // SAFETY: reads of the context at constant places.
    let (result, sp) = unsafe {
        (
            core::ptr::read_volatile(&raw const (*regs).rax),
            core::ptr::read_volatile(&raw const (*regs).rsp),
        )
    };
    let sp = if desc.flags & DESC_RETURN_PROBE != 0 {
        sp.wrapping_sub(8)
    } else {
        sp
    };
    let mut record = (
        who.head(Kind::FnReturn),
        FnReturn {
            function: cookie,
            read: 0,
            result,
            sp,
            outs: [0; 4],
        },
    );
    if desc.flags & DESC_OUTS != 0 {
        let key = [who.pid_tgid, sp];
        // SAFETY: the value is copied at once.
        if let Some(args) = unsafe { CALLS.get(&key) }.copied() {
            let mut index = 0;
            while index < 4 {
                let address = argument(&args, desc.outs[index]);
                let value = match (address, desc.out_sizes[index]) {
                    (0, _) => None,
                    (_, 8) => user::<u64>(address),
                    _ => user::<u32>(address).map(u64::from),
                };
                if let Some(value) = value {
                    record.1.outs[index] = value;
                    record.1.read |= 1 << index;
                }
                index += 1;
            }
            let _ = CALLS.remove(&key);
        }
    }
    emit::record(&record);
}

/// The argument registers and the stack pointer. All are read before one is chosen: a load at a variable place of the
/// context is refused by the verifier.
#[inline(always)]
fn registers(regs: *const pt_regs) -> ([u64; 6], u64) {
    // SAFETY: reads of the context at constant places.
    unsafe {
        (
            [
                core::ptr::read_volatile(&raw const (*regs).rdi),
                core::ptr::read_volatile(&raw const (*regs).rsi),
                core::ptr::read_volatile(&raw const (*regs).rdx),
                core::ptr::read_volatile(&raw const (*regs).rcx),
                core::ptr::read_volatile(&raw const (*regs).r8),
                core::ptr::read_volatile(&raw const (*regs).r9),
            ],
            core::ptr::read_volatile(&raw const (*regs).rsp),
        )
    }
}

/// Registers beyond a function's own arguments hold anything; they stay in the kernel.
#[inline(always)]
fn mask(args: &mut [u64; 6], count: u32) {
    let mut index = 0;
    while index < 6 {
        if index as u32 >= count {
            args[index] = 0;
        }
        index += 1;
    }
}

#[inline(always)]
fn argument(args: &[u64; 6], which: u8) -> u64 {
    match which {
        0 => args[0],
        1 => args[1],
        2 => args[2],
        3 => args[3],
        4 => args[4],
        5 => args[5],
        _ => 0,
    }
}

/// Address of a function's string; 0 for none.
#[inline(always)]
fn string_address(desc: &FnDesc, index: usize, args: &[u64; 6]) -> u64 {
    let address = argument(args, desc.strings[index & 3]);
    let inside = desc.inside[index & 3];
    if inside == NONE || address == 0 {
        return address;
    }
    user::<u64>(address + u64::from(inside)).unwrap_or(0)
}

/// Reads a string, bringing its pages into memory where needed. Returns its length with NUL, or a negative errno.
#[inline(always)]
fn read_string(to: *mut u8, room: u32, address: u64) -> i32 {
    let read = || {
        // SAFETY: the helper checks the program's address, the verifier the buffer.
        unsafe { generated::bpf_probe_read_user_str(to.cast(), room, address as *const _) as i32 }
    };
    let length = read();
    if length >= 0 {
        return length;
    }
    touch(address);
    let length = read();
    if length >= 0 {
        return length;
    }
    touch((address | 4095) + 1);
    read()
}

/// Brings one page of the program into memory.
#[inline(always)]
fn touch(address: u64) {
    let mut byte = 0_u8;
    // SAFETY: a sleepable program may fault; the destination is one byte of our own.
    unsafe {
        let _ = generated::bpf_copy_from_user((&raw mut byte).cast(), 1, address as *const _);
    }
}
