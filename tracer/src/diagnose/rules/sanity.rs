//! Values that no real card has: they show a structure filled by another layout, or uninitialised memory.

use super::super::case::{Case, Family};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&IMPOSSIBLE];

static IMPOSSIBLE: Rule = Rule {
    id: "VG155",
    stage: Stage::Filter,
    title: "The device reports impossible values",
    story: "A compute capability of 0.0, a UUID that is a memory size, a PCI id that is none: the library that stands in for NVIDIA's runtime fills cudaDeviceProp by another layout (in CUDA 12 the UUID is at 0x100, the memory at 0x120, the \
capability at 0x168). In the second look such a device is dropped.",
    proof: "The values in the answer.",
    remedy: &["Fill cudaDeviceProp by the layout of the runtime's version."],
    rows: &["stack 32", "stack 33", "runner 43"],
    check: Check::Warning(impossible),
};

fn impossible(case: &Case<'_>) -> Vec<Finding> {
    let mut wrong: Vec<String> = Vec::new();
    for device in case.reported() {
        let cuda = case.family() == Family::Cuda && device.library.as_str() == "CUDA";
        if cuda && device.compute == Some((0, 0)) {
            wrong.push(format!("{}: compute capability 0.0", device.id));
        }
        let uuid = device.uuid.as_ref().map_or("", |uuid| uuid.as_str());
        if let Some(size) = uuid_as_size(uuid) {
            wrong.push(format!(
                "{}: the UUID {uuid} is the number {size}, a size in memory",
                device.id
            ));
        }
        let pci = device.pci_id.as_ref().map_or("", |pci| pci.as_str());
        if !pci.is_empty() && !is_pci(pci) {
            wrong.push(format!("{}: the PCI id {pci} is none", device.id));
        }
    }
    let Some(first) = wrong.first() else {
        return Vec::new();
    };
    let seen = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .filter_map(|answer| answer.seen.as_ref());
    let mut finding = IMPOSSIBLE
        .found(format!("The device reports values that no card has: {first}. The runtime's properties are filled by another layout than the backend reads."))
        .object("cudaDeviceProp")
        .proof(seen)
        .do_all(IMPOSSIBLE.remedy);
    finding.missing = wrong.into_iter().map(Into::into).collect();
    vec![finding]
}

/// The first eight bytes of a UUID as a little-endian number, when it is a round number of MiB and the rest is nearly empty.
pub(super) fn uuid_as_size(uuid: &str) -> Option<u64> {
    let digits: String = uuid
        .strip_prefix("GPU-")?
        .chars()
        .filter(|one| *one != '-')
        .collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let byte = |at: usize| {
        digits
            .get(2 * at..2 * at + 2)
            .and_then(|two| u8::from_str_radix(two, 16).ok())
    };
    let mut bytes = [0u8; 8];
    for (at, slot) in bytes.iter_mut().enumerate() {
        *slot = byte(at)?;
    }
    let zeros = (8..16).filter(|at| byte(*at) == Some(0)).count();
    let size = u64::from_le_bytes(bytes);
    let round = size >= 1 << 30 && size.is_multiple_of(1 << 20) && size < 1 << 42;
    (round && zeros >= 5).then_some(size)
}

/// `dddd:bb:dd.f`, hexadecimal.
pub(super) fn is_pci(id: &str) -> bool {
    let Some((domain, rest)) = id.split_once(':') else {
        return false;
    };
    let Some((bus, rest)) = rest.split_once(':') else {
        return false;
    };
    let (device, function) = rest.split_once('.').unwrap_or((rest, "0"));
    let hex = |text: &str, max: usize| {
        !text.is_empty() && text.len() <= max && text.bytes().all(|one| one.is_ascii_hexdigit())
    };
    let small = u8::from_str_radix(device, 16).is_ok_and(|device| device < 32);
    (hex(domain, 4) || domain.len() == 8 && hex(domain, 8) && domain.starts_with("0000"))
        && hex(bus, 2)
        && hex(device, 2)
        && small
        && hex(function, 1)
}

#[cfg(test)]
mod tests {
    use super::{is_pci, uuid_as_size};

    #[test]
    fn a_uuid_that_is_a_memory_size_is_known_and_a_real_one_is_not() {
        assert_eq!(
            uuid_as_size("GPU-00000000-1400-0000-00c0-000000000000"),
            Some(0x14_0000_0000)
        );
        assert_eq!(
            uuid_as_size("GPU-6ef1b5d2-9c1a-4c53-8f0e-3b6f7d1a2c4e"),
            None
        );
        assert_eq!(
            uuid_as_size("GPU-00000000-0000-0000-0000-000000000000"),
            None
        );
        assert_eq!(uuid_as_size("GPU-x"), None);
    }

    #[test]
    fn pci_ids_have_a_form() {
        assert!(is_pci("0000:01:00.0"));
        assert!(is_pci("00000000:81:00.0"));
        for wrong in [
            "99fff950:99fff9",
            "0000:3d3bb990:7",
            "",
            "eecc6b88:648460",
            "0000:01:40.0",
        ] {
            assert!(!is_pci(wrong), "{wrong}");
        }
    }
}
