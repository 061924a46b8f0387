//! The generic function probe: one entry and one return program for every function; the cookie says which.

use aya_ebpf::EbpfContext;
use aya_ebpf::bindings::pt_regs;
use aya_ebpf::helpers::generated;
use aya_ebpf::macros::{uprobe, uretprobe};
use aya_ebpf::programs::{ProbeContext, RetProbeContext};
use vgputrace_ebpf::wire::function::{
    BLOB, DESC_COUNTED, DESC_NO_RETURN, DESC_OUTS, DESC_RETURN_PROBE, FnDesc, FnEnter, FnReturn,
    INPUTS, NONE, PACKED, RESULT,
};
use vgputrace_ebpf::wire::head::{FLAG_CUT, FLAG_SLOTS, SLOT, lost};
use vgputrace_ebpf::wire::{Head, Kind};

use crate::emit::{self, DONE, MORE};
use crate::kernel::user;
use crate::maps::{FUNCTIONS, OTHERS, OpenCall, RECORDS};
use crate::probes::argument::{argument, input_address, mask, read_bytes, read_input, registers};
use crate::probes::count;
use crate::probes::open;
use crate::scope::Task;

/// A short call: everything on the BPF stack, so that a preempted program shares nothing.
#[repr(C)]
struct Small {
    head: Head,
    body: FnEnter,
    text: [u8; PACKED + HALF],
}
const TEXT_AT: usize = size_of::<Head>() + size_of::<FnEnter>();
/// An input that begins behind this place does not fit the short form.
const HALF: usize = PACKED / 2;

/// A short call while its inputs are read.
#[repr(C)]
struct Reading {
    small: Small,
    /// Bytes of `text` that are used.
    used: u64,
    /// Not 0: the inputs do not fit.
    long: u64,
}

/// A call with a long input: each in a slot of its own, put together in the ring itself.
#[repr(C)]
struct Large {
    head: Head,
    body: FnEnter,
    text: [[u8; SLOT]; INPUTS],
}

/// A return with a longer output, put together in the ring itself.
#[repr(C)]
struct LongReturn {
    head: Head,
    body: FnReturn,
    blob: [u8; BLOB],
}

/// A function was entered. Sleepable, so that a string that is not in memory yet can be brought in.
#[uprobe(multi, sleepable)]
pub fn on_enter(ctx: ProbeContext) -> u32 {
    let Some(who) = Task::traced() else {
        pass();
        return 0;
    };
    // SAFETY: the context of this program.
    let cookie = unsafe { generated::bpf_get_attach_cookie(ctx.as_ptr()) } as u32;
    let Some(desc) = FUNCTIONS.get(cookie) else {
        return 0;
    };
    let (args, sp) = registers(ctx.regs);
    let head = who.head(Kind::FnEnter);
    let mut counted = if desc.flags & DESC_COUNTED != 0 {
        count::beyond_told(who, cookie)
    } else {
        None
    };
    let returns = match counted {
        Some(_) => desc.flags & DESC_NO_RETURN == 0,
        None => desc.flags & DESC_OUTS != 0,
    };
    // Kept in one place, and before the record is made: the two would not fit side by side into the stack that kernels before 6.13
    // give to a program and its loops together.
    if returns {
        let open = OpenCall {
            args,
            start: head.time,
            sp,
            function: cookie,
            counted: u32::from(counted.is_some()),
        };
        if !open::keep(who, &open) {
            emit::lose(lost::TABLE);
            counted = None;
        }
    }
    if let Some(count) = counted {
        count::add_call(count, desc, &args);
        return 0;
    }
    let mut reading = Reading {
        small: Small {
            head,
            body: FnEnter {
                function: cookie,
                zero: 0,
                args,
                sp,
                caller: user::<u64>(sp).unwrap_or(0),
                inputs: [0; 4],
            },
            text: [0; PACKED + HALF],
        },
        used: 0,
        long: 0,
    };
    if desc.count != 0 {
        emit::repeat(u32::from(desc.count), read_next, &mut reading);
        if reading.long != 0 {
            send_large(&mut reading.small, desc);
            return 0;
        }
    }
    mask(&mut reading.small.body.args, desc.registers);
    let length = TEXT_AT + emit::bounded(reading.used as usize, PACKED + HALF);
    // SAFETY: the record is on the stack and at least this long.
    unsafe { emit::bytes((&raw const reading.small).cast(), length as u64) };
    0
}

