//! A difference in words: what is now, and what was.

use std::collections::BTreeSet;

use super::compare::Difference;
use super::fact::{Fact, Key, Stage};

/// What is known of both sides.
enum Sides<'a> {
    Both(&'a str, &'a str),
    OnlyGood(&'a str),
    OnlyBad(&'a str),
}

/// Where it is, as it stands behind "stops being like GOOD".
#[must_use]
pub(super) fn place(key: &Key) -> String {
    match (key.stage, key.role.as_str()) {
        (Stage::Machine, _) => "on the machine".to_owned(),
        (Stage::File, "machine") => "in a file".to_owned(),
        (Stage::Release, _) => "with the server".to_owned(),
        (Stage::Setting, "server") => "at the start of the server".to_owned(),
        (Stage::Folder, _) => "in the folders".to_owned(),
        (Stage::Attempt, _) => "with what the server tries".to_owned(),
        (_, role) => format!("at {role}"),
    }
}

/// One clause, without a full stop. Not escaped.
#[must_use]
pub(super) fn of(difference: &Difference) -> String {
    let shown = |fact: &'_ Fact| -> String { fact.value.shown.clone() };
    let (good, bad) = (
        difference.good.as_ref().map(shown),
        difference.bad.as_ref().map(shown),
    );
    let sides = match (&good, &bad) {
        (Some(was), Some(is)) => Sides::Both(was, is),
        (Some(was), None) => Sides::OnlyGood(was),
        (None, Some(is)) => Sides::OnlyBad(is),
        (None, None) => return "nothing".to_owned(),
    };
    let (role, name) = (difference.key.role.as_str(), difference.name());
    match difference.key.stage {
        Stage::Release => plain(&format!("the {name} of Ollama"), "is", &sides),
        Stage::Machine => machine(name, &sides),
        Stage::Setting => setting(name, &sides),
        Stage::Folder => folder(role, name, &sides),
        Stage::File => file(name, &sides),
        Stage::Attempt => attempt(name, &sides),
        Stage::Spawn => spawn(&sides),
        Stage::Load => load(name, &sides),
        Stage::Call => call(name, &sides),
        Stage::Time => time(name, &sides),
        Stage::Refused => refused(name, &sides),
        Stage::Words => words(name, &sides),
        Stage::Answer => answer(name, &sides),
        Stage::End => end(role, &sides),
        Stage::Order => order(name, &sides),
        Stage::Verdict => plain(name, "is", &sides),
    }
}

fn plain(what: &str, verb: &str, sides: &Sides<'_>) -> String {
    let verb = if verb.is_empty() {
        String::new()
    } else {
        format!("{verb} ")
    };
    match sides {
        Sides::Both(was, is) => format!("{what} {verb}`{is}` (was `{was}`)"),
        Sides::OnlyGood(was) => format!("{what} is not there any more (was `{was}`)"),
        Sides::OnlyBad(is) => format!("{what} {verb}`{is}` (was not there)"),
    }
}

fn spawn(sides: &Sides<'_>) -> String {
    match sides {
        Sides::Both(was, is) => format!("{is} ({was} before)"),
        Sides::OnlyGood(was) => format!("it was started now, where {was}"),
        Sides::OnlyBad(is) => format!("{is}, where it was started"),
    }
}

fn time(what: &str, sides: &Sides<'_>) -> String {
    match sides {
        Sides::Both(was, is) => format!("{what} takes {is} (took {was})"),
        Sides::OnlyGood(was) => format!("{what} has no known time (took {was})"),
        Sides::OnlyBad(is) => format!("{what} takes {is} (had no known time)"),
    }
}

fn machine(name: &str, sides: &Sides<'_>) -> String {
    match sides {
        Sides::Both(was, is) => format!("{name} is `{is}` (was `{was}`)"),
        Sides::OnlyGood(was) => format!("{name} is missing (was `{was}`)"),
        Sides::OnlyBad(is) => format!("{name} is new: `{is}`"),
    }
}

fn setting(name: &str, sides: &Sides<'_>) -> String {
    if let ("loader", Sides::Both(was, is)) = (name, sides) {
        return format!("its loader is {is} (was {was})");
    }
    match sides {
        Sides::Both(was, is) => format!("{name} is `{is}` (was `{was}`)"),
        Sides::OnlyGood(was) => format!("{name} is not set (was `{was}`)"),
        Sides::OnlyBad(is) => format!("{name} is `{is}` (was not set)"),
    }
}

fn folder(role: &str, name: &str, sides: &Sides<'_>) -> String {
    if role == "folders" {
        return match sides {
            Sides::Both(was, is) => format!("the folder {name} is {is} (was {was})"),
            Sides::OnlyGood(was) => format!("there is no folder {name} any more (was {was})"),
            Sides::OnlyBad(is) => format!("the folder {name} is {is} (was not there)"),
        };
    }
    if name == "library folder" {
        return plain("the library folder", "is", sides);
    }
    let place = if matches!(role, "library folder" | "toplevel") {
        "the library folder".to_owned()
    } else {
        format!("the folder {role}")
    };
    match sides {
        Sides::Both(was, is) => format!("{name} in {place} is {is} (was {was})"),
        Sides::OnlyGood(_) => format!("{name} is not in {place} any more"),
        Sides::OnlyBad(_) => format!("{name} is in {place} (was not there)"),
    }
}

fn file(name: &str, sides: &Sides<'_>) -> String {
    if let Some(path) = name.strip_prefix("contents of ") {
        return match sides {
            Sides::Both(was, is) => format!("{path} is another file: {is} (was {was})"),
            Sides::OnlyGood(was) => format!("{path} is not used any more (was {was})"),
            Sides::OnlyBad(is) => format!("{path} is used now: {is}"),
        };
    }
    if let Some(path) = name.strip_prefix("access to ") {
        return match sides {
            Sides::Both(was, is) => format!("{path} has {is} (had {was})"),
            Sides::OnlyGood(was) => format!("{path} is not used any more (had {was})"),
            Sides::OnlyBad(is) => format!("{path} is used now, with {is}"),
        };
    }
    if let Some(name) = name.strip_prefix("search for ")
        && let Sides::Both(was, is) = sides
    {
        return format!("{name} is looked for in {is} (was in {was})");
    }
    if name.starts_with("link ")
        && let Sides::Both(was, is) = sides
    {
        return format!("the {name} leads to {is} (led to {was})");
    }
    if let Some(path) = name.strip_prefix("search path of ")
        && let Sides::Both(was, is) = sides
    {
        return format!("the search path in {path} is {is} (was {was})");
    }
    match sides {
        Sides::Both(was, is) => format!("{name} now comes from {is} (was {was})"),
        Sides::OnlyGood(was) => format!("no file answers to {name} any more (was {was})"),
        Sides::OnlyBad(is) => format!("{name} comes from {is} (was not loaded)"),
    }
}

fn attempt(name: &str, sides: &Sides<'_>) -> String {
    match (name.strip_suffix(" passed over"), sides) {
        (Some(dir), Sides::OnlyBad(line)) => format!("{dir} is passed over ({line})"),
        (Some(dir), Sides::OnlyGood(_)) => format!("{dir} is not passed over any more"),
        (Some(dir), Sides::Both(was, is)) => {
            format!("{dir} is passed over by `{is}` (was `{was}`)")
        }
        (None, Sides::OnlyGood(_)) => format!("{name} does not take place any more"),
        (None, Sides::OnlyBad(_)) => format!("{name} takes place (did not)"),
        (None, Sides::Both(was, is)) => format!("{name} is {is} (was {was})"),
    }
}

fn load(name: &str, sides: &Sides<'_>) -> String {
    if name.starts_with("symbol ") {
        return match sides {
            Sides::OnlyGood(_) => format!("the {name} is not asked for in vain any more"),
            Sides::OnlyBad(_) | Sides::Both(..) => format!("the {name} is not there"),
        };
    }
    match sides {
        Sides::Both(was, is) => format!("the {name} {is}, where it {was}"),
        Sides::OnlyGood(was) => format!("there is no {name} any more (it {was})"),
        Sides::OnlyBad(is) => format!("there is a {name}, which was not there: {is}"),
    }
}

fn call(name: &str, sides: &Sides<'_>) -> String {
    match (name, sides) {
        ("crash", Sides::OnlyBad(is)) => format!("it crashes: {is}"),
        ("crash", Sides::OnlyGood(was)) => format!("it does not crash any more ({was})"),
        ("hanging", Sides::OnlyBad(is)) => format!("it hangs in {is}"),
        ("hanging", Sides::OnlyGood(was)) => format!("it does not hang any more ({was})"),
        (_, Sides::Both(was, is)) => {
            let asked = asked(was, is);
            let (is, was) = (apart(is, was), apart(was, is));
            format!("{name}{asked} answers {is} (was {was})")
        }
        (_, Sides::OnlyGood(was)) => format!("{name} is not called any more (answered {was})"),
        (_, Sides::OnlyBad(is)) => format!("{name} is called and answers {is} (was not called)"),
    }
}

/// What both asked for, where it has a name: ` with attrib=CU_DEVICE_ATTRIBUTE_WARP_SIZE`.
fn asked(one: &str, other: &str) -> String {
    let others: BTreeSet<&str> = other.split(", ").collect();
    let named = |part: &&str| {
        let value = part.split_once('=').map(|(_, value)| value);
        value.is_some_and(|value| value.starts_with("CU") || value.starts_with("cuda"))
    };
    let both: Vec<&str> = one
        .split(", ")
        .filter(|part| others.contains(part))
        .filter(named)
        .collect();
    if both.is_empty() {
        String::new()
    } else {
        format!(" with {}", both.join(", "))
    }
}

/// Of a result and its outputs those that the other side does not have.
fn apart(one: &str, other: &str) -> String {
    let others: BTreeSet<&str> = other.split(", ").collect();
    let own: Vec<&str> = one
        .split(", ")
        .filter(|part| !others.contains(part))
        .collect();
    if own.is_empty() {
        one.to_owned()
    } else {
        own.join(", ")
    }
}

fn refused(name: &str, sides: &Sides<'_>) -> String {
    match sides {
        Sides::Both(was, is) => format!("{name} is {is} (was {was})"),
        Sides::OnlyGood(was) => format!("{name} is not {was} any more"),
        Sides::OnlyBad(is) => format!("{name} is {is}"),
    }
}

fn words(name: &str, sides: &Sides<'_>) -> String {
    match sides {
        Sides::OnlyGood(was) => format!("it does not say `{was}` any more"),
        Sides::OnlyBad(is) => format!("it says `{is}`"),
        Sides::Both(..) => format!("it says `{name}` in other words"),
    }
}

fn order(name: &str, sides: &Sides<'_>) -> String {
    match sides {
        Sides::Both(was, is) => format!("{name} comes {is} (came {was})"),
        Sides::OnlyGood(was) => format!("{name} comes once less (came {was})"),
        Sides::OnlyBad(is) => format!("{name} comes once more, {is}"),
    }
}

fn end(role: &str, sides: &Sides<'_>) -> String {
    match (role, sides) {
        ("server", Sides::OnlyBad(is)) => {
            format!("the server ends before its discovery is over ({is})")
        }
        ("server", Sides::OnlyGood(was)) => {
            format!("the server does not end before its discovery is over any more ({was})")
        }
        _ => plain("its end", "is", sides),
    }
}

fn answer(name: &str, sides: &Sides<'_>) -> String {
    let what = match name {
        "answer" => "its answer",
        "final list" => "the server's final list",
        name => name,
    };
    match sides {
        Sides::Both(was, is) => format!("{what} is `{is}` (was `{was}`)"),
        Sides::OnlyGood(was) => format!("there is no {name} (was `{was}`)"),
        Sides::OnlyBad(is) => format!("{what} is `{is}` (there was none)"),
    }
}
