//! The text of strace: one file, standard input, or the files of `-ff`, one for each process.

use std::fs::File;
use std::io::{self, BufRead, Read as _};
use std::path::{Path, PathBuf};

use crate::cmd::Report;
use crate::discover::Model;
use crate::discover::strace::{self, Screen, is_strace};
use crate::source::screen;

/// Text that is read, in bytes; of a longer one the beginning, which holds the server's start.
const LONGEST: u64 = 256 << 20;
/// Files of one strace.
const MOST: usize = 4_096;

/// One file. Where it is one of several that `-ff` wrote, all of them.
pub(super) fn file(path: &Path, input: impl BufRead) -> Result<Model, Report> {
    let siblings = number(path).map(|_| path.with_extension(""));
    if let Some(files) = siblings.map(|prefix| numbered(&prefix))
        && files.len() > 1
    {
        return several(&files);
    }
    read(vec![
        text(input, number(path)).map_err(|error| cannot(path, &error))?,
    ])
}

/// Standard input.
pub(super) fn stream(input: impl BufRead) -> Result<Model, Report> {
    let text = text(input, None)
        .map_err(|error| Report::new("cannot read standard input").because(&error))?;
    read(vec![text])
}

/// The files of `-ff` that begin with this name; `None` when there are none.
pub(super) fn prefix(path: &Path) -> Option<Result<Model, Report>> {
    let files = numbered(path);
    (!files.is_empty()).then(|| several(&files))
}

fn several(paths: &[PathBuf]) -> Result<Model, Report> {
    let mut files = Vec::new();
    let mut left = LONGEST;
    for path in paths {
        let input = File::open(path).map_err(|error| cannot(path, &error))?;
        let one = text(io::BufReader::new(input).take(left), number(path))
            .map_err(|error| cannot(path, &error))?;
        left -= (one.0.text.len() as u64).min(left);
        files.push(one);
    }
    read(files)
}

type Kept = (strace::File, bool);

fn text(input: impl BufRead, pid: Option<u32>) -> io::Result<Kept> {
    let mut bytes = Vec::new();
    let count = input.take(LONGEST).read_to_end(&mut bytes)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    Ok((strace::File { pid, text }, count as u64 == LONGEST))
}

fn read(kept: Vec<Kept>) -> Result<Model, Report> {
    let cut = kept.iter().any(|(_, cut)| *cut);
    let files: Vec<strace::File> = kept.into_iter().map(|(file, _)| file).collect();
    if !files
        .iter()
        .any(|file| is_strace(file.text.get(..64 * 1024).unwrap_or(&file.text).as_bytes()))
    {
        return Err(Report::new("these files are no text of strace"));
    }
    let mut model = strace::read(
        &files,
        Screen {
            text: screen::text,
            variable: |name, value| screen::environment(name, value, screen::Policy::Allowlist),
            arguments: |words| screen::argv(words),
        },
    );
    if cut {
        model
            .notes
            .push("Only the first 256 MiB of it were read.".to_owned());
    }
    Ok(model)
}

/// `NAME.PID` for a NAME, by number.
fn numbered(prefix: &Path) -> Vec<PathBuf> {
    let Some(name) = prefix.file_name() else {
        return Vec::new();
    };
    let folder = prefix
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or_else(|| Path::new(".")))
        .into_iter()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_stem() == Some(name))
        .filter_map(|path| Some((number(&path)?, path)))
        .take(MOST)
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

fn number(path: &Path) -> Option<u32> {
    path.extension()?.to_str()?.parse().ok()
}

fn cannot(path: &Path, error: &io::Error) -> Report {
    Report::new(format!("cannot read {}", path.display())).because(error)
}
