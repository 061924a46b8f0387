//! The places where a missing library was searched, and what lay there under its name.

use crate::discover::model::{Child, Evidence, Load, Missing, Origin};
use crate::event::Text;

use super::super::case::{Case, at};
use super::super::words::parent;

/// Every place that was searched for a library, in words.
pub(super) fn searched(missing: &Missing, seen: Option<&Evidence>) -> Vec<Evidence> {
    let Missing::Library { searched, .. } = missing else {
        return Vec::new();
    };
    let mut lines: Vec<Evidence> = Vec::new();
    for (file, via, problem) in searched {
        let place = if file.as_str().contains('/') {
            parent(file.as_str())
        } else {
            file.as_str()
        };
        let text = if problem.is_empty() {
            format!("searched {place} ({via}): not there")
        } else {
            format!("{file} ({via}) does not count: {problem}")
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

/// ELOOP: too many symbolic links.
const LOOP: &str = "ELOOP";

/// The first place that has something of this name that the loader passes over, and what it is.
pub(super) fn unfit_namesake(missing: &Missing) -> Option<(&str, &str)> {
    let Missing::Library { searched, .. } = missing else {
        return None;
    };
    // An error of the system's is no property of the file, unless it is about the links that make its name.
    let (file, _, problem) = searched
        .iter()
        .find(|(.., problem)| problem.as_str().contains(' ') || problem.as_str() == LOOP)?;
    let what = match problem.as_str() {
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
