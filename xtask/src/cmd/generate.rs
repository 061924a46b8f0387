//! `cargo xtask gen`: writes the generated part of the function table from the interfaces' published headers.
//!
//! Input: the redistributable header packages, by pip, pinned. Output: `shim/api/src/generated/*.rs`: names, types,
//! numbers, versions, which are facts. The headers stay in `.cache` and are never part of the repository. (The module
//! is called `generate` because `gen` is a word of the language.)

mod headers;
mod kinds;
mod merge;
mod parse;
mod tokens;
mod write;

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::{machine, step};

/// Where the generated files stand.
const FOLDER: &str = "shim/api/src/generated";

/// Writes the pages of the rules (docs/diagnoses, docs/DIAGNOSES.md), which a test of the tracer makes from the rules.
fn pages(root: &Path, check: bool) -> anyhow::Result<bool> {
    let mut command = std::process::Command::new("cargo");
    command
        .current_dir(root)
        .args(["test", "-q", "-p", "vgputrace", "--test", "pages"]);
    if !check {
        command.env("VGPUTRACE_WRITE_PAGES", "1");
    }
    let done = command.status().context("cannot run cargo test")?;
    Ok(done.success())
}

/// Writes the files; with `check`, compares them instead and is false when one differs.
///
/// # Errors
/// When pip or the network is missing, or a header is not what the reader of headers knows.
pub(crate) fn run(check: bool) -> anyhow::Result<bool> {
    let root = machine::root();
    let pages = pages(&root, check)?;
    if let Err(error) = headers::fetch(&root) {
        if check {
            step::say(&format!("gen --check skipped: {error:#}"));
            return Ok(pages);
        }
        return Err(error);
    }
    let files = make(&root)?;
    let mut same = pages;
    for (name, text) in files {
        let path = root.join(FOLDER).join(&name);
        let there = fs::read_to_string(&path).unwrap_or_default();
        if there == text {
            continue;
        }
        same = false;
        if check {
            step::say(&format!(
                "{FOLDER}/{name} is not what the headers give: run 'cargo xtask gen'"
            ));
        } else {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            step::say(&format!("wrote {FOLDER}/{name}"));
        }
    }
    Ok(same || !check)
}

/// Fetches the headers where they are not here yet.
///
/// # Errors
/// When pip or the network is missing.
pub(crate) fn fetch(root: &Path) -> anyhow::Result<()> {
    headers::fetch(root)
}

/// The generated files, by name.
fn make(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let read = headers::read(root)?;
    write::files(&read)
}

#[cfg(test)]
mod tests;