/// Reads the next input into a short record.
extern "C" fn read_next(turn: u64, reading: *mut Reading) -> i64 {
    // SAFETY: the loop hands back the pointer to its caller's stack.
    let reading = unsafe { &mut *reading };
    let Some(desc) = FUNCTIONS.get(reading.small.body.function) else {
        return DONE;
    };
    let index = turn as usize & 3;
    let address = input_address(desc, index, &reading.small.body);
    if address == 0 {
        return MORE;
    }
    if reading.used > HALF as u64 {
        reading.long = 1;
        return DONE;
    }
    let to = (&raw mut reading.small.text)
        .cast::<u8>()
        .wrapping_add(reading.used as usize & (PACKED - 1));
    let length = read_input(to, PACKED as u32, address, desc.sizes[index]);
    reading.small.body.inputs[index] = length;
    if length == PACKED as i32 {
        reading.long = 1;
        return DONE;
    }
    if length > 0 {
        reading.used += length as u64;
    }
    MORE
}

/// Counts a call of a process that is not traced.
#[inline(always)]
fn pass() {
    if let Some(counter) = OTHERS.get_ptr_mut(0) {
        // SAFETY: a per-CPU value; a lost update under preemption costs one count, never memory.
        unsafe { *counter += 1 }
    }
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
        while index < INPUTS {
            let address = input_address(desc, index, &small.body);
            let length = if address == 0 {
                0
            } else {
                read_input(
                    (&raw mut (*record).text[index]).cast(),
                    SLOT as u32,
                    address,
                    desc.sizes[index & 3],
                )
            };
            small.body.inputs[index] = length;
            if length == SLOT as i32 {
                flags |= FLAG_CUT;
            }
            index += 1;
        }
        mask(&mut small.body.args, desc.registers);
        (*record).body = small.body;
        (*record).head.flags = flags;
    }
    entry.submit(emit::wakeup());
}

/// A function came back, seen at one of its own `ret` instructions.
#[uprobe(multi, sleepable)]
pub fn on_ret(ctx: ProbeContext) -> u32 {
    // SAFETY: the context of this program.
    let cookie = unsafe { generated::bpf_get_attach_cookie(ctx.as_ptr()) } as u32;
    returned(ctx.regs, cookie);
    0
}

/// A function came back, seen by a return probe: only for plain C functions of drivers.
#[uretprobe(multi, sleepable)]
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
    let mut head = who.head(Kind::FnReturn);
    head.flags = 0;
    let mut body = FnReturn {
        function: cookie,
        read: 0,
        result,
        sp,
        outs: [0; 4],
        blob: 0,
        zero: 0,
    };
    let mut args = [0_u64; 6];
    if desc.flags & (DESC_OUTS | DESC_COUNTED) != 0
        && let Some(open) = open::take(who, cookie, sp)
    {
        if open.counted != 0 {
            count::returned(who, desc, &open, result);
            return;
        }
        args = open.args;
        outputs(desc, &args, &mut body);
    }
    if desc.blob == NONE {
        emit::record(&(head, body));
    } else {
        send_long(head, body, desc, &args);
    }
}

#[inline(always)]
fn outputs(desc: &FnDesc, args: &[u64; 6], body: &mut FnReturn) {
    let mut index = 0;
    while index < 4 {
        let address = argument(args, desc.outs[index]);
        let value = match (address, desc.out_sizes[index]) {
            (0, _) => {
                body.read |= 1 << (index + 4);
                None
            }
            (_, 8) => user::<u64>(address),
            _ => user::<u32>(address).map(u64::from),
        };
        if let Some(value) = value {
            body.outs[index] = value;
            body.read |= 1 << index;
        }
        index += 1;
    }
}

#[inline(always)]
fn send_long(head: Head, mut body: FnReturn, desc: &FnDesc, args: &[u64; 6]) {
    let address = if desc.blob == RESULT {
        body.result
    } else {
        argument(args, desc.blob)
    };
    let given = if desc.blob_length == NONE {
        BLOB as u64
    } else {
        argument(args, desc.blob_length) & 0xffff_ffff
    };
    let Some(mut entry) = RECORDS.reserve::<LongReturn>(0) else {
        emit::lose(lost::RING);
        return;
    };
    let record = entry.as_mut_ptr();
    // SAFETY: the reservation is ours until it is submitted.
    unsafe {
        let to = (&raw mut (*record).blob).cast::<u8>();
        if address != 0 && given != 0 {
            body.blob = if desc.blob_size != 0 {
                let size = emit::bounded(desc.blob_size as usize, BLOB - 1) as u32;
                read_bytes(to, size, address)
            } else {
                read_input(to, emit::bounded(given as usize, BLOB) as u32, address, 0)
            };
        }
        (*record).head = head;
        (*record).body = body;
    }
    entry.submit(emit::wakeup());
}
