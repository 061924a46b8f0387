//! The last good run of each server: where its trace is, and what a worse run does otherwise.
//!
//! Kept in the state folder (XDG base directories) of the user who records. Under sudo that is root's own: a file that root
//! writes and reads back must not lie where another user can put one.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cmd::explain::source;
use crate::diagnose::{Explanation, Verdict};
use crate::diff::{Run, diff};
use crate::discover::Model;
use crate::view::diff::headline;

/// Servers that are remembered; the oldest is forgotten first.
const MOST: usize = 64;
/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// One server and its last good run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Its program.
    server: String,
    /// The unit it runs as, or is run like.
    unit: Option<String>,
    /// The trace, absolute.
    trace: PathBuf,
    /// Backends that were used.
    used: Vec<String>,
}

/// Remembers a run that was no worse than the last good one. Of a worse one it gives the sentence that tells where it stops
/// being like that, and the path of that trace.
pub(super) fn compare(
    model: &Model,
    explanation: &Explanation,
    trace: &Path,
    unit: Option<&str>,
) -> Option<(String, PathBuf)> {
    compare_in(&file()?, model, explanation, trace, unit)
}

fn compare_in(
    file: &Path,
    model: &Model,
    explanation: &Explanation,
    trace: &Path,
    unit: Option<&str>,
) -> Option<(String, PathBuf)> {
    let server = model
        .server
        .as_ref()
        .filter(|server| !server.exe.is_empty())?;
    let own = server
        .cgroup
        .as_ref()
        .and_then(|group| crate::diff::unit(group.as_str()));
    let entry = Entry {
        server: server.exe.as_str().to_owned(),
        unit: unit.or(own).map(str::to_owned),
        trace: std::path::absolute(trace).ok()?,
        used: used(explanation),
    };
    let mut all = read(file);
    let same = |other: &Entry| other.server == entry.server && other.unit == entry.unit;
    let last = all.iter().find(|other| same(other)).cloned();
    let worse = last
        .as_ref()
        .is_some_and(|last| last.used.iter().any(|name| !entry.used.contains(name)));
    if let (true, Some(last)) = (worse, last) {
        // A trace that is gone can be compared with nothing; it stays remembered until a better run comes.
        return Some((sentence(&last.trace, model, explanation)?, last.trace));
    }
    if !entry.used.is_empty() {
        all.retain(|other| !same(other));
        all.push(entry);
        let surplus = all.len().saturating_sub(MOST);
        all.drain(..surplus);
        // Nothing depends on it: a folder that cannot be written costs the memory and no recording.
        let _ = write(file, &all);
    }
    None
}

fn used(explanation: &Explanation) -> Vec<String> {
    explanation
        .backends
        .iter()
        .filter(|backend| backend.verdict == Verdict::Used)
        .map(|backend| backend.name.as_str().to_owned())
        .collect()
}

fn sentence(good: &Path, model: &Model, explanation: &Explanation) -> Option<String> {
    let before = source::file(good).ok()?;
    let answer = diff(
        Run {
            model: &before,
            explanation: &crate::diagnose::explain(&before),
        },
        Run::new(model, explanation),
        &|_| false,
    );
    let told = |sentence: &str| {
        sentence.replacen(
            "BAD stops being like GOOD",
            "this run stops being like it",
            1,
        )
    };
    (!answer.same).then(|| told(&headline(&answer)))
}

/// `last-good.json` in the state folder.
fn file() -> Option<PathBuf> {
    let by_sudo = rustix::process::geteuid().is_root() && std::env::var_os("SUDO_UID").is_some();
    let set = |name: &str| {
        let value = std::env::var_os(name)
            .filter(|_| !by_sudo)
            .map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    let home = || {
        set("HOME").or_else(|| {
            let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok()??;
            Some(user.dir)
        })
    };
    let state = set("XDG_STATE_HOME").or_else(|| home().map(|home| home.join(".local/state")))?;
    Some(state.join("vgputrace/last-good.json"))
}

fn read(file: &Path) -> Vec<Entry> {
    let mut text = String::new();
    let read =
        std::fs::File::open(file).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    match read {
        Ok(_) => serde_json::from_str(&text).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// Whole or not at all: another recording may read it now.
fn write(file: &Path, all: &[Entry]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or_else(|| Path::new("/"));
    std::fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(&serde_json::to_vec_pretty(all)?)?;
    new.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests;
