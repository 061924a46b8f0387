//! Levels of detail: marks and stretches on a lane, thinned so that their number stays bounded however long the
//! recording is. A screen asks for what lies in one of its columns, by binary search: a frame costs the same for a
//! hundred marks and for ten million.

use serde::{Deserialize, Serialize};

/// A mark, or several that are too close to be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tui) struct Point {
    /// Nanoseconds since the begin, of the first.
    pub(in crate::tui) time: u64,
    /// Index of its event.
    pub(in crate::tui) index: u64,
    /// How many there were up to here, all that were joined with this one included.
    upto: u64,
}

/// Marks of one kind, in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::tui) struct Track {
    points: Vec<Point>,
    /// Marks that are closer than this, in nanoseconds, are one.
    grain: u64,
    total: u64,
}

impl Track {
    /// Takes the next mark; keeps at most `most`.
    pub(super) fn push(&mut self, time: u64, index: u64, most: usize) {
        self.total += 1;
        let upto = self.total;
        let last = self.points.last().map_or(0, |last| last.time);
        let time = time.max(last);
        match self.points.last_mut() {
            Some(last) if time - last.time < self.grain => last.upto = upto,
            _ => self.points.push(Point { time, index, upto }),
        }
        if self.points.len() > most.max(2) {
            self.thin(most.max(2));
        }
    }

    fn thin(&mut self, most: usize) {
        while self.points.len() > most / 2 {
            let span = self.points.last().map_or(0, |last| last.time);
            self.grain = self.grain.saturating_mul(2).max(span / most as u64).max(1);
            let mut kept: Vec<Point> = Vec::new();
            for point in self.points.drain(..) {
                match kept.last_mut() {
                    Some(last) if point.time - last.time < self.grain => last.upto = point.upto,
                    _ => kept.push(point),
                }
            }
            let same = kept.len() <= 1;
            self.points = kept;
            if same {
                break;
            }
        }
    }

    /// The first mark at or after `from` and before `to`.
    pub(in crate::tui) fn within(&self, from: u64, to: u64) -> Option<&Point> {
        let at = self.points.partition_point(|point| point.time < from);
        self.points.get(at).filter(|point| point.time < to)
    }

    /// How many marks there were up to an event; exact to the grain.
    pub(in crate::tui) fn count_until(&self, index: u64) -> u64 {
        let past = self.points.partition_point(|point| point.index <= index);
        let last = past.checked_sub(1).and_then(|at| self.points.get(at));
        last.map_or(0, |point| point.upto)
    }
}

/// A stretch of time, or several that touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tui) struct Run {
    /// Nanoseconds since the begin.
    pub(in crate::tui) from: u64,
    pub(in crate::tui) to: u64,
}

/// Stretches that do not overlap, in order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::tui) struct Runs {
    runs: Vec<Run>,
    grain: u64,
}

impl Runs {
    /// Takes a stretch when it has ended: ends come in order, or nearly so.
    pub(in crate::tui) fn push(&mut self, from: u64, to: u64, most: usize) {
        self.join(Run {
            from,
            to: to.max(from),
        });
        let most = most.max(2);
        while self.runs.len() > most {
            let span = self.runs.last().map_or(0, |last| last.to);
            self.grain = self.grain.saturating_mul(2).max(span / most as u64).max(1);
            for run in std::mem::take(&mut self.runs) {
                self.join(run);
            }
        }
    }

    fn join(&mut self, mut run: Run) {
        while let Some(last) = self.runs.last() {
            if last.to.saturating_add(self.grain) < run.from {
                break;
            }
            run.from = run.from.min(last.from);
            run.to = run.to.max(last.to);
            self.runs.pop();
        }
        self.runs.push(run);
    }

    /// Some stretch has a part at or after `from` and before `to`.
    pub(in crate::tui) fn covers(&self, from: u64, to: u64) -> bool {
        let at = self.runs.partition_point(|run| run.to < from);
        self.runs.get(at).is_some_and(|run| run.from < to)
    }

    /// All of them.
    pub(in crate::tui) fn all(&self) -> &[Run] {
        &self.runs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Runs, Track};

    proptest! {
        #[test]
        fn a_track_stays_small_and_keeps_its_count(steps in prop::collection::vec(0u64..1_000, 1..3_000), most in 4usize..64) {
            let mut track = Track::default();
            let mut time = 0;
            for (index, step) in steps.iter().enumerate() {
                time += step;
                track.push(time, index as u64, most);
                prop_assert!(track.points.len() <= most);
            }
            prop_assert_eq!(track.count_until(u64::MAX), steps.len() as u64);
            prop_assert!(track.within(0, time + 1).is_some());
            prop_assert!(track.points.windows(2).all(|pair| pair[0].time <= pair[1].time));
        }

        #[test]
        fn runs_cover_what_was_put_in(pieces in prop::collection::vec((0u64..500, 0u64..300), 1..500), most in 4usize..64) {
            let mut runs = Runs::default();
            let (mut end, mut all) = (0, Vec::new());
            for (gap, length) in pieces {
                let from = (end + gap).saturating_sub(length);
                end += gap;
                runs.push(from, end, most);
                all.push((from, end));
                prop_assert!(runs.all().len() <= most);
            }
            for (from, to) in all {
                prop_assert!(runs.covers(from, to + 1));
            }
            prop_assert!(runs.all().windows(2).all(|pair| pair[0].to < pair[1].from));
            prop_assert!(!runs.covers(end + 1, u64::MAX));
        }
    }

    #[test]
    fn few_marks_are_all_kept() {
        let mut track = Track::default();
        for at in [3, 5, 5, 9] {
            track.push(at, at * 10, 64);
        }
        assert_eq!(track.within(4, 6).map(|point| point.index), Some(50));
        assert_eq!(track.within(6, 9), None);
        assert_eq!(track.count_until(50), 3);
        assert_eq!(track.count_until(29), 0);
    }
}
