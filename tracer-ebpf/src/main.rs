//! The kernel side of vgputrace: what runs inside the kernel while a trace is made.
//!
//! Reads the traced programs' memory and the kernel's structures, writes records of [`vgputrace_ebpf::wire`] into one
//! ring. Changes nothing: no helper that writes user memory, sends signals or overrides results is used.
#![no_std]
#![no_main]
// The BPF target has no `AtomicU64::fetch_add`, though its instruction set adds in one step.
#![feature(core_intrinsics)]
#![expect(internal_features, reason = "`atomic_xadd`, see probes/count.rs")]
#![expect(unsafe_code, reason = "BPF programs read memory through helpers")]

mod awaited;
mod emit;
mod kernel;
mod maps;
mod path;
mod probes;
mod scope;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Tracing helpers are offered to GPL-compatible programs only.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
