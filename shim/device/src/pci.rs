//! Places on the PCI bus, and the device that stands for a GPU elsewhere: VGPU-STUB in sysfs.
//!
//! A host that lends GPUs shows its guests a stub: vendor 10de, device 2331, class 0302 (3D controller). Older stubs
//! carry the vendor of the emulator (1234 or 1af4) with the same class.

use std::fmt;
use std::fs;
use std::path::Path;

/// Vendors that a stub may have.
const VENDORS: [u16; 3] = [0x10de, 0x1234, 0x1af4];
/// 3D controller: base class and sub-class.
const CLASS: u32 = 0x0302;

/// Domain, bus and device; the function is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Domain.
    pub domain: u16,
    /// Bus.
    pub bus: u8,
    /// Device on the bus, below 32.
    pub device: u8,
}

impl Address {
    /// Reads `DDDD:BB:DD.F` (NVML writes eight digits for the domain), `BB:DD.F`, with or without function, which must be 0.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (place, function) = text.split_once('.').unwrap_or((text, "0"));
        if function != "0" {
            return None;
        }
        let (front, device) = place.rsplit_once(':')?;
        let (domain, bus) = front.rsplit_once(':').unwrap_or(("0", front));
        let number = |digits: &str, longest: usize| {
            let fits = (1..=longest).contains(&digits.len())
                && digits.chars().all(|c| c.is_ascii_hexdigit());
            u32::from_str_radix(digits, 16).ok().filter(|_| fits)
        };
        let device = u8::try_from(number(device, 2)?).ok()?;
        if device >= 32 {
            return None;
        }
        Some(Self {
            domain: u16::try_from(number(domain, 8)?).ok()?,
            bus: u8::try_from(number(bus, 2)?).ok()?,
            device,
        })
    }
}

/// As `lspci -D` writes it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            domain,
            bus,
            device,
        } = self;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.0")
    }
}

/// What sysfs says of a stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stub {
    /// Where it is.
    pub address: Address,
    /// Device and vendor, as NVML puts them into one number: device << 16 | vendor.
    pub ids: u32,
    /// The same of the subsystem.
    pub subsystem: u32,
}

/// The stubs below `sysfs` (`/sys`), in order of their addresses. What cannot be read is not there.
#[must_use]
pub fn stubs(sysfs: &Path) -> Vec<Stub> {
    let Ok(entries) = fs::read_dir(sysfs.join("bus/pci/devices")) else {
        return Vec::new();
    };
    let mut found: Vec<Stub> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| stub(&entry.path()))
        .collect();
    found.sort_by_key(|stub| stub.address);
    found
}

fn stub(folder: &Path) -> Option<Stub> {
    let address = Address::parse(folder.file_name()?.to_str()?)?;
    let class = number(folder, "class")? >> 8;
    let vendor = u16::try_from(number(folder, "vendor")?).ok()?;
    let device = u16::try_from(number(folder, "device")?).ok()?;
    let ours = class == CLASS && VENDORS.contains(&vendor);
    // A real GPU is NVIDIA's too: of that vendor only the stub's own device counts.
    if !ours || (vendor == 0x10de && device != 0x2331) || folder.join("driver").exists() {
        return None;
    }
    let pair = |device: u32, vendor: u32| (device & 0xffff) << 16 | (vendor & 0xffff);
    let of_subsystem = |name: &str| number(folder, name).unwrap_or_default();
    Some(Stub {
        address,
        ids: pair(u32::from(device), u32::from(vendor)),
        subsystem: pair(
            of_subsystem("subsystem_device"),
            of_subsystem("subsystem_vendor"),
        ),
    })
}

/// A file of sysfs with one hexadecimal number.
fn number(folder: &Path, name: &str) -> Option<u32> {
    let text = fs::read_to_string(folder.join(name)).ok()?;
    u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Address, stubs};
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    fn put(root: &Path, address: &str, class: &str, vendor: &str, device: &str) {
        let folder = root.join("bus/pci/devices").join(address);
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in [
            ("class", class),
            ("vendor", vendor),
            ("device", device),
            ("subsystem_vendor", "0x10de"),
            ("subsystem_device", "0x16c1"),
        ] {
            fs::write(folder.join(name), format!("{text}\n")).unwrap();
        }
    }

    #[test]
    fn only_stubs_are_taken_from_sysfs() {
        let root = tempfile::tempdir().unwrap();
        let put = |address, class, vendor, device| put(root.path(), address, class, vendor, device);
        put("0000:00:06.0", "0x030200", "0x1af4", "0x1050");
        put("0000:00:05.0", "0x030200", "0x10de", "0x2331");
        put("0000:00:02.0", "0x030000", "0x10de", "0x2331");
        put("0000:01:00.0", "0x030200", "0x10de", "0x2330");
        put("0000:00:03.0", "0x020000", "0x1af4", "0x1000");
        let found = stubs(root.path());
        let places: Vec<String> = found.iter().map(|stub| stub.address.to_string()).collect();
        assert_eq!(places, ["0000:00:05.0", "0000:00:06.0"]);
        assert_eq!(found[0].ids, 0x2331_10de);
        assert_eq!(found[0].subsystem, 0x16c1_10de);
        assert!(stubs(&root.path().join("none")).is_empty());
    }

    #[test]
    fn a_device_with_a_driver_of_its_own_is_no_stub() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "0000:00:05.0", "0x030200", "0x10de", "0x2331");
        fs::create_dir(root.path().join("bus/pci/devices/0000:00:05.0/driver")).unwrap();
        assert!(stubs(root.path()).is_empty());
    }

    #[test]
    fn addresses_of_every_writer_are_read() {
        for text in [
            "0000:00:05.0",
            "00000000:00:05.0",
            "00:05.0",
            "0:0:5",
            "0000:00:05",
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.to_string(), "0000:00:05.0", "{text}");
        }
        for text in [
            "",
            "5",
            "0000:00:05.1",
            "0000:00:25.0",
            "x:00:05.0",
            "0000:+0:05.0",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-f:.]{0,20}") {
            if let Some(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(&address.to_string()), Some(address));
            }
        }
    }
}
