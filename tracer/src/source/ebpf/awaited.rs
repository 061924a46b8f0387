//! Programs that are waited for: told to the kernel side, which follows them from their first instruction; and the check of
//! their whole path, for which the kernel side has a name alone.

use std::collections::HashSet;
use std::path::PathBuf;

use aya::Ebpf;
use aya::maps::{Array, HashMap, MapError};
use vgputrace_ebpf::wire::awaited::{ALL, BY_GROUP_ID, BY_GROUP_NAME, BY_NAME, GROUP, MOST, NAME};
use vgputrace_ebpf::wire::path::OF_EXE;

use super::Error;
use crate::source::record::{Body, Record};

/// What is waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Awaited {
    /// Names of programs: of their file, or the one they are started by.
    pub names: Vec<String>,
    /// The only files that count among those, absolute in the mount namespace of whoever runs them; any when empty.
    pub files: Vec<PathBuf>,
    /// Names of control groups.
    pub groups: Vec<String>,
    /// Numbers of control groups.
    pub group_ids: Vec<u64>,
    /// More names of control groups come while it is recorded.
    pub more_groups: bool,
    /// Every program that starts.
    pub all: bool,
}

impl Awaited {
    /// Nothing is waited for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Tells the kernel side. The switch comes last, so that nothing is half awaited.
    ///
    /// # Errors
    /// A table is full or missing, or a name is too long.
    pub(super) fn tell(&self, ebpf: &mut Ebpf) -> Result<(), Error> {
        let names = self.names.iter().map(|name| padded::<NAME>(name));
        insert(ebpf, "AWAITED_NAMES", names)?;
        // The name of a process is at most 15 bytes long (TASK_COMM_LEN).
        let short = self.names.iter().filter(|name| name.len() > 15);
        let short = short.map(|name| padded::<NAME>(name.get(..15).unwrap_or_default()));
        insert(ebpf, "AWAITED_NAMES", short)?;
        let groups = self.groups.iter().map(|name| padded::<GROUP>(name));
        insert(ebpf, "AWAITED_GROUPS", groups)?;
        insert(
            ebpf,
            "AWAITED_IDS",
            self.group_ids.iter().copied().map(Some),
        )?;
        let by = [
            (!self.names.is_empty(), BY_NAME),
            (!self.groups.is_empty() || self.more_groups, BY_GROUP_NAME),
            (!self.group_ids.is_empty(), BY_GROUP_ID),
            (self.all, ALL),
        ];
        let by = by
            .into_iter()
            .filter(|(wanted, _)| *wanted)
            .fold(0, |by, (_, bit)| by | bit);
        let map = ebpf.map_mut("AWAITED").ok_or(Error::Missing("AWAITED"))?;
        let mut switch: Array<_, u32> = Array::try_from(map).map_err(wrong("AWAITED"))?;
        switch.set(0, &by, 0).map_err(wrong("AWAITED"))
    }
}

/// Waits for members of other groups than before. The new ones come first: those that are in both lists are never unknown.
///
/// # Errors
/// The table is full or missing, or a name is too long.
pub(super) fn change_groups(
    ebpf: &mut Ebpf,
    groups: &[String],
    old: &[String],
) -> Result<(), Error> {
    let new = groups.iter().map(|name| padded::<GROUP>(name));
    insert(ebpf, "AWAITED_GROUPS", new)?;
    let map = ebpf
        .map_mut("AWAITED_GROUPS")
        .ok_or(Error::Missing("AWAITED_GROUPS"))?;
    let mut table: HashMap<_, [u8; GROUP], u32> =
        HashMap::try_from(map).map_err(wrong("AWAITED_GROUPS"))?;
    for name in old.iter().filter(|name| !groups.contains(name)) {
        if let Some(key) = padded::<GROUP>(name) {
            // It may be away already.
            let _ = table.remove(&key);
        }
    }
    Ok(())
}

