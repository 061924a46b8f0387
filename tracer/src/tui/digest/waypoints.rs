//! The discovery as it stood at places all along the recording: what was known at any event is made from the place before it.

use std::sync::Arc;

use crate::discover::events::Discovery;

/// Places at most. With half of them left after each thinning, a recording of ten million events has one every half million.
const MOST: usize = 32;
/// Events between two of them, at first.
const APART: u64 = 4_096;
/// Lines that the server said, in all of them together: each place has its own.
const MOST_LINES: usize = 200_000;

/// The places.
#[derive(Debug)]
pub(in crate::tui) struct Waypoints {
    /// Events until then, and what was made of them.
    list: Vec<(u64, Arc<Discovery>)>,
    apart: u64,
}

impl Default for Waypoints {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            apart: APART,
        }
    }
}

impl Waypoints {
    /// Keeps this one, where the last is far enough away.
    pub(super) fn offer(&mut self, done: u64, discovery: &Discovery) {
        let last = self.list.last().map_or(0, |(done, _)| *done);
        if done.saturating_sub(last) < self.apart {
            return;
        }
        let lines: usize = self.list.iter().map(|(_, known)| known.lines()).sum();
        if self.list.len() >= MOST || lines > MOST_LINES {
            self.apart = self.apart.saturating_mul(2);
            let mut odd = false;
            self.list.retain(|_| {
                odd = !odd;
                !odd
            });
        }
        self.list.push((done, Arc::new(discovery.clone())));
    }

    /// The last one that has taken no more than so many events.
    pub(in crate::tui) fn before(&self, done: u64) -> Option<&(u64, Arc<Discovery>)> {
        let past = self.list.partition_point(|(known, _)| *known <= done);
        self.list.get(past.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{APART, MOST, Waypoints};
    use crate::discover::events::Discovery;

    #[test]
    fn there_are_few_of_them_all_along_and_each_is_found() {
        let mut waypoints = Waypoints::default();
        let discovery = Discovery::default();
        let end = 10_000_000;
        for done in (0..=end).step_by(1_000) {
            waypoints.offer(done, &discovery);
        }
        assert!(waypoints.list.len() <= MOST, "{}", waypoints.list.len());
        assert!(waypoints.before(APART / 2).is_none());
        for done in (waypoints.apart * 2..=end).step_by(77_777) {
            let near = waypoints.before(done).expect("one before").0;
            assert!(
                near <= done && done - near <= 2 * waypoints.apart,
                "{near} for {done}"
            );
        }
    }
}
