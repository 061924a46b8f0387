//! Does the kernel give a program more rights than its caller has? Then its loader ignores LD_LIBRARY_PATH and LD_PRELOAD
//! (AT_SECURE, ld.so(8); security/commoncap.c, `cap_bprm_creds_from_file`).

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use crate::event::Text;
use crate::event::tree::Server;
use crate::source::library::Root;

/// Where the kernel keeps them, and how long they are at most (linux/capability.h, `struct vfs_ns_cap_data`).
const CAPABILITIES: &str = "security.capability";
const LONGEST: usize = 24;

/// Why a program of this file, started as this server is, has more rights; `None` when it has not. With no_new_privs the
/// bits of the mode do nothing, and file capabilities, which are not gained either, still make AT_SECURE.
pub(super) fn more(path: &Path, server: &Server, root: &Root) -> Option<Text> {
    let user = &server.user;
    let bits = !server.no_new_privileges;
    let located = root.locate(path).ok()?;
    let mount = rustix::fs::statvfs(&located.host).ok()?;
    if mount.f_flag.contains(StatVfsMountFlags::NOSUID) {
        return None;
    }
    let [mode, owner, group] = [
        located.metadata.mode(),
        located.metadata.uid(),
        located.metadata.gid(),
    ];
    if bits && mode & 0o4000 != 0 && owner != user.uid {
        return Some(Text::from(format!("set-user-id to user {owner}")));
    }
    // Without the right of its group to execute it the bit means locking.
    if bits && mode & 0o2010 == 0o2010 && !user.groups.contains(&group) {
        return Some(Text::from(format!("set-group-id to group {group}")));
    }
    let mut data = [0_u8; LONGEST];
    let length = rustix::fs::getxattr(&located.host, CAPABILITIES, &mut data).ok()?;
    let data = data.get(..length)?;
    // Root has them all already.
    (user.uid != 0 && gives(data)).then(|| Text::from("file capabilities"))
}

/// The effective bit, or a permitted capability. One that is only inheritable gives nothing by itself.
fn gives(data: &[u8]) -> bool {
    let Some((magic, rest)) = data.split_at_checked(4) else {
        return false;
    };
    let mut permitted = rest.as_chunks::<4>().0.iter().take(4).step_by(2);
    magic.first().is_some_and(|flags| flags & 1 != 0)
        || permitted.any(|word| word.iter().any(|byte| *byte != 0))
}

#[cfg(test)]
mod tests {
    use super::gives;

    /// As setcap(8) writes them on x86-64.
    fn data(magic: u8, permitted: u32, inheritable: u32) -> Vec<u8> {
        let mut data = vec![magic, 0, 0, 2];
        for word in [permitted, inheritable, 0, 0] {
            data.extend(word.to_le_bytes());
        }
        data
    }

    #[test]
    fn what_is_only_inheritable_gives_nothing() {
        assert!(gives(&data(1, 0x400, 0)), "cap_net_bind_service=ep");
        assert!(gives(&data(0, 0x400, 0)), "=p");
        assert!(!gives(&data(0, 0, 0x400)), "=i");
        for cut in 0..20 {
            let _ = gives(&data(1, 1, 1)[..cut]);
        }
        assert!(!gives(&[]));
    }
}
