//! System calls about files and folders.

use vgputrace_ebpf::wire::head::{ANSWER_BYTES, Data, OUTPUT_PIECES, PIECE, What};
use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE, OF_FD};
use vgputrace_ebpf::wire::syscall::{self, nr};
use vgputrace_ebpf::wire::{PathHead, Sys};

use super::Tracker;
use crate::event::file::{Access, Chdir, Getcwd, List, Open, Readlink, Stat};
use crate::event::process::{ExecFailed, ForkFailed};
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};
use crate::source::record::Bytes;
use crate::source::screen;

/// `O_CREAT|O_WRONLY|O_TRUNC`: what creat stands for.
const CREAT_FLAGS: u64 = 0o1101;
const AT_FDCWD: i32 = -100;
const AT_SYMLINK_NOFOLLOW: u64 = 0x100;

/// Bytes of one call that come in pieces, of one thread.
pub(super) struct Pieces {
    pub(super) what: What,
    pub(super) fd: i32,
    pub(super) start: u64,
    pub(super) time: u64,
    pub(super) total: u64,
    pub(super) bytes: Vec<u8>,
    /// A piece is missing or could not be read.
    pub(super) torn: bool,
    pub(super) path: Option<(Seen<Text>, Option<Text>)>,
}

impl Pieces {
    /// Nothing more will come: all is there, the kernel side sends no more of a call, or a piece is missing.
    fn is_over(&self) -> bool {
        let most = match self.what {
            What::Request | What::Answer => ANSWER_BYTES as usize,
            _ => OUTPUT_PIECES as usize * PIECE,
        };
        let failed = Errno::from_result(self.total.cast_signed()).is_some();
        self.torn || failed || self.bytes.len() as u64 >= self.total.min(most as u64)
    }
}

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

    /// A piece of a listing, output, request or answer.
    pub(super) fn bytes(
        &mut self,
        tgid: u32,
        tid: u32,
        time: u64,
        what: What,
        data: Data,
        bytes: Option<Vec<u8>>,
    ) {
        if matches!(what, What::Argv | What::Environment) {
            return self.exec_data(tgid, what, &data, bytes);
        }
        let same = |pieces: &Pieces| {
            pieces.what == what && pieces.fd == data.fd && pieces.start == data.start
        };
        if !self.thread(tgid, tid).pieces.as_ref().is_some_and(same) {
            self.finish_pieces(tgid, tid);
            let path = match self.pending_path(tgid, tid, data.start) {
                (Some(path), inode) => Some((path, inode)),
                _ => None,
            };
            self.thread(tgid, tid).pieces = Some(Pieces {
                what,
                fd: data.fd,
                start: data.start,
                time,
                total: data.total,
                bytes: Vec::new(),
                torn: false,
                path,
            });
        }
        let unread = if bytes.is_none() {
            self.constant(tgid, &data)
        } else {
            None
        };
        let Some(pieces) = &mut self.thread(tgid, tid).pieces else {
            return;
        };
        pieces.time = time;
        let wanted = data.offset as usize == pieces.bytes.len();
        match bytes.or(unread) {
            Some(bytes) if wanted => pieces.bytes.extend(bytes),
            _ => pieces.torn = true,
        }
        if pieces.is_over() {
            self.finish_pieces(tgid, tid);
        }
    }

    /// Tells what has been gathered, complete or not.
    pub(super) fn finish_pieces(&mut self, tgid: u32, tid: u32) {
        let known = self
            .processes
            .get_mut(&tgid)
            .and_then(|process| process.threads.get_mut(&tid));
        let Some(pieces) = known.and_then(|thread| thread.pieces.take()) else {
            return;
        };
        match pieces.what {
            What::Listing => self.listed(tgid, tid, pieces),
            What::Output => self.written(tgid, tid, pieces),
            What::Request | What::Answer => self.answered(tgid, tid, pieces),
            What::Argv | What::Environment => {}
        }
    }

    fn listed(&mut self, tgid: u32, tid: u32, pieces: Pieces) {
        let (path, _) = pieces.path.unwrap_or((Seen::No(Why::Lost), None));
        let (names, whole) = entries(&pieces.bytes);
        let count = names.len();
        // A path that was cut has lost its beginning.
        let folder = path
            .whole()
            .map(|path| path.as_str().to_owned())
            .unwrap_or_default();
        let all = is_library_folder(&folder);
        let shown: Vec<Text> = names
            .into_iter()
            .filter(|name| all || contains(name, b"ggml"))
            .map(screen::text)
            .collect();
        let list = List {
            path,
            entries: u32::try_from(count).unwrap_or(u32::MAX),
            withheld: u32::try_from(count - shown.len()).unwrap_or(u32::MAX),
            names: shown,
            cut: !whole || pieces.torn || (pieces.bytes.len() as u64) < pieces.total,
            err: None,
        };
        let duration = pieces.time.saturating_sub(pieces.start);
        self.tell(tgid, tid, pieces.time, Some(duration), Kind::List(list));
    }

    /// getdents64 that returned nothing or failed.
    fn listing_ended(&mut self, tgid: u32, tid: u32, time: u64, sys: &Sys) {
        let path = self
            .pending_path(tgid, tid, sys.start)
            .0
            .unwrap_or(Seen::No(Why::Lost));
        let err = Errno::from_result(sys.result);
        let list = List {
            path,
            entries: 0,
            names: Vec::new(),
            withheld: 0,
            cut: false,
            err,
        };
        self.tell(
            tgid,
            tid,
            time,
            Some(time.saturating_sub(sys.start)),
            Kind::List(list),
        );
    }
}

