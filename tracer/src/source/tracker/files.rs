//! System calls about files and folders.

use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE, OF_FD};
use vgputrace_ebpf::wire::syscall::{self, nr};
use vgputrace_ebpf::wire::{PathHead, Sys};

use super::Tracker;
use crate::event::file::{Access, Chdir, Getcwd, Open, Readlink, Stat};
use crate::event::process::{ExecFailed, ForkFailed};
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};
use crate::source::record::Bytes;
use crate::source::screen;

/// `O_CREAT|O_WRONLY|O_TRUNC`: what creat stands for.
const CREAT_FLAGS: u64 = 0o1101;
const AT_FDCWD: i32 = -100;
const AT_SYMLINK_NOFOLLOW: u64 = 0x100;
/// `-ERESTARTNOINTR` (include/linux/errno.h): a signal came first, and the kernel makes the same call again once that is dealt with.
/// The program never sees it: clone(2) with a signal pending, as Go's threads send each other.
const MADE_AGAIN: i64 = -513;

impl Tracker {
    pub(super) fn system_call(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        sys: &Sys,
        path: Option<Bytes>,
        second: Option<Bytes>,
    ) {
        if sys.result == MADE_AGAIN {
            return;
        }
        match sys.nr {
            nr::MMAP => return self.mapped(tgid, tid, time, sys),
            nr::MUNMAP => return self.unmapped(tgid, tid, time, sys),
            nr::BIND | nr::LISTEN | nr::CONNECT | nr::ACCEPT | nr::ACCEPT4 => {
                return self.socket(tgid, tid, time, sys, path);
            }
            nr::IOCTL => return self.ioctl(tgid, tid, time, sys),
            nr::GETDENTS64 => return self.listing_ended(tgid, tid, time, sys),
            _ => {}
        }
        let err = Errno::from_result(sys.result);
        let given = path.as_ref().map_or(Seen::No(Why::Null), text);
        let base = self.base(tgid, tid, sys, &given);
        let kind = match sys.nr {
            nr::OPEN | nr::CREAT | nr::OPENAT | nr::OPENAT2 => Kind::Open(Open {
                path: given,
                base,
                flags: Hex(open_flags(sys)),
                fd: err.is_none().then_some(sys.result as i32),
                err,
                already: false,
            }),
            nr::STAT | nr::LSTAT | nr::NEWFSTATAT | nr::STATX => Kind::Stat(Stat {
                path: given,
                base,
                nofollow: is_nofollow(sys),
                mode: err.is_none().then_some(sys.extra[0] as u32),
                size: err.is_none().then_some(sys.extra[1]),
                err,
            }),
            nr::ACCESS => Kind::Access(Access {
                path: given,
                base,
                mode: sys.args[1] as u32,
                err,
            }),
            nr::FACCESSAT | nr::FACCESSAT2 => Kind::Access(Access {
                path: given,
                base,
                mode: sys.args[2] as u32,
                err,
            }),
            nr::READLINK | nr::READLINKAT => Kind::Readlink(Readlink {
                path: given,
                base,
                to: err
                    .is_none()
                    .then(|| second.as_ref().map_or(Seen::No(Why::Fault), text)),
                err,
            }),
            nr::GETCWD => Kind::Getcwd(Getcwd {
                path: err.is_none().then_some(given),
                err,
            }),
            nr::CHDIR | nr::FCHDIR => self.changed_directory(tgid, tid, sys, given, err),
            nr::EXECVE | nr::EXECVEAT => {
                let Some(err) = err else { return };
                Kind::ExecFailed(ExecFailed { file: given, err })
            }
            nr::FORK | nr::VFORK | nr::CLONE | nr::CLONE3 => {
                let Some(err) = err else { return };
                let call = syscall::name(sys.nr).unwrap_or_default();
                Kind::ForkFailed(ForkFailed {
                    call: Text::from(call),
                    err,
                })
            }
            _ => return,
        };
        self.tell(tgid, tid, time, Some(time.saturating_sub(sys.start)), kind);
    }

    fn changed_directory(
        &mut self,
        tgid: u32,
        tid: u32,
        sys: &Sys,
        given: Seen<Text>,
        err: Option<Errno>,
    ) -> Kind {
        let path = (sys.nr == nr::CHDIR).then_some(given);
        if err.is_some() {
            return Kind::Chdir(Chdir {
                path,
                cwd: None,
                err,
            });
        }
        let cwd = self
            .pending_path(tgid, tid, sys.start)
            .0
            .unwrap_or(Seen::No(Why::Lost));
        self.known(tgid).cwd = cwd.clone();
        Kind::Chdir(Chdir {
            path,
            cwd: Some(cwd),
            err: None,
        })
    }

    /// The folder a relative path starts from: that of the call's descriptor if the kernel told it, else the working
    /// directory.
    fn base(&mut self, tgid: u32, tid: u32, sys: &Sys, given: &Seen<Text>) -> Option<Seen<Text>> {
        let relative = given
            .value()
            .is_some_and(|path| !path.as_str().starts_with('/'));
        if !relative {
            return None;
        }
        let thread = self.thread(tgid, tid);
        if thread
            .path
            .as_ref()
            .is_some_and(|(_, head, _)| head.of == OF_FD)
            && let (Some(path), _) = self.pending_path(tgid, tid, sys.start)
        {
            return Some(path);
        }
        // A descriptor that is none starts nowhere.
        let folder = sys.args[0] as i32;
        if has_folder(sys.nr) && folder != AT_FDCWD {
            return None;
        }
        Some(self.known(tgid).cwd.clone())
    }

    /// The kernel's path that came before this record, and the file's identity. One that was told before the call
    /// began, at `start`, belongs to another call, whose record was lost.
    pub(super) fn pending_path(
        &mut self,
        tgid: u32,
        tid: u32,
        start: u64,
    ) -> (Option<Seen<Text>>, Option<Text>) {
        match self.thread(tgid, tid).path.take() {
            Some((told, head, path))
                if told >= start && matches!(head.of, OF_FD | OF_CWD | OF_EXE) =>
            {
                (Some(text(&path)), Some(inode(&head)))
            }
            _ => (None, None),
        }
    }
}

/// Calls whose first argument is the folder a relative path starts from.
fn has_folder(number: u32) -> bool {
    matches!(
        number,
        nr::OPENAT
            | nr::OPENAT2
            | nr::NEWFSTATAT
            | nr::STATX
            | nr::FACCESSAT
            | nr::FACCESSAT2
            | nr::READLINKAT
            | nr::EXECVEAT
    )
}

fn open_flags(sys: &Sys) -> u64 {
    match sys.nr {
        nr::OPEN => sys.args[1] & 0xffff_ffff,
        nr::CREAT => CREAT_FLAGS,
        nr::OPENAT2 => sys.extra[0],
        _ => sys.args[2] & 0xffff_ffff,
    }
}

fn is_nofollow(sys: &Sys) -> bool {
    match sys.nr {
        nr::LSTAT => true,
        nr::NEWFSTATAT => sys.args[3] & AT_SYMLINK_NOFOLLOW != 0,
        nr::STATX => sys.args[2] & AT_SYMLINK_NOFOLLOW != 0,
        _ => false,
    }
}

/// A path as text, screened for secrets.
pub(super) fn text(bytes: &Bytes) -> Seen<Text> {
    bytes.clone().map(|bytes| screen::text(&bytes))
}

/// Device and inode as `major:minor:inode`.
pub(super) fn inode(head: &PathHead) -> Text {
    Text::from(format!(
        "{}:{}:{}",
        head.device >> 20,
        head.device & 0xf_ffff,
        head.inode
    ))
}
