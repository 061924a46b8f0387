//! How an attempt went. What a kernel really allows is told by trying, not by its version.

use serde::Serialize;

use crate::event::Text;

/// The outcome of one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "result", content = "why", rename_all = "snake_case")]
pub enum Attempt {
    /// It works.
    Done,
    /// This process lacks the right (EPERM, EACCES).
    Refused(Text),
    /// It does not work here, for another reason.
    Failed(Text),
    /// It was not tried, since something before it failed.
    #[default]
    NotTried,
}

impl Attempt {
    /// True when it works.
    #[must_use]
    pub fn is_done(&self) -> bool {
        *self == Self::Done
    }

    /// Why it does not work.
    #[must_use]
    pub fn why(&self) -> Option<&Text> {
        match self {
            Self::Refused(why) | Self::Failed(why) => Some(why),
            Self::Done | Self::NotTried => None,
        }
    }
}
