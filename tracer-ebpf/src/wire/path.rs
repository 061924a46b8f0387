//! The kernel's own path of a file, walked from its dentry.

use super::record;

record! {
    /// Whose path, and the file's identity. Follows: the names from leaf to root, each with NUL.
    pub struct PathHead {
        /// One of `OF_*`.
        pub of: u32,
        /// Bytes of names that follow.
        pub length: u32,
        /// Device as the kernel numbers it (12 bits major, 20 bits minor).
        pub device: u32,
        /// `i_mode`.
        pub mode: u32,
        /// Inode number.
        pub inode: u64,
        /// 0: complete. 1: too many names or bytes. 2: a name could not be read. 3: no such file.
        pub state: u32,
        /// Zero.
        pub zero: u32,
    }
}

/// The working directory of the thread.
pub const OF_CWD: u32 = 1;
/// The program of an exec.
pub const OF_EXE: u32 = 2;
/// The file of a descriptor.
pub const OF_FD: u32 = 3;

/// Names of one path at most.
pub const DEPTH: u32 = 40;
/// Bytes of names at most; a power of two.
pub const BYTES: usize = 4096;
/// Longest name (NAME_MAX and a NUL).
pub const NAME: usize = 256;
