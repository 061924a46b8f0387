//! Compares a layout's facts with a recording. Every fact that does not hold is a sentence; all are told at once.

mod calls;
mod files;
pub mod verdicts;

use std::collections::BTreeMap;

use super::Era;
use super::format::{End, Expect, Raised, Said};
use super::roles::{self, exit_of, is_of};
use crate::Events;
use crate::events::text;

/// The kinds of events that tell why a fact does not hold.
pub const TELLING: &[&str] = &[
    "exec",
    "exit",
    "signal",
    "call",
    "return",
    "unfinished",
    "loader_error",
    "exec_failed",
    "loss",
    "note",
];

/// The processes of a recording by role, and the questions of one era.
struct Cast<'a> {
    events: &'a Events,
    era: Era,
    roles: BTreeMap<String, Vec<u32>>,
}

impl Cast<'_> {
    /// The processes that a fact is about: role and number. A role without a process is a sentence.
    fn each(&self, names: &[String], wrong: &mut Vec<String>) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        for role in names.iter().flat_map(|name| roles::meant(name, self.era)) {
            let numbers = self.roles.get(&role).map_or(&[][..], Vec::as_slice);
            if numbers.is_empty() {
                wrong.push(format!("there is no process {role}"));
            }
            found.extend(numbers.iter().map(|number| (role.clone(), *number)));
        }
        found
    }
}

/// Every fact of this era that does not hold.
#[must_use]
pub fn wrong(expect: &Expect, era: Era, events: &Events) -> Vec<String> {
    let cast = Cast {
        events,
        era,
        roles: roles::roles(events),
    };
    let mut wrong = Vec::new();
    if !events.losses().is_empty() {
        wrong.push("records were lost".to_owned());
    }
    if events.ends().is_empty() {
        wrong.push("the recording has no end".to_owned());
    }
    for nobody in &expect.none {
        for role in nobody.role.iter().flat_map(|name| roles::meant(name, era)) {
            if cast.roles.contains_key(&role) {
                wrong.push(format!("there is a process {role}"));
            }
        }
    }
    for fact in &expect.load {
        calls::load(&cast, fact, &mut wrong);
    }
    for fact in &expect.call {
        calls::call(&cast, fact, &mut wrong);
    }
    for fact in &expect.end {
        end(&cast, fact, &mut wrong);
    }
    for fact in &expect.signal {
        raised(&cast, fact, &mut wrong);
    }
    for fact in &expect.said {
        said(&cast, fact, &mut wrong);
    }
    for fact in &expect.open {
        files::open(&cast, fact, &mut wrong);
    }
    for fact in &expect.map {
        files::map(&cast, fact, &mut wrong);
    }
    for fact in &expect.lacks {
        files::lacks(&cast, fact, &mut wrong);
    }
    wrong
}

fn end(cast: &Cast<'_>, fact: &End, wrong: &mut Vec<String>) {
    for (role, number) in cast.each(&fact.of, wrong) {
        let Some(exit) = exit_of(cast.events, number) else {
            wrong.push(format!("{role} (p{number}) has no end"));
            continue;
        };
        let mut how = match (exit.code, &exit.signal) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => signal.as_str().to_owned(),
            (None, None) => "unknown".to_owned(),
        };
        if how == "SIGKILL" {
            how = format!("SIGKILL by {}", killer(cast, number));
        }
        if !fact.how.split(" or ").any(|one| one == how) {
            wrong.push(format!(
                "{role} (p{number}) ended with {how}, not {}",
                fact.how
            ));
        }
    }
}

/// The role of whoever sent SIGKILL to a process.
fn killer(cast: &Cast<'_>, number: u32) -> String {
    let signals = cast.events.signals();
    let sent = signals.iter().find(|(_, signal)| {
        signal.name.as_str() == "SIGKILL" && signal.to.is_some_and(|to| to.number == number)
    });
    let from = sent.and_then(|(event, signal)| {
        signal.from_pid?;
        event.process
    });
    let role = from.and_then(|from| {
        let known = cast.roles.iter();
        known
            .clone()
            .find(|(_, numbers)| numbers.contains(&from.number))
    });
    role.map_or_else(|| "somebody".to_owned(), |(role, _)| role.clone())
}

fn raised(cast: &Cast<'_>, fact: &Raised, wrong: &mut Vec<String>) {
    let signals = cast.events.signals();
    for (role, number) in cast.each(&fact.to, wrong) {
        let seen: Vec<String> = signals
            .iter()
            .filter(|(_, signal)| signal.to.is_some_and(|to| to.number == number))
            .filter(|(_, signal)| signal.name.as_str() == fact.name)
            .filter_map(|(_, signal)| signal.at.as_ref())
            .map(|at| {
                let object = at.object.as_ref().map_or("nothing", |one| one.as_str());
                let symbol = at.symbol.as_ref().map_or("", |one| one.as_str());
                format!("{object} {symbol}")
            })
            .collect();
        let is = |place: &String| {
            let (object, symbol) = place.split_once(' ').unwrap_or((place, ""));
            let name = symbol.split('+').next().unwrap_or(symbol);
            object.ends_with(&fact.at) && fact.symbol.as_deref().is_none_or(|one| one == name)
        };
        if !seen.iter().any(is) {
            wrong.push(format!(
                "{role} (p{number}) got no {} in {} {:?}; seen: {seen:?}",
                fact.name, fact.at, fact.symbol
            ));
        }
    }
}

fn said(cast: &Cast<'_>, fact: &Said, wrong: &mut Vec<String>) {
    for (role, number) in cast.each(&fact.by, wrong) {
        let words = [1, 2].map(|fd| written(cast.events, number, fd));
        let said = words.iter().any(|words| words.contains(&fact.text));
        if said == fact.never {
            let verb = if fact.never { "said" } else { "never said" };
            let all = words.concat();
            let from = all.len().saturating_sub(1500);
            let tail = all.get(from..).unwrap_or(&all);
            wrong.push(format!(
                "{role} (p{number}) {verb} {:?}; it said ... {tail}",
                fact.text
            ));
        }
    }
}

/// What a process wrote to one descriptor, joined.
fn written(events: &Events, number: u32, fd: u32) -> String {
    let outputs = events.outputs();
    outputs
        .iter()
        .filter(|(event, output)| output.fd == fd && is_of(event, number))
        .map(|(_, output)| text_or_part(&output.text))
        .collect()
}

fn text_or_part(seen: &vgputrace::event::Seen<vgputrace::event::Text>) -> &str {
    match seen.value() {
        Some(value) => value.as_str(),
        None => text(seen),
    }
}
