//! The recording's own time: the moment under the play head, playing, and the stretch that the timeline shows.

use super::State;
use crate::tui::digest::Mark;

impl State {
    /// The moment under the play head, nanoseconds since the begin.
    pub(in crate::tui) fn now(&mut self) -> u64 {
        let time = self.book.event_time(self.head).unwrap_or(0);
        let origin = self
            .book
            .recording()
            .header()
            .map(|header| header.clock.boot.0);
        self.seen_now = time.saturating_sub(origin.unwrap_or(0));
        self.seen_now
    }

    /// The moment under the play head without decoding anything: the last one that was looked at.
    pub(in crate::tui) fn book_time(&self) -> u64 {
        self.seen_now
    }

    /// Lets `nanos` of real time go by.
    pub fn pass(&mut self, nanos: u64) {
        if !self.play.playing {
            return;
        }
        let now = self.play.clock.unwrap_or_else(|| self.now());
        let then = self.play.after(now, nanos);
        self.play.clock = Some(then);
        let origin = self
            .book
            .recording()
            .header()
            .map(|header| header.clock.boot.0);
        let next = self
            .book
            .at_time(origin.unwrap_or(0).saturating_add(then).saturating_add(1));
        let last = self.book.total().saturating_sub(1);
        let reached = if then >= self.digest.last {
            last
        } else {
            next.saturating_sub(1)
        };
        if reached > self.head {
            self.go(reached);
        }
        if self.head >= last {
            self.play.stop();
        }
    }

    /// The stretch of time that the timeline shows, nanoseconds since the begin.
    pub(in crate::tui) fn window(&self) -> (u64, u64) {
        self.zoom.unwrap_or_else(|| (0, self.digest.last.max(1)))
    }

    pub(super) fn zoom_by(&mut self, factor: u64) {
        let (from, to) = self.window();
        let width = (to - from) / factor;
        let now = self.now();
        if width >= 1_000 {
            let from = now.saturating_sub(width / 2);
            self.zoom = Some((from, from + width));
        }
    }

    pub(super) fn zoom_out(&mut self) {
        let Some((from, to)) = self.zoom else { return };
        let width = (to - from).saturating_mul(2);
        let now = self.now();
        let from = now.saturating_sub(width / 2);
        self.zoom = (width < self.digest.last).then_some((from, from + width));
    }

    /// Marks of one kind before the play head, on one lane.
    pub(in crate::tui) fn marked(&self, lane: u32, kind: Mark) -> usize {
        self.digest
            .marks
            .iter()
            .filter(|(of, _, mark, index)| *of == lane && *mark == kind && *index <= self.head)
            .count()
    }
}
