//! What a person reads: events in, strings out. No files, no environment, no terminal.
//!
//! ```text
//! Event -> lines (joins output) -> filter -> row (one event in words) -> text (aligned, coloured)
//!                                   ^                                    json, summary
//!                                   +--- scene (names, open calls, environments so far)
//! ```
//!
//! Everything that comes from a traced program passes `escape` on its way to a [`line::Line`], so no control
//! byte of a trace reaches a terminal.

pub mod amount;
pub mod calls;
pub mod check;
pub mod decode;
pub mod diff;
pub mod doctor;
pub mod errno;
pub mod escape;
pub mod explain;
pub mod filter;
pub mod json;
pub mod line;
pub mod lines;
pub mod roles;
pub mod row;
#[cfg(test)]
pub(crate) mod samples;
pub mod scene;
pub mod summary;
pub mod text;
pub mod try_load;
pub mod wrap;

/// How the reader wants text to look. Decided by the caller, who knows the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// Write colour sequences.
    pub colour: bool,
    /// Signs beyond ASCII may be used (`✗`, `│`).
    pub unicode: bool,
}

impl Looks {
    /// The sign of a failure.
    #[must_use]
    pub fn cross(self) -> &'static str {
        if self.unicode { "✗" } else { "!" }
    }

    /// The sign of what is as it should be.
    #[must_use]
    pub fn tick(self) -> &'static str {
        if self.unicode { "✓" } else { "+" }
    }

    /// The sign before a line that belongs to the one above.
    #[must_use]
    pub fn under(self) -> &'static str {
        if self.unicode { "↳" } else { "`->" }
    }

    /// The rule beside what happens inside a call.
    #[must_use]
    pub fn rule(self) -> &'static str {
        if self.unicode { "│ " } else { "| " }
    }

    /// The corner where a call comes back.
    #[must_use]
    pub fn corner(self) -> &'static str {
        if self.unicode { "└ " } else { "+ " }
    }

    /// What stands for text that was left out.
    #[must_use]
    pub fn dots(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}
