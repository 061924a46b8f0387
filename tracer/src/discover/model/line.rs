//! A line of the server's log.

use std::collections::BTreeMap;

use crate::event::Text;

use super::Evidence;

/// Level of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// OLLAMA_DEBUG=2.
    Trace,
    /// OLLAMA_DEBUG=1.
    Debug,
    /// The default.
    Info,
    /// A warning.
    Warn,
    /// An error.
    Error,
    /// No level: raw text of a child that the server passed on.
    #[default]
    Raw,
}

/// One line in Go's slog text form, or raw text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its level.
    pub level: Level,
    /// `msg=`, unquoted; for raw text the line.
    pub message: Text,
    /// The other fields, unquoted, but `time`, `level`, `source`.
    pub fields: BTreeMap<Text, Text>,
    /// `source=`, such as `runner.go:437`.
    pub source: Option<Text>,
    /// When it was written, nanoseconds of CLOCK_BOOTTIME; in a log since its first dated line; 0 when not known.
    pub time: u64,
    /// Where it stands; its text is the whole line.
    pub seen: Option<Evidence>,
}

impl Line {
    /// A field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(&Text::from(name)).map(Text::as_str)
    }
}
