//! Listings of folders (getdents64), and which names of them are anybody's business.

use vgputrace_ebpf::wire::Sys;

use super::Tracker;
use super::pieces::Pieces;
use crate::event::file::List;
use crate::event::{Errno, Kind, Seen, Text, Why};
use crate::source::screen;

impl Tracker {
    pub(super) fn listed(&mut self, tgid: u32, tid: u32, pieces: Pieces) {
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
    pub(super) fn listing_ended(&mut self, tgid: u32, tid: u32, time: u64, sys: &Sys) {
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
