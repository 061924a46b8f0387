//! Playing: the play head moves through the recording's own time.

/// Speeds, in percent of real time.
const SPEEDS: [u64; 10] = [10, 25, 50, 100, 200, 500, 1_000, 2_500, 5_000, 10_000];

/// Whether, and how fast.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Play {
    pub(in crate::tui) playing: bool,
    /// The moment that was reached, nanoseconds since the begin of the recording.
    pub(in crate::tui) clock: Option<u64>,
    speed: usize,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            playing: false,
            clock: None,
            speed: 3,
        }
    }
}

impl Play {
    pub(in crate::tui) fn toggle(&mut self) {
        self.playing = !self.playing;
        self.clock = None;
    }

    pub(in crate::tui) fn stop(&mut self) {
        self.playing = false;
        self.clock = None;
    }

    pub(in crate::tui) fn faster(&mut self) {
        self.speed = (self.speed + 1).min(SPEEDS.len() - 1);
    }

    pub(in crate::tui) fn slower(&mut self) {
        self.speed = self.speed.saturating_sub(1);
    }

    /// In percent of real time.
    pub(in crate::tui) fn percent(&self) -> u64 {
        SPEEDS.get(self.speed).copied().unwrap_or(100)
    }

    /// The moment that is reached `nanos` of real time after `now`.
    pub(in crate::tui) fn after(&self, now: u64, nanos: u64) -> u64 {
        now.saturating_add(nanos.saturating_mul(self.percent()) / 100)
    }
}
