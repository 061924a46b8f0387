//! Processes.

use super::record;

record! {
    /// The head's thread made a child process.
    pub struct Fork {
        /// Process id of the child.
        pub child_tgid: u32,
        /// Thread id of the child, the same.
        pub child_tid: u32,
    }
}

/// Entries of the auxiliary vector that are carried: 24 pairs.
pub const AUXV_WORDS: usize = 48;

record! {
    /// The head's process runs a new image. Follows: the file name with NUL. Before it comes the path of the program
    /// and that of the working directory; after it arguments and environment as data.
    pub struct Exec {
        /// Thread id before the exec (an exec in a thread takes the leader's).
        pub old_tid: u32,
        /// Real user id.
        pub uid: u32,
        /// Effective user id.
        pub euid: u32,
        /// Real group id.
        pub gid: u32,
        /// Effective group id.
        pub egid: u32,
        /// Length of the file name, NUL included; negative errno when unreadable.
        pub file: i32,
        /// Bytes of arguments in the new memory.
        pub argv_length: u64,
        /// Bytes of environment.
        pub env_length: u64,
        /// Number of its mount namespace (the inode of /proc/PID/ns/mnt); 0 when unknown.
        pub mount_namespace: u32,
        /// Zero.
        pub zero: u32,
        /// The auxiliary vector (`mm->saved_auxv`): pairs of AT_* and value.
        pub auxv: [u64; AUXV_WORDS],
    }
}

record! {
    /// The last thread of the head's process ended.
    pub struct Exit {
        /// `exit_code` as wait(2) reports it: signal in the low 7 bits, 0x80 core, code above.
        pub code: u32,
        /// Zero.
        pub zero: u32,
    }
}

record! {
    /// The kernel chose a victim.
    pub struct Oom {
        /// Its process id.
        pub victim: u32,
        /// Zero.
        pub zero: u32,
    }
}

record! {
    /// 32-bit system calls of the head's process.
    pub struct Compat {
        /// How many so far.
        pub calls: u64,
    }
}
