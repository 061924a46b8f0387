//! What every record begins with, and the record for bytes.

use super::record;

record! {
    /// The first bytes of every record.
    pub struct Head {
        /// A [`Kind`] as number.
        pub kind: u16,
        /// Bits of the kind; see `FLAG_*`.
        pub flags: u16,
        /// Process (thread group) id in the root pid namespace.
        pub tgid: u32,
        /// Thread id.
        pub tid: u32,
        /// Zero.
        pub zero: u32,
        /// CLOCK_BOOTTIME in nanoseconds, when the record was made.
        pub time: u64,
    }
}

/// The text was longer than what is here.
pub const FLAG_CUT: u16 = 1;
/// Strings stand in slots of [`SLOT`] bytes instead of back to back.
pub const FLAG_SLOTS: u16 = 2;

/// Size of a slot for one long string.
pub const SLOT: usize = 4096;

/// Kinds of records. Numbers are fixed; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// A system call came back: [`super::Sys`], then its text.
    Sys = 1,
    /// The kernel's path of something: [`super::PathHead`], then names, leaf first. Belongs to the next record of
    /// the same thread that wants one.
    Path = 2,
    /// A child: [`super::Fork`].
    Fork = 3,
    /// A new image: [`super::Exec`], then the file name.
    Exec = 4,
    /// The last thread ended: [`super::Exit`].
    Exit = 5,
    /// A signal: [`super::Signal`].
    Signal = 6,
    /// Out of memory: [`super::Oom`].
    Oom = 7,
    /// A function was entered: [`super::FnEnter`], then its strings.
    FnEnter = 8,
    /// A function came back: [`super::FnReturn`].
    FnReturn = 9,
    /// Bytes: [`Data`], then the bytes.
    Data = 10,
    /// 32-bit system calls: [`super::Compat`].
    Compat = 11,
}

impl Kind {
    /// The kind of a number, if there is one.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::Sys,
            2 => Self::Path,
            3 => Self::Fork,
            4 => Self::Exec,
            5 => Self::Exit,
            6 => Self::Signal,
            7 => Self::Oom,
            8 => Self::FnEnter,
            9 => Self::FnReturn,
            10 => Self::Data,
            11 => Self::Compat,
            _ => return None,
        })
    }
}

record! {
    /// A piece of a longer byte string. Pieces of one string come in order, on one thread.
    pub struct Data {
        /// A [`What`] as number.
        pub what: u32,
        /// The descriptor it is about; -1 for none.
        pub fd: i32,
        /// Where this piece begins in the whole.
        pub offset: u32,
        /// Bytes that follow here; the next piece, if any, begins behind them. Negative errno when unreadable.
        pub length: i32,
        /// Length of the whole.
        pub total: u64,
        /// Start of the call it belongs to, as in [`Head::time`].
        pub start: u64,
        /// Where the piece stands in the program's memory.
        pub address: u64,
        /// Bytes that were to be read: `length` when they could.
        pub wanted: u32,
        /// Zero.
        pub zero: u32,
    }
}

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum What {
    /// Arguments of an exec, NUL-separated.
    Argv = 1,
    /// Environment of an exec, NUL-separated.
    Environment = 2,
    /// Written to fd 1 or 2.
    Output = 3,
    /// `struct linux_dirent64` entries as returned by getdents64.
    Listing = 4,
    /// Start of a request of a discovery endpoint.
    Request = 5,
    /// An answer of a discovery endpoint.
    Answer = 6,
}

impl What {
    /// The meaning of a number, if there is one.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Argv,
            2 => Self::Environment,
            3 => Self::Output,
            4 => Self::Listing,
            5 => Self::Request,
            6 => Self::Answer,
            _ => return None,
        })
    }
}

/// Bytes of one piece at most.
pub const PIECE: usize = 4096;
/// Pieces of one output at most: 64 KiB.
pub const OUTPUT_PIECES: u32 = 16;
/// Pieces of an exec's arguments or environment at most: 256 KiB together.
pub const EXEC_PIECES: u32 = 64;
/// Bytes of one answer of a discovery endpoint at most.
pub const ANSWER_BYTES: u32 = 16 * 1024;

/// Why records did not reach the ring: indices of the counter map.
pub mod lost {
    /// The ring was full.
    pub const RING: u32 = 0;
    /// A table in the kernel was full.
    pub const TABLE: u32 = 1;
    /// A scratch buffer was in use.
    pub const SCRATCH: u32 = 2;
    /// How many counters there are.
    pub const COUNT: u32 = 3;
}
