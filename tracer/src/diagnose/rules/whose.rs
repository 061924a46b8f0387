//! Whose a file is decides what helps: a new installation of Ollama brings back Ollama's own files and no others.

use crate::discover::model::Missing;

use super::super::advice;
use super::super::case::Case;
use super::super::words::{base, parent};

/// It lies where Ollama's package puts libraries; what has no path may.
pub(super) fn is_of_ollama(case: &Case<'_>, file: &str) -> bool {
    let folder = parent(file);
    let below = |root: &str| folder == root || folder.starts_with(&format!("{root}/"));
    folder.is_empty()
        || below(case.path())
        || below(advice::library_dir(case.model))
        || format!("{folder}/").contains("/lib/ollama/")
}

/// The C library of musl, by the names under which its programs need it: that of Alpine, and that of `musl-gcc`, under
/// which a system with glibc has a script of the linker.
pub(super) fn is_musl(name: &str) -> bool {
    base(name) == "libc.so" || base(name).starts_with("libc.musl-")
}

/// What to do about a library that was built for musl.
pub(super) fn build_for_glibc(by: Option<&str>) -> String {
    format!(
        "{} was built for musl (Alpine, musl-gcc), and Ollama runs with glibc: two C libraries in one process do not work. Build it with the system's own compiler, or take the vendor's file.",
        by.unwrap_or("The library that needs it")
    )
}

/// The object whose DT_NEEDED names a library, in the loads that failed.
pub(super) fn needed_by<'a>(case: &Case<'a>, name: &str) -> Option<&'a str> {
    case.failed_loads()
        .filter_map(|(_, load)| load.closure.as_ref())
        .flat_map(|closure| &closure.objects)
        .find(|object| object.name.as_str() == name)
        .map(|object| object.by.as_str())
        .filter(|by| !by.is_empty())
}

/// Who needs a missing library, where that is known.
pub(super) fn asker(missing: Option<&Missing>) -> Option<&str> {
    match missing? {
        Missing::Library { by, .. } if !by.is_empty() => Some(base(by.as_str())),
        _ => None,
    }
}
