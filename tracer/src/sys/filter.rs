//! A seccomp filter: which system calls of a program stop for its tracer.

use nix::libc;

/// A program for seccomp(2), as the kernel takes it.
#[derive(Clone, Debug)]
pub struct Filter {
    code: Vec<libc::sock_filter>,
}

/// One instruction of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// `BPF_*`.
    pub code: u32,
    /// Instructions to pass over when the comparison holds.
    pub holds: u8,
    /// And when it does not.
    pub fails: u8,
    /// The operand.
    pub operand: u32,
}

impl Filter {
    /// A filter of these instructions.
    #[must_use]
    pub fn of(instructions: &[Instruction]) -> Self {
        let code = instructions.iter().map(|one| libc::sock_filter {
            code: one.code as u16,
            jt: one.holds,
            jf: one.fails,
            k: one.operand,
        });
        Self {
            code: code.collect(),
        }
    }

    /// Puts the filter on the calling process and whatever it starts, for good. Without the right to do so (CAP_SYS_ADMIN)
    /// the process gives up what setuid programs would gain (PR_SET_NO_NEW_PRIVS, prctl(2)). Async-signal-safe.
    ///
    /// # Errors
    /// The kernel's number.
    pub(super) fn install(&self) -> Result<(), i32> {
        let Ok(length) = u16::try_from(self.code.len()) else {
            return Err(libc::EINVAL);
        };
        let program = libc::sock_fprog {
            len: length,
            filter: self.code.as_ptr().cast_mut(),
        };
        let set = || {
            // SAFETY: the program points to as many instructions as it says; the kernel copies and checks them.
            let code = unsafe {
                libc::syscall(
                    libc::SYS_seccomp,
                    libc::SECCOMP_SET_MODE_FILTER,
                    0,
                    &raw const program,
                )
            };
            if code == 0 {
                Ok(())
            } else {
                Err(nix::errno::Errno::last_raw())
            }
        };
        match set() {
            Err(libc::EACCES) => {
                // SAFETY: numbers only.
                unsafe {
                    libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
                }
                set()
            }
            done => done,
        }
    }
}
