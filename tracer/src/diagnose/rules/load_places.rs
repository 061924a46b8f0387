//! The places where a missing library was searched, and what lay there under its name.

use crate::discover::model::{Child, Evidence, Load, Missing, Origin};
use crate::event::Text;

use crate::event::library::Tried;

use super::super::case::{Case, at};
use super::super::words::parent;

/// Every place that was searched for a library, in words.
pub(super) fn searched(missing: &Missing, seen: Option<&Evidence>) -> Vec<Evidence> {
    let Missing::Library { searched, .. } = missing else {
        return Vec::new();
    };
    let mut lines: Vec<Evidence> = Vec::new();
    // A file that the cache names is a place of its own; without one the cache was read in vain before the default folders.
    let mut cache = searched.iter().any(|tried| tried.via.as_str() == "cache");
    for tried in searched {
        let (file, via) = (&tried.file, &tried.via);
        if via.as_str() == "default" && !cache {
            cache = true;
            lines.extend(at(seen, "searched /etc/ld.so.cache (cache): no entry"));
        }
        let place = if file.as_str().contains('/') {
            parent(file.as_str())
        } else {
            file.as_str()
        };
        let text = match &tried.problem {
            Some(problem) => format!("{file} ({via}) does not count: {problem}"),
            None => format!("searched {place} ({via}): {}", tried.why()),
        };
        let known = lines.iter().any(|line| line.text.as_str() == text);
        if !known && !place.contains("glibc-hwcaps") {
            lines.extend(at(seen, text));
        }
    }
    lines
}

/// What is known of the places where a missing library was looked for.
pub(super) fn where_it_is(
    case: &Case<'_>,
    hidden: Option<&str>,
    unfit: Option<(&str, &str)>,
) -> String {
    match (hidden, unfit) {
        (Some(file), _) if closed_cache(case).is_some() => format!(
            "and the loader did not find {file}, since it may not read its cache ({CACHE}), which alone tells it of that folder"
        ),
        (Some(file), _) => format!(
            "and the loader did not find it, though there is {file} now: it came only afterwards, or the process may not see it"
        ),
        (None, Some((file, problem))) => {
            format!("and what has its name does not count: {file} is {problem}")
        }
        (None, None) if case.model.origin == Origin::Log => {
            "and the loader found none that it could open".to_owned()
        }
        (None, None) => "and it is in none of the places where the loader looks".to_owned(),
    }
}

/// The loader's list of the libraries in the system's folders (ldconfig(8)).
const CACHE: &str = "/etc/ld.so.cache";

/// The cache may not be read by this process.
pub(super) fn closed_cache<'a>(case: &Case<'a>) -> Option<&'a Evidence> {
    let mut refused = case.children.iter().flat_map(|child| &child.refused);
    let (_, seen) = refused.find(|(err, seen)| {
        let path = seen.text.as_str().strip_prefix("open ");
        matches!(err.0, 1 | 13) && path == Some(CACHE)
    })?;
    Some(seen)
}

/// What brings the loader's cache in order, where it is the reason.
pub(super) fn cache_in_order(
    case: &Case<'_>,
    missing: Option<&Missing>,
    hidden: bool,
) -> Vec<String> {
    if hidden && closed_cache(case).is_some() {
        return vec![
            "The cache must be readable for everybody:".to_owned(),
            format!("$ sudo chmod 644 {CACHE}"),
        ];
    }
    let Some(Missing::Library { searched, .. }) = missing else {
        return Vec::new();
    };
    let stale = |tried: &&Tried| tried.via.as_str() == "cache" && tried.problem.is_none();
    searched.iter().find(stale).map_or_else(Vec::new, |Tried { file, .. }| {
        vec![
            format!("The loader's cache still names {file}, which is not there any more; put the file back, or bring the cache up to date:"),
            "$ sudo ldconfig".to_owned(),
        ]
    })
}

/// ELOOP: too many symbolic links.
const LOOP: &str = "ELOOP";

/// The first place that has something of this name that the loader passes over, and what it is.
pub(super) fn unfit_namesake(missing: &Missing) -> Option<(&str, &str)> {
    let Missing::Library { searched, .. } = missing else {
        return None;
    };
    // An error of the system's is no property of the file, unless it is about the links that make its name.
    let (file, problem) = searched.iter().find_map(|tried| {
        let problem = tried.problem.as_ref()?.as_str();
        (problem.contains(' ') || problem == LOOP).then_some((&tried.file, problem))
    })?;
    let what = match problem {
        LOOP => "a link that leads to itself",
        problem => problem,
    };
    Some((file.as_str(), what))
}

/// Names that damaged files answer to.
pub(super) fn damaged<'a>(case: &Case<'a>, loads: &[(&'a Child, &'a Load)]) -> Vec<&'a str> {
    let is_damaged = |file: &Text| {
        let facts = case.model.libraries.get(file);
        facts.is_some_and(|facts| facts.problem.is_some())
    };
    let closures = loads.iter().filter_map(|(_, load)| load.closure.as_ref());
    closures
        .flat_map(|closure| &closure.objects)
        .filter(|object| object.file.as_ref().is_some_and(is_damaged))
        .map(|object| object.name.as_str())
        .collect()
}

/// Its file itself is not whole, so what it needs is not known.
pub(super) fn is_cut(load: &Load) -> bool {
    let unfit = |missing: &Missing| matches!(missing, Missing::Unfit { .. });
    load.missing.iter().any(unfit)
}
