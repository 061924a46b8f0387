//! The library folder, what is in which folder, and which folders were tried.

use std::collections::BTreeSet;

use super::{Facts, sorted};
use crate::diff::fact::{Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::Model;
use crate::discover::model::Place;
use crate::event::Text;

/// Facts about folders and attempts.
pub(super) fn gather(model: &Model, facts: &mut Facts) {
    if let Some(server) = &model.server {
        let library = &server.library_dir;
        if !library.path.is_empty() {
            let fact = Fact::new(Value::plain(library.path.as_str())).seen(library.seen.as_ref());
            facts.add(Stage::Folder, "server", "library folder", fact);
        }
        // A folder in it is told as a folder, with its state and what is in it.
        let own: BTreeSet<&str> = model
            .folders
            .iter()
            .filter(|folder| matches!(folder.place, Place::Below))
            .map(|folder| folder.name.as_str())
            .collect();
        let names = library.names.iter().flat_map(|names| sorted(names));
        for name in names.filter(|name| !own.contains(name) && !is_dots(name)) {
            let fact = Fact::new(Value::plain("there")).seen(library.seen.as_ref());
            facts.add(Stage::Folder, "library folder", name, fact);
        }
        if let Some((err, seen)) = &library.unreadable {
            let fact = Fact::new(Value::plain(format!("not readable ({err})"))).seen(Some(seen));
            facts.add(Stage::Folder, "library folder", "listing", fact);
        }
    }
    for folder in &model.folders {
        let name = folder.name.as_str();
        let of = |value: String| Fact::new(Value::plain(value)).of_dir(&folder.name);
        let state = if let Some((err, _)) = &folder.unreadable {
            Some((format!("not readable ({err})"), &folder.unreadable))
        } else if folder.dangling.is_some() {
            Some(("a link that leads nowhere".to_owned(), &None))
        } else if folder.no_folder.is_some() {
            Some(("no folder".to_owned(), &None))
        } else if folder.exists() {
            Some(("there".to_owned(), &None))
        } else {
            None
        };
        // What lies at the top of the library folder is told by its names.
        let own = !matches!(folder.place, Place::TopLevel);
        if let Some((state, refused)) = state.filter(|_| own) {
            let seen = refused.as_ref().map(|(_, seen)| seen);
            let seen = seen.or(folder.dangling.as_ref()).or(folder.seen.as_ref());
            facts.add(Stage::Folder, "folders", name, of(state).seen(seen));
        }
        // The names of the library folder are told once.
        let listed = model.server.as_ref().is_some_and(|server| {
            server.library_dir.names.is_some() && server.library_dir.path == folder.path
        });
        let names = folder.names.iter().filter(|_| own || !listed);
        for entry in names.flat_map(|names| sorted(names)) {
            if is_dots(entry) {
                continue;
            }
            let fact = of("there".to_owned())
                .seen(folder.listed.as_ref())
                .linked([entry.to_owned()]);
            facts.add(Stage::Folder, name, entry, fact);
        }
    }
    attempts(model, facts);
}

/// The folder itself, and the one above it.
fn is_dots(name: &str) -> bool {
    matches!(name, "." | "..")
}

fn attempts(model: &Model, facts: &mut Facts) {
    for attempt in &model.attempts {
        if attempt.pass == 0 {
            continue;
        }
        let words = format!("{} pass {}", attempt.dir, attempt.pass);
        let mut fact = Fact::new(Value::plain("tried"))
            .of_dir(&attempt.dir)
            .seen(attempt.seen.as_ref())
            .linked([attempt.dir.as_str().to_owned()]);
        // A second look follows from what the first one found.
        fact.derived = attempt.pass > 1;
        facts.add(Stage::Attempt, "attempts", words, fact);
        if let Some(line) = &attempt.failure_line {
            let same = normal::text(line.text.as_str());
            let fact = Fact::new(Value::shown(same, line.text.as_str()))
                .of_dir(&attempt.dir)
                .seen(Some(line));
            facts.add(
                Stage::Answer,
                "server",
                format!("failure of {}", attempt.dir),
                fact,
            );
        }
    }
    for folder in &model.folders {
        if let Some(line) = &folder.skip_line {
            let fact = Fact::new(Value::shown(message(&line.text), line.text.as_str()))
                .of_dir(&folder.name)
                .seen(Some(line));
            facts.add(
                Stage::Attempt,
                "attempts",
                format!("{} passed over", folder.name),
                fact,
            );
        }
    }
}

/// A log line for comparing.
fn message(line: &Text) -> String {
    normal::text(line.as_str())
}
