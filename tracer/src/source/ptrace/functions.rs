//! Functions at their breakpoints: arguments when they begin, results and outputs when they come back.

use std::iter::zip;

use vgputrace_ebpf::wire::function::{
    BLOB, DESC_COUNTED, DESC_NO_RETURN, DESC_OUTS, DESC_RETURN_PROBE, INPUTS, NONE, PACKED, RESULT,
    STACK,
};
use vgputrace_ebpf::wire::head::SLOT;
use vgputrace_ebpf::wire::{FnDesc, FnEnter, FnReturn};

use super::engine::Engine;
use super::memory;
use crate::event::{Seen, Why};
use crate::source::clock;
use crate::source::record::{Body, Bytes};
use crate::sys::ptrace::Registers;

/// A call that will come back to its caller: seen there, with nothing changed on the stack.
#[derive(Clone, Debug)]
pub(super) struct Landing {
    number: u32,
    desc: FnDesc,
    /// Stack pointer at the entry.
    sp: u64,
}

/// A call whose return has to know of its entry.
#[derive(Clone, Debug)]
pub(super) struct OpenCall {
    number: u32,
    sp: u64,
    args: [u64; 6],
    start: u64,
    counted: bool,
}

/// Calls of one thread that are kept at most.
const KEPT: usize = 1_024;
/// A stack pointer further away belongs to another stack of the thread.
const SAME_STACK: u64 = 8 << 20;
const EFAULT: i32 = -14;

impl Engine {
    /// A function begins.
    pub(super) fn function_begins(
        &mut self,
        tid: u32,
        registers: &Registers,
        number: u32,
        desc: &FnDesc,
    ) {
        let mut args = [
            registers.rdi,
            registers.rsi,
            registers.rdx,
            registers.rcx,
            registers.r8,
            registers.r9,
        ];
        let (tgid, sp) = (self.process_of(tid), registers.rsp);
        let caller = memory::word(tid, sp).unwrap_or(0);
        let bytes = argument(&args, desc.bytes);
        let counted =
            desc.flags & DESC_COUNTED != 0 && self.link.lock().counts.entered(tgid, number, bytes);
        let returns = desc.flags & DESC_NO_RETURN == 0;
        if returns && desc.flags & DESC_RETURN_PROBE != 0 && caller != 0 {
            self.expect(tid, (number, desc), sp, caller);
        }
        if returns && (counted || desc.flags & DESC_OUTS != 0) {
            let open = OpenCall {
                number,
                sp,
                args,
                start: clock::boottime(),
                counted,
            };
            self.keep_open(tid, open);
        }
        if counted {
            return;
        }
        let mut lengths = [0; 4];
        let mut inputs = [const { None }; INPUTS];
        for index in 0..usize::from(desc.count).min(INPUTS) {
            let size = desc.sizes.get(index).copied().unwrap_or(0);
            let found = input_address(tid, desc, index, &args, sp)
                .map(|address| read_input(tid, address, usize::from(size) & (PACKED - 1), SLOT));
            if let (Some(found), Some(length)) = (&found, lengths.get_mut(index)) {
                *length = length_of(found);
            }
            if let Some(place) = inputs.get_mut(index) {
                *place = found;
            }
        }
        for arg in args.iter_mut().skip(desc.registers as usize) {
            *arg = 0;
        }
        let enter = FnEnter {
            function: number,
            zero: 0,
            args,
            sp,
            caller,
            inputs: lengths,
        };
        self.tell(tgid, tid, Body::Enter(enter, inputs));
    }

    /// The caller gets a breakpoint where the call comes back to. It stays: another thread may be about to meet it.
    fn expect(&mut self, tid: u32, (number, desc): (u32, &FnDesc), sp: u64, caller: u64) {
        if let Some(space) = self.space_of(tid) {
            space.borrow_mut().plant_landing(caller);
        }
        let Some(thread) = self.threads.get_mut(&tid) else {
            return;
        };
        // Frames below the new one are gone without a return: left by longjmp or an exception.
        thread
            .landings
            .retain(|one| one.sp >= sp || sp - one.sp > SAME_STACK);
        if thread.landings.len() >= KEPT {
            thread.landings.remove(0);
        }
        thread.landings.push(Landing {
            number,
            desc: *desc,
            sp,
        });
    }

    fn keep_open(&mut self, tid: u32, open: OpenCall) {
        let Some(thread) = self.threads.get_mut(&tid) else {
            return;
        };
        thread
            .open
            .retain(|one| (one.sp, one.number) != (open.sp, open.number));
        if thread.open.len() >= KEPT {
            thread.open.remove(0);
        }
        thread.open.push(open);
    }

