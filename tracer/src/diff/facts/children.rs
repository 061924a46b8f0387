//! How a process of an attempt was made, what it was refused, what it said, and how it ended.

use super::{Facts, answers};
use crate::diff::fact::{Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::model::{Child, End, Evidence, Spawn};
use crate::discover::{Role, Step};
use crate::event::{Errno, Text};

/// Lines of one process that are compared.
const MAX_LINES: usize = 2_000;

/// What the server waits for in the lines of a brief start (llm/llama_server.go).
const SYSTEM: &str = "system_info:";

/// Facts about one process.
pub(super) fn gather(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    let spawn = match &child.spawn {
        Spawn::Done => None,
        Spawn::ForkFailed(err, seen) => Some((format!("it could not be forked ({err})"), seen)),
        Spawn::ExecFailed(err, seen) => Some((not_executed(*err, seen), seen)),
        Spawn::Failed(seen) => Some(("it could not be started".to_owned(), seen)),
    };
    if let Some((value, seen)) = spawn {
        let fact = Fact::new(Value::plain(value))
            .of_dir(dir)
            .seen(Some(seen))
            .linked([program(seen).to_owned()]);
        facts.add(Stage::Spawn, role, "start", fact);
    }
    for (err, what) in &child.refused {
        let name = normal::text(what.text.as_str());
        let mut fact = Fact::new(Value::plain(format!("refused ({err})")))
            .of_dir(dir)
            .linked([what.text.as_str().to_owned()])
            .seen(Some(what));
        fact.named = Some(what.text.as_str().to_owned());
        facts.add(Stage::Refused, role, name, fact);
    }
    for crash in &child.crashes {
        let place = crash.at.as_ref().map_or_else(String::new, |site| {
            let object = site
                .object
                .as_ref()
                .map_or("no object", |path| path.as_str());
            let symbol = site.symbol.as_ref();
            let symbol = symbol.map_or_else(String::new, |name| format!(", function {name}"));
            format!(" in {}{symbol}", normal::base(object))
        });
        let object = crash.at.as_ref().and_then(|site| site.object.as_ref());
        let fact = Fact::new(Value::plain(format!("{}{place}", crash.signal)))
            .of_dir(dir)
            .linked([format!("crashed with {}", crash.signal)])
            .stemming_from(object.map(|path| normal::base(path.as_str())))
            .seen(Some(&crash.seen));
        facts.add(Stage::Call, role, "crash", fact);
    }
    if let Some(hanging) = &child.hanging {
        let fact = Fact::new(Value::plain(normal::text(hanging.text.as_str())))
            .of_dir(dir)
            .linked([format!("waiting in {}", hanging.text)])
            .seen(Some(hanging));
        facts.add(Stage::Call, role, "hanging", fact);
    }
    answers::of_child(child, role, dir, facts);
    if let Some((value, seen)) = end(child) {
        let fact = Fact::new(Value::plain(value)).of_dir(dir).seen(seen);
        facts.add(Stage::End, role, "end", fact);
    }
}

/// Facts about the words of one process: which lines it said, not how often and in which order.
pub(super) fn words(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    // The brief start is killed when it says this; how much it says after that is a race.
    let brief = child.role.step() == Some(Step::Start);
    let last = brief
        .then(|| {
            child
                .said
                .iter()
                .position(|said| said.text.as_str().contains(SYSTEM))
        })
        .flatten();
    if is_cut_short(child) {
        facts.cut_short.insert(role.to_owned());
    }
    let counts = last.map_or(MAX_LINES, |last| last + 1);
    for said in child.said.iter().take(counts.min(MAX_LINES)) {
        let line = normal::text(said.text.as_str());
        // The mark of a level without its line.
        if matches!(line.as_str(), "" | "D" | "I" | "W" | "E") {
            continue;
        }
        let fact = Fact::new(Value::shown("said", said.text.as_str()))
            .of_dir(dir)
            .seen(Some(&said.seen));
        facts.add(Stage::Words, role, line, fact);
    }
}

fn not_executed(err: Errno, seen: &Evidence) -> String {
    let file = program(seen);
    if file.is_empty() {
        format!("it could not be executed ({err})")
    } else {
        format!("{file} could not be executed ({err})")
    }
}

/// The file of a failed exec: `execve(/a/llama-server) = EACCES`.
fn program(seen: &Evidence) -> &str {
    let call = seen.text.as_str().strip_prefix("execve(");
    call.and_then(|call| call.rsplit_once(") = "))
        .map_or("", |(file, _)| file)
}

/// How it ended. The brief start ends by itself 3 ms after its last word when the server's signal is slower: the same.
fn end(child: &Child) -> Option<(String, Option<&Evidence>)> {
    let brief = child.role.step() == Some(Step::Start);
    // A model server lives as long as its user likes.
    if matches!(child.role, Role::Model { .. }) {
        return None;
    }
    Some(match &child.end {
        End::Unknown => return None,
        End::Exit(1, seen) if brief && is_as_it_should(child) => {
            ("as it should".to_owned(), seen.as_ref())
        }
        End::KilledByServer {
            before_answer: false,
            seen,
            ..
        } if brief || child.role.step() == Some(Step::Runner) => {
            ("as it should".to_owned(), seen.as_ref())
        }
        End::KilledByServer {
            before_answer: true,
            seen,
            ..
        } => (
            "killed by the server, out of time".to_owned(),
            seen.as_ref(),
        ),
        End::KilledByServer { seen, .. } => ("killed by the server".to_owned(), seen.as_ref()),
        End::Exit(code, seen) => (format!("exit {code}"), seen.as_ref()),
        End::OutOfMemory(seen) => ("killed for lack of memory".to_owned(), seen.as_ref()),
        End::Signal { name, by, seen } => {
            let by = by
                .as_ref()
                .map_or_else(String::new, |by| format!(" by {by}"));
            (format!("{name}{by}"), seen.as_ref())
        }
    })
}

/// A brief start that ended by itself before its own thread for lines had written the one that the server waits for.
pub(super) fn is_cut_short(child: &Child) -> bool {
    let brief = child.role.step() == Some(Step::Start);
    let mut said = child.said.iter();
    brief && is_as_it_should(child) && !said.any(|said| said.text.as_str().contains(SYSTEM))
}

/// The brief start ended by itself, with nothing wrong.
fn is_as_it_should(child: &Child) -> bool {
    let by_itself = matches!(child.end, End::Exit(1, _));
    by_itself && child.crashes.is_empty() && child.loader_words.is_empty()
}
