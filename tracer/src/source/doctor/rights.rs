//! Rights of this process, from /proc/self/status, and of its program file.

use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use crate::event::doctor::Rights;
use crate::event::{Hex, Text};
use crate::source::host::{below, small};

/// Reads them. `own` is this program's file, which is looked at as it is, not below `root`.
pub(super) fn read(root: &Path, own: Option<&Path>) -> Rights {
    let status = small(&below(root, "/proc/self/status")).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    let set = |name| {
        let digits = field(name).unwrap_or_default();
        Hex(u64::from_str_radix(digits, 16).unwrap_or(0))
    };
    let uid = field("Uid").and_then(|ids| ids.split_ascii_whitespace().nth(1)?.parse().ok());
    Rights {
        uid: uid.unwrap_or(u32::MAX),
        effective: set("CapEff"),
        bounding: set("CapBnd"),
        no_new_privileges: field("NoNewPrivs") == Some("1"),
        user_namespace: in_user_namespace(root),
        program: own.map(text),
        file_capabilities: own.is_some_and(has_capabilities),
        nosuid: own.is_some_and(is_nosuid),
    }
}

/// The first user namespace maps all ids to themselves (user_namespaces(7)).
fn in_user_namespace(root: &Path) -> bool {
    let map = small(&below(root, "/proc/self/uid_map")).unwrap_or_default();
    let map = String::from_utf8_lossy(&map);
    let first: Vec<&str> = map.split_ascii_whitespace().collect();
    !first.is_empty() && first != ["0", "0", "4294967295"]
}

fn has_capabilities(path: &Path) -> bool {
    let mut value = [0_u8; 64];
    rustix::fs::getxattr(path, "security.capability", &mut value).is_ok_and(|size| size > 0)
}

fn is_nosuid(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|facts| facts.f_flag.contains(StatVfsMountFlags::NOSUID))
}

fn text(path: &Path) -> Text {
    use std::os::unix::ffi::OsStrExt as _;
    Text::from_bytes(path.as_os_str().as_bytes())
}