/// Folders whose names all matter: libraries, Vulkan's driver manifests, the PCI bus, GPU device nodes. Elsewhere a
/// listing may be of somebody's home.
fn is_library_folder(path: &str) -> bool {
    const INSIDE: &[&str] = &[
        "/lib/ollama",
        "/icd.d",
        "/bus/pci/devices",
        "/dev/dri",
        "/dev/nvidia",
        "/nvidia",
    ];
    const STARTS: &[&str] = &[
        "/lib/",
        "/lib64/",
        "/usr/lib/",
        "/usr/lib64/",
        "/usr/local/lib/",
        "/sys/",
    ];
    let slashed = format!("{path}/");
    INSIDE.iter().any(|part| slashed.contains(part))
        || STARTS.iter().any(|start| slashed.starts_with(start))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Names of `struct linux_dirent64` entries (include/linux/dirent.h: u64 ino, i64 off, u16 length, u8 type, name), and
/// whether all could be read.
fn entries(bytes: &[u8]) -> (Vec<&[u8]>, bool) {
    const NAME_AT: usize = 19;
    let mut names = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some(length) = rest.get(16..18).and_then(|two| two.first_chunk().copied()) else {
            return (names, false);
        };
        let length = usize::from(u16::from_ne_bytes(length));
        let Some(entry) = rest.get(..length).filter(|entry| entry.len() > NAME_AT) else {
            return (names, false);
        };
        let name = entry.get(NAME_AT..).unwrap_or_default();
        let end = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len());
        names.push(name.get(..end).unwrap_or_default());
        rest = rest.get(length..).unwrap_or_default();
    }
    (names, true)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{entries, is_library_folder};

    #[test]
    fn entries_of_a_folder_are_read_up_to_the_first_broken_one() {
        let mut bytes = vec![0; 24];
        bytes[16] = 24;
        bytes[19..22].copy_from_slice(b"a.c");
        let mut two = bytes.clone();
        two.extend_from_slice(&bytes[..20]);
        assert_eq!(entries(&bytes), (vec![&b"a.c"[..]], true));
        assert_eq!(entries(&two), (vec![&b"a.c"[..]], false));
    }

    #[test]
    fn a_home_folder_is_nobodys_business() {
        for yes in [
            "/usr/local/lib/ollama/cuda_v12",
            "/opt/x/lib/ollama",
            "/etc/vulkan/icd.d",
            "/sys/bus/pci/devices",
        ] {
            assert!(is_library_folder(yes), "{yes}");
        }
        for no in ["/home/ann", "/root", "/", "/tmp", "/home/ann/library"] {
            assert!(!is_library_folder(no), "{no}");
        }
    }

    proptest! {
        #[test]
        fn hostile_entries_never_panic(bytes: Vec<u8>) {
            let _ = entries(&bytes);
        }
    }
}
