//! The places where a missing library was searched, and what lay there under its name.

use crate::discover::model::{Evidence, Missing, Origin};

use super::super::case::{Case, at};
use super::super::words::parent;

/// Every place that was searched for a library, in words.
pub(super) fn searched(missing: &Missing, seen: Option<&Evidence>) -> Vec<Evidence> {
    let Missing::Library { searched, .. } = missing else {
        return Vec::new();
    };
    let mut lines: Vec<Evidence> = Vec::new();
    for tried in searched {
        let (file, via) = (&tried.file, &tried.via);
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
