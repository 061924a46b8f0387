//! Which devices a process may use: `CUDA_VISIBLE_DEVICES` and `CUDA_DEVICE_ORDER`, as the CUDA C++ Programming Guide
//! ("CUDA Environment Variables") and the MIG User Guide describe them.
//!
//! The list holds numbers, `GPU-` with the beginning of a UUID that no other device has, or `MIG-` with a UUID. The
//! first entry that names nothing ends it. A device that is named twice hides all.

use crate::device::Device;

/// A device, or one part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visible {
    /// Index in the machine's list.
    pub device: usize,
    /// Index of the part, where MIG is on.
    pub part: Option<usize>,
}

/// `CUDA_DEVICE_ORDER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The fastest first: here as the configuration lists them.
    Fastest,
    /// By place on the bus.
    PciBus,
}

impl Order {
    /// Reads the variable; anything else is the default.
    #[must_use]
    pub fn parse(value: Option<&str>) -> Self {
        match value {
            Some("PCI_BUS_ID") => Self::PciBus,
            _ => Self::Fastest,
        }
    }
}

/// What a process sees, in its order. `wanted` is `CUDA_VISIBLE_DEVICES`, where it is set.
#[must_use]
pub fn visible(devices: &[Device], order: Order, wanted: Option<&str>) -> Vec<Visible> {
    let all = numbered(devices, order);
    let Some(wanted) = wanted else {
        return without_second_part(devices, all);
    };
    let mut seen: Vec<Visible> = Vec::new();
    for entry in wanted.split(',') {
        let Some(one) = named(devices, &all, entry.trim()) else {
            break;
        };
        if seen.contains(&one) {
            return Vec::new();
        }
        seen.push(one);
    }
    without_second_part(devices, seen)
}

/// The devices as numbers name them. One with MIG stands for its first part.
fn numbered(devices: &[Device], order: Order) -> Vec<Visible> {
    let mut all: Vec<Visible> = devices
        .iter()
        .enumerate()
        .map(|(device, of)| Visible {
            device,
            part: (!of.parts.is_empty()).then_some(0),
        })
        .collect();
    if order == Order::PciBus {
        all.sort_by_key(|one| devices.get(one.device).map(|device| device.pci));
    }
    all
}

/// A process can use one part and then nothing else (MIG User Guide, "Device Enumeration").
fn without_second_part(devices: &[Device], seen: Vec<Visible>) -> Vec<Visible> {
    let is_part = |one: &Visible| {
        one.part.is_some()
            && devices
                .get(one.device)
                .is_some_and(|of| !of.parts.is_empty())
    };
    match seen.iter().find(|one| is_part(one)) {
        Some(part) => vec![*part],
        None => seen,
    }
}

fn named(devices: &[Device], all: &[Visible], entry: &str) -> Option<Visible> {
    if let Some(start) = entry.strip_prefix("GPU-") {
        let fits = |device: &Device| device.uuid.to_string().starts_with(&start.to_lowercase());
        let mut found = devices
            .iter()
            .enumerate()
            .filter(|(_, device)| fits(device));
        let (device, of) = found.next()?;
        // With MIG on, the name of the whole device names nothing that can be used.
        let is_alone = found.next().is_none() && of.parts.is_empty() && !start.is_empty();
        return is_alone.then_some(Visible { device, part: None });
    }
    if let Some(uuid) = entry.strip_prefix("MIG-") {
        return devices.iter().enumerate().find_map(|(device, of)| {
            let wanted = uuid.to_lowercase();
            let part = of
                .parts
                .iter()
                .position(|part| part.uuid.to_string() == wanted)?;
            let part = Some(part);
            Some(Visible { device, part })
        });
    }
    let is_number = !entry.is_empty() && entry.chars().all(|c| c.is_ascii_digit());
    let number: usize = entry.parse().ok().filter(|_| is_number)?;
    all.get(number).copied()
}

#[cfg(test)]
mod tests {
    use super::{Order, Visible, visible};
    use crate::device::{Device, MIB, Part, uuid_of};
    use crate::pci::Address;
    use proptest::prelude::*;

    /// Three devices, the last one first on the bus.
    fn devices() -> Vec<Device> {
        [7, 6, 5]
            .into_iter()
            .map(|device| {
                let mut one = Device::default();
                one.pci = Address { device, ..one.pci };
                one.uuid = uuid_of(one.pci, 0);
                one
            })
            .collect()
    }

    fn seen(devices: &[Device], wanted: &str) -> Vec<usize> {
        visible(devices, Order::Fastest, Some(wanted))
            .into_iter()
            .map(|one| one.device)
            .collect()
    }

    #[test]
    fn numbers_choose_and_order_devices() {
        let devices = devices();
        assert_eq!(visible(&devices, Order::Fastest, None).len(), 3);
        assert_eq!(seen(&devices, "2,0"), [2, 0]);
        let by_bus = visible(&devices, Order::PciBus, Some("0"));
        assert_eq!(by_bus[0].device, 2);
        assert_eq!(Order::parse(Some("PCI_BUS_ID")), Order::PciBus);
        assert_eq!(Order::parse(Some("pci")), Order::Fastest);
    }

    #[test]
    fn what_names_nothing_ends_the_list() {
        let devices = devices();
        for (wanted, expected) in [
            ("", &[][..]),
            ("-1", &[]),
            ("1,-1,0", &[1]),
            ("1,3,0", &[1]),
            ("0,all", &[0]),
            ("+1", &[]),
            ("1x", &[]),
            ("GPU-", &[]),
            ("99999999999999999999", &[]),
        ] {
            assert_eq!(seen(&devices, wanted), expected, "{wanted}");
        }
        assert_eq!(seen(&devices, "1,1"), [0_usize; 0]);
    }

    #[test]
    fn a_uuid_may_be_short_as_long_as_it_names_one() {
        let devices = devices();
        let whole = format!("GPU-{}", devices[1].uuid);
        assert_eq!(seen(&devices, &whole), [1]);
        assert_eq!(seen(&devices, &whole[..20]), [0_usize; 0]);
        assert_eq!(seen(&devices[..1], &whole[..20]), [0]);
    }

    #[test]
    fn with_mig_a_process_gets_one_part() {
        let mut devices = devices();
        for part in 1..3 {
            let uuid = uuid_of(devices[0].pci, part);
            devices[0].parts.push(Part {
                profile: "1g.10gb".to_owned(),
                memory: 9856 * MIB,
                uuid,
                multiprocessors: 16,
            });
        }
        let first = Visible {
            device: 0,
            part: Some(0),
        };
        assert_eq!(visible(&devices, Order::Fastest, None), [first]);
        assert_eq!(visible(&devices, Order::Fastest, Some("0,1")), [first]);
        let second = format!("MIG-{}", devices[0].parts[1].uuid);
        let chosen = visible(&devices, Order::Fastest, Some(&second));
        assert_eq!(chosen[0].part, Some(1));
        // The name of the whole device names no part: what Ollama met with H100 in MIG mode.
        let whole = format!("GPU-{}", devices[0].uuid);
        assert!(visible(&devices, Order::Fastest, Some(&whole)).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_gives_devices_that_exist(wanted in "(-?[0-9]{0,3}|GPU-[0-9a-f-]{0,40}|MIG-|,|\\PC){0,8}") {
            let devices = devices();
            for one in visible(&devices, Order::Fastest, Some(&wanted)) {
                prop_assert!(one.device < devices.len());
            }
        }
    }
}
