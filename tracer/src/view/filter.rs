//! The small language that chooses events. Pure: an expression in, yes or no for each event.
//!
//! | term | events |
//! |---|---|
//! | `kind:open,stat` | of these kinds; function names count as kinds (`kind:dlopen`), `*` at the end too (`kind:ggml_*`); groups are `process`, `file`, `net` |
//! | `proc:p3`, `proc:p3.1` | in or about this process |
//! | `pid:1234` | in or about the process with this pid |
//! | `role:runner[cuda_v12]` | in or about a process that is this to the discovery; `pass 1` and `[...]` may be left out |
//! | `name:llama-server` | in a process with this in its name |
//! | `text:cublas`, `cublas`, `"two words"` | that hold this text, in any case |
//! | `/lib(cuda\|nvidia)/` | that match this regular expression |
//! | `failed` | that report a failure |
//! | `time:1.2s..1.5s`, `time:..500ms` | in this part of the recording (a bare number is seconds) |
//! | `seq:100..200`, `seq:7` | with these numbers |
//!
//! Terms beside each other must all hold; `or`, `not X`, `-X` and parentheses do what they say.

mod error;
mod parse;
mod stretch;
#[cfg(test)]
mod tests;
mod value;

use regex::Regex;

use crate::event::{Event, Kind, Proc};

use super::Looks;
use super::roles;
use super::row::{Context, Detail, describe};
use super::scene::Scene;

pub use error::FilterError;
pub use parse::KEYS;
pub use stretch::Stretch;
pub use value::groups;

/// Which events to keep.
#[derive(Clone, Debug)]
pub enum Filter {
    /// Every one of these holds; all events for an empty list.
    All(Vec<Self>),
    /// One of these holds.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// Kind or function.
    Kind(Vec<KindTerm>),
    /// Process number, and generation where it was given.
    Process(u32, Option<u32>),
    /// Raw pid.
    Pid(u32),
    /// Patterns of roles, as `roles::is_named` reads them.
    Role(Vec<String>),
    /// Part of the process's name, lower case.
    Name(String),
    /// Part of the text, lower case.
    Text(String),
    /// Expression over the text.
    Matches(Regex),
    /// Reports a failure.
    Failed,
    /// Nanoseconds since the recording began, both ends included.
    Time(u64, u64),
    /// Event numbers, both ends included.
    Seq(u64, u64),
    /// Says that the run's GPU is no real one.
    Label,
}

/// The event says that the run's GPU is no real one.
#[must_use]
pub fn is_label(event: &Event) -> bool {
    matches!(&event.kind, Kind::Note(note) if note.is_label())
}

/// One value of `kind:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KindTerm {
    /// A kind of event, or a function's name.
    Is(String),
    /// A function whose name begins so.
    Begins(String),
    /// One of several kinds.
    Group(&'static [&'static str]),
}

impl Filter {
    /// Lets everything through.
    #[must_use]
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Reads an expression; an empty one lets everything through.
    ///
    /// # Errors
    /// What cannot be read, where it stands, and what may stand there.
    pub fn parse(input: &str) -> Result<Self, FilterError> {
        parse::parse(input)
    }

    /// Reads one value of one key, as options such as `--kind open` give it: no quoting, no operators.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn term(key: &str, value: &str) -> Result<Self, FilterError> {
        parse::term(key, value)
    }

    /// The scene must know the roles of processes ([`Scene::with_roles`]).
    #[must_use]
    pub fn asks_for_roles(&self) -> bool {
        match self {
            Self::All(terms) | Self::Any(terms) => terms.iter().any(Self::asks_for_roles),
            Self::Not(term) => term.asks_for_roles(),
            Self::Role(_) => true,
            _ => false,
        }
    }

    /// An event must be put in words for it, which costs more than all else.
    fn looks_at_text(&self) -> bool {
        match self {
            Self::All(terms) | Self::Any(terms) => terms.iter().any(Self::looks_at_text),
            Self::Not(term) => term.looks_at_text(),
            Self::Text(_) | Self::Matches(_) => true,
            _ => false,
        }
    }

    /// True for an event to keep. The scene must have been told of it (`before`).
    #[must_use]
    pub fn matches(&self, event: &Event, scene: &Scene) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.matches(event, scene)),
            Self::Any(terms) => terms.iter().any(|term| term.matches(event, scene)),
            Self::Not(term) => !term.matches(event, scene),
            Self::Kind(terms) => terms.iter().any(|term| term.matches(event)),
            Self::Process(number, generation) => about(event).into_iter().flatten().any(|one| {
                one.number == *number && generation.is_none_or(|wanted| wanted == one.generation)
            }),
            Self::Pid(pid) => {
                pids(event).into_iter().flatten().any(|one| one == *pid)
                    || event.process.and_then(|of| scene.pid(of)) == Some(*pid)
            }
            Self::Role(patterns) => about(event)
                .into_iter()
                .flatten()
                .filter_map(|process| scene.role(process))
                .any(|role| {
                    let mut patterns = patterns.iter();
                    patterns.any(|pattern| roles::is_named(role, pattern))
                }),
            Self::Name(part) => event
                .process
                .and_then(|process| scene.name(process))
                .is_some_and(|name| name.to_lowercase().contains(part)),
            Self::Text(part) => lower(text(event, scene)).contains(part),
            Self::Matches(regex) => regex.is_match(&text(event, scene)),
            Self::Failed => event.kind.failed(),
            Self::Label => is_label(event),
            Self::Time(from, to) => (*from..=*to).contains(&scene.since_begin(event.time)),
            Self::Seq(from, to) => (*from..=*to).contains(&event.seq.0),
        }
    }
}

impl KindTerm {
    fn matches(&self, event: &Event) -> bool {
        let function = function(&event.kind);
        match self {
            Self::Is(name) => event.kind.name() == name || function == Some(name.as_str()),
            Self::Begins(name) => function.is_some_and(|function| function.starts_with(name)),
            Self::Group(kinds) => kinds.contains(&event.kind.name()),
        }
    }
}

fn function(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Call(body) => Some(body.function.as_str()),
        Kind::Counted(body) => Some(body.function.as_str()),
        Kind::Return(body) => Some(body.function.as_str()),
        Kind::Unfinished(body) => Some(body.function.as_str()),
        Kind::Socket(body) => Some(body.call.as_str()),
        _ => None,
    }
}

/// The processes an event is about.
fn about(event: &Event) -> [Option<Proc>; 2] {
    let other = match &event.kind {
        Kind::Fork(body) => Some(body.child),
        Kind::Signal(body) => body.to,
        Kind::Oom(body) => body.victim,
        _ => None,
    };
    [event.process, other]
}

fn pids(event: &Event) -> [Option<u32>; 2] {
    match &event.kind {
        Kind::Fork(body) => [Some(body.pid), None],
        Kind::Exec(body) => [Some(body.pid), None],
        Kind::Exit(body) => [Some(body.pid), None],
        Kind::Signal(body) => [Some(body.to_pid), body.from_pid],
        Kind::Oom(body) => [Some(body.pid), None],
        _ => [None, None],
    }
}

fn lower(mut text: String) -> String {
    if text.is_ascii() {
        text.make_ascii_lowercase();
        return text;
    }
    text.to_lowercase()
}

/// What a search looks at: the row as it is shown, with everything that a list would leave out.
fn text(event: &Event, scene: &Scene) -> String {
    let context = Context {
        scene,
        looks: Looks::default(),
        detail: Detail::Full,
    };
    describe(event, context).plain()
}
