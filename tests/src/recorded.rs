//! A finished recording: how the run ended, what it printed, and the events of its trace.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::events::{Events, line};
use crate::target::Outcome;

/// A run under `vgputrace run`.
#[derive(Debug)]
pub struct Recorded {
    /// End and words of the run.
    pub outcome: Outcome,
    /// The trace.
    pub events: Events,
    /// Where the trace is.
    pub path: PathBuf,
    _folder: Option<TempDir>,
}

impl Recorded {
    #[track_caller]
    pub(crate) fn read(outcome: Outcome, path: PathBuf, folder: Option<TempDir>) -> Self {
        let events = match read(&path) {
            Ok(events) => events,
            Err(why) => panic!(
                "{}: {why}\nthe run ended with {} and said:\n{}{}",
                path.display(),
                outcome.status,
                outcome.out(),
                outcome.err()
            ),
        };
        Self {
            outcome,
            events,
            path,
            _folder: folder,
        }
    }

    /// The code as a shell shows it: 128 and the number for a death by signal.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.outcome.shell_code()
    }

    /// The run ended with this code and nothing was lost.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn ended_with(&self, code: i32) {
        assert_eq!(
            self.code(),
            code,
            "the run ended with {}\nstdout: {}\nstderr: {}\n{}",
            self.outcome.status,
            self.outcome.out(),
            self.outcome.err(),
            self.events.story(&[])
        );
        let losses = self.events.losses();
        assert!(losses.is_empty(), "records were lost: {losses:?}");
    }

    /// All bytes of the trace, decompressed: what `zstd -dc` prints.
    ///
    /// # Panics
    /// When the file is torn or unreadable.
    #[must_use]
    #[track_caller]
    pub fn plain_bytes(&self) -> Vec<u8> {
        plain_bytes(&self.path)
    }
}

/// All bytes of a trace, decompressed.
///
/// # Panics
/// When the file is torn or unreadable.
#[must_use]
#[track_caller]
pub fn plain_bytes(path: &Path) -> Vec<u8> {
    match std::fs::File::open(path).and_then(zstd::decode_all) {
        Ok(bytes) => bytes,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// Reads a trace through `vgputrace show --json`, the way a script does.
///
/// # Errors
/// When `show` fails or a line is not as the vocabulary says.
pub fn read(path: &Path) -> Result<Events, String> {
    let binary = crate::binary().ok_or("vgputrace is not built")?;
    let shown = Command::new(binary)
        .args(["show", "--json"])
        .arg(path)
        .output()
        .map_err(|error| format!("show: {error}"))?;
    if !shown.status.success() {
        let words = String::from_utf8_lossy(&shown.stderr).into_owned();
        return Err(format!("show ended with {}: {words}", shown.status));
    }
    let text = String::from_utf8(shown.stdout).map_err(|_| "show printed no UTF-8".to_owned())?;
    let mut events = Vec::new();
    for (at, written) in text.lines().enumerate() {
        match line::event(written) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => {}
            Err(error) => return Err(format!("line {}: {error}: {written}", at + 1)),
        }
    }
    Ok(Events(events))
}
