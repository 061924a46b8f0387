//! A limit of the user, the unit or the container stops a process or thread before it can look at a backend.

use crate::discover::model::{Child, Evidence, Spawn};

use super::super::advice::{EDIT_SETTINGS, RESTART};
use super::super::case::{Case, is_deciding, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::crash::capital;

pub(super) static RULES: &[&Rule] = &[&NO_FORK, &NO_THREAD];

static NO_FORK: Rule = Rule {
    id: "VG030",
    stage: Stage::Spawn,
    title: "No process could be made",
    story: "The kernel refused a new process, or the descriptors for its pipes: a limit of the user, the unit or the container. At INFO the log of a runner still \
says \"starting runner\"; the reason stands at DEBUG, from 0.30 on at INFO.",
    proof: "clone, fork or pipe failed in the server, or its line about it.",
    remedy: &[
        "Raise the limit (TasksMax=, LimitNPROC=, LimitNOFILE=, memory of the container):",
        EDIT_SETTINGS,
    ],
    rows: &["runner 12"],
    check: Check::Backend(no_fork),
};

/// What limits say: errno, Go's words for it, and what is short.
const LIMITS: [(u16, &str, &str, &str); 4] = [
    (
        11,
        "resource temporarily unavailable",
        "it is at a limit on the number of processes",
        "TasksMax=, LimitNPROC=, pids of the container",
    ),
    (
        12,
        "cannot allocate memory",
        "no memory was left",
        "LimitAS=, MemoryMax=, memory of the container",
    ),
    (
        23,
        "too many open files in system",
        "no file descriptor was left on the machine",
        "fs.file-max",
    ),
    (
        24,
        "too many open files",
        "no file descriptor was left in it",
        "LimitNOFILE=",
    ),
];

/// Go's error names a limit, not the file of the program.
pub(super) fn is_of_a_limit(text: &str) -> bool {
    LIMITS.iter().any(|(_, words, ..)| text.contains(words))
}

/// Go makes pipes for the output of a process before it makes the process (os/exec, StdoutPipe).
pub(super) fn is_of_its_pipes(text: &str) -> bool {
    text.contains("pipe2: ") || text.contains("error=\"pipe: ")
}

fn no_fork(case: &Case<'_>) -> Vec<Finding> {
    if case.answered() {
        return Vec::new();
    }
    let mut seen: Vec<&Evidence> = Vec::new();
    let mut limit = None;
    for child in &case.children {
        match &child.spawn {
            Spawn::ForkFailed(err, evidence) => {
                limit.get_or_insert_with(|| {
                    let known = LIMITS.iter().find(|(number, ..)| *number == err.0);
                    (err.to_string(), known)
                });
                seen.push(evidence);
            }
            Spawn::Failed(evidence)
                if is_of_a_limit(evidence.text.as_str())
                    || is_of_its_pipes(evidence.text.as_str()) =>
            {
                seen.push(evidence);
            }
            _ => {}
        }
    }
    let started = case.children.iter().any(|child| child.spawn == Spawn::Done);
    let of_pipes =
        |line: &&Evidence| is_of_a_limit(line.text.as_str()) || is_of_its_pipes(line.text.as_str());
    seen.extend(
        case.failure_lines()
            .chain(super::spawn_null::not_started(case))
            .filter(|line| !started && of_pipes(line)),
    );
    let Some(first) = seen.first() else {
        return Vec::new();
    };
    let (err, limit) = limit.unwrap_or_else(|| {
        let by_words = LIMITS
            .iter()
            .find(|(_, words, ..)| first.text.as_str().contains(words));
        let err = by_words.map_or_else(String::new, |(number, ..)| {
            crate::event::Errno(*number).to_string()
        });
        (err, by_words)
    });
    let (why, raise) = limit.map_or(
        (
            "the kernel refused it",
            "TasksMax=, LimitNPROC=, LimitNOFILE=",
        ),
        |(_, _, why, raise)| (why, raise),
    );
    let err = if err.is_empty() {
        String::new()
    } else {
        format!(" ({err})")
    };
    if limit.is_none() && first.text.as_str().contains("operation not permitted") {
        return filtered(case, &seen);
    }
    vec![
        NO_FORK
            .found(format!(
                "The server could not make a process for {}: {why}{err}.",
                case.name
            ))
            .proof(seen)
            .so(format!("Raise the limit ({raise}):"))
            .so(EDIT_SETTINGS)
            .so(RESTART),
    ]
}

/// What no limit does.
fn filtered(case: &Case<'_>, seen: &[&Evidence]) -> Vec<Finding> {
    vec![
        NO_FORK
            .found(format!(
                "The server could not make a process for {}: the kernel refused it the pipes for it (operation not permitted), which no limit does but a filter of system calls.",
                case.name
            ))
            .proof(seen.iter().copied())
            .so("See which system calls the unit or the container forbids (pipe2, clone and execve are needed):")
            .so("$ systemctl show ollama -p SystemCallFilter")
            .so(EDIT_SETTINGS)
            .so(RESTART),
    ]
}

static NO_THREAD: Rule = Rule {
    id: "VG040",
    stage: Stage::Spawn,
    title: "The process could not make a thread",
    story: "A runner or llama-server makes a dozen threads before it looks at a backend, each with room for a stack of its own. At a limit on processes or on address space \
the first that is refused ends it: Go aborts (\"pthread_create failed\"), C++ ends by an exception that nobody catches. The server's log tells the end at most.",
    proof: "Its words about the thread, and its end by an abort.",
    remedy: &["Raise the limit (TasksMax=, LimitNPROC=, LimitAS=, pids of the container):"],
    rows: &["runner 12", "runner 37"],
    check: Check::Backend(no_thread),
};

/// Go (runtime/cgo, runtime/os_linux.go) and std::thread of libstdc++.
const OF_THREADS: [&str; 4] = [
    "pthread_create failed",
    "failed to create new OS thread",
    "newosproc",
    "what():  Resource temporarily unavailable",
];

/// The process says that it could not make a thread, and came to no answer.
pub(super) fn without_thread<'a>(
    case: &Case<'a>,
) -> impl Iterator<Item = (&'a Child, &'a Evidence)> {
    let deciding = case
        .children
        .clone()
        .into_iter()
        .filter(|child| is_deciding(child) && child.answer.is_none());
    deciding.flat_map(|child| {
        let words = |text: &str| OF_THREADS.iter().any(|words| text.contains(words));
        let said = child
            .said
            .iter()
            .filter(move |said| words(said.text.as_str()));
        said.map(move |said| (child, &said.seen))
    })
}

fn no_thread(case: &Case<'_>) -> Vec<Finding> {
    let said: Vec<(&Child, &Evidence)> = without_thread(case).collect();
    let Some((child, first)) = said.first() else {
        return Vec::new();
    };
    vec![
        NO_THREAD
            .found(format!(
                "{} for {} could not make a thread and gave up; its words: {}. That is a limit on processes, or on the process's address space.",
                capital(who(child)),
                case.name,
                first.text.as_str().trim()
            ))
            .proof(said.iter().map(|(_, seen)| *seen).take(4))
            .proof(child.crashes.first().map(|crash| &crash.seen))
            .do_all(NO_THREAD.remedy)
            .so("$ systemctl show ollama -p TasksMax,LimitNPROC,LimitAS,MemoryMax; ulimit -u -v")
            .so(EDIT_SETTINGS)
            .so(RESTART),
    ]
}
