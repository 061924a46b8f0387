//! The kernel's own path of a file: names from its dentry up to the root of its mount namespace.

use aya_ebpf::helpers::generated;
use vgputrace_ebpf::wire::offsets::{
    DENTRY_INODE, DENTRY_NAME, DENTRY_PARENT, FILE_INODE, FILE_PATH, FS_PWD, INODE_INO, INODE_MODE,
    INODE_SB, MOUNT_MNT, MOUNT_PARENT, MOUNT_POINT, PATH_DENTRY, PATH_MNT, SB_DEV, TASK_FS,
    VFSMOUNT_ROOT,
};
use vgputrace_ebpf::wire::path::{BYTES, DEPTH, NAME, OF_CWD, PathHead};
use vgputrace_ebpf::wire::{Head, Kind};

use crate::emit::{self, DONE, Lease, MORE};
use crate::kernel::{at, field, task};
use crate::maps::offset;
use crate::scope::Task;

const NAMES_AT: usize = size_of::<Head>() + size_of::<PathHead>();

/// Something that has a path.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// `OF_*` of the wire record.
    of: u32,
    /// Address of a `struct path`.
    path: *const u8,
    /// Its inode.
    inode: *const u8,
}

impl Place {
    /// An open file.
    #[inline(always)]
    pub(crate) fn of_file(of: u32, file: *const u8) -> Self {
        Self {
            of,
            path: file.wrapping_add(offset(FILE_PATH)),
            inode: field(file, FILE_INODE).unwrap_or(core::ptr::null()),
        }
    }

    /// The working directory of the current task.
    #[inline(always)]
    pub(crate) fn working_directory() -> Option<Self> {
        let fs = field::<*const u8>(task(), TASK_FS)?;
        let path = fs.wrapping_add(offset(FS_PWD));
        let dentry: *const u8 = field(path, PATH_DENTRY).unwrap_or(core::ptr::null());
        Some(Self {
            of: OF_CWD,
            path,
            inode: field(dentry, DENTRY_INODE).unwrap_or(core::ptr::null()),
        })
    }

    /// Sends it.
    #[inline(always)]
    pub(crate) fn send(self, who: Task, scratch: u32) {
        send(who, scratch, self.of, self.path, self.inode);
    }
}

/// Sends a `struct path` and its inode's identity. `path` is the address of the structure.
#[inline(always)]
fn send(who: Task, scratch: u32, of: u32, path: *const u8, inode: *const u8) {
    let Some(lease) = Lease::take(scratch) else {
        return;
    };
    let mnt: *const u8 = field(path, PATH_MNT).unwrap_or(core::ptr::null());
    let mut walk = Walk {
        dentry: field(path, PATH_DENTRY).unwrap_or(core::ptr::null()),
        mount: mnt.wrapping_sub(offset(MOUNT_MNT)),
        state: 1,
        scratch,
    };
    lease.set_used(0);
    emit::repeat(DEPTH, step, &mut walk);
    let (length, state) = (lease.used() as usize, walk.state);
    let super_block: *const u8 = field(inode, INODE_SB).unwrap_or(core::ptr::null());
    lease.put(0, who.head(Kind::Path));
    lease.put(
        size_of::<Head>(),
        PathHead {
            of,
            length: length as u32,
            device: field(super_block, SB_DEV).unwrap_or(0),
            mode: u32::from(field::<u16>(inode, INODE_MODE).unwrap_or(0)),
            inode: field(inode, INODE_INO).unwrap_or(0),
            state,
            zero: 0,
        },
    );
    lease.send(NAMES_AT + (length & (BYTES * 2 - 1)));
    lease.end();
}

/// Where a walk is.
#[repr(C)]
struct Walk {
    dentry: *const u8,
    mount: *const u8,
    /// As in [`PathHead`]; "too many names" until the root is met.
    state: u32,
    scratch: u32,
}

/// One step up: over a mount point, or one name, written behind the others.
extern "C" fn step(_turn: u64, walk: *mut Walk) -> i64 {
    // SAFETY: the loop hands back the pointer to its caller's stack.
    let walk = unsafe { &mut *walk };
    let root = at::<*const u8>(walk.mount, offset(MOUNT_MNT) + offset(VFSMOUNT_ROOT));
    let parent = if root == Some(walk.dentry) {
        let parent = field::<*const u8>(walk.mount, MOUNT_PARENT);
        if parent != Some(walk.mount)
            && let Some(parent) = parent
        {
            walk.dentry = field(walk.mount, MOUNT_POINT).unwrap_or(core::ptr::null());
            walk.mount = parent;
            return MORE;
        }
        parent.map(|_| walk.dentry)
    } else {
        root.and_then(|_| field::<*const u8>(walk.dentry, DENTRY_PARENT))
    };
    let Some(parent) = parent else {
        walk.state = 2;
        return DONE;
    };
    if parent == walk.dentry {
        walk.state = 0;
        return DONE;
    }
    let Some(lease) = Lease::held(walk.scratch) else {
        return DONE;
    };
    let length = lease.used() as usize;
    if length > BYTES - NAME {
        return DONE;
    }
    let name: *const u8 = field(walk.dentry, DENTRY_NAME).unwrap_or(core::ptr::null());
    // SAFETY: the helper checks the kernel's address; the buffer has room for a name at every masked place.
    let read = unsafe {
        generated::bpf_probe_read_kernel_str(
            lease.at(NAMES_AT + (length & (BYTES - 1))).cast(),
            NAME as u32,
            name.cast(),
        )
    };
    if read <= 0 {
        walk.state = 2;
        return DONE;
    }
    lease.set_used(length as u64 + read as u64);
    walk.dentry = parent;
    MORE
}
