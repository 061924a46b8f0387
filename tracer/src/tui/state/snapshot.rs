//! What a pass over a long recording gave, as bytes: lanes, words, failures, verdicts. A viewer that has them shows them at once
//! and reads the recording again behind them.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::State;
use super::limits::Limit;
use super::told::Told;
use super::understanding::Understanding;
use crate::tui::digest::Digest;

/// Raised when the shape changes.
const VERSION: u32 = 6;
/// A recording with fewer frames is read in a moment.
const LONG: usize = 32;

/// Where such bytes are kept.
pub trait Cache {
    /// Those of this very recording.
    fn load(&mut self) -> Option<Vec<u8>>;

    /// Keeps for the next time what is written. It is many megabytes, which need not stand in memory once more.
    fn store(&mut self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>);
}

#[derive(Deserialize)]
struct Snapshot {
    version: u32,
    digest: Digest,
    told: Told,
    roles: BTreeMap<u32, String>,
    limits: Vec<Limit>,
}

/// The same, borrowed.
#[derive(Serialize)]
struct Taken<'a> {
    version: u32,
    digest: &'a Digest,
    told: &'a Told,
    roles: &'a BTreeMap<u32, String>,
    limits: &'a [Limit],
}

impl State {
    /// There is something worth keeping: true once, when all of a long recording was read.
    pub fn is_worth_keeping(&mut self) -> bool {
        let whole = self.reading.is_none() && self.digest.finished(&self.book);
        if self.kept || !whole || self.book.recording().grows() {
            return false;
        }
        self.kept = true;
        self.book.frames() >= LONG
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn snapshot(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let (told, roles) = (self.told(), self.roles());
        let taken = Taken {
            version: VERSION,
            digest: &self.digest,
            told: &told,
            roles: &roles,
            limits: self.limits(),
        };
        serde_json::to_writer(out, &taken).map_err(io::Error::from)
    }

    /// Takes what was kept; false when it does not belong to this recording.
    pub fn restore(&mut self, bytes: &[u8]) -> bool {
        let Ok(known) = serde_json::from_slice::<Snapshot>(bytes) else {
            return false;
        };
        if known.version != VERSION || known.digest.done != self.book.total() {
            return false;
        }
        self.understood = Some(Understanding::kept(
            known.digest.done,
            known.told,
            Rc::new(known.roles),
            known.limits,
        ));
        self.digest = known.digest;
        self.reading = Some(Digest::default());
        self.open_at_the_cause();
        true
    }

    /// The share that was read again behind what is known from before, in per cent.
    pub(in crate::tui) fn reread(&self) -> Option<u64> {
        let reading = self.reading.as_ref()?;
        Some(reading.done.saturating_mul(100) / self.book.total().max(1))
    }
}
