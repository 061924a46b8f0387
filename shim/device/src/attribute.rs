//! What `cuDeviceGetAttribute` answers: all numbers of the header, sizes as on an H100 SXM5, abilities as this shim
//! has them.
//!
//! The sizes are NVIDIA's published figures of that product. Whatever a program could use through this driver only if
//! the driver did the work (managed and mapped memory, sharing with other devices and programs, stream memory
//! operations) is answered with 0, so that no program builds on it.

use vgputrace_api::{Name, Names};

use crate::device::Device;

/// Multiprocessors of the whole device.
const MULTIPROCESSOR_COUNT: i32 = 16;
const PCI_BUS_ID: i32 = 33;
const PCI_DEVICE_ID: i32 = 34;
const PCI_DOMAIN_ID: i32 = 50;
const COMPUTE_CAPABILITY_MAJOR: i32 = 75;
const COMPUTE_CAPABILITY_MINOR: i32 = 76;
const GPU_PCI_DEVICE_ID: i32 = 139;
const GPU_PCI_SUBSYSTEM_ID: i32 = 140;
/// The name that stands for no attribute but for one behind the last.
const MAX: &str = "CU_DEVICE_ATTRIBUTE_MAX";

/// What every name of an attribute begins with.
const PREFIX: &str = "CU_DEVICE_ATTRIBUTE_";

/// Numbers and values that are not 0.
const VALUES: &[(i32, i32)] = &[
    (1, 1024),
    (2, 1024),
    (3, 1024),
    (4, 64),
    (5, 2_147_483_647),
    (6, 65535),
    (7, 65535),
    (8, 49152),
    (9, 65536),
    (10, 32),
    (11, 2_147_483_647),
    (12, 65536),
    (13, 1_980_000),
    (14, 512),
    (15, 1),
    (MULTIPROCESSOR_COUNT, 132),
    (21, 131_072),
    (22, 131_072),
    (23, 65536),
    (24, 16384),
    (25, 16384),
    (26, 16384),
    (27, 32768),
    (28, 32768),
    (29, 2048),
    (30, 512),
    (31, 1),
    (32, 1),
    (36, 2_619_000),
    (37, 5120),
    (38, 52_428_800),
    (39, 2048),
    (40, 3),
    (41, 1),
    (42, 32768),
    (43, 2048),
    (44, 1),
    (45, 32768),
    (46, 32768),
    (47, 8192),
    (48, 8192),
    (49, 32768),
    (51, 32),
    (52, 32768),
    (53, 32768),
    (54, 2046),
    (55, 32768),
    (56, 131_072),
    (57, 65536),
    (58, 16384),
    (59, 16384),
    (60, 16384),
    (61, 32768),
    (62, 2048),
    (63, 32768),
    (64, 32768),
    (65, 2048),
    (66, 32768),
    (67, 32768),
    (68, 2046),
    (69, 268_435_456),
    (70, 131_072),
    (71, 65000),
    (72, 2_097_120),
    (73, 32768),
    (74, 32768),
    (77, 32768),
    (78, 1),
    (79, 1),
    (80, 1),
    (81, 233_472),
    (82, 65536),
    (87, 2),
    (90, 1),
    (95, 1),
    (96, 1),
    (97, 232_448),
    (99, 1),
    (102, 1),
    (106, 32),
    (108, 33_554_432),
    (109, 134_213_632),
    (111, 1024),
    (115, 1),
    (120, 1),
    (126, 4),
    (129, 1),
    (131, -1),
];

/// The answer, none for a number that is no attribute.
#[must_use]
pub fn value(device: &Device, attribute: i32) -> Option<i32> {
    Names::CuDeviceAttribute
        .name(i64::from(attribute))
        .filter(|name| *name != MAX)?;
    if let Some(value) = device.attributes.get(&attribute) {
        return Some(*value);
    }
    Some(match attribute {
        PCI_BUS_ID => i32::from(device.pci.bus),
        PCI_DEVICE_ID => i32::from(device.pci.device),
        PCI_DOMAIN_ID => i32::from(device.pci.domain),
        COMPUTE_CAPABILITY_MAJOR => i32::from(device.compute.major),
        COMPUTE_CAPABILITY_MINOR => i32::from(device.compute.minor),
        GPU_PCI_DEVICE_ID => device.ids.cast_signed(),
        GPU_PCI_SUBSYSTEM_ID => device.subsystem.cast_signed(),
        _ => VALUES
            .binary_search_by_key(&attribute, |entry| entry.0)
            .ok()
            .and_then(|at| VALUES.get(at))
            .map_or(0, |entry| entry.1),
    })
}

/// The number of an attribute by its name, with or without the prefix that all names have, or by the number itself.
#[must_use]
pub fn number(name: &str) -> Option<i32> {
    let names = Names::CuDeviceAttribute;
    let is_it = |entry: &&Name| entry.name == name || entry.name.strip_prefix(PREFIX) == Some(name);
    let number = match name.parse::<i64>() {
        Ok(number) => number,
        Err(_) => names.list().iter().find(is_it)?.number,
    };
    names.name(number).filter(|name| *name != MAX)?;
    i32::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::{VALUES, number, value};
    use crate::device::Device;
    use vgputrace_api::Names;

    #[test]
    fn exactly_the_attributes_of_the_header_are_answered() {
        let device = Device::default();
        let answered = (-2..400_i32).filter(|id| value(&device, *id).is_some());
        let names = Names::CuDeviceAttribute.list().iter();
        let expected = names.filter(|entry| !entry.name.ends_with("_MAX"));
        assert!(
            answered
                .map(i64::from)
                .eq(expected.map(|entry| entry.number))
        );
    }

    #[test]
    fn values_are_sorted_for_the_search() {
        assert!(VALUES.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn places_and_versions_are_those_of_the_device() {
        let mut device = Device::default();
        let ask = |device: &Device, name: &str| value(device, number(name).unwrap()).unwrap();
        assert_eq!(ask(&device, "PCI_DEVICE_ID"), 5);
        assert_eq!(
            ask(&device, "CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR"),
            9
        );
        // The least that programs for this compute capability count on.
        assert!(ask(&device, "MAX_SHARED_MEMORY_PER_BLOCK_OPTIN") >= 222 * 1024);
        device.attributes.insert(number("WARP_SIZE").unwrap(), 64);
        assert_eq!(ask(&device, "10"), 64);
        assert_eq!(number("NOTHING"), None);
        assert_eq!(number("MAX"), None);
        assert_eq!(number("0"), None);
    }
}
