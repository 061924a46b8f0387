//! The kernel's own path of a file: names from its dentry up to the root of its mount namespace.

use aya_ebpf::helpers::generated;
use vgputrace_ebpf::wire::offsets::{
    DENTRY_INODE, DENTRY_NAME, DENTRY_PARENT, FILE_INODE, FILE_PATH, FS_PWD, INODE_INO, INODE_MODE,
    INODE_SB, MOUNT_MNT, MOUNT_PARENT, MOUNT_POINT, PATH_DENTRY, PATH_MNT, SB_DEV, TASK_FS,
    VFSMOUNT_ROOT,
};
use vgputrace_ebpf::wire::path::{BYTES, DEPTH, NAME, OF_CWD, PathHead};
use vgputrace_ebpf::wire::{Head, Kind};

use crate::emit::Lease;
use crate::kernel::{at, field, task};
use crate::maps::offset;
use crate::scope::Task;

const NAMES_AT: usize = size_of::<Head>() + size_of::<PathHead>();

/// Sends the path of an open file.
#[inline(always)]
pub(crate) fn send_file(who: Task, scratch: u32, of: u32, file: *const u8) {
    let inode = field(file, FILE_INODE).unwrap_or(core::ptr::null());
    send(
        who,
        scratch,
        of,
        file.wrapping_add(offset(FILE_PATH)),
        inode,
    );
}

/// Sends the working directory of the current task.
#[inline(always)]
pub(crate) fn send_cwd(who: Task, scratch: u32) {
    let Some(fs) = field::<*const u8>(task(), TASK_FS) else {
        return;
    };
    let pwd = fs.wrapping_add(offset(FS_PWD));
    let dentry: *const u8 = field(pwd, PATH_DENTRY).unwrap_or(core::ptr::null());
    let inode = field(dentry, DENTRY_INODE).unwrap_or(core::ptr::null());
    send(who, scratch, OF_CWD, pwd, inode);
}

/// Sends a `struct path` and its inode's identity. `path` is the address of the structure.
#[inline(always)]
fn send(who: Task, scratch: u32, of: u32, path: *const u8, inode: *const u8) {
    let Some(lease) = Lease::take(scratch) else {
        return;
    };
    let (length, state) = walk(&lease, path);
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

/// Writes the names, leaf first, and returns their bytes and the state of [`PathHead`].
#[inline(always)]
fn walk(lease: &Lease, path: *const u8) -> (usize, u32) {
    let mut dentry: *const u8 = field(path, PATH_DENTRY).unwrap_or(core::ptr::null());
    let mnt: *const u8 = field(path, PATH_MNT).unwrap_or(core::ptr::null());
    let mut mount = mnt.wrapping_sub(offset(MOUNT_MNT));
    let mut length = 0_usize;
    let mut step = 0;
    while step < DEPTH {
        step += 1;
        let Some(root) = at::<*const u8>(mount, offset(MOUNT_MNT) + offset(VFSMOUNT_ROOT)) else {
            return (length, 2);
        };
        if dentry == root {
            let Some(parent) = field::<*const u8>(mount, MOUNT_PARENT) else {
                return (length, 2);
            };
            if parent == mount {
                return (length, 0);
            }
            dentry = field(mount, MOUNT_POINT).unwrap_or(core::ptr::null());
            mount = parent;
            continue;
        }
        let Some(parent) = field::<*const u8>(dentry, DENTRY_PARENT) else {
            return (length, 2);
        };
        if parent == dentry {
            return (length, 0);
        }
        if length > BYTES - NAME {
            return (length, 1);
        }
        let name: *const u8 = field(dentry, DENTRY_NAME).unwrap_or(core::ptr::null());
        // SAFETY: the helper checks the kernel's address; the buffer has room for a name at every masked place.
        let read = unsafe {
            generated::bpf_probe_read_kernel_str(
                lease.at(NAMES_AT + (length & (BYTES - 1))).cast(),
                NAME as u32,
                name.cast(),
            )
        };
        if read <= 0 {
            return (length, 2);
        }
        length += read as usize & (NAME * 2 - 1);
        dentry = parent;
    }
    (length, 1)
}