    /// A caller goes on: the calls that came back to it, innermost first.
    pub(super) fn landed(&mut self, tid: u32, registers: &Registers) {
        let sp = registers.rsp.wrapping_sub(8);
        let Some(thread) = self.threads.get_mut(&tid) else {
            return;
        };
        let mut back = Vec::new();
        thread.landings.retain(|one| {
            if one.sp == sp {
                back.push(one.clone());
            }
            one.sp != sp
        });
        for one in back.iter().rev() {
            self.function_ends(tid, registers.rax, sp, one.number, &one.desc);
        }
    }

    /// A function comes back.
    pub(super) fn function_ends(
        &mut self,
        tid: u32,
        result: u64,
        sp: u64,
        number: u32,
        desc: &FnDesc,
    ) {
        let tgid = self.process_of(tid);
        let open = self.threads.get_mut(&tid).and_then(|thread| {
            let at = thread
                .open
                .iter()
                .rposition(|one| one.sp == sp && one.number == number)?;
            Some(thread.open.remove(at))
        });
        if let Some(open) = open.as_ref().filter(|open| open.counted) {
            let nanos = clock::boottime().saturating_sub(open.start);
            let mut shared = self.link.lock();
            return shared.counts.returned(tgid, number, desc, nanos, result);
        }
        let args = open.as_ref().map(|open| open.args);
        let mut back = FnReturn {
            function: number,
            read: 0,
            result,
            sp,
            outs: [0; 4],
            blob: 0,
            zero: 0,
        };
        if let Some(args) = &args {
            outputs(tid, desc, args, &mut back);
        }
        let blob = longer_output(tid, desc, &args.unwrap_or_default(), result);
        back.blob = blob.as_ref().map_or(0, length_of);
        self.tell(tgid, tid, Body::Return(back, blob));
    }
}

/// An argument register by its place; 0 for none.
fn argument(args: &[u64; 6], place: u8) -> u64 {
    args.get(usize::from(place)).copied().unwrap_or(0)
}

/// Address of one of a function's inputs; `None` for NULL.
fn input_address(tid: u32, desc: &FnDesc, index: usize, args: &[u64; 6], sp: u64) -> Option<u64> {
    let place = *desc.inputs.get(index)?;
    if place == STACK {
        // Behind the return address.
        return sp.checked_add(8);
    }
    let address = argument(args, place);
    let inside = *desc.inside.get(index)?;
    let address = if inside == NONE || address == 0 {
        address
    } else {
        memory::word(tid, address.wrapping_add(u64::from(inside))).unwrap_or(0)
    };
    (address != 0).then_some(address)
}

/// Bytes of a size, or a string with its NUL for 0.
fn read_input(tid: u32, address: u64, size: usize, room: usize) -> Bytes {
    let found = if size == 0 {
        memory::string(tid, address, room)
    } else {
        memory::bytes(tid, address, size)
    };
    match found {
        Some(bytes) if bytes.len() >= SLOT => {
            let length = bytes.len() as u64;
            Seen::Cut(bytes, length)
        }
        Some(bytes) => Seen::Yes(bytes),
        None => Seen::No(Why::Fault),
    }
}

fn length_of(bytes: &Bytes) -> i32 {
    bytes
        .value()
        .map_or(EFAULT, |bytes| i32::try_from(bytes.len()).unwrap_or(EFAULT))
}

fn outputs(tid: u32, desc: &FnDesc, args: &[u64; 6], back: &mut FnReturn) {
    for (index, (place, size)) in zip(desc.outs, desc.out_sizes).enumerate() {
        let address = argument(args, place);
        let value = match (address, size) {
            (0, _) => {
                back.read |= 1 << (index + 4);
                None
            }
            (_, 8) => memory::word(tid, address),
            _ => memory::half(tid, address).map(u64::from),
        };
        if let (Some(value), Some(out)) = (value, back.outs.get_mut(index)) {
            *out = value;
            back.read |= 1 << index;
        }
    }
}

/// The longer output of a call, or its result that is a string.
fn longer_output(tid: u32, desc: &FnDesc, args: &[u64; 6], result: u64) -> Option<Bytes> {
    if desc.blob == NONE {
        return None;
    }
    let address = if desc.blob == RESULT {
        result
    } else {
        argument(args, desc.blob)
    };
    let given = if desc.blob_length == NONE {
        BLOB as u64
    } else {
        argument(args, desc.blob_length) & 0xffff_ffff
    };
    if address == 0 || given == 0 {
        return None;
    }
    let room = usize::try_from(given).unwrap_or(BLOB).min(BLOB);
    let size = (desc.blob_size as usize).min(BLOB - 1);
    Some(read_input(tid, address, size, room))
}
