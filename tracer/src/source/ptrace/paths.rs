//! The kernel's own paths of descriptors, programs and working directories, as /proc has them.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt};
use std::os::unix::fs::MetadataExt;

use vgputrace_ebpf::wire::PathHead;
use vgputrace_ebpf::wire::path::OF_FD;

use super::engine::Engine;
use crate::event::Seen;
use crate::source::record::Body;

/// What the kernel appends to the path of a file that has no name any more.
const DELETED: &[u8] = b" (deleted)";

/// The path leads somewhere for the process, as it stands.
fn is_there(tid: u32, path: &[u8]) -> bool {
    let mut place = format!("/proc/{tid}/root").into_bytes();
    place.extend_from_slice(path);
    std::fs::symlink_metadata(OsStr::from_bytes(&place)).is_ok()
}

impl Engine {
    /// Tells the path of a descriptor; nothing for one that is none.
    pub(super) fn tell_fd(&mut self, tid: u32, fd: i32) {
        if fd >= 0 {
            self.tell_path(tid, OF_FD, &format!("fd/{fd}"));
        }
    }

    /// Tells the path behind a link of `/proc/TID`.
    pub(super) fn tell_path(&mut self, tid: u32, of: u32, link: &str) {
        let link = format!("/proc/{tid}/{link}");
        let Ok(path) = std::fs::read_link(&link) else {
            return;
        };
        let mut path = path.into_os_string().into_vec();
        let mut head = PathHead {
            of,
            length: 0,
            device: 0,
            mode: 0,
            inode: 0,
            state: 0,
            zero: 0,
        };
        if let Ok(metadata) = std::fs::metadata(&link) {
            head.device = kernel_device(metadata.dev());
            head.mode = metadata.mode();
            head.inode = metadata.ino();
            if path.ends_with(DELETED) && !is_there(tid, &path) {
                path.truncate(path.len() - DELETED.len());
            }
        }
        let tgid = self.process_of(tid);
        self.tell(tgid, tid, Body::Path(head, Seen::Yes(path)));
    }
}

/// A device number of stat(2) as the kernel has it: 12 bits major, 20 bits minor.
fn kernel_device(device: u64) -> u32 {
    rustix::fs::major(device) << 20 | rustix::fs::minor(device) & 0xf_ffff
}
