//! Playing: the play head moves through the recording's own time, as in a film.

/// Speeds, in percent of real time.
const SPEEDS: [u64; 13] = [
    1, 2, 5, 10, 25, 50, 100, 200, 500, 1_000, 2_500, 5_000, 10_000,
];
/// How long a whole recording should play, in nanoseconds, while the user has not chosen a speed: a bootstrap of half a
/// second would be over before anything was seen.
const FILM: u64 = 20_000_000_000;

/// Whether, and how fast.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Play {
    pub(in crate::tui) playing: bool,
    /// The moment that was reached, nanoseconds since the begin of the recording.
    pub(in crate::tui) clock: Option<u64>,
    /// The speed that the user has chosen: index into `SPEEDS`.
    chosen: Option<usize>,
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

    /// `length` is that of the whole recording, in nanoseconds.
    pub(in crate::tui) fn faster(&mut self, length: u64) {
        self.chosen = Some((self.speed(length) + 1).min(SPEEDS.len() - 1));
    }

    /// As `faster`.
    pub(in crate::tui) fn slower(&mut self, length: u64) {
        self.chosen = Some(self.speed(length).saturating_sub(1));
    }

    /// In percent of real time, for a recording of this length in nanoseconds.
    pub(in crate::tui) fn percent(&self, length: u64) -> u64 {
        SPEEDS.get(self.speed(length)).copied().unwrap_or(100)
    }

    /// The moment that is reached `nanos` of real time after `now`.
    pub(in crate::tui) fn after(&self, now: u64, nanos: u64, length: u64) -> u64 {
        now.saturating_add(nanos.saturating_mul(self.percent(length)) / 100)
    }

    /// Until the user chooses: the slowest speed at which the whole recording is over in time, and never faster than it was.
    fn speed(&self, length: u64) -> usize {
        self.chosen.unwrap_or_else(|| {
            let in_time = |percent: &u64| length.saturating_mul(100) / percent <= FILM;
            let real = SPEEDS.partition_point(|percent| *percent < 100);
            SPEEDS.iter().position(in_time).unwrap_or(real).min(real)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Play;

    #[test]
    fn a_short_recording_plays_slowly_and_a_long_one_as_it_was() {
        let mut play = Play::default();
        let second = 1_000_000_000;
        assert_eq!(play.percent(second / 2), 5);
        assert_eq!(play.percent(17 * second), 100);
        assert_eq!(play.percent(3_600 * second), 100);
        assert_eq!(play.percent(0), 1);
        // What the user chooses stays, whatever is recorded meanwhile.
        play.faster(second / 2);
        assert_eq!(play.percent(3_600 * second), 10);
        play.slower(0);
        play.slower(0);
        assert_eq!(play.percent(second), 2);
    }
}
