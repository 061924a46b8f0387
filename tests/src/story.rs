//! The story of a bootstrap in system calls, without what differs from run to run: which process listed which folder,
//! which library files it opened in which order, what it created, whom it started with which variables, how it ended.
//!
//! In: the events of a trace and the tree that was run. Out: text, one block per process in the order of their starts;
//! its words are described in `corpus/stories/README.md`.

mod text;

use std::collections::BTreeSet;

use vgputrace::event::file::Open;
use vgputrace::event::process::{EnvVar, Exec, Exit};
use vgputrace::event::{Event, Kind, Seen};

use crate::Events;
use crate::events::text as words_of;
use crate::standin::Tree;

/// `O_CREAT` of x86-64.
const CREATE: u64 = 0o100;

/// One thing that a process did; paths as it named them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    List(String),
    Open(String),
    Miss(String),
    Create(String),
    Start(Vec<String>),
}

/// A process from its exec on.
#[derive(Debug)]
struct Process {
    number: u32,
    argv: Vec<String>,
    variables: BTreeSet<(String, String)>,
    steps: Vec<Step>,
    end: String,
}

/// The story of a recorded bootstrap of this tree.
#[must_use]
pub fn story(events: &Events, tree: &Tree) -> String {
    let mut processes: Vec<Process> = Vec::new();
    for event in &events.0 {
        add(&mut processes, event);
    }
    let server = processes.first().map(|one| one.variables.clone());
    text::write(&processes, &server.unwrap_or_default(), tree)
}

fn add(processes: &mut Vec<Process>, event: &Event) {
    let Some(number) = event.process.map(|process| process.number) else {
        return;
    };
    if let Kind::Exec(exec) = &event.kind {
        let process = begun(number, exec);
        if let Some(server) = processes.first_mut() {
            server.steps.push(Step::Start(process.argv.clone()));
        }
        processes.push(process);
        return;
    }
    let Some(process) = processes.iter_mut().find(|one| one.number == number) else {
        return;
    };
    match &event.kind {
        Kind::List(list) if list.entries > 0 => {
            process
                .steps
                .push(Step::List(words_of(&list.path).to_owned()));
        }
        Kind::Open(open) => process.steps.extend(opened(open)),
        Kind::Exit(exit) => process.end = ended(exit),
        _ => {}
    }
}

fn begun(number: u32, exec: &Exec) -> Process {
    let argv = match &exec.argv {
        Seen::Yes(argv) => argv.iter().map(|one| one.as_str().to_owned()).collect(),
        _ => Vec::new(),
    };
    let variables = match &exec.env {
        Seen::Yes(variables) => variables.iter().map(pair).collect(),
        _ => BTreeSet::new(),
    };
    Process {
        number,
        argv,
        variables,
        steps: Vec::new(),
        end: "did not end".to_owned(),
    }
}

fn pair(variable: &EnvVar) -> (String, String) {
    let value = variable.v.as_ref().map_or("", |value| value.as_str());
    (variable.k.as_str().to_owned(), value.to_owned())
}

fn opened(open: &Open) -> Option<Step> {
    let path = words_of(&open.path).to_owned();
    let name = path.rsplit('/').next().unwrap_or_default();
    let library = name.ends_with(".so") || name.contains(".so.");
    if library && name != "ld.so.cache" {
        return Some(match open.err {
            None => Step::Open(path),
            Some(_) => Step::Miss(path),
        });
    }
    (open.err.is_none() && open.flags.0 & CREATE != 0).then_some(Step::Create(path))
}

fn ended(exit: &Exit) -> String {
    match (&exit.signal, exit.code) {
        (Some(signal), _) => format!("is killed by {signal}"),
        (None, Some(code)) => format!("exits with {code}"),
        (None, None) => "ends".to_owned(),
    }
}
