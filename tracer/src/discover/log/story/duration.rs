//! Durations as Go prints them (time.Duration.String).

/// Nanoseconds of a Go duration: `1m30.5s`, `30.387613ms`, `264.143µs`, `1h2m3s`.
pub(super) fn duration(text: &str) -> Option<u64> {
    const UNITS: &[(&str, f64)] = &[
        ("ns", 1.0),
        ("µs", 1e3),
        ("μs", 1e3),
        ("us", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 60e9),
        ("h", 3600e9),
    ];
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, factor) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        sum += number.parse::<f64>().ok()? * factor;
        rest = after.get(unit.len()..)?;
    }
    let whole = std::time::Duration::try_from_secs_f64(sum / 1e9).ok()?;
    u64::try_from(whole.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_of_go_are_read() {
        assert_eq!(duration("30.387613ms"), Some(30_387_613));
        assert_eq!(duration("1m0.5s"), Some(60_500_000_000));
        assert_eq!(duration("264.143µs"), Some(264_143));
        for wrong in ["5", "x", "1.2.3s", "s", "99999999999999999999999h"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
