//! What did not reach the trace, and the recorder's word about itself.

use serde::{Deserialize, Serialize};

use super::Text;

/// Records were lost. The event's time and duration say between which times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// `ring` (buffer full), `table` (in-flight table full), `fault` (memory unreadable), `decode` (bad record),
    /// `breakpoint` (places of ptrace's breakpoints that another tracer uses: calls there may be missing),
    /// `length` (event too long for a line), `size` (trace at its size limit), `disk`.
    pub cause: Text,
    /// How many records, or bytes where `cause` says so.
    pub count: u64,
}

/// A word of the recorder about itself, for the reader of the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// A stable name, such as `root_hides_permissions`.
    pub id: Text,
    /// One sentence.
    pub text: Text,
}

impl Note {
    /// The note of a run whose GPU is no real one (`run --shim`): every output has to show it.
    pub const VIRTUAL_GPU: &'static str = "virtual_gpu";

    /// Whether it is that note.
    #[must_use]
    pub fn is_label(&self) -> bool {
        self.id.as_str() == Self::VIRTUAL_GPU
    }
}
