//! How time lies on the columns: evenly, or with stretches left out in which nothing happens.

use crate::tui::digest::track::Runs;

/// A quiet stretch is one that would take more columns than one in so many.
const QUIET_PARTS: u64 = 40;

/// Begins of the columns.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Scale {
    /// Moments at which columns begin, in order, and the end: one more than there are columns.
    begins: Vec<u64>,
    /// Columns that stand for a stretch that was left out.
    gaps: Vec<usize>,
}

impl Scale {
    /// Equal stretches.
    pub(super) fn even(from: u64, to: u64, width: u16) -> Self {
        let columns = u64::from(width.max(1));
        let length = u128::from(to.saturating_sub(from));
        let begin = |at: u64| {
            let part = length * u128::from(at) / u128::from(columns);
            from.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))
        };
        Self {
            begins: (0..=columns).map(begin).collect(),
            gaps: Vec::new(),
        }
    }

    /// A stretch in which nothing happens gets one column, the rest is shared by what happens.
    pub(super) fn compressed(from: u64, to: u64, width: u16, activity: &Runs) -> Self {
        let columns = u64::from(width.max(1));
        let quiet = to.saturating_sub(from) / QUIET_PARTS;
        let mut gaps = gaps(from, to, activity);
        gaps.retain(|gap| gap.1 - gap.0 > quiet);
        gaps.sort_unstable_by_key(|gap| std::cmp::Reverse(gap.1 - gap.0));
        gaps.truncate(usize::from(width) / 4);
        gaps.sort_unstable();
        let left_out: u64 = gaps.iter().map(|gap| gap.1 - gap.0).sum();
        let busy = to.saturating_sub(from).saturating_sub(left_out).max(1);
        // Each gap and each stretch between has one column at least.
        let shared = columns.saturating_sub(2 * gaps.len() as u64 + 1);
        let mut scale = Self::default();
        let mut begin = from;
        for (gap, end) in gaps.into_iter().chain([(to, to)]) {
            let length = gap.saturating_sub(begin);
            let own = 1 + u128::from(length) * u128::from(shared) / u128::from(busy);
            for at in 0..own {
                let part = u128::from(length) * at / own;
                let begins = begin.saturating_add(u64::try_from(part).unwrap_or(0));
                scale.begins.push(begins);
            }
            if end > gap {
                scale.gaps.push(scale.begins.len());
                scale.begins.push(gap);
            }
            begin = end;
        }
        scale.begins.push(to);
        scale
    }

    /// How many columns there are.
    pub(super) fn columns(&self) -> usize {
        self.begins.len().saturating_sub(1)
    }

    /// Begin and end of a column.
    pub(in crate::tui) fn stretch(&self, column: usize) -> Option<(u64, u64)> {
        let begin = *self.begins.get(column)?;
        let end = *self.begins.get(column + 1)?;
        Some((begin, end.max(begin.saturating_add(1))))
    }

    /// The column of a moment; `None` outside of the screen.
    pub(super) fn column(&self, time: u64) -> Option<usize> {
        let (first, last) = (self.begins.first()?, self.begins.last()?);
        if time < *first || time > *last {
            return None;
        }
        let past = self.begins.partition_point(|begin| *begin <= time);
        Some(past.saturating_sub(1).min(self.columns().saturating_sub(1)))
    }

    /// Columns that stand for a stretch that was left out.
    pub(super) fn gaps(&self) -> &[usize] {
        &self.gaps
    }
}

/// Stretches of the window between what happens.
fn gaps(from: u64, to: u64, activity: &Runs) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    let mut begin = from;
    for run in activity.all() {
        if run.to < from {
            continue;
        }
        if run.from > to {
            break;
        }
        if run.from > begin {
            found.push((begin, run.from));
        }
        begin = begin.max(run.to);
    }
    if begin < to {
        found.push((begin, to));
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scale;
    use crate::tui::digest::track::Runs;

    proptest! {
        #[test]
        fn every_moment_has_a_column_and_columns_fit(
            width in 1u16..300,
            from in 0u64..1_000_000,
            length in 1u64..10_000_000_000,
            events in prop::collection::vec(0u64..10_000_000_000, 0..50),
        ) {
            let mut events = events;
            events.sort_unstable();
            let mut activity = Runs::default();
            for time in events {
                activity.push(time, time, 4_096);
            }
            let to = from + length;
            for scale in [Scale::even(from, to, width), Scale::compressed(from, to, width, &activity)] {
                prop_assert!(scale.columns() <= usize::from(width));
                for time in [from, from + length / 3, to] {
                    let column = scale.column(time).unwrap();
                    let (begin, end) = scale.stretch(column).unwrap();
                    prop_assert!(begin <= time && (time < end || time == to), "{begin} {time} {end}");
                }
            }
        }
    }

    #[test]
    fn a_long_silence_takes_one_column() {
        let mut activity = Runs::default();
        for time in (0..1_000).chain(1_000_000..1_001_000) {
            activity.push(time, time + 1, 4_096);
        }
        let scale = Scale::compressed(0, 1_001_000, 80, &activity);
        assert_eq!(scale.gaps().len(), 1);
        let before = scale.column(999).unwrap();
        let after = scale.column(1_000_000).unwrap();
        assert!(before >= 30 && after - before <= 2, "{before} {after}");
    }
}
