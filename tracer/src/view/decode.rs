//! Bit masks and codes of the x86-64 Linux and glibc interfaces, by name.

/// Flags of open(2), without the `O_`: `RDONLY|CLOEXEC`. Values of asm-generic/fcntl.h (x86-64 has no others).
#[must_use]
pub fn open_flags(flags: u64) -> String {
    const SYNC: u64 = 0o4_010_000;
    const TMPFILE: u64 = 0o20_200_000;
    const BITS: [(u64, &str); 16] = [
        (TMPFILE, "TMPFILE"),
        (SYNC, "SYNC"),
        (0o100, "CREAT"),
        (0o200, "EXCL"),
        (0o400, "NOCTTY"),
        (0o1_000, "TRUNC"),
        (0o2_000, "APPEND"),
        (0o4_000, "NONBLOCK"),
        (0o10_000, "DSYNC"),
        (0o20_000, "ASYNC"),
        (0o40_000, "DIRECT"),
        (0o200_000, "DIRECTORY"),
        (0o400_000, "NOFOLLOW"),
        (0o1_000_000, "NOATIME"),
        (0o2_000_000, "CLOEXEC"),
        (0o10_000_000, "PATH"),
    ];
    // O_LARGEFILE says nothing on 64 bits.
    let rest = flags & !0o3 & !0o100_000;
    let mode = match flags & 0o3 {
        0 => "RDONLY",
        1 => "WRONLY",
        2 => "RDWR",
        _ => "3",
    };
    masks(Some(mode), rest, &BITS)
}

/// What NVIDIA's kernel module is asked (nv-ioctl-numbers.h and nv_escape.h of its open source): the name of a request of
/// type `F`, where it has one.
#[must_use]
pub fn nvidia_request(request: u64) -> Option<&'static str> {
    if request >> 8 & 0xff != 0x46 {
        return None;
    }
    Some(match request & 0xff {
        0x27 => "RM_ALLOC_MEMORY",
        0x28 => "RM_ALLOC_OBJECT",
        0x29 => "RM_FREE",
        0x2a => "RM_CONTROL",
        0x2b => "RM_ALLOC",
        0x34 => "RM_DUP_OBJECT",
        0x4a => "RM_VID_HEAP_CONTROL",
        0x4e => "RM_MAP_MEMORY",
        0x4f => "RM_UNMAP_MEMORY",
        0x57 => "RM_MAP_MEMORY_DMA",
        0x58 => "RM_UNMAP_MEMORY_DMA",
        0x5e => "RM_UPDATE_DEVICE_MAPPING_INFO",
        200 => "CARD_INFO",
        201 => "REGISTER_FD",
        206 => "ALLOC_OS_EVENT",
        207 => "FREE_OS_EVENT",
        209 => "STATUS_CODE",
        210 => "CHECK_VERSION_STR",
        211 => "IOCTL_XFER_CMD",
        212 => "ATTACH_GPUS_TO_FD",
        213 => "QUERY_DEVICE_INTR",
        214 => "SYS_PARAMS",
        217 => "EXPORT_TO_DMABUF_FD",
        218 => "WAIT_OPEN_COMPLETE",
        _ => return None,
    })
}

/// What the module for unified memory is asked through `/dev/nvidia-uvm`, whose requests are bare numbers (uvm_ioctl.h and
/// uvm_linux_ioctl.h of NVIDIA's open source).
#[must_use]
pub fn uvm_request(request: u64) -> Option<&'static str> {
    Some(match request {
        0x3000_0001 => "UVM_INITIALIZE",
        0x3000_0002 => "UVM_DEINITIALIZE",
        23 => "UVM_CREATE_RANGE_GROUP",
        25 => "UVM_REGISTER_GPU_VASPACE",
        37 => "UVM_REGISTER_GPU",
        38 => "UVM_UNREGISTER_GPU",
        39 => "UVM_PAGEABLE_MEM_ACCESS",
        75 => "UVM_MM_INITIALIZE",
        _ => return None,
    })
}

/// Mode of dlopen(3), without the `RTLD_`: `NOW|LOCAL`. Values of glibc's bits/dlfcn.h.
#[must_use]
pub fn dlopen_mode(mode: u64) -> String {
    const BITS: [(u64, &str); 7] = [
        (0x1, "LAZY"),
        (0x2, "NOW"),
        (0x4, "NOLOAD"),
        (0x8, "DEEPBIND"),
        (0x100, "GLOBAL"),
        (0x1000, "NODELETE"),
        // Set inside glibc for a call from the program itself.
        (0x8000_0000, "DLOPEN"),
    ];
    let mut text = masks(None, mode, &BITS);
    if mode & 0x100 == 0 {
        text.push_str("|LOCAL");
    }
    text
}

/// What access(2) asked: `exists`, `read`, `read|execute`.
#[must_use]
pub fn access_mode(mode: u32) -> String {
    if mode == 0 {
        return "exists".to_owned();
    }
    masks(
        None,
        u64::from(mode),
        &[(4, "read"), (2, "write"), (1, "execute")],
    )
}

