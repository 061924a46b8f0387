//! Which functions carry probes, and what the kernel side reads of each.

use vgputrace_api::{Function, Returns};
use vgputrace_ebpf::wire::function::{DESC_OUTS, DESC_RETURN_PROBE, FnDesc, NONE, STRINGS};

/// A function of an object that carries a probe.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// What is known of the function.
    pub function: &'static Function,
    /// Index of the object in [`Probes`].
    object: usize,
    /// Virtual address of its first probed instruction in the object.
    pub(super) address: u64,
    /// Its return will not be seen.
    pub entry_only: bool,
}

/// All probes, by the number the kernel side reports.
#[derive(Debug, Default)]
pub struct Probes {
    list: Vec<Probe>,
    objects: Vec<String>,
}

impl Probes {
    /// Adds an object; its index is for [`Self::add`].
    pub fn object(&mut self, path: &str) -> usize {
        self.objects.push(path.to_owned());
        self.objects.len() - 1
    }

    /// Adds a function of an object and returns its number. `entry_only` when its return cannot be seen.
    pub fn add(
        &mut self,
        function: &'static Function,
        object: usize,
        address: u64,
        entry_only: bool,
    ) -> u32 {
        self.list.push(Probe {
            function,
            object,
            address,
            entry_only,
        });
        u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True when no function carries a probe.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn get(&self, number: u32) -> Option<(Probe, &str)> {
        let probe = *self.list.get(number as usize)?;
        Some((probe, self.objects.get(probe.object)?))
    }
}

/// What the kernel side has to read for a function.
#[must_use]
pub fn descriptor(function: &Function) -> FnDesc {
    let mut desc = FnDesc {
        strings: [NONE; 4],
        inside: [NONE; 4],
        outs: [NONE; 4],
        out_sizes: [0; 4],
        flags: 0,
        arguments: u32::try_from(function.args.len().min(6)).unwrap_or(6),
    };
    let mut strings = 0;
    let mut outs = 0;
    for (index, arg) in (0_u8..).zip(function.args) {
        if arg.kind.is_string() && strings < STRINGS {
            desc.strings[strings] = index;
            strings += 1;
        }
        if let Some(size) = arg.kind.out_size()
            && outs < desc.outs.len()
        {
            desc.outs[outs] = index;
            desc.out_sizes[outs] = size;
            desc.flags |= DESC_OUTS;
            outs += 1;
        }
    }
    for (argument, offset, _) in function.inside {
        if strings < STRINGS {
            desc.strings[strings] = *argument;
            desc.inside[strings] = *offset;
            strings += 1;
        }
    }
    if function.returns == Returns::Probe {
        desc.flags |= DESC_RETURN_PROBE;
    }
    desc
}