fn insert<K: aya::Pod>(
    ebpf: &mut Ebpf,
    name: &'static str,
    keys: impl Iterator<Item = Option<K>>,
) -> Result<(), Error> {
    let map = ebpf.map_mut(name).ok_or(Error::Missing(name))?;
    let mut table: HashMap<_, K, u32> = HashMap::try_from(map).map_err(wrong(name))?;
    for key in keys.take(MOST as usize) {
        let key = key.ok_or(Error::Missing("room for so long a name"))?;
        table.insert(&key, &1, 0).map_err(wrong(name))?;
    }
    Ok(())
}

fn wrong(map: &'static str) -> impl Fn(MapError) -> Error {
    move |source| Error::Map {
        map,
        source: Box::new(source),
    }
}

/// A name as the kernel side looks it up; `None` when it is too long.
fn padded<const ROOM: usize>(name: &str) -> Option<[u8; ROOM]> {
    let mut bytes = [0; ROOM];
    if name.len() >= ROOM {
        return None;
    }
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    Some(bytes)
}

/// Processes that have the name of an awaited program and are another one.
#[derive(Default)]
pub(super) struct Strangers {
    files: Vec<Vec<u8>>,
    known: HashSet<u32>,
    /// Those that the kernel side is to leave alone.
    pub(super) leave: Vec<u32>,
}

/// Strangers remembered at most.
const REMEMBERED: usize = 65_536;

impl Strangers {
    pub(super) fn new(files: &[PathBuf]) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        let files = files
            .iter()
            .map(|file| file.as_os_str().as_bytes().to_vec());
        Self {
            files: files.collect(),
            ..Self::default()
        }
    }

    /// Whether a record is about a process that is wanted; `followed`: it is followed already.
    pub(super) fn admits(&mut self, record: &Record, followed: bool) -> bool {
        if self.files.is_empty() {
            return true;
        }
        let tgid = record.tgid;
        let is_stranger = self.known.contains(&tgid);
        if followed && !is_stranger {
            return true;
        }
        match &record.body {
            // The first record of an exec.
            Body::Path(head, path) if head.of == OF_EXE => {
                let wanted = path.value().is_none_or(|path| self.files.contains(path));
                if wanted {
                    self.known.remove(&tgid);
                } else {
                    self.avoid(tgid);
                }
                wanted
            }
            Body::Fork(fork) if is_stranger => {
                self.avoid(fork.child_tgid);
                false
            }
            _ => !is_stranger,
        }
    }

    fn avoid(&mut self, tgid: u32) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(tgid);
        self.leave.push(tgid);
    }
}

#[cfg(test)]
mod tests {
    use vgputrace_ebpf::wire::path::OF_EXE;
    use vgputrace_ebpf::wire::{Fork, PathHead};

    use super::{Strangers, padded};
    use crate::event::Seen;
    use crate::source::record::{Body, Record};

    fn record(tgid: u32, body: Body) -> Record {
        Record {
            tgid,
            tid: tgid,
            time: 1,
            body,
        }
    }

    fn runs(tgid: u32, path: &str) -> Record {
        let head = PathHead {
            of: OF_EXE,
            length: 0,
            device: 0,
            mode: 0,
            inode: 0,
            state: 0,
            zero: 0,
        };
        record(tgid, Body::Path(head, Seen::Yes(path.into())))
    }

    #[test]
    fn a_program_of_the_same_name_elsewhere_is_left_alone_with_its_children() {
        let mut strangers = Strangers::new(&["/opt/a/ollama".into()]);
        assert!(strangers.admits(&runs(7, "/opt/a/ollama"), false));
        assert!(!strangers.admits(&runs(8, "/opt/b/ollama"), false));
        let fork = Fork {
            child_tgid: 9,
            child_tid: 9,
        };
        assert!(!strangers.admits(&record(8, Body::Fork(fork)), false));
        assert!(!strangers.admits(&record(9, Body::Fork(fork)), false));
        assert!(strangers.admits(&record(7, Body::Fork(fork)), true));
        assert_eq!(strangers.leave, [8, 9, 9]);
        assert!(strangers.admits(&runs(8, "/opt/a/ollama"), false));
    }

    #[test]
    fn a_name_that_fills_its_room_is_none() {
        assert_eq!(padded::<4>("abc"), Some(*b"abc\0"));
        assert_eq!(padded::<4>("abcd"), None);
    }
}
