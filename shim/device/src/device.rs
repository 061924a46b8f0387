//! A device and its MIG parts: the properties that driver, runtime and NVML all show.

use std::collections::BTreeMap;
use std::fmt;

use crate::pci::{Address, Stub};
use crate::uuid::Uuid;

/// Bytes of a MiB.
pub const MIB: u64 = 1 << 20;

/// Compute capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Compute {
    /// Before the dot.
    pub major: u8,
    /// Behind it.
    pub minor: u8,
}

impl Compute {
    /// Reads `9.0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self {
            major: major.parse().ok().filter(|major| *major > 0)?,
            minor: minor.parse().ok().filter(|minor| *minor < 10)?,
        })
    }
}

impl fmt::Display for Compute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A device, or the part of one that a process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called.
    pub name: String,
    /// Compute capability.
    pub compute: Compute,
    /// Memory in bytes.
    pub memory: u64,
    /// Bytes of it that others use.
    pub occupied: u64,
    /// Its UUID.
    pub uuid: Uuid,
    /// Its place.
    pub pci: Address,
    /// PCI device and vendor: device << 16 | vendor.
    pub ids: u32,
    /// The same of the subsystem.
    pub subsystem: u32,
    /// Attributes that differ from what [`crate::attribute`] knows.
    pub attributes: BTreeMap<i32, i32>,
    /// Its MIG parts; MIG is on when there are any.
    pub parts: Vec<Part>,
    /// The part this is, for a process that sees only that.
    pub is_part: Option<Part>,
}

/// A MIG part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its profile, such as `1g.10gb`.
    pub profile: String,
    /// Memory in bytes.
    pub memory: u64,
    /// Its UUID.
    pub uuid: Uuid,
    /// Multiprocessors.
    pub multiprocessors: i32,
}

impl Default for Device {
    /// An H100 of 80 GB at the place where VGPU-STUB usually is.
    fn default() -> Self {
        Self::at(Stub {
            address: Address {
                domain: 0,
                bus: 0,
                device: 5,
            },
            ids: 0x2330_10de,
            subsystem: 0x16c1_10de,
        })
    }
}

impl Device {
    /// The default device, at the place of a stub.
    #[must_use]
    pub fn at(stub: Stub) -> Self {
        Self {
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            compute: Compute { major: 9, minor: 0 },
            memory: 81920 * MIB,
            occupied: 0,
            uuid: uuid_of(stub.address, 0),
            pci: stub.address,
            ids: stub.ids,
            subsystem: stub.subsystem,
            attributes: BTreeMap::new(),
            parts: Vec::new(),
            is_part: None,
        }
    }

    /// What a process sees that may use one part only.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<Self> {
        let part = self.parts.get(index)?.clone();
        let mut seen = self.clone();
        seen.name = format!("{} MIG {}", self.name, part.profile);
        seen.memory = part.memory;
        seen.occupied = 0;
        seen.attributes.insert(16, part.multiprocessors);
        seen.parts.clear();
        seen.is_part = Some(part);
        Some(seen)
    }

    /// The UUID of what a process sees: that of the part where it sees only that.
    #[must_use]
    pub fn seen_uuid(&self) -> Uuid {
        self.is_part.as_ref().map_or(self.uuid, |part| part.uuid)
    }
}

/// The UUID of a device, or with `part` above 0 of a part of it, that has none given.
#[must_use]
pub const fn uuid_of(address: Address, part: u8) -> Uuid {
    Uuid::of_place(address.domain, address.bus, address.device, part)
}

#[cfg(test)]
mod tests {
    use super::{Compute, Device, MIB, Part, uuid_of};

    #[test]
    fn a_part_keeps_the_place_and_shows_its_own_memory() {
        let mut device = Device::default();
        let part = Part {
            profile: "1g.10gb".to_owned(),
            memory: 9856 * MIB,
            uuid: uuid_of(device.pci, 1),
            multiprocessors: 16,
        };
        device.parts.push(part.clone());
        let seen = device.part(0).unwrap();
        assert_eq!(seen.name, "NVIDIA H100 80GB HBM3 MIG 1g.10gb");
        assert_eq!(seen.memory, part.memory);
        assert_eq!(seen.seen_uuid(), part.uuid);
        assert_eq!(seen.uuid, device.uuid);
        assert_eq!(crate::attribute::value(&seen, 16), Some(16));
        assert!(device.part(1).is_none());
    }

    #[test]
    fn compute_capabilities_are_two_numbers() {
        assert_eq!(Compute::parse("6.1").unwrap().to_string(), "6.1");
        for text in ["", "9", "9.", "0.0", "9.10", "a.b", "-1.0"] {
            assert_eq!(Compute::parse(text), None, "{text}");
        }
    }
}
