//! What is wrong with an expression, with a caret under the place.

use std::fmt;
use std::ops::Range;

use super::super::escape;

/// An expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The expression as it was given.
    pub input: String,
    /// Bytes of `input` that are wrong; empty at the end for something missing.
    pub at: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What may stand there.
    pub allowed: String,
}

impl FilterError {
    /// The expression and carets under the wrong part, as two lines.
    #[must_use]
    pub fn picture(&self) -> String {
        let part = |range: Range<usize>| escape::text(self.input.get(range).unwrap_or_default());
        let before = escape::width(&part(0..self.at.start));
        let wrong = escape::width(&part(self.at.clone())).max(1);
        format!(
            "{}\n{}{}",
            escape::text(&self.input),
            " ".repeat(before),
            "^".repeat(wrong)
        )
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FilterError {}
