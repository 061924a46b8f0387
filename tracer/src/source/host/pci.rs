//! GPUs on the PCI bus, as sysfs lists them: every device of class 03xx (VGA, XGA, 3D and other display controllers).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::{below, line};
use crate::event::Text;
use crate::event::host::Gpu;

/// Where sysfs lists them: each entry is a link to the device's folder.
const DEVICES: &str = "/sys/bus/pci/devices";
/// More devices than any machine has; a listing that does not end must not hold up a recording.
const MOST_DEVICES: usize = 65_536;

/// The GPUs in order of their addresses; nothing when the bus cannot be listed.
pub(super) fn gpus(root: &Path) -> Option<Vec<Gpu>> {
    let devices = std::fs::read_dir(below(root, DEVICES)).ok()?;
    let mut gpus: Vec<Gpu> = devices
        .take(MOST_DEVICES)
        .filter_map(|device| gpu(root, &device.ok()?.file_name()))
        .collect();
    gpus.sort_by(|one, other| one.address.cmp(&other.address));
    Some(gpus)
}

fn gpu(root: &Path, name: &OsStr) -> Option<Gpu> {
    let device = format!("{DEVICES}/{}", name.to_str()?);
    let number = |name: &str| number(&below(root, &format!("{device}/{name}")));
    let class = number("class")?;
    if !class.starts_with("03") {
        return None;
    }
    let id = |name| number(name).unwrap_or_else(|| "????".to_owned());
    let driver = std::fs::read_link(below(root, &device).join("driver")).ok();
    Some(Gpu {
        address: Text::from_bytes(name.as_bytes()),
        ids: Text::from(format!("{}:{}", id("vendor"), id("device"))),
        class: Text::from(class.chars().take(4).collect::<String>()),
        driver: driver
            .as_deref()
            .and_then(Path::file_name)
            .map(|name| Text::from_bytes(name.as_bytes())),
    })
}

/// The digits of a file that holds `0x030200`. Vendor and device have four digits, class has six.
fn number(path: &Path) -> Option<String> {
    let line = line(path)?;
    let digits = std::str::from_utf8(line.strip_prefix(b"0x")?).ok()?;
    let plausible = (4..=8).contains(&digits.len());
    (plausible && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .then(|| digits.to_ascii_lowercase())
}
