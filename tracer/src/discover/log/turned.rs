//! Turns a log round that runs newest line first, as `journalctl -r` and many stores of logs give it.
//!
//! In: lines without their wrapping. Out: the same, oldest first. Only the times of slog's lines decide: one that is earlier than the one
//! before, and no more that are later than a tenth of those. Until that is told lines are held back, within a bound.

use crate::discover::slog::wall_time;

/// Most bytes that are held back of a log that runs backward; a longer one is given on as it is.
const MOST: usize = 32 << 20;

/// Lines that are held back while no two times differ.
const MOST_UNDATED: usize = 400;

/// Lines of several workers may be a little out of order: a single step back counts when it is longer, in nanoseconds.
const LONG: i64 = 1_000_000_000;

/// The way a log runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Unknown,
    Forward,
    Backward,
}

/// The lines that are held back.
#[derive(Default)]
pub(super) struct Turned {
    way: Way,
    held: Vec<(u64, Vec<u8>)>,
    bytes: usize,
    last: Option<i64>,
    back: u64,
    on: u64,
    longest: i64,
    turned: bool,
}

impl Turned {
    /// Takes a line, and hands on what need not wait.
    pub(super) fn line(&mut self, number: u64, line: &[u8], mut next: impl FnMut(u64, &[u8])) {
        if self.way == Way::Forward {
            return next(number, line);
        }
        if let Some(time) = time(line) {
            let step = self.last.map_or(0, |last| time.saturating_sub(last));
            self.last = Some(time);
            self.back += u64::from(step < 0);
            self.on += u64::from(step > 0);
            self.longest = self.longest.max(step.saturating_neg());
        }
        self.bytes = self.bytes.saturating_add(line.len());
        self.held.push((number, line.to_vec()));
        let undated = self.back == 0 && self.held.len() > MOST_UNDATED;
        if self.on > self.back || undated || self.bytes > MOST {
            self.way = Way::Forward;
            self.give(&mut next);
        } else if self.back > 0 {
            self.way = Way::Backward;
        }
    }

    /// What is left when the log ends.
    pub(super) fn rest(&mut self, mut next: impl FnMut(u64, &[u8])) {
        let sure = self.back > 1 || self.longest >= LONG;
        if self.way == Way::Backward && sure && self.on.saturating_mul(10) <= self.back {
            self.held.reverse();
            self.turned = true;
        }
        self.give(&mut next);
    }

    /// Whether the log was turned round.
    pub(super) const fn is_turned(&self) -> bool {
        self.turned
    }

    fn give(&mut self, next: &mut impl FnMut(u64, &[u8])) {
        for (number, line) in std::mem::take(&mut self.held) {
            next(number, &line);
        }
    }
}

/// The time of a line of slog.
fn time(line: &[u8]) -> Option<i64> {
    let rest = line.strip_prefix(b"time=")?;
    let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    wall_time(rest.get(..end)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Turned;

    fn given(lines: &[&str]) -> (String, bool) {
        let mut out = Vec::new();
        let mut turned = Turned::default();
        let mut take = |_, line: &[u8]| out.push(String::from_utf8_lossy(line).into_owned());
        for (at, line) in lines.iter().enumerate() {
            turned.line(at as u64 + 1, line.as_bytes(), &mut take);
        }
        turned.rest(&mut take);
        (out.join("|"), turned.is_turned())
    }

    fn at(second: u32, milli: u32) -> String {
        format!("time=2026-01-02T03:04:{second:02}.{milli:03}Z level=INFO msg=x")
    }

    #[test]
    fn a_log_that_runs_newest_line_first_is_turned_round() {
        let [a, b, c] = [at(1, 0), at(2, 0), at(3, 0)];
        let (text, turned) = given(&[&c, "raw", &b, &b, &a]);
        assert_eq!(text, [&*a, &b, &b, "raw", &c].join("|"));
        assert!(turned);
        assert!(given(&[&b, &a]).1);
    }

    #[test]
    fn lines_that_are_a_little_out_of_order_stay() {
        let [a, b, c, d] = [at(1, 0), at(1, 2), at(1, 3), at(5, 0)];
        for lines in [
            [&*b, &a, &c, &d],
            [&*a, &c, &b, &d],
            [&*b, &a, "raw", "raw"],
            // Two pieces, the later one first.
            [&*c, &d, &a, &b],
        ] {
            assert_eq!(given(&lines), (lines.join("|"), false));
        }
    }

    proptest! {
        #[test]
        fn no_line_is_lost(steps in proptest::collection::vec(0_u32..60, 0..40)) {
            let lines: Vec<String> = steps.iter().map(|second| at(*second, 0)).collect();
            let borrowed: Vec<&str> = lines.iter().map(String::as_str).collect();
            let (text, _) = given(&borrowed);
            let mut after: Vec<&str> = text.split('|').filter(|line| !line.is_empty()).collect();
            let mut before = borrowed.clone();
            after.sort_unstable();
            before.sort_unstable();
            prop_assert_eq!(after, before);
        }
    }
}
