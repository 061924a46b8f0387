//! Signals.

use super::record;

record! {
    /// A signal was generated; the head is the process that did it.
    pub struct Signal {
        /// Number.
        pub number: i32,
        /// `si_code`; see [`NO_INFO`] and [`PRIVATE`].
        pub code: i32,
        /// TRACE_SIGNAL_*: 0 delivered, 1 ignored, 2 pending, 3 overflow, 4 lost its info.
        pub result: i32,
        /// Process it is for.
        pub to_tgid: u32,
        /// Thread it is for.
        pub to_tid: u32,
        /// It is a fault of the head's own thread: address, ip and sp hold.
        pub fault: u32,
        /// `si_addr`.
        pub address: u64,
        /// Instruction pointer.
        pub ip: u64,
        /// Stack pointer.
        pub sp: u64,
        /// Command name of the sender.
        pub name: [u8; 16],
    }
}

/// `code` of a signal without siginfo, sent by a process (SEND_SIG_NOINFO).
pub const NO_INFO: i32 = 0;
/// `code` of a signal without siginfo, sent by the kernel (SEND_SIG_PRIV, SI_KERNEL).
pub const PRIVATE: i32 = 0x80;
