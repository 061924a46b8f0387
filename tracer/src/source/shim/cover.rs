//! Which files of an installation and of the system the shim's libraries have to stand in front of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vgputrace_bundle::File;

use super::folder::library_of;
use super::is_loadable;
use crate::source::library::candidates::{Candidate, Why};

/// What is to be done so that a program finds the shim's libraries and no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Files that are covered: where they are, and by which library, by its SONAME.
    pub covered: Vec<(PathBuf, &'static str)>,
    /// Files of the installation that must not be there: their folder is shown without them.
    pub hidden: Vec<PathBuf>,
    /// Files elsewhere that must not be there. They may lie among thousands, and their folders are left as they are.
    pub masked: Vec<PathBuf>,
}

/// The plan for a program's candidates.
#[must_use]
pub fn plan(found: &[Candidate], files: &[File], own: &Path) -> Plan {
    let mut plan = Plan::default();
    let mut seen = BTreeSet::new();
    for candidate in found {
        let name = candidate.path.file_name().unwrap_or_default();
        let Some(library) = library_of(&name.to_string_lossy()) else {
            continue;
        };
        if candidate.path.starts_with(own) || !seen.insert(&candidate.path) {
            continue;
        }
        let file = files.iter().find(|file| file.library == library);
        match file {
            Some(file) if file.bytes.is_some() => {
                plan.covered.push((candidate.path.clone(), library.soname));
            }
            Some(_) if candidate.why == Why::Ollama => plan.hidden.push(candidate.path.clone()),
            Some(_) => plan.masked.push(candidate.path.clone()),
            None => {}
        }
    }
    plan
}

/// A file that a preloaded library cannot stand in front of: the library is not to be there, or the loader refuses it, and goes on to
/// the file.
#[must_use]
pub fn beyond_preload(plan: &Plan, files: &[File]) -> Option<PathBuf> {
    let refused = plan.covered.iter().find(|(_, soname)| {
        files
            .iter()
            .any(|file| file.library.soname == *soname && !is_loadable(file.change))
    });
    plan.hidden
        .first()
        .or_else(|| plan.masked.first())
        .or_else(|| refused.map(|(path, _)| path))
        .cloned()
}
