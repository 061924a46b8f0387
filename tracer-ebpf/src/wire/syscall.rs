//! System calls: the record, and the x86-64 numbers that are watched.

use super::record;

record! {
    /// A system call of interest came back.
    pub struct Sys {
        /// Number (x86-64).
        pub nr: u32,
        /// Length of the text that follows, NUL included; negative errno when unreadable; 0 for none.
        pub text: i32,
        /// Result.
        pub result: i64,
        /// Arguments, masked by arity: a slot beyond the call's own holds zero.
        pub args: [u64; 6],
        /// When it was entered, as in the head's time.
        pub start: u64,
        /// Two numbers of the answer: of a stat mode and size, of openat2 its flags.
        pub extra: [u64; 2],
        /// Length of a second text behind the first (a link's target); negative errno; 0 for none.
        pub second: i32,
        /// Zero.
        pub zero: u32,
    }
}

/// Numbers of the x86-64 table (arch/x86/entry/syscalls/syscall_64.tbl).
#[expect(missing_docs, reason = "the names are the system calls")]
pub mod nr {
    pub const READ: u32 = 0;
    pub const WRITE: u32 = 1;
    pub const OPEN: u32 = 2;
    pub const STAT: u32 = 4;
    pub const LSTAT: u32 = 6;
    pub const MMAP: u32 = 9;
    pub const MUNMAP: u32 = 11;
    pub const IOCTL: u32 = 16;
    pub const PWRITE64: u32 = 18;
    pub const WRITEV: u32 = 20;
    pub const ACCESS: u32 = 21;
    pub const CONNECT: u32 = 42;
    pub const ACCEPT: u32 = 43;
    pub const SENDTO: u32 = 44;
    pub const RECVFROM: u32 = 45;
    pub const BIND: u32 = 49;
    pub const LISTEN: u32 = 50;
    pub const CLONE: u32 = 56;
    pub const FORK: u32 = 57;
    pub const VFORK: u32 = 58;
    pub const EXECVE: u32 = 59;
    pub const GETCWD: u32 = 79;
    pub const CHDIR: u32 = 80;
    pub const FCHDIR: u32 = 81;
    pub const CREAT: u32 = 85;
    pub const READLINK: u32 = 89;
    pub const GETDENTS64: u32 = 217;
    pub const OPENAT: u32 = 257;
    pub const NEWFSTATAT: u32 = 262;
    pub const READLINKAT: u32 = 267;
    pub const FACCESSAT: u32 = 269;
    pub const ACCEPT4: u32 = 288;
    pub const PWRITEV: u32 = 296;
    pub const EXECVEAT: u32 = 322;
    pub const PWRITEV2: u32 = 328;
    pub const STATX: u32 = 332;
    pub const CLONE3: u32 = 435;
    pub const OPENAT2: u32 = 437;
    pub const FACCESSAT2: u32 = 439;
}

/// The watched calls: number, name, number of arguments.
pub const WATCHED: &[(u32, &str, u8)] = &[
    (nr::READ, "read", 3),
    (nr::WRITE, "write", 3),
    (nr::OPEN, "open", 3),
    (nr::STAT, "stat", 2),
    (nr::LSTAT, "lstat", 2),
    (nr::MMAP, "mmap", 6),
    (nr::MUNMAP, "munmap", 2),
    (nr::IOCTL, "ioctl", 3),
    (nr::PWRITE64, "pwrite64", 4),
    (nr::WRITEV, "writev", 3),
    (nr::ACCESS, "access", 2),
    (nr::CONNECT, "connect", 3),
    (nr::ACCEPT, "accept", 3),
    (nr::SENDTO, "sendto", 6),
    (nr::RECVFROM, "recvfrom", 6),
    (nr::BIND, "bind", 3),
    (nr::LISTEN, "listen", 2),
    (nr::CLONE, "clone", 5),
    (nr::FORK, "fork", 0),
    (nr::VFORK, "vfork", 0),
    (nr::EXECVE, "execve", 3),
    (nr::GETCWD, "getcwd", 2),
    (nr::CHDIR, "chdir", 1),
    (nr::FCHDIR, "fchdir", 1),
    (nr::CREAT, "creat", 2),
    (nr::READLINK, "readlink", 3),
    (nr::GETDENTS64, "getdents64", 3),
    (nr::OPENAT, "openat", 4),
    (nr::NEWFSTATAT, "newfstatat", 4),
    (nr::READLINKAT, "readlinkat", 4),
    (nr::FACCESSAT, "faccessat", 3),
    (nr::ACCEPT4, "accept4", 4),
    (nr::PWRITEV, "pwritev", 5),
    (nr::EXECVEAT, "execveat", 5),
    (nr::PWRITEV2, "pwritev2", 6),
    (nr::STATX, "statx", 5),
    (nr::CLONE3, "clone3", 2),
    (nr::OPENAT2, "openat2", 4),
    (nr::FACCESSAT2, "faccessat2", 4),
];

/// Words of the bitmap of wanted numbers; 512 numbers.
pub const BITMAP_WORDS: usize = 8;

/// The bitmap of all watched calls.
#[must_use]
pub const fn bitmap() -> [u64; BITMAP_WORDS] {
    let mut words = [0; BITMAP_WORDS];
    let mut at = 0;
    while at < WATCHED.len() {
        let number = WATCHED[at].0 as usize;
        words[number / 64] |= 1 << (number % 64);
        at += 1;
    }
    words
}

/// Name of a watched call.
#[must_use]
pub fn name(number: u32) -> Option<&'static str> {
    WATCHED
        .iter()
        .find(|entry| entry.0 == number)
        .map(|entry| entry.1)
}

/// How many arguments a watched call has; what lies behind is kernel stack and must not leave the kernel.
#[must_use]
pub fn arity(number: u32) -> u8 {
    WATCHED
        .iter()
        .find(|entry| entry.0 == number)
        .map_or(0, |entry| entry.2)
}

#[cfg(test)]
mod tests {
    use super::{WATCHED, bitmap};

    #[test]
    fn the_table_is_sorted_and_fits_the_bitmap() {
        assert!(WATCHED.is_sorted());
        let set: u32 = bitmap().iter().map(|word| word.count_ones()).sum();
        assert_eq!(set as usize, WATCHED.len());
    }
}
