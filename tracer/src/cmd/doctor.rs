//! `doctor`: what this machine and this process can do for a recording, and what is missing.

use std::path::{Path, PathBuf};

use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::source::doctor::{Question, gather};
use crate::source::user::SystemAccounts;
use crate::view::doctor::{exit_code, findings, to_json, write};

/// What to look at, and how to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// Ollama's program; the first on PATH when absent.
    pub program: Option<PathBuf>,
    /// Measure what recording costs others.
    pub measure: bool,
    /// As JSON.
    pub json: bool,
}

/// Finds out, tells, and gives the exit code: 0 fine, 1 something to mend, 2 recording does not work.
///
/// # Errors
/// The named program is not there, or standard output cannot be written.
pub fn run(props: &Props) -> Result<u8, Report> {
    if let Some(program) = &props.program {
        std::fs::metadata(program).map_err(|error| {
            Report::new(format!("cannot look at {}", program.display())).because(&error)
        })?;
    }
    let cwd = std::env::current_dir().unwrap_or_default();
    let facts = gather(&Question {
        root: Path::new("/"),
        cwd: &cwd,
        path: std::env::var_os("PATH"),
        program: props.program.as_deref(),
        own: std::env::current_exe().ok(),
        accounts: &SystemAccounts,
        measure: props.measure,
    });
    let found = findings(&facts);
    let text = if props.json {
        to_json(&facts, &found)
    } else {
        write(&facts, &found, terminal::standard_output())
    };
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    Ok(exit_code(&found))
}
