//! One line now and then on standard error, between the lines of the target.

use crate::event::{Event, Kind};
use crate::view::amount;
use crate::view::summary::Summary;

/// Nothing is said before this, and then this often, in nanoseconds.
const EVERY: u64 = 10_000_000_000;
/// The target must have been silent for this long, in nanoseconds.
const QUIET: u64 = 300_000_000;

/// When a line may be written without tearing the target's own.
pub(in crate::cmd) struct Progress {
    wanted: bool,
    begun: u64,
    said: u64,
    wrote: u64,
    /// The target's last output ended its line.
    line_ended: bool,
}

impl Progress {
    /// `wanted`: standard error is a terminal and nobody asked for silence.
    pub(in crate::cmd) fn new(wanted: bool, now: u64) -> Self {
        Self {
            wanted,
            begun: now,
            said: now,
            wrote: 0,
            line_ended: true,
        }
    }

    /// Takes note of the target's output.
    pub(super) fn push(&mut self, event: &Event) {
        if let Kind::Output(output) = &event.kind {
            self.wrote = event.time;
            self.line_ended = output
                .text
                .value()
                .is_none_or(|text| text.as_str().ends_with('\n'));
        }
    }

    /// Says where the recording is, if it is time and the target is silent.
    #[expect(clippy::print_stderr, reason = "progress for the user")]
    pub(super) fn tick(&mut self, now: u64, summary: &Summary) {
        let due = now.saturating_sub(self.said) >= EVERY;
        let silent = self.line_ended && now.saturating_sub(self.wrote) >= QUIET;
        if !self.wanted || !due || !silent {
            return;
        }
        self.said = now;
        let lost: u64 = summary.loss.values().sum();
        let lost = if lost == 0 {
            String::new()
        } else {
            format!(", {} lost", amount::count(lost))
        };
        eprintln!(
            "vgputrace: recording for {}, {}{lost}; Ctrl-C ends it",
            amount::duration(now.saturating_sub(self.begun), true),
            amount::of(summary.events, "event"),
        );
    }

    /// Says that the recording stopped while the target goes on.
    #[expect(clippy::print_stderr, reason = "a warning for the user")]
    pub(super) fn stopped(&self, why: &str) {
        let why = match why {
            "size" => "the trace is at its size limit (--max-size)",
            _ => "the trace cannot be written any more",
        };
        eprintln!("vgputrace: recording stopped: {why}; the command goes on");
    }
}
