//! Functions with a probe: one generic entry program, one generic return program, a descriptor for each function.

use super::record;

record! {
    /// What to read when a function is entered or comes back. Its index is the probe's cookie. A place is the number of
    /// an argument register, [`STACK`] or [`RESULT`]; [`NONE`] for nothing.
    pub struct FnDesc {
        /// Strings and structures the function reads, and its arguments on the stack: the place of the pointer.
        pub inputs: [u8; 4],
        /// For each: offset in bytes of the pointer inside the structure the argument points to, [`NONE`] when the
        /// argument itself is the pointer.
        pub inside: [u8; 4],
        /// For each: its size in bytes, below [`PACKED`]; 0 for a string.
        pub sizes: [u8; 4],
        /// Outputs of 4 or 8 bytes: the place of the pointer.
        pub outs: [u8; 4],
        /// For each: its size in bytes.
        pub out_sizes: [u8; 4],
        /// A longer output, or a result that is a string: the place of the pointer.
        pub blob: u8,
        /// The place of its size in bytes; [`NONE`] when `blob_size` says it.
        pub blob_length: u8,
        /// The place of the size that is summed up for calls that are only counted.
        pub bytes: u8,
        /// How many inputs there are.
        pub count: u8,
        /// Size of the longer output in bytes, at most [`BLOB`]; 0 for a string.
        pub blob_size: u32,
        /// Bits `DESC_*`.
        pub flags: u32,
        /// How many argument registers the function has, at most 6.
        pub registers: u32,
        /// Zero.
        pub zero2: u32,
    }
}

/// No such argument.
pub const NONE: u8 = 0xff;
/// The arguments behind the return address on the stack.
pub const STACK: u8 = 0xfe;
/// What the function returns.
pub const RESULT: u8 = 0xfd;

/// The function has outputs: its arguments are kept until it comes back.
pub const DESC_OUTS: u32 = 1;
/// The return is seen by a return probe (stack pointer 8 above the entry's) and not at `ret` instructions.
pub const DESC_RETURN_PROBE: u32 = 2;
/// Calls beyond [`TOLD`] of a process are counted in the kernel instead of told one by one.
pub const DESC_COUNTED: u32 = 4;
/// A counted call failed when its result is not 0 (32 bits).
pub const DESC_FAILS_NONZERO: u32 = 8;
/// Its return is not seen, so a counted call is over at once.
pub const DESC_NO_RETURN: u32 = 16;

/// Inputs of one call at most.
pub const INPUTS: usize = 3;
/// Bytes of all inputs when they stand back to back (a power of two); longer ones go into slots.
pub const PACKED: usize = 128;
/// Bytes of a longer output at most (a power of two).
pub const BLOB: usize = 512;
/// Calls of one function in one process that are told one by one.
pub const TOLD: u64 = 1_000;

record! {
    /// A function was entered. Follow: its inputs.
    pub struct FnEnter {
        /// Index of the descriptor.
        pub function: u32,
        /// Zero.
        pub zero: u32,
        /// Argument registers by the System V ABI; beyond the function's own zero.
        pub args: [u64; 6],
        /// Stack pointer; pairs the entry with its return.
        pub sp: u64,
        /// Return address.
        pub caller: u64,
        /// Length of each input, a string's with its NUL; 0 for none or NULL; negative errno when unreadable.
        pub inputs: [i32; 4],
    }
}

record! {
    /// A function came back. Follows: its longer output.
    pub struct FnReturn {
        /// Index of the descriptor.
        pub function: u32,
        /// Bit N: output N was read; bit 4+N: the caller passed NULL for it.
        pub read: u32,
        /// Result (rax).
        pub result: u64,
        /// Stack pointer, as at the entry.
        pub sp: u64,
        /// Outputs.
        pub outs: [u64; 4],
        /// Length of the longer output, a string's with its NUL; 0 for none or NULL; negative errno when unreadable.
        pub blob: i32,
        /// Zero.
        pub zero: u32,
    }
}

record! {
    /// Key of the table of counted calls.
    pub struct CountKey {
        /// Process id.
        pub tgid: u32,
        /// Index of the descriptor.
        pub function: u32,
    }
}

record! {
    /// Calls of one function in one process.
    pub struct Count {
        /// Calls so far; those that run at the same time may be missing here.
        pub seen: u64,
        /// Calls that were counted and not told. Exact, like the rest.
        pub calls: u64,
        /// How many of these came back.
        pub returned: u64,
        /// Time they took, in nanoseconds.
        pub nanos: u64,
        /// Sum of their sizes, in bytes.
        pub bytes: u64,
        /// How many failed.
        pub failed: u64,
        /// Result of one that failed.
        pub code: u64,
    }
}
