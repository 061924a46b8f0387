//! Numbers with units in words a person reads: times, durations, sizes, counts.

/// Seconds with microseconds, right-aligned in ten columns: `  0.012345`. `nanos` since the recording began.
#[must_use]
pub fn clock(nanos: u64) -> String {
    let micros = nanos / 1000;
    format!("{:>3}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// A duration in the unit that suits it: `12 µs`, `1.204 ms`, `30.0 s`.
#[must_use]
pub fn duration(nanos: u64, unicode: bool) -> String {
    let micros = nanos / 1000;
    match micros {
        0 => format!("{nanos} ns"),
        1..=999 if unicode => format!("{micros} µs"),
        1..=999 => format!("{micros} us"),
        1_000..=9_999 => format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10),
        10_000..=999_999 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        1_000_000..=9_999_999 => {
            format!(
                "{}.{:02} s",
                micros / 1_000_000,
                micros % 1_000_000 / 10_000
            )
        }
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// A size in bytes, in binary units from 10 KiB on: `686360 bytes` is `670 KiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes == 1 {
        return "1 byte".to_owned();
    }
    if bytes < 10 * 1024 {
        return format!("{bytes} bytes");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", tenths / 10)
    }
}

/// A number with thousands apart: `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 event`, `2 events`.
#[must_use]
pub fn of(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", count(number))
}

#[cfg(test)]
mod tests {
    use super::{clock, count, duration, of, size};

    #[test]
    fn amounts_read_well() {
        assert_eq!(clock(12_345_678), "  0.012345");
        assert_eq!(clock(3_601_000_000_000), "3601.000000");
        for (nanos, shown) in [
            (0, "0 ns"),
            (12_400, "12 µs"),
            (1_204_000, "1.20 ms"),
            (35_295_000, "35.2 ms"),
            (1_500_000_000, "1.50 s"),
            (30_040_000_000, "30.0 s"),
            (u64::MAX, "18446744073.7 s"),
        ] {
            assert_eq!(duration(nanos, true), shown);
        }
        assert_eq!(duration(12_400, false), "12 us");
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (8192, "8192 bytes"),
            (686_360, "670 KiB"),
            (1_600_000_000, "1.4 GiB"),
            (17_179_869_184, "16 GiB"),
            (u64::MAX, "15 EiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(of(1, "event"), "1 event");
        assert_eq!(of(2, "event"), "2 events");
    }
}
