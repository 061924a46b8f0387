//! What the running kernel offers: facts first, then what follows from them.

use std::path::PathBuf;

use vgputrace_ebpf::wire::offsets::{COUNT, OPTIONAL, WANTED};

use super::Error;
use super::btf::Btf;

/// Facts about the kernel that the engine needs before it loads anything.
pub struct Kernel {
    /// Offset of each field of `wire::offsets`.
    pub offsets: [u32; COUNT],
    /// `mark_victim` hands over a task (6.8 and newer) rather than a number.
    pub oom_has_task: bool,
}

impl Kernel {
    /// Reads the running kernel's type information.
    ///
    /// # Errors
    /// No BTF, or a field that is not there.
    pub fn read() -> Result<Self, Error> {
        let path = PathBuf::from("/sys/kernel/btf/vmlinux");
        let bytes = std::fs::read(&path).map_err(|source| Error::NoBtf { path, source })?;
        Self::from_btf(&Btf::parse(bytes)?)
    }

    /// The facts in parsed type information.
    ///
    /// # Errors
    /// A field that is not there, or probes on many functions at once: older kernels may take the programs and refuse to attach
    /// them, when a recording has begun.
    pub fn from_btf(btf: &Btf) -> Result<Self, Error> {
        // What user space hands over for such a link (include/uapi/linux/bpf.h), which never changes.
        if btf
            .offset("bpf_attr", "link_create.uprobe_multi.path")
            .is_none()
        {
            return Err(Error::NoLinks);
        }
        let mut offsets = [0; COUNT];
        for (index, structure, field) in WANTED {
            offsets[*index] = match btf.offset(structure, field) {
                Some(offset) => offset,
                None if *index >= OPTIONAL => 0,
                None => return Err(Error::NoField { structure, field }),
            };
        }
        let oom_has_task = btf
            .tracepoint_parameters("mark_victim")
            .is_some_and(|count| count >= 2);
        Ok(Self {
            offsets,
            oom_has_task,
        })
    }
}
