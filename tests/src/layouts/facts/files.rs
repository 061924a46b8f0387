//! Facts about files: opened, mapped, and what a failed load lacks.

use vgputrace::event::Errno;
use vgputrace::event::library::Closure;

use super::Cast;
use crate::events::text;
use crate::layouts::format::{Lacks, Mapped, Opened};
use crate::layouts::roles::is_of;

pub(super) fn open(cast: &Cast<'_>, fact: &Opened, wrong: &mut Vec<String>) {
    let all = cast.events.opens();
    for (role, number) in cast.each(&fact.by, wrong) {
        let results: Vec<Option<&str>> = all
            .iter()
            .filter(|(event, open)| is_of(event, number) && text(&open.path).ends_with(&fact.file))
            .map(|(_, open)| open.err.map(name))
            .collect();
        let there = results.contains(&fact.err.as_deref());
        if there == fact.never {
            let words = (&fact.file, &fact.err, &results);
            wrong.push(format!(
                "{role} (p{number}): open, expected and seen: {words:?}"
            ));
        }
    }
}

pub(super) fn map(cast: &Cast<'_>, fact: &Mapped, wrong: &mut Vec<String>) {
    let all = cast.events.maps();
    for (role, number) in cast.each(&fact.by, wrong) {
        let results: Vec<Option<&str>> = all
            .iter()
            .filter(|(event, map)| is_of(event, number) && text(&map.path).ends_with(&fact.file))
            .map(|(_, map)| map.err.map(name))
            .collect();
        if !results.contains(&fact.err.as_deref()) {
            let words = (&fact.file, &fact.err, &results);
            wrong.push(format!(
                "{role} (p{number}): map, expected and seen: {words:?}"
            ));
        }
    }
}

fn name(err: Errno) -> &'static str {
    err.name().unwrap_or("?")
}

pub(super) fn lacks(cast: &Cast<'_>, fact: &Lacks, wrong: &mut Vec<String>) {
    let libraries = cast.events.libraries();
    let closures: Vec<&Closure> = libraries
        .iter()
        .filter(|(_, library)| library.path.as_str().ends_with(&fact.file))
        .filter_map(|(_, library)| library.closure.as_ref())
        .collect();
    if closures.is_empty() {
        wrong.push(format!("no facts about a failed load of {}", fact.file));
    }
    for closure in closures {
        let nowhere = closure.objects.iter().filter(|one| one.file.is_none());
        let seen = (
            nowhere
                .map(|one| one.name.as_str().to_owned())
                .collect::<Vec<_>>(),
            words(&closure.missing_symbols),
            closure
                .missing_versions
                .iter()
                .map(|one| one[2].as_str().to_owned())
                .collect::<Vec<_>>(),
        );
        let expected = (
            fact.libraries.clone(),
            fact.symbols.clone(),
            fact.versions.clone(),
        );
        if seen != expected {
            wrong.push(format!("{} lacks {seen:?}, not {expected:?}", fact.file));
        }
    }
}

fn words(list: &[vgputrace::event::Text]) -> Vec<String> {
    list.iter().map(|one| one.as_str().to_owned()).collect()
}
