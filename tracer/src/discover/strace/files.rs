//! Calls about files, to events: paths, descriptors, mappings, words.

use std::collections::BTreeMap;

use super::argument::{self, descriptor};
use super::line::Call;
use super::{Screen, loader};
use crate::event::file::{Access, Chdir, Getcwd, List, Open, Readlink, Stat};
use crate::event::library::Map;
use crate::event::output::Output;
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};

/// Descriptors remembered of one process.
const MOST: usize = 65_536;
/// The end of a line that strace has cut.
pub(super) const CUT: char = '…';
/// Flags of open on x86-64 (fcntl.h).
const FLAGS: [(&str, u64); 6] = [
    ("O_WRONLY", 0o1),
    ("O_RDWR", 0o2),
    ("O_CREAT", 0o100),
    ("O_EXCL", 0o200),
    ("O_DIRECTORY", 0o200_000),
    ("O_CLOEXEC", 0o2_000_000),
];
/// File types of `st_mode` (stat(2)).
const TYPES: [(&str, u32); 6] = [
    ("S_IFREG", 0o100_000),
    ("S_IFDIR", 0o040_000),
    ("S_IFLNK", 0o120_000),
    ("S_IFCHR", 0o020_000),
    ("S_IFIFO", 0o010_000),
    ("S_IFSOCK", 0o140_000),
];

/// What is known of a process's files.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// Its working directory.
    pub(super) cwd: Option<Text>,
    open: BTreeMap<i32, Text>,
}

impl Files {
    /// A new program: its descriptors are not known.
    pub(super) fn in_folder(cwd: Option<Text>) -> Self {
        Self {
            cwd,
            open: BTreeMap::new(),
        }
    }

    /// The event of a call about files; `None` when it is none or tells nothing.
    pub(super) fn event(&mut self, call: &Call<'_>, screen: Screen) -> Option<Kind> {
        let parts = argument::split(call.arguments);
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let (at, path) = if part(0).starts_with('"') {
            (None, 0)
        } else {
            (Some(part(0)), 1)
        };
        let result = argument::result(call.result)?;
        let err = result.err();
        match call.name {
            "open" | "openat" | "openat2" => {
                self.opened(call, at, part(path), part(path + 1), result)
            }
            "stat" | "lstat" | "newfstatat" | "statx" => {
                self.looked(call, at, part(path), &parts, err)
            }
            "access" | "faccessat" | "faccessat2" => Some(Kind::Access(Access {
                path: argument::text(part(path))?,
                base: self.base(at, part(path)),
                mode: 0,
                err,
            })),
            "readlink" | "readlinkat" => Some(Kind::Readlink(Readlink {
                path: argument::text(part(path))?,
                base: self.base(at, part(path)),
                to: argument::text(part(path + 1)).filter(|_| err.is_none()),
                err,
            })),
            "getcwd" => {
                let path = argument::text(part(0)).filter(|_| err.is_none());
                self.cwd = path
                    .as_ref()
                    .and_then(Seen::whole)
                    .cloned()
                    .or_else(|| self.cwd.take());
                Some(Kind::Getcwd(Getcwd { path, err }))
            }
            "chdir" => {
                let path = argument::text(part(0))?;
                let base = self.base(None, part(0));
                let cwd =
                    crate::event::file::absolute(&path, base.as_ref()).filter(|_| err.is_none());
                if err.is_none() {
                    self.cwd.clone_from(&cwd);
                }
                Some(Kind::Chdir(Chdir {
                    path: Some(path),
                    cwd: cwd.map(Seen::Yes),
                    err,
                }))
            }
            "getdents64" | "getdents" => self.listed(part(0), part(1), result),
            "mmap" => self.mapped(&parts, call.result),
            "write" => written(part(0), argument::bytes(part(1))?, result, screen),
            "writev" => written(part(0), argument::vector(part(1))?, result, screen),
            _ => None,
        }
    }

    /// The path of a descriptor, from `-y` or from the open that gave it.
    fn path(&self, argument: &str) -> Option<Text> {
        let (fd, path) = descriptor(argument);
        path.map(Text::from)
            .or_else(|| self.open.get(&fd?).cloned())
    }

    /// The folder that a relative path starts from.
    fn base(&self, at: Option<&str>, path: &str) -> Option<Seen<Text>> {
        if path.starts_with("\"/") {
            return None;
        }
        let folder = match at {
            Some(at) if !at.starts_with("AT_FDCWD") => self.path(at),
            Some(at) => descriptor(at)
                .1
                .map(Text::from)
                .or_else(|| self.cwd.clone()),
            None => self.cwd.clone(),
        };
        Some(folder.map_or(Seen::No(Why::Gone), Seen::Yes))
    }

    fn opened(
        &mut self,
        call: &Call<'_>,
        at: Option<&str>,
        path: &str,
        flags: &str,
        result: Result<i64, Errno>,
    ) -> Option<Kind> {
        let given = argument::text(path)?;
        let base = self.base(at, path);
        let fd = result.ok().and_then(|fd| i32::try_from(fd).ok());
        if let Some(fd) = fd {
            let whole = descriptor(call.result).1.map(Text::from);
            let whole = whole.or_else(|| crate::event::file::absolute(&given, base.as_ref()));
            match whole.filter(|_| self.open.len() < MOST) {
                Some(path) => self.open.insert(fd, path),
                None => self.open.remove(&fd),
            };
        }
        let known = FLAGS.iter().filter(|(name, _)| flags.contains(name));
        Some(Kind::Open(Open {
            path: given,
            base,
            flags: Hex(known.fold(0, |all, (_, bit)| all | bit)),
            fd,
            err: result.err(),
            already: false,
        }))
    }

