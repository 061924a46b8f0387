//! Reading the kernel's own structures at offsets found by user space, and user memory.

use aya_ebpf::helpers::{bpf_probe_read_kernel, bpf_probe_read_user, generated};

use crate::maps::offset;

/// CLOCK_BOOTTIME in nanoseconds.
#[inline(always)]
pub(crate) fn now() -> u64 {
    // SAFETY: no arguments.
    unsafe { generated::bpf_ktime_get_boot_ns() }
}

/// The current task.
#[inline(always)]
pub(crate) fn task() -> *const u8 {
    // SAFETY: no arguments.
    unsafe { generated::bpf_get_current_task() as *const u8 }
}

/// A field by its index in the table of offsets; `None` when the memory cannot be read.
#[inline(always)]
pub(crate) fn field<T>(structure: *const u8, index: usize) -> Option<T> {
    at(structure, offset(index))
}

/// A field at a known offset.
#[inline(always)]
pub(crate) fn at<T>(structure: *const u8, bytes: usize) -> Option<T> {
    // SAFETY: the helper checks the address itself.
    unsafe { bpf_probe_read_kernel(structure.wrapping_add(bytes).cast::<T>()).ok() }
}

/// A value in the program's memory.
#[inline(always)]
pub(crate) fn user<T>(address: u64) -> Option<T> {
    // SAFETY: the helper checks the address itself.
    unsafe { bpf_probe_read_user(address as *const T).ok() }
}

/// The open file behind a descriptor of the current task.
#[inline(always)]
pub(crate) fn file_of(fd: i32) -> Option<*const u8> {
    use vgputrace_ebpf::wire::offsets::{FDT_FD, FDT_MAX, FILES_FDT, TASK_FILES};
    if fd < 0 {
        return None;
    }
    let files: *const u8 = field(task(), TASK_FILES)?;
    let table: *const u8 = field(files, FILES_FDT)?;
    let count: u32 = field(table, FDT_MAX)?;
    if fd as u32 >= count {
        return None;
    }
    let array: *const u8 = field(table, FDT_FD)?;
    let file: *const u8 = at(array, fd as usize * 8)?;
    (!file.is_null()).then_some(file)
}
