//! UUIDs of devices and of their parts, as text (`GPU-...`, `MIG-...`) and as 16 bytes.

use std::fmt;

/// 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// One that only depends on where the device is: the same in every process and every interface.
    #[must_use]
    pub const fn of_place(domain: u16, bus: u8, device: u8, part: u8) -> Self {
        let [high, low] = domain.to_be_bytes();
        // "vgpu", then version 8 (free form) and the usual variant.
        Self([
            b'v', b'g', b'p', b'u', 0, 0, 0x80, 0, 0x80, 0, part, 0, high, low, bus, device,
        ])
    }

    /// Reads `GPU-`, `MIG-` or nothing, then 32 hexadecimal digits with hyphens between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix("GPU-")
            .or_else(|| text.strip_prefix("MIG-"))
            .unwrap_or(text);
        let mut bytes = [0_u8; 16];
        let mut count = 0_usize;
        for c in digits.chars().filter(|c| *c != '-') {
            let digit = u8::try_from(c.to_digit(16)?).ok()?;
            let byte = bytes.get_mut(count / 2)?;
            *byte = (*byte << 4) | digit;
            count += 1;
        }
        (count == 32).then_some(Self(bytes))
    }
}

/// Lower case with hyphens, without prefix.
impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Uuid;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            if let Some(uuid) = Uuid::parse(&text) {
                prop_assert_eq!(Uuid::parse(&format!("GPU-{uuid}")), Some(uuid));
            }
        }
    }

    #[test]
    fn text_has_the_usual_groups() {
        let uuid = Uuid::of_place(0, 0, 5, 0);
        assert_eq!(uuid.to_string(), "76677075-0000-8000-8000-000000000005");
        assert_eq!(Uuid::parse("GPU-76677075"), None);
    }
}
