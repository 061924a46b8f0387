//! Programs that are waited for: at exec, before the first instruction of the new image, a process joins the traced ones.

use aya_ebpf::helpers::{bpf_get_current_comm, generated};
use vgputrace_ebpf::wire::awaited::{
    ALL, BY_GROUP_ID, BY_GROUP_NAME, BY_NAME, GROUP, LEVELS, NAME,
};
use vgputrace_ebpf::wire::head::lost;
use vgputrace_ebpf::wire::offsets::{
    BINPRM_FILE, CGROUP_ANCESTORS, CGROUP_LEVEL, CGROUP_NODE, CSS_SET_CGROUP, DENTRY_NAME,
    FILE_PATH, KERNFS_ID, KERNFS_NAME, PATH_DENTRY, TASK_CGROUPS,
};

use crate::emit::{self, DONE, MORE};
use crate::kernel::{at, field, task};
use crate::maps::{AWAITED, AWAITED_GROUPS, AWAITED_IDS, AWAITED_NAMES, TRACED, Traced, offset};
use crate::scope::Task;

/// Whether this new image is one that is waited for; then its process is traced from here on.
#[inline(always)]
pub(crate) fn begins(who: Task, bprm: *const u8) -> bool {
    let by = match AWAITED.get(0) {
        Some(by) => *by,
        None => 0,
    };
    if by == 0 {
        return false;
    }
    let joins = by & ALL != 0
        || (by & BY_NAME != 0 && is_named(bprm))
        || (by & (BY_GROUP_NAME | BY_GROUP_ID) != 0 && is_member());
    if joins
        && TRACED
            .insert(&who.tgid(), &Traced { compat: 0 }, 0)
            .is_err()
    {
        emit::lose(lost::TABLE);
    }
    joins
}

/// By the name of its file, or by the name it was started by (`comm`, 15 bytes of it).
#[inline(always)]
fn is_named(bprm: *const u8) -> bool {
    let mut name = [0_u8; NAME];
    let dentry = field::<*const u8>(bprm, BINPRM_FILE)
        .map(|file| file.wrapping_add(offset(FILE_PATH)))
        .and_then(|path| field::<*const u8>(path, PATH_DENTRY))
        .and_then(|dentry| field::<*const u8>(dentry, DENTRY_NAME));
    if let Some(text) = dentry {
        read_name(&mut name, text);
        if AWAITED_NAMES.get_ptr(&name).is_some() {
            return true;
        }
    }
    let mut name = [0_u8; NAME];
    let Ok(comm) = bpf_get_current_comm() else {
        return false;
    };
    for (to, from) in name.iter_mut().zip(comm) {
        *to = from;
    }
    AWAITED_NAMES.get_ptr(&name).is_some()
}

/// Where the walk up from the process's own control group is.
struct Walk {
    group: *const u8,
    level: u32,
    found: u32,
}

/// By its control group, or one above it.
#[inline(always)]
fn is_member() -> bool {
    // A kernel without control groups.
    if offset(TASK_CGROUPS) == 0 {
        return false;
    }
    let group = field::<*const u8>(task(), TASK_CGROUPS)
        .and_then(|set| field::<*const u8>(set, CSS_SET_CGROUP));
    let Some(group) = group else { return false };
    let mut walk = Walk {
        group,
        level: field(group, CGROUP_LEVEL).unwrap_or(0),
        found: 0,
    };
    emit::repeat(LEVELS, step, &mut walk);
    walk.found != 0
}

/// Looks at one group, then goes to the one above.
extern "C" fn step(turn: u64, walk: *mut Walk) -> i64 {
    // SAFETY: the loop hands back the pointer to its caller's stack.
    let walk = unsafe { &mut *walk };
    let Some(level) = u64::from(walk.level).checked_sub(turn) else {
        return DONE;
    };
    let place = offset(CGROUP_ANCESTORS) + level as usize * 8;
    let Some(node) = at::<*const u8>(walk.group, place)
        .and_then(|ancestor| field::<*const u8>(ancestor, CGROUP_NODE))
    else {
        return DONE;
    };
    if let Some(id) = field::<u64>(node, KERNFS_ID)
        && AWAITED_IDS.get_ptr(&id).is_some()
    {
        walk.found = 1;
        return DONE;
    }
    let mut name = [0_u8; GROUP];
    if let Some(text) = field::<*const u8>(node, KERNFS_NAME) {
        read_name(&mut name, text);
    }
    if AWAITED_GROUPS.get_ptr(&name).is_some() {
        walk.found = 1;
        return DONE;
    }
    MORE
}

/// Reads a string of the kernel's; the rest of the buffer stays zero.
#[inline(always)]
fn read_name<const ROOM: usize>(name: &mut [u8; ROOM], text: *const u8) {
    // SAFETY: the helper checks the kernel's address; the buffer is as large as it says.
    unsafe {
        generated::bpf_probe_read_kernel_str(name.as_mut_ptr().cast(), ROOM as u32, text.cast());
    }
}
