//! Numbers by their names: codes, flags, versions, UUIDs.

use vgputrace_api::Names;

use crate::event::Text;
use crate::event::call::Value;

/// A number of an enumeration; one without a name stays a number.
pub(super) fn of_enum(names: Names, raw: u64) -> Value {
    let number = i64::from((raw as u32).cast_signed());
    match names.name(number) {
        Some(name) => Value::Name(Text::from(name)),
        None => Value::Int(number),
    }
}

/// Bits by their names, joined by `|`; bits without one in hexadecimal. Names of several bits stand for exactly these.
pub(super) fn of_flags(names: Names, raw: u64) -> Value {
    let bits = raw as u32;
    if let Some(name) = names.name(i64::from(bits)) {
        return Value::Name(Text::from(name));
    }
    let mut rest = bits;
    let mut found: Vec<String> = Vec::new();
    for entry in names.list() {
        let bit = u32::try_from(entry.number).unwrap_or(0);
        if bit.is_power_of_two() && rest & bit != 0 {
            found.push(entry.name.to_owned());
            rest &= !bit;
        }
    }
    if rest != 0 || found.is_empty() {
        found.push(format!("{rest:#x}"));
    }
    Value::Name(Text::from(found.join("|")))
}

/// `12.8` for 12080 (1000 * major + 10 * minor).
pub(super) fn of_version(raw: u64) -> Value {
    let version = raw as u32;
    Value::Name(Text::from(format!(
        "{}.{}",
        version / 1000,
        version % 1000 / 10
    )))
}

/// 16 bytes as UUIDs are written. Other lengths as plain hexadecimal.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if bytes.len() == 16 && matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use vgputrace_api::Names;

    use super::{of_bytes, of_enum, of_flags, of_version};
    use crate::event::Text;
    use crate::event::call::Value;

    fn name(text: &str) -> Value {
        Value::Name(Text::from(text))
    }

    #[test]
    fn a_code_has_its_name_and_an_unknown_one_its_number() {
        assert_eq!(of_enum(Names::CuResult, 100), name("CUDA_ERROR_NO_DEVICE"));
        assert_eq!(of_enum(Names::CuResult, 31337), Value::Int(31337));
        assert_eq!(
            of_enum(Names::VkResult, 0xffff_fff7),
            name("VK_ERROR_INCOMPATIBLE_DRIVER")
        );
    }

    #[test]
    fn flags_are_named_bit_by_bit() {
        assert_eq!(
            of_flags(Names::CuStreamFlags, 1),
            name("CU_STREAM_NON_BLOCKING")
        );
        let both = of_flags(Names::CuCtxFlags, 0x18);
        assert_eq!(both, name("CU_CTX_MAP_HOST|CU_CTX_LMEM_RESIZE_TO_MAX"));
        assert_eq!(of_flags(Names::CuStreamFlags, 1 << 30), name("0x40000000"));
    }

    #[test]
    fn versions_and_uuids_read_as_people_write_them() {
        assert_eq!(of_version(12080), name("12.8"));
        assert_eq!(of_version(0), name("0.0"));
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(of_bytes(&bytes), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }
}
