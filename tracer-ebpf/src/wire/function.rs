//! Functions with a probe: one generic entry program, one generic return program, a descriptor for each function.

use super::record;

record! {
    /// What to read when a function is entered or comes back. Its index is the probe's cookie.
    pub struct FnDesc {
        /// String arguments: which argument, [`NONE`] for none.
        pub strings: [u8; 4],
        /// For each: offset in bytes of the pointer inside the structure the argument points to, [`NONE`] when the
        /// argument itself is the string.
        pub inside: [u8; 4],
        /// Outputs: which argument points to it, [`NONE`] for none.
        pub outs: [u8; 4],
        /// For each: its size in bytes, 4 or 8.
        pub out_sizes: [u8; 4],
        /// Bits `DESC_*`.
        pub flags: u32,
        /// How many arguments the function has, at most 6.
        pub arguments: u32,
    }
}

/// No such argument.
pub const NONE: u8 = 0xff;
/// The function has outputs: its arguments are kept until it comes back.
pub const DESC_OUTS: u32 = 1;
/// The return is seen by a return probe (stack pointer 8 above the entry's) and not at `ret` instructions.
pub const DESC_RETURN_PROBE: u32 = 2;

/// Strings of one call at most.
pub const STRINGS: usize = 3;
/// Bytes of all strings when they stand back to back (a power of two); longer ones go into slots.
pub const PACKED: usize = 128;

record! {
    /// A function was entered. Follow: its strings.
    pub struct FnEnter {
        /// Index of the descriptor.
        pub function: u32,
        /// Zero.
        pub zero: u32,
        /// Arguments by the System V ABI; beyond `arguments` zero.
        pub args: [u64; 6],
        /// Stack pointer; pairs the entry with its return.
        pub sp: u64,
        /// Return address.
        pub caller: u64,
        /// Length of each string, NUL included; 0 for none or NULL; negative errno when unreadable.
        pub strings: [i32; 4],
    }
}

record! {
    /// A function came back.
    pub struct FnReturn {
        /// Index of the descriptor.
        pub function: u32,
        /// Bit N: output N was read.
        pub read: u32,
        /// Result (rax).
        pub result: u64,
        /// Stack pointer, as at the entry.
        pub sp: u64,
        /// Outputs.
        pub outs: [u64; 4],
    }
}
