//! Times as microseconds with a fraction, exact to the nanosecond: `12.345`.
//!
//! A floating-point number cannot hold nanoseconds since boot after 104 days of uptime, so digits are written and
//! read as digits. Nothing else of JSON is touched here.

const PER_MICRO: u64 = 1000;

/// Nanoseconds with a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) negative: bool,
    pub(super) nanos: u64,
}

impl Signed {
    /// The way from one time to another.
    pub(super) fn between(from: u64, to: u64) -> Self {
        Self {
            negative: to < from,
            nanos: to.abs_diff(from),
        }
    }

    /// The time this far from `from`; `None` where there is none.
    pub(super) fn after(self, from: u64) -> Option<u64> {
        if self.negative {
            from.checked_sub(self.nanos)
        } else {
            from.checked_add(self.nanos)
        }
    }
}

/// Appends nanoseconds as microseconds without needless zeros.
pub(super) fn push(out: &mut Vec<u8>, time: Signed) {
    if time.negative && time.nanos > 0 {
        out.push(b'-');
    }
    push_integer(out, time.nanos / PER_MICRO);
    let mut rest = time.nanos % PER_MICRO;
    if rest == 0 {
        return;
    }
    out.push(b'.');
    let mut unit = 100;
    while rest > 0 {
        out.push(digit(rest / unit));
        rest %= unit;
        unit /= 10;
    }
}

/// Appends an integer.
pub(super) fn push_integer(out: &mut Vec<u8>, mut number: u64) {
    let begin = out.len();
    loop {
        out.push(digit(number % 10));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(begin..) {
        digits.reverse();
    }
}

/// Reads a JSON number of microseconds. Other writers' forms (`1e-3`, more than three decimals) are rounded.
pub(super) fn parse(text: &str) -> Option<Signed> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 3 || !plain(whole) || !plain(fraction) {
        return parse_rounded(digits, negative);
    }
    let mut below: u64 = 0;
    for at in 0..3 {
        let digit = fraction.as_bytes().get(at).map_or(0, |byte| byte - b'0');
        below = below * 10 + u64::from(digit);
    }
    let whole: u64 = whole.parse().ok()?;
    let nanos = whole.checked_mul(PER_MICRO)?.checked_add(below)?;
    Some(Signed { negative, nanos })
}

fn parse_rounded(digits: &str, negative: bool) -> Option<Signed> {
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let nanos = (digits.parse::<f64>().ok()? * 1000.0).round();
    #[expect(clippy::cast_precision_loss, reason = "a bound, not a value")]
    let in_range = (0.0..u64::MAX as f64).contains(&nanos);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be a whole number in range"
    )]
    in_range.then_some(Signed {
        negative,
        nanos: nanos as u64,
    })
}

fn digit(value: u64) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Signed, parse, push};

    fn written(negative: bool, nanos: u64) -> String {
        let mut out = Vec::new();
        push(&mut out, Signed { negative, nanos });
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nanoseconds_are_written_as_short_microseconds() {
        assert_eq!(written(false, 0), "0");
        assert_eq!(written(true, 0), "0");
        assert_eq!(written(false, 12_345), "12.345");
        assert_eq!(written(false, 12_300), "12.3");
        assert_eq!(written(false, 12_000), "12");
        assert_eq!(written(true, 5), "-0.005");
        assert_eq!(written(false, u64::MAX), "18446744073709551.615");
    }

    #[test]
    fn forms_of_other_json_writers_are_understood_and_nonsense_is_refused() {
        let nanos = |text| parse(text).map(|time| time.nanos);
        assert_eq!(nanos("1e-3"), Some(1));
        assert_eq!(nanos("1.5E3"), Some(1_500_000));
        assert_eq!(nanos("0.00049999"), Some(0));
        assert_eq!(nanos("12.3450"), Some(12_345));
        for wrong in [
            "", "-", ".", ".5", "x", "1x", "nan", "inf", "--1", "1e99", "1e309",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse("99999999999999999999"), None);
    }

    proptest! {
        #[test]
        fn every_time_reads_back_exactly(negative: bool, nanos: u64) {
            let back = parse(&written(negative, nanos)).unwrap();
            prop_assert_eq!(back.nanos, nanos);
            prop_assert_eq!(back.negative, negative && nanos > 0);
        }

        #[test]
        fn the_way_between_two_times_leads_back(from: u64, to: u64) {
            prop_assert_eq!(Signed::between(from, to).after(from), Some(to));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = parse(&text);
        }
    }
}
