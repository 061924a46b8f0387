//! `check`: an installed Ollama, looked at with no run at all.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::diagnose::tree::{self, Check};
use crate::event::tree::Facts;
use crate::source::tree::{Question, RootAccounts, gather};
use crate::source::user::{Accounts, SystemAccounts};
use crate::view::check;

/// What to look at, and how to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// What stands for `/`.
    pub root: Option<PathBuf>,
    /// Ollama's program.
    pub program: Option<PathBuf>,
    /// As JSON.
    pub json: bool,
}

/// Looks, tells, and gives the exit code: 0 clean, 1 findings.
///
/// # Errors
/// There is no such root, no Ollama below it, or standard output cannot be written.
pub fn run(props: &Props) -> Result<u8, Report> {
    let root = root(props)?;
    let (facts, answer) = look(&root, props.program.as_deref());
    let missing = facts
        .ollama
        .as_ref()
        .is_none_or(|ollama| ollama.file.size.is_none());
    if missing {
        return Err(no_ollama(&facts));
    }
    let Some(answer) = answer else {
        return Err(no_ollama(&facts));
    };
    let text = if props.json {
        check::json(&facts, &answer)
    } else {
        check::text(&facts, &answer, terminal::standard_output())
    };
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    Ok(u8::from(!answer.is_clean()))
}

/// Finds out what lies below `root`, and what the rules say of it; no answer where there is no Ollama.
pub(super) fn look(root: &Path, program: Option<&Path>) -> (Facts, Option<Check>) {
    look_at(root, program, None)
}

/// The same of a library folder of this machine that no program belongs to.
pub(super) fn look_at_libraries(folder: &Path) -> (Facts, Option<Check>) {
    look_at(Path::new("/"), None, Some(folder))
}

fn look_at(
    root: &Path,
    program: Option<&Path>,
    library_dir: Option<&Path>,
) -> (Facts, Option<Check>) {
    let here = root == Path::new("/");
    let cwd = match here {
        true => std::env::current_dir().unwrap_or_default(),
        false => PathBuf::from("/"),
    };
    let accounts: Box<dyn Accounts> = match here {
        true => Box::new(SystemAccounts),
        false => Box::new(RootAccounts::read(root)),
    };
    let facts = gather(&Question {
        root,
        program,
        library_dir,
        cwd: &cwd,
        caller: match here {
            true => std::env::vars_os().collect(),
            false => Vec::new(),
        },
        accounts: accounts.as_ref(),
    });
    let answer = tree::check(&facts);
    (facts, answer)
}

/// The root, absolute and without links. That of a process stays as it is: the link leads to `/`.
fn root(props: &Props) -> Result<PathBuf, Report> {
    let Some(root) = &props.root else {
        return Ok(PathBuf::from("/"));
    };
    let fail = |error| Report::new(format!("cannot look at {}", root.display())).because(&error);
    let metadata = std::fs::metadata(root).map_err(fail)?;
    if !metadata.is_dir() {
        return Err(Report::new(format!("{} is no folder", root.display())));
    }
    if root.starts_with("/proc") {
        return Ok(root.clone());
    }
    std::fs::canonicalize(root).map_err(fail)
}

fn no_ollama(facts: &Facts) -> Report {
    let mut report = if let Some(ollama) = &facts.ollama {
        let why = ollama
            .file
            .problem
            .as_ref()
            .map_or("not there", |why| why.as_str());
        Report::new(format!(
            "cannot look at {} (named by {}): {why}",
            ollama.program, ollama.by
        ))
    } else {
        Report::new(format!(
            "no Ollama below {}: no unit ollama.service, and no program where it usually is",
            facts.root
        ))
        .help("vgputrace check --bin FILE names the program")
    };
    if let Some(pid) = facts.server.unseen {
        report = report.help(tree::unseen(pid));
    }
    report
}
