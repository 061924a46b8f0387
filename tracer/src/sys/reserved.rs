//! Signals 32 and 33, which glibc keeps for its threads (SIGCANCEL, SIGSETXID): whether they were ignored when the tool
//! was started.
//!
//! The first thread of a process installs handlers for them, and a signal with a handler is back to its default after
//! exec. Without this the target would not inherit that they are ignored. glibc's own functions refuse these numbers,
//! so the kernel is asked.

use nix::libc;

const FIRST: libc::c_int = 32;
/// Bytes of the kernel's set of signals.
const SET: usize = 8;

/// The kernel's `struct sigaction` on x86-64 (arch/x86/include/uapi/asm/signal.h).
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Action {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// Which of both are ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserved([bool; 2]);

impl Reserved {
    /// As it is now. To be asked before the first thread is started.
    #[must_use]
    pub fn now() -> Self {
        Self([FIRST, FIRST + 1].map(|signal| {
            let mut action = Action::default();
            // SAFETY: only reads; the kernel fills a structure of its own layout.
            let answer = unsafe {
                libc::syscall(
                    libc::SYS_rt_sigaction,
                    signal,
                    std::ptr::null::<Action>(),
                    &raw mut action,
                    SET,
                )
            };
            answer == 0 && action.handler == libc::SIG_IGN
        }))
    }

    /// Ignores them again, in a child that is about to exec.
    ///
    /// # Safety
    /// The process starts no thread after this and does not change its user in one.
    pub(super) unsafe fn restore(self) {
        for (signal, ignored) in (FIRST..).zip(self.0) {
            if ignored {
                let action = Action {
                    handler: libc::SIG_IGN,
                    ..Action::default()
                };
                // SAFETY: async-signal-safe; ignoring runs no code. The caller answers for the C library's own use.
                unsafe {
                    libc::syscall(
                        libc::SYS_rt_sigaction,
                        signal,
                        &raw const action,
                        std::ptr::null_mut::<Action>(),
                        SET,
                    );
                }
            }
        }
    }
}