/// `st_mode` as `ls -l` writes it: `-rwxr-xr-x`, `drwxr-xr-x`, `crw-rw-rw-`.
#[must_use]
pub fn file_mode(mode: u32) -> String {
    let kind = match mode & 0o170_000 {
        0o140_000 => 's',
        0o120_000 => 'l',
        0o100_000 => '-',
        0o060_000 => 'b',
        0o040_000 => 'd',
        0o020_000 => 'c',
        0o010_000 => 'p',
        _ => '?',
    };
    format!("{kind}{}", permissions(mode))
}

/// The nine permission letters of a mode: `rwxr-xr-x`.
#[must_use]
pub fn permissions(mode: u32) -> String {
    let mut out = String::with_capacity(9);
    for (shift, special, set, unset) in [
        (6, 0o4000, 's', 'S'),
        (3, 0o2000, 's', 'S'),
        (0, 0o1000, 't', 'T'),
    ] {
        let bits = mode >> shift;
        out.push(if bits & 4 == 0 { '-' } else { 'r' });
        out.push(if bits & 2 == 0 { '-' } else { 'w' });
        out.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => unset,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    out
}

/// Why the kernel raised a fault: `si_code` of asm-generic/siginfo.h. `None` for a code without words here.
#[must_use]
pub fn fault_code(signal: &str, code: i32) -> Option<&'static str> {
    Some(match (signal, code) {
        ("SIGSEGV", 1) => "address not mapped",
        ("SIGSEGV", 2) => "access not allowed",
        ("SIGSEGV", 3) => "bounds check failed",
        ("SIGSEGV", 4) => "protection key",
        ("SIGSEGV", 128) => "general protection fault",
        ("SIGBUS", 1) => "address not aligned",
        ("SIGBUS", 2) => "beyond the end of the file",
        ("SIGBUS", 3..=5) => "hardware memory error",
        ("SIGILL", 1..=8) => "illegal instruction",
        ("SIGFPE", 1) => "integer division by zero",
        ("SIGFPE", 2) => "integer overflow",
        ("SIGFPE", 3..=8) => "floating point",
        ("SIGTRAP", 1 | 128) => "breakpoint",
        ("SIGTRAP", 2) => "single step",
        ("SIGSYS", 1) => "system call refused by a seccomp filter",
        _ => return None,
    })
}

fn masks(first: Option<&str>, mut bits: u64, names: &[(u64, &str)]) -> String {
    let mut out = first.unwrap_or_default().to_owned();
    let mut push = |part: &str| {
        if !out.is_empty() {
            out.push('|');
        }
        out.push_str(part);
    };
    for (bit, name) in names {
        if bits & bit == *bit {
            push(name);
            bits &= !bit;
        }
    }
    if bits != 0 || (first.is_none() && out.is_empty()) {
        let rest = format!("{bits:#x}");
        if !out.is_empty() {
            out.push('|');
        }
        out.push_str(&rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{access_mode, dlopen_mode, fault_code, file_mode, open_flags};

    #[test]
    fn masks_are_written_by_name_and_the_rest_as_number() {
        for (flags, shown) in [
            (0, "RDONLY"),
            (0o2_000_000, "RDONLY|CLOEXEC"),
            (0o2_200_000 | 0o100_000, "RDONLY|DIRECTORY|CLOEXEC"),
            (0o1101, "WRONLY|CREAT|TRUNC"),
            (0o20_200_002, "RDWR|TMPFILE"),
            (1 << 40, "RDONLY|0x10000000000"),
        ] {
            assert_eq!(open_flags(flags), shown);
        }
        for (mode, shown) in [
            (2, "NOW|LOCAL"),
            (0x101, "LAZY|GLOBAL"),
            (0x8000_0002, "NOW|DLOPEN|LOCAL"),
            (0, "0x0|LOCAL"),
            (0x6, "NOW|NOLOAD|LOCAL"),
        ] {
            assert_eq!(dlopen_mode(mode), shown);
        }
        assert_eq!(access_mode(0), "exists");
        assert_eq!(access_mode(5), "read|execute");
        assert_eq!(access_mode(8), "0x8");
    }

    #[test]
    fn modes_are_written_as_ls_writes_them() {
        for (mode, shown) in [
            (0o100_755, "-rwxr-xr-x"),
            (0o040_755, "drwxr-xr-x"),
            (0o020_660, "crw-rw----"),
            (0o104_755, "-rwsr-xr-x"),
            (0o041_776, "drwxrwxrwT"),
            (0o120_777, "lrwxrwxrwx"),
            (0, "?---------"),
        ] {
            assert_eq!(file_mode(mode), shown);
        }
        assert_eq!(fault_code("SIGSEGV", 1), Some("address not mapped"));
        assert_eq!(fault_code("SIGSEGV", 99), None);
    }
}
