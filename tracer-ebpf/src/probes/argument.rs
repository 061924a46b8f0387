//! Arguments of a call: registers, and what they point to.

use aya_ebpf::bindings::pt_regs;
use aya_ebpf::helpers::generated;
use vgputrace_ebpf::wire::function::{NONE, PACKED, STACK};
use vgputrace_ebpf::wire::{FnDesc, FnEnter};

use crate::kernel::user;

/// The argument registers and the stack pointer. All are read before one is chosen: a load at a variable place of the
/// context is refused by the verifier.
#[inline(always)]
pub(crate) fn registers(regs: *const pt_regs) -> ([u64; 6], u64) {
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
pub(crate) fn mask(args: &mut [u64; 6], count: u32) {
    let mut index = 0;
    while index < 6 {
        if index as u32 >= count {
            args[index] = 0;
        }
        index += 1;
    }
}

/// An argument register by its place; 0 for none.
#[inline(always)]
pub(crate) fn argument(args: &[u64; 6], which: u8) -> u64 {
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

/// Address of one of a function's inputs; 0 for none.
#[inline(always)]
pub(crate) fn input_address(desc: &FnDesc, index: usize, body: &FnEnter) -> u64 {
    let place = desc.inputs[index & 3];
    if place == STACK {
        // Behind the return address.
        return body.sp.wrapping_add(8);
    }
    if place > 5 {
        return 0;
    }
    // One load instead of six branches, each of which the verifier would follow to the end.
    // SAFETY: bounded by the comparison.
    let address = unsafe { core::ptr::read_volatile(body.args.as_ptr().add(usize::from(place))) };
    let inside = desc.inside[index & 3];
    if inside == NONE || address == 0 {
        return address;
    }
    user::<u64>(address + u64::from(inside)).unwrap_or(0)
}

/// Reads an input of `size` bytes, or a string for 0, bringing its pages into memory where needed. Returns its length, a
/// string's with its NUL, or a negative errno.
#[inline(always)]
pub(crate) fn read_input(to: *mut u8, room: u32, address: u64, size: u8) -> i32 {
    let size = u32::from(size) & (PACKED as u32 - 1);
    let length = attempt(to, room, address, size);
    if length >= 0 {
        return length;
    }
    touch(address);
    // A string may end before the next page; then nothing is there to be touched, or nothing is lost by it.
    touch((address | 4095) + 1);
    attempt(to, room, address, size)
}

#[inline(always)]
fn attempt(to: *mut u8, room: u32, address: u64, size: u32) -> i32 {
    // SAFETY: the helpers check the program's address, the verifier the buffer.
    unsafe {
        if size == 0 {
            generated::bpf_probe_read_user_str(to.cast(), room, address as *const _) as i32
        } else {
            let code = generated::bpf_probe_read_user(to.cast(), size, address as *const _) as i32;
            if code == 0 { size as i32 } else { code }
        }
    }
}

/// As [`read_input`], for sizes of any length.
#[inline(always)]
pub(crate) fn read_bytes(to: *mut u8, size: u32, address: u64) -> i32 {
    let length = attempt(to, size, address, size);
    if length >= 0 || size == 0 {
        return length;
    }
    touch(address);
    touch(address + u64::from(size) - 1);
    attempt(to, size, address, size)
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
