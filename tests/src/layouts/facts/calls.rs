//! Facts about calls of traced functions.

use super::Cast;
use crate::events::calls::{Called as Seen, sentence};
use crate::layouts::format::{Called, Load};
use crate::layouts::roles::is_of;

pub(super) fn load(cast: &Cast<'_>, fact: &Load, wrong: &mut Vec<String>) {
    let all = cast.events.calls("dlopen");
    for (role, number) in cast.each(&fact.by, wrong) {
        let here = format!("{role} (p{number})");
        let calls: Vec<&Seen<'_>> = all
            .iter()
            .filter(|one| is_of(one.event, number))
            .filter(|one| one.string().is_some_and(|path| path.ends_with(&fact.file)))
            .collect();
        if fact.never {
            if !calls.is_empty() {
                wrong.push(format!("{here} called dlopen for {}", fact.file));
            }
            continue;
        }
        if calls.is_empty() {
            wrong.push(format!("{here} never called dlopen for {}", fact.file));
        }
        for called in calls {
            let what = outcome(cast, called);
            let right = match (&fact.error, fact.unfinished) {
                (_, true) => what == "unfinished",
                (Some(error), _) => what.contains(error.as_str()) && called.failed(),
                (None, _) => called.succeeded(),
            };
            if !right {
                wrong.push(format!("{here}: dlopen of {}: {what}", fact.file));
            }
        }
    }
}

/// How a dlopen ended, in words.
fn outcome(cast: &Cast<'_>, called: &Seen<'_>) -> String {
    if called.returned.is_none() {
        return "unfinished".to_owned();
    }
    let errors = cast.events.errors_in(called);
    let sentences: Vec<String> = errors.into_iter().map(sentence).collect();
    let verb = if called.failed() {
        "failed"
    } else {
        "came back"
    };
    format!("{verb}: {}", sentences.join(" | "))
}

pub(super) fn call(cast: &Cast<'_>, fact: &Called, wrong: &mut Vec<String>) {
    let all = cast.events.calls(&fact.function);
    for (role, number) in cast.each(&fact.by, wrong) {
        let here = format!("{role} (p{number})");
        let calls: Vec<&Seen<'_>> = all
            .iter()
            .filter(|one| is_of(one.event, number))
            .filter(|one| {
                let provider = one.call.of.as_ref().map_or("", |path| path.as_str());
                fact.of.as_deref().is_none_or(|end| provider.ends_with(end))
            })
            .filter(|one| {
                let string = one.string().unwrap_or_default();
                fact.about
                    .as_deref()
                    .is_none_or(|end| string.ends_with(end))
            })
            .collect();
        let name = &fact.function;
        if fact.result.as_deref() == Some("never") {
            if !calls.is_empty() {
                wrong.push(format!("{here} called {name}"));
            }
            continue;
        }
        if calls.is_empty() {
            let of = &fact.of;
            wrong.push(format!(
                "{here} never called {name} (of {of:?}, {:?})",
                fact.about
            ));
        }
        for called in calls {
            let right = match fact.result.as_deref() {
                None => true,
                Some("NULL") => called.returned.is_some() && !called.succeeded(),
                Some("something") => called.succeeded(),
                Some("unfinished") => called.returned.is_none(),
                Some(_) => false,
            };
            if !right {
                let result = called.returned.map(|(_, back)| &back.result);
                wrong.push(format!(
                    "{here}: {name} gave {result:?}, not {:?}",
                    fact.result
                ));
            }
        }
    }
}
