//! How far the reading of a long trace is, on a terminal and after a second; gone when it is over.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Events between two looks at the clock.
const STEP: u64 = 1 << 16;
/// What is over before this needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// The reading of one trace.
pub(super) struct Reading {
    name: String,
    begun: Instant,
    events: u64,
    bar: Option<ProgressBar>,
}

impl Reading {
    /// Begins.
    pub(super) fn new(path: &Path) -> Self {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        Self {
            name: crate::view::escape::text(&name.unwrap_or_default()).into_owned(),
            begun: Instant::now(),
            events: 0,
            bar: None,
        }
    }

    /// One more event.
    pub(super) fn one(&mut self) {
        self.events += 1;
        if !self.events.is_multiple_of(STEP) || self.begun.elapsed() < PATIENCE {
            return;
        }
        let name = &self.name;
        let bar = self.bar.get_or_insert_with(|| {
            // indicatif shows nothing where standard error is no terminal.
            let bar = ProgressBar::new_spinner().with_prefix(name.clone());
            let style = ProgressStyle::with_template("reading {prefix}: {human_pos} events");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        bar.set_position(self.events);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
