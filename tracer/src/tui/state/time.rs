//! The recording's own time: the moment under the play head, playing, and the stretch that the timeline shows.

use super::State;

/// The shortest stretch that the timeline shows, in nanoseconds.
const SHORTEST: u64 = 1_000;

impl State {
    /// The begin of the recording, in nanoseconds of CLOCK_BOOTTIME.
    pub(in crate::tui) fn origin(&self) -> u64 {
        self.book.origin()
    }

    /// The moment under the play head, nanoseconds since the begin.
    pub(in crate::tui) fn now(&mut self) -> u64 {
        let time = self.book.event_time(self.head).unwrap_or(0);
        self.seen_now = time.saturating_sub(self.origin());
        self.seen_now
    }

    /// The moment under the play head without decoding anything: the last one that was looked at.
    pub(in crate::tui) const fn seen_now(&self) -> u64 {
        self.seen_now
    }

    /// Lets `nanos` of real time go by.
    pub fn pass(&mut self, nanos: u64) {
        if !self.play.playing {
            return;
        }
        let now = self.play.clock.unwrap_or_else(|| self.now());
        let then = self.play.after(now, nanos, self.digest.last);
        self.play.clock = Some(then);
        let after = self.origin().saturating_add(then).saturating_add(1);
        let next = self.book.at_time(after);
        let last = self.book.total().saturating_sub(1);
        let reached = if then >= self.digest.last && self.progress().is_none() {
            last
        } else {
            next.saturating_sub(1)
        };
        if reached > self.head {
            self.go(reached);
        }
        if self.head >= last {
            self.play.stop();
            "the end; Space plays it again".clone_into(&mut self.message);
        }
    }

    /// Plays or pauses; at the end it begins again.
    pub(super) fn play_or_pause(&mut self) {
        let at_end = self.head + 1 >= self.book.total() && !self.book.recording().grows();
        if at_end && !self.play.playing {
            self.go(0);
        }
        self.play.toggle();
    }

    /// The stretch of time that the timeline shows, nanoseconds since the begin.
    pub(in crate::tui) fn window(&self) -> (u64, u64) {
        self.zoom.unwrap_or_else(|| (0, self.digest.last.max(1)))
    }

    pub(super) fn zoom_by(&mut self, factor: u64) {
        let (from, to) = self.window();
        let width = (to - from) / factor;
        let now = self.now();
        if width >= SHORTEST {
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

    /// Moves the stretch by a quarter of itself.
    pub(super) fn pan(&mut self, later: bool) {
        let Some((from, to)) = self.zoom else {
            self.message = "all of it is shown; + shows less".to_owned();
            return;
        };
        let width = to - from;
        let from = if later {
            let most = self.digest.last.saturating_sub(width / 2);
            from.saturating_add(width / 4).min(most.max(from))
        } else {
            from.saturating_sub(width / 4)
        };
        self.zoom = Some((from, from + width));
    }
}
