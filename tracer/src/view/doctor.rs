//! What `doctor` says: facts in, findings and text out. Pure; no file, no terminal.
//!
//! ```text
//! Facts -> rules (one file a subject) -> Finding -> text, JSON, exit code
//! ```
//!
//! A rule states what was seen and what follows from it with certainty; why a backend was not used is not told here.

mod json;
mod rules;
#[cfg(test)]
mod tests;
mod text;

use serde::Serialize;

use crate::event::doctor::Facts;

pub use json::to_json;
pub use rules::shell;
pub use text::write;

/// How good or bad a finding is, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing to do.
    Note,
    /// Something to mend; recording works all the same.
    Problem,
    /// Recording is not possible.
    Stop,
}

/// Which part of the page a finding belongs to, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Whether recording works.
    Recording,
    /// Rights of this process.
    Rights,
    /// The kernel.
    Kernel,
    /// Limits.
    Limits,
    /// What recording costs others.
    Cost,
    /// Ollama's library tree.
    Ollama,
    /// Driver libraries.
    Drivers,
    /// GPUs, kernel modules and device nodes.
    Devices,
    /// Unit and running servers.
    Service,
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name.
    pub id: &'static str,
    /// Its place.
    pub about: About,
    /// How good or bad.
    pub level: Level,
    /// One or two sentences.
    pub sentence: String,
    /// What to type to bring what is missing.
    pub command: Option<String>,
}

impl Finding {
    fn new(id: &'static str, about: About, level: Level, sentence: impl Into<String>) -> Self {
        Self {
            id,
            about,
            level,
            sentence: sentence.into(),
            command: None,
        }
    }

    fn so(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

/// All findings in the order of the page.
#[must_use]
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let mut all = Vec::new();
    rules::recording::check(facts, &mut all);
    rules::limits::check(facts, &mut all);
    rules::library_tree::check(facts, &mut all);
    rules::drivers::check(facts, &mut all);
    rules::devices::check(facts, &mut all);
    rules::service::check(facts, &mut all);
    all.sort_by_key(|finding| finding.about);
    all
}

/// The exit code of `doctor`: 0 when recording works and nothing is to be mended, 1 when something is, 2 when recording
/// is not possible.
#[must_use]
pub fn exit_code(findings: &[Finding]) -> u8 {
    match findings.iter().map(|finding| finding.level).max() {
        None | Some(Level::Ok | Level::Note) => 0,
        Some(Level::Problem) => 1,
        Some(Level::Stop) => 2,
    }
}