    fn looked(
        &self,
        call: &Call<'_>,
        at: Option<&str>,
        path: &str,
        parts: &[&str],
        err: Option<Errno>,
    ) -> Option<Kind> {
        let given = argument::text(path)?;
        // An empty path asks about the descriptor itself.
        if given.value().is_none_or(Text::is_empty) {
            return None;
        }
        let details = parts
            .iter()
            .find(|part| part.starts_with('{'))
            .copied()
            .unwrap_or_default();
        let mode =
            argument::field(details, "st_mode").or_else(|| argument::field(details, "stx_mode"));
        let size =
            argument::field(details, "st_size").or_else(|| argument::field(details, "stx_size"));
        Some(Kind::Stat(Stat {
            path: given,
            base: self.base(at, path),
            nofollow: call.name == "lstat" || call.arguments.contains("AT_SYMLINK_NOFOLLOW"),
            mode: mode.and_then(permissions).filter(|_| err.is_none()),
            size: size.and_then(argument::number).filter(|_| err.is_none()),
            err,
        }))
    }

    /// Names are there with `-v` only; without them the listing would look empty.
    fn listed(&self, fd: &str, entries: &str, result: Result<i64, Errno>) -> Option<Kind> {
        let path = self.path(fd)?;
        let names: Vec<Text> = entries
            .split("d_name=")
            .skip(1)
            .filter_map(|rest| {
                let end = rest.strip_prefix('"')?.find('"')? + 2;
                Some(Text::from_bytes(&argument::bytes(rest.get(..end)?)?.0))
            })
            .collect();
        if names.is_empty() && result.is_ok() {
            return None;
        }
        Some(Kind::List(List {
            path: Seen::Yes(path),
            entries: u32::try_from(names.len()).unwrap_or(u32::MAX),
            cut: entries.contains("..."),
            names,
            withheld: 0,
            err: result.err(),
        }))
    }

    fn mapped(&self, parts: &[&str], result: &str) -> Option<Kind> {
        let [_, length, protection, _, fd, offset] = parts else {
            return None;
        };
        if !protection.contains("PROT_EXEC") || fd.starts_with('-') {
            return None;
        }
        let path = self.path(fd)?;
        let given = argument::result(result)?;
        Some(Kind::Map(Map {
            path: Seen::Yes(path),
            inode: None,
            address: given.ok().map(|address| Hex(address.cast_unsigned())),
            length: Hex(argument::number(length).unwrap_or(0)),
            offset: Hex(argument::number(offset).unwrap_or(0)),
            err: given.err(),
            already: false,
        }))
    }
}

/// Words on standard output or error. strace cuts them (`-s`): a cut line ends where it was cut.
fn written(
    fd: &str,
    (mut bytes, cut): (Vec<u8>, bool),
    result: Result<i64, Errno>,
    screen: Screen,
) -> Option<Kind> {
    let fd = descriptor(fd).0.filter(|fd| matches!(fd, 1 | 2))?;
    if cut {
        bytes.extend_from_slice(format!("{CUT}\n").as_bytes());
    }
    let length = result
        .ok()
        .and_then(|length| u64::try_from(length).ok())
        .unwrap_or(0);
    let text = (screen.text)(&bytes);
    Some(Kind::Output(Output {
        fd: fd.unsigned_abs(),
        text: if cut {
            Seen::Cut(text, length.max(bytes.len() as u64))
        } else {
            Seen::Yes(text)
        },
        length,
        err: result.err(),
    }))
}

/// `S_IFREG|0644`.
fn permissions(text: &str) -> Option<u32> {
    let (kind, bits) = text.split_once('|')?;
    let (_, kind) = TYPES.iter().find(|(name, _)| *name == kind)?;
    let bits = bits.rsplit('|').next()?;
    Some(kind | u32::from_str_radix(bits, 8).ok()?)
}

/// What a call is to the loader: the library it is about, one of the loader's own between two files, or none of it.
pub(super) fn step<'a>(call: &Call<'_>, event: Option<&'a Kind>) -> loader::Step<'a> {
    match (call.name, event) {
        (_, Some(Kind::Open(open))) => match open.path.value() {
            Some(path) if loader::is_library(path.as_str()) => {
                loader::Step::Library(path, open.err)
            }
            Some(path) if path.as_str().starts_with("/etc/ld.so.") => loader::Step::Between,
            _ => loader::Step::Else,
        },
        (
            "mmap" | "munmap" | "mprotect" | "close" | "read" | "pread64" | "fstat" | "stat"
            | "newfstatat" | "brk" | "lseek" | "access" | "readlink" | "arch_prctl" | "futex"
            | "madvise",
            _,
        ) => loader::Step::Between,
        _ => loader::Step::Else,
    }
}
