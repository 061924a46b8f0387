//! Durations and sizes as a user writes them: `30s`, `5m`, `250ms`, `1GiB`, `500M`.

use std::time::Duration;

/// Reads a duration: a number, a fraction if need be, and its unit. Longer than nothing, at most a year.
///
/// # Errors
/// What is wrong and what would be right.
pub fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 5] = [
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("min", 60.0),
        ("h", 3600.0),
    ];
    const YEAR: f64 = 366.0 * 86_400.0;
    let right = "a number with a unit: 250ms, 30s, 5m, 1h";
    let (number, unit) = split(text).ok_or_else(|| right.to_owned())?;
    if unit.is_empty() {
        return Err(format!("the unit is missing: {number}s or {number}m?"));
    }
    let scale = UNITS
        .iter()
        .find(|known| known.0 == unit)
        .ok_or_else(|| format!("`{unit}` is no unit of time; {right}"))?;
    let seconds = number.parse::<f64>().map_err(|_| right.to_owned())? * scale.1;
    if seconds > YEAR {
        return Err("longer than a year".to_owned());
    }
    let duration = Duration::from_secs_f64(seconds);
    if duration.is_zero() {
        return Err("must be longer than nothing".to_owned());
    }
    Ok(duration)
}

/// Reads a size in bytes. `K`, `M`, `G`, `T` and `KiB`, `MiB`... count in 1024, `KB`, `MB`... in 1000.
///
/// # Errors
/// What is wrong and what would be right.
pub fn size(text: &str) -> Result<u64, String> {
    let right = "a number with a unit: 500M, 1GiB, 20MB";
    let (number, unit) = split(text).ok_or_else(|| right.to_owned())?;
    let lower = unit.to_ascii_lowercase();
    let power = match lower.chars().next() {
        None | Some('b') => 0,
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some(_) => return Err(format!("`{unit}` is no unit of size; {right}")),
    };
    let base: u64 = match (power, lower.get(1..).unwrap_or_default()) {
        (0, "") | (1.., "" | "i" | "ib") => 1024,
        (1.., "b") => 1000,
        _ => return Err(format!("`{unit}` is no unit of size; {right}")),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.parse::<u64>().map_err(|_| "too large".to_owned());
    let scale = u128::from(base.pow(power));
    let mut bytes = u128::from(digits(whole)?) * scale;
    if !part.is_empty() {
        if part.len() > 9 {
            return Err("too many digits".to_owned());
        }
        let tenth = 10_u128.pow(u32::try_from(part.len()).unwrap_or(9));
        bytes += u128::from(digits(part)?) * scale / tenth;
    }
    u64::try_from(bytes).map_err(|_| "too large".to_owned())
}

/// Number and unit. The number has digits in front and at most one point.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let well = number.starts_with(|first: char| first.is_ascii_digit())
        && !number.ends_with('.')
        && number.matches('.').count() <= 1;
    well.then_some((number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{duration, size};

    #[test]
    fn amounts_are_read_with_their_units() {
        for (text, millis) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("1.5s", 1_500),
            ("5m", 300_000),
            ("2 min", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("100b", 100),
            ("1K", 1024),
            ("500M", 500 << 20),
            ("1GiB", 1 << 30),
            ("1.5 gib", 3 << 29),
            ("20MB", 20_000_000),
            ("2t", 2 << 40),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn a_wrong_amount_is_answered_with_a_right_one() {
        for (text, says) in [
            ("30", "30s or 30m?"),
            ("", "250ms"),
            ("-3s", "250ms"),
            ("3d", "`d` is no unit"),
            ("0s", "longer than nothing"),
            ("1.s", "250ms"),
            ("1e9h", "`e9h` is no unit"),
            ("99999999h", "a year"),
        ] {
            let error = duration(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        for (text, says) in [
            ("", "500M"),
            ("1X", "`X` is no unit"),
            ("1Kib!", "`Kib!` is no unit"),
            ("1ib", "is no unit"),
            ("99999999999T", "too large"),
            ("1.0000000001K", "digits"),
        ] {
            let error = size(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in "\\PC*|[0-9.]{0,40}[kKmMgGiIbBsh]{0,4}") {
            let _ = duration(&text);
            let _ = size(&text);
        }
    }
}
