//! One event in words: a first line, and lines that belong under it. Times, process and indentation are not here.

mod call;
mod environment;
mod file;
mod library;
mod network;
mod output;
mod process;
mod recorder;
mod signal;
#[cfg(test)]
mod tests;

use crate::event::{Errno, Event, Kind, Proc};

use super::line::{Line, Role};
use super::scene::Scene;
use super::{Looks, amount, errno};

pub use call::{back, joined, loader};
pub(super) use file::request_name;
pub(super) use recorder::{cause, ended};
pub use signal::site;

/// A system call that took this long or longer says so, in nanoseconds.
const NOTABLE: u64 = 1_000_000;

/// How much of an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What fits a list: long lists are counted.
    Short,
    /// Everything the event holds.
    Full,
}

/// What a row is made with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Names, open calls and environments so far.
    pub scene: &'a Scene,
    /// Signs.
    pub looks: Looks,
    /// How much.
    pub detail: Detail,
}

/// One event in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What happened.
    pub first: Line,
    /// What belongs under it.
    pub more: Vec<Line>,
}

impl Row {
    /// A row that begins with its verb.
    fn new(verb: &str) -> Self {
        let mut row = Self::default();
        row.first.push(Role::Verb, verb);
        row
    }

    /// ` = ENOENT no such file ✗`.
    fn error(&mut self, err: Errno, looks: Looks) -> &mut Self {
        self.first
            .plain(" = ")
            .push(Role::Failed, &errno::words(err))
            .plain(" ")
            .push(Role::Failed, looks.cross());
        self
    }

    /// The text without colour, lines separated by a line end: what a search looks at.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut out = String::new();
        self.first.write_plain(&mut out);
        for line in &self.more {
            out.push('\n');
            line.write_plain(&mut out);
        }
        out
    }
}

/// Puts an event in words. The scene must have been told of it (`before`).
#[must_use]
pub fn describe(event: &Event, context: Context<'_>) -> Row {
    let mut row = body(event, context);
    let timed = !matches!(
        event.kind,
        Kind::Return(_) | Kind::Unfinished(_) | Kind::Loss(_) | Kind::Call(_)
    );
    if let Some(nanos) = event.duration
        && timed
        && nanos >= NOTABLE
    {
        let text = amount::duration(nanos, context.looks.unicode);
        row.first.plain("  ").push(Role::Dim, &text);
    }
    if event.late {
        row.first.plain("  ").push(Role::Dim, "(came late)");
    }
    row
}

fn body(event: &Event, context: Context<'_>) -> Row {
    let looks = context.looks;
    match &event.kind {
        Kind::Fork(body) => process::fork(body),
        Kind::ForkFailed(body) => process::fork_failed(body, looks),
        Kind::Exec(body) => process::exec(event.process, body, context),
        Kind::ExecFailed(body) => process::exec_failed(body, looks),
        Kind::Exit(body) => process::exit(body, event.kind.failed(), looks),
        Kind::Compat(body) => process::compat(body),
        Kind::Signal(body) => signal::signal(event.process, body, context),
        Kind::Oom(body) => signal::oom(body, context),
        Kind::Open(body) => file::open(body, looks),
        Kind::Stat(body) => file::stat(body, looks),
        Kind::Access(body) => file::access(body, looks),
        Kind::Readlink(body) => file::readlink(body, looks),
        Kind::Getcwd(body) => file::getcwd(body, looks),
        Kind::List(body) => file::list(body, context),
        Kind::Chdir(body) => file::chdir(body, looks),
        Kind::Ioctl(body) => file::ioctl(body, looks),
        Kind::Map(body) => library::map(body, context),
        Kind::Unmap(body) => library::unmap(body),
        Kind::Library(body) => library::library(body, context),
        Kind::LateLibrary(body) => library::late(body),
        Kind::Call(body) => call::entry(body),
        Kind::Return(body) => call::returned(body, event.duration, context),
        Kind::Counted(body) => call::counted(body, looks),
        Kind::Unfinished(body) => call::unfinished(body, event, context),
        Kind::LoaderError(body) => call::loader_alone(body, context),
        Kind::Output(body) => output::output(body, looks),
        Kind::Socket(body) => network::socket(body, looks),
        Kind::Http(body) => network::http(body),
        Kind::Root(body) => recorder::root(body),
        Kind::Loss(body) => recorder::loss(body, event.duration, looks),
        Kind::Note(body) => recorder::note(body),
        Kind::End(body) => recorder::end(body),
        Kind::Unknown(name, body) => recorder::unknown(name, body.get()),
    }
}

/// A process with its short name: `p3.1 llama-server`.
#[must_use]
pub fn who(process: Proc, scene: &Scene) -> String {
    match scene.name(process) {
        Some(name) => format!("{process} {name}"),
        None => process.to_string(),
    }
}
