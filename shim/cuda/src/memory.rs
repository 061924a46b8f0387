//! Memory of the devices and memory of the host that the driver knows: who has what, and what may be touched.

use std::collections::BTreeMap;

use vgputrace_device::Code;
use vgputrace_device::quota::Quota;
use vgputrace_device::regions::Regions;
use vgputrace_device::side::{Access, Block, Side};

use crate::abi::Handle;
use crate::local::Local;

/// What a range of addresses is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// Memory of a device, allocated with its address.
    Device(Owner),
    /// Memory of a device, from a pool.
    Pooled(Owner, Handle),
    /// Memory of a device that was mapped at a reserved address.
    Mapped(Mapping),
    /// Memory of the host that the driver allocated.
    Host(Owner, u32),
    /// Memory of the program that it registered.
    Registered(Owner, u32),
}

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Index of the device.
    pub(crate) device: usize,
    /// The context.
    pub(crate) context: Handle,
    /// A number that no other range has.
    pub(crate) id: u64,
}

/// A part of a block at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// Whose memory it is.
    pub(crate) block: Handle,
    /// Index of the device.
    pub(crate) device: usize,
    /// What may be done with it.
    pub(crate) access: Access,
    /// A number that no other range has.
    pub(crate) id: u64,
}

/// Memory without an address, of `cuMemCreate`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Physical {
    /// The side's name for it.
    pub(crate) block: Block,
    /// Index of the device.
    pub(crate) device: usize,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Handles and mappings that hold it.
    pub(crate) holders: u64,
    /// The program's handles among those.
    pub(crate) handles: u64,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Memory {
    /// What is known of addresses.
    pub(crate) ranges: Regions<Range>,
    /// Addresses that are reserved, with the number of the reservation.
    pub(crate) reserved: Regions<u64>,
    /// Memory without an address.
    pub(crate) physical: BTreeMap<Handle, Physical>,
    /// For each device.
    pub(crate) quotas: Vec<Quota>,
    next_id: u64,
}

impl Range {
    /// True for memory of a device that may be read, or also written.
    pub(crate) fn is_device(&self, write: bool) -> bool {
        match self {
            Self::Device(_) | Self::Pooled(..) => true,
            Self::Mapped(mapping) => {
                mapping.access == Access::ReadWrite || (mapping.access == Access::Read && !write)
            }
            Self::Host(..) | Self::Registered(..) => false,
        }
    }

    /// Whose it is, where that is known.
    pub(crate) const fn owner(&self) -> Option<Owner> {
        match self {
            Self::Device(owner)
            | Self::Pooled(owner, _)
            | Self::Host(owner, _)
            | Self::Registered(owner, _) => Some(*owner),
            Self::Mapped(_) => None,
        }
    }
}

impl Memory {
    /// With these quotas, one for each device.
    pub(crate) fn new(quotas: Vec<Quota>) -> Self {
        Self {
            ranges: Regions::default(),
            reserved: Regions::default(),
            physical: BTreeMap::new(),
            quotas,
            next_id: 1,
        }
    }

    /// A number that no other range has.
    pub(crate) const fn number(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The quota of a device.
    ///
    /// # Errors
    /// 101 for a device that is not there.
    pub(crate) fn quota(&mut self, device: usize) -> Result<&mut Quota, Code> {
        self.quotas.get_mut(device).ok_or(Code::INVALID_DEVICE)
    }

    /// Memory of a device, from a pool or not. Gives address and bytes taken.
    ///
    /// # Errors
    /// 1 for nothing, 2 beyond quota or host.
    pub(crate) fn allocate(
        &mut self,
        side: &Local,
        (device, context): (usize, Handle),
        bytes: u64,
        pool: Option<Handle>,
    ) -> Result<(u64, u64), Code> {
        let taken = self.quota(device)?.take(bytes)?;
        let address = match side.allocate(taken) {
            Ok(address) => address,
            Err(code) => {
                self.quota(device)?.give_back(taken);
                return Err(code);
            }
        };
        let id = self.number();
        let owner = Owner {
            device,
            context,
            id,
        };
        let of = pool.map_or(Range::Device(owner), |pool| Range::Pooled(owner, pool));
        self.put(address, bytes, of);
        Ok((address, taken))
    }

    /// Notes a range that was just mapped. Host memory that the program registered there once, and gave back without a
    /// word, is forgotten.
    pub(crate) fn put(&mut self, address: u64, bytes: u64, of: Range) {
        let end = address.saturating_add(bytes);
        let stale: Vec<u64> = self
            .ranges
            .meeting(address, end)
            .map(|one| one.start)
            .collect();
        for start in stale {
            self.ranges.remove(start);
        }
        self.ranges.insert(address, bytes, of);
    }

    /// Gives back what `allocate` gave; the pool it was from, and the bytes.
    ///
    /// # Errors
    /// 1 when no allocation begins there.
    pub(crate) fn free(
        &mut self,
        side: &Local,
        address: u64,
    ) -> Result<(Option<Handle>, u64), Code> {
        let region = self.ranges.at(address).ok_or(Code::INVALID_VALUE)?;
        let (owner, pool) = match region.of {
            Range::Device(owner) => (owner, None),
            Range::Pooled(owner, pool) => (owner, Some(pool)),
            _ => return Err(Code::INVALID_VALUE),
        };
        let taken = region.bytes.next_multiple_of(vgputrace_device::quota::PAGE);
        self.ranges.remove(address);
        self.quota(owner.device)?.give_back(taken);
        side.free(address, taken);
        Ok((pool, taken))
    }

    /// Gives back all that a context had.
    pub(crate) fn free_all_of(&mut self, side: &Local, context: Handle) {
        let goes = |range: &Range| range.owner().is_some_and(|owner| owner.context == context);
        for region in self.ranges.take_if(goes) {
            let taken = region.bytes.next_multiple_of(vgputrace_device::quota::PAGE);
            match region.of {
                Range::Device(owner) | Range::Pooled(owner, _) => {
                    if let Ok(quota) = self.quota(owner.device) {
                        quota.give_back(taken);
                    }
                    side.free(region.start, taken);
                }
                Range::Host(..) => side.free(region.start, taken),
                Range::Registered(..) | Range::Mapped(_) => {}
            }
        }
    }

    /// One holder of physical memory less.
    pub(crate) fn let_go(&mut self, side: &Local, handle: Handle) {
        let Some(physical) = self.physical.get_mut(&handle) else {
            return;
        };
        physical.holders -= 1;
        if physical.holders > 0 {
            return;
        }
        let gone = *physical;
        self.physical.remove(&handle);
        side.destroy(gone.block);
        if let Ok(quota) = self.quota(gone.device) {
            quota.give_back(gone.bytes);
        }
    }
}
