//! The process ended by itself, or took too long.

use super::super::advice::RESTART;
use super::super::case::{Case, is_deciding, path_of, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::crash::{backend, capital, crash_of, inside_call as inside, open_call};
use crate::discover::model::{At, Attempt, Child, End, Evidence, Origin, Outcome};

pub(super) static RULES: &[&Rule] = &[&LEFT, &HUNG];

static LEFT: Rule = Rule {
    id: "VG088",
    stage: Stage::Init,
    title: "The backend ended the process",
    story: "A constructor, ggml_backend_init or something it called ended the process with exit(n). A runner's code is told at TRACE only; llama-server's by one INFO line.",
    proof: "The exit code, without a signal and without an answer.",
    remedy: &["Replace the library that calls exit: a library must not end the program."],
    rows: &["runner 28", "runner 37", "llama-server 27"],
    check: Check::Backend(left),
};

fn left(case: &Case<'_>) -> Vec<Finding> {
    let ends: Vec<(&Child, u8, Option<&Evidence>)> = case
        .children
        .iter()
        .filter(|child| is_deciding(child) && crash_of(child).is_none() && child.answer.is_none())
        .filter(|child| child.loader_words.is_empty())
        .filter_map(|child| match &child.end {
            End::Exit(code, seen) => Some((*child, *code, seen.as_ref())),
            _ => None,
        })
        .collect();
    let Some((child, code, _)) = ends.first().copied() else {
        return by_line(case);
    };
    if !super::unversioned::of(case).is_empty() {
        return Vec::new();
    }
    let started = case.inits().any(|(_, init)| init.unfinished);
    let loading = child.loads.iter().any(|load| load.outcome == Outcome::Died);
    let log = child.process.is_none();
    if !started && !loading && !(log && code != 0 && !matches!(code, 1 | 127)) {
        return Vec::new();
    }
    let constructor = child.constructor.as_ref().map(|of| of.as_str());
    let call = open_call(child).filter(|_| started);
    let during = if started {
        let inside = call.map_or_else(String::new, inside);
        format!(
            "while {} started (ggml_backend_init){inside}",
            backend(case)
        )
    } else if let Some(of) = constructor {
        format!(
            "in a constructor of {of}, while {} was loaded",
            backend(case)
        )
    } else if loading {
        format!("inside dlopen of {}", backend(case))
    } else {
        format!("while it looked at {}", case.name)
    };
    vec![
        LEFT
            .found(format!("{} ended by itself with exit code {code} {during}{}.", capital(who(child)), last_words(child)))
            .object(match constructor {
                _ if call.is_some_and(|call| call.of.is_some()) => {
                    call.and_then(|call| call.of.clone()).unwrap_or_default().as_str().to_owned()
                }
                Some(of) if !started => of.to_owned(),
                _ if started || loading => backend(case),
                _ => String::new(),
            })
            .certain_if(started || loading)
            .proof(ends.iter().filter_map(|(_, _, seen)| *seen))
            .proof(case.failure_lines())
            .do_lines(super::load_words::audited(case))
            .so("A backend or driver library must not end the program; use the release's or vendor's own file.")
            .so(RESTART),
    ]
}

/// What the process said after the load began that it did not survive.
fn last_words(child: &Child) -> String {
    let died = child
        .loads
        .iter()
        .find(|load| load.outcome == Outcome::Died);
    let unfinished = child.inits.iter().find(|init| init.unfinished);
    let Some(begun) = died
        .and_then(|load| load.call)
        .or_else(|| unfinished.and_then(|init| init.call))
    else {
        return String::new();
    };
    let said = child.said.last();
    said.filter(|said| matches!(said.seen.at, At::Event(at) if at > begun))
        .map_or_else(String::new, |said| {
            format!(
                ". Its last words: \"{}\"",
                said.text.as_str().trim().trim_end_matches('.')
            )
        })
}

/// The server's line alone: `llama-server --list-devices failed: exit status 0xc0000005` (Windows gives no signal).
fn by_line(case: &Case<'_>) -> Vec<Finding> {
    if case.children.iter().any(|child| child.process.is_some()) {
        return Vec::new();
    }
    let line = case.failure_lines().find(|line| {
        line.text
            .as_str()
            .contains("--list-devices failed: exit status ")
    });
    let Some(line) = line else { return Vec::new() };
    let status = line
        .text
        .as_str()
        .split_once("exit status ")
        .map_or("", |(_, rest)| {
            rest.split(['"', ' ', ':']).next().unwrap_or("")
        });
    if matches!(status, "1" | "127") {
        return Vec::new();
    }
    let meaning = if status.eq_ignore_ascii_case("0xc0000005") {
        ", an access to memory that is not its own"
    } else {
        ""
    };
    vec![
        LEFT.found(format!("llama-server --list-devices ended with exit status {status}{meaning}, while it looked at {}.", case.name))
            .proof([line])
            .so("Update the GPU's driver and Ollama; if it stays, give the maintainers the output at OLLAMA_DEBUG=2."),
    ]
}

static HUNG: Rule = Rule {
    id: "VG089",
    stage: Stage::Init,
    title: "The look at the backend took too long",
    story: "The server gives one look 30 seconds: one runner, or from 0.30 on llama-server twice and the probe together. Then it kills the process and takes the folder for one without devices. A slow start of the \
driver (persistence mode off, many cards), a stuck device or a library that waits does that.",
    proof: "SIGKILL by the server before an answer, and the call that had not come back.",
    remedy: &[
        "Let the driver stay initialised:",
        "$ sudo nvidia-smi -pm 1",
    ],
    rows: &["runner 40", "llama-server 30", "stack 9", "reports J"],
    check: Check::Backend(hung),
};

/// How long the server waited, in words.
fn how_long(killed: &[(&Child, u64, Option<&Evidence>)], lines: &[&Evidence]) -> String {
    let time = killed.first().map_or(0, |(_, after, _)| after / A_SECOND);
    // The server's own line tells its limit; a log knows the begin of the process by its lines only.
    let limit = !lines.is_empty() && killed.iter().all(|(child, _, _)| child.process.is_none());
    if time == 0 || limit {
        "its limit of 30 s".to_owned()
    } else {
        format!("{time} s")
    }
}

/// No limit of the server's is shorter (discover/runner.go).
const A_SECOND: u64 = 1_000_000_000;

fn hung(case: &Case<'_>) -> Vec<Finding> {
    // A probe that was killed alone cost nothing: the list had answered before (discover/native_probe.go).
    let alone = case.answered();
    let lines: Vec<&Evidence> = case
        .failure_lines()
        .filter(|line| {
            let text = line.text.as_str();
            text.contains("before timeout") || text.contains("deadline exceeded")
        })
        .collect();
    let killed: Vec<(&Child, u64, Option<&Evidence>)> = case
        .children
        .iter()
        .filter(|child| !alone || is_deciding(child))
        .filter_map(|child| match &child.end {
            End::KilledByServer {
                before_answer: true,
                after,
                seen,
            } => Some((*child, *after, seen.as_ref())),
            _ => None,
        })
        // What the server ends at once has not waited: the first start is over for it with one line.
        .filter(|(child, after, _)| {
            !lines.is_empty() || child.process.is_none() || *after >= A_SECOND
        })
        .collect();
    // Of a process that ran when the recording began the answer may not have been seen.
    let unknown = case.model.blind.began_late && lines.is_empty();
    let none = killed.is_empty() && lines.is_empty();
    if none || unknown || super::answer::is_unreached(case) || !cut_short(case).is_empty() {
        return Vec::new();
    }
    let hanging: Vec<&Evidence> = case
        .children
        .iter()
        .filter_map(|child| child.hanging.as_ref())
        .collect();
    let (file, open) = waiting_in(case, hanging.first().copied());
    let unopened = unopened(&killed);
    let time = how_long(&killed, &lines);
    let what = waited(open.as_deref(), unopened);
    // NVIDIA's driver does not wait in a constructor, and not without a card.
    let of_its_own =
        constructor_of(&hanging).is_some() || super::device::has_gpu(case) == Some(false);
    let who = killed
        .first()
        .map_or("The process", |(child, _, _)| who(child));
    let in_dlopen = constructor_of(&hanging).is_none() && is_in_dlopen(case, open.as_deref());
    let helps = match unopened {
        Some((path, _)) => end_of_the_wait(path),
        None => {
            let mut lines = Vec::new();
            if in_dlopen {
                lines.push("No start of a backend had begun: a library waits in its constructor, or the file system that it is read from does not answer:".to_owned());
                lines.push(format!("$ findmnt -T {0}; ls -lL {0}", case.path()));
            }
            let more: &[&str] = if of_its_own { &HUNG_OWN } else { &HUNG_DRIVER };
            lines.extend(more.iter().map(|line| (*line).to_owned()));
            lines
        }
    };
    let object = constructor_of(&hanging)
        .or_else(|| unopened.map(|(path, _)| path.to_owned()))
        .or(file)
        .or(open)
        .unwrap_or_default();
    vec![
        HUNG.found(format!(
            "{} for {} gave no answer and the server killed it after {time}.{what}",
            capital(who),
            case.name
        ))
        .object(object)
        .proof(killed.iter().filter_map(|(_, _, seen)| *seen))
        .proof(lines)
        .proof(hanging)
        .proof(unopened.map(|(_, seen)| seen))
        .do_lines(helps)
        .so(RESTART),
    ]
}

/// What it was waiting for, in words.
fn waited(open: Option<&str>, unopened: Option<(&str, &Evidence)>) -> String {
    match (open, unopened) {
        (Some(open), Some((path, _))) => {
            format!(" It was waiting for the open of {path}, in {open}.")
        }
        (None, Some((path, _))) => format!(" It was waiting for the open of {path}."),
        (Some(open), None) => format!(" It was waiting in {open}."),
        (None, None) => " What it was waiting for was not seen.".to_owned(),
    }
}

/// What ends a wait for a file.
fn end_of_the_wait(path: &str) -> Vec<String> {
    vec![
        "An open waits for ever where the path is a pipe that nobody writes to, or where its file system (network, FUSE) does not answer; put a file in its place, or mount it anew:".to_owned(),
        format!("$ timeout 5 ls -lL {path}; timeout 5 findmnt -T {path}"),
    ]
}

/// The open that the kill cut short, which is told behind it: the kernel's own codes for a call that would have gone on (linux/errno.h, ERESTARTSYS to
/// ERESTART_RESTARTBLOCK), or EINTR.
fn unopened<'a>(
    killed: &[(&'a Child, u64, Option<&'a Evidence>)],
) -> Option<(&'a str, &'a Evidence)> {
    killed.iter().find_map(|(child, _, kill)| {
        let kill = kill.map(|kill| &kill.at)?;
        let cut = |seen: &Evidence| matches!((kill, &seen.at), (At::Event(kill), At::Event(open)) if kill < open);
        let mut refused = child.refused.iter();
        let (_, seen) = refused.find(|(err, seen)| {
            matches!(err.0, 4 | 512..=516) && cut(seen) && seen.text.as_str().starts_with("open ")
        })?;
        Some((seen.text.as_str().strip_prefix("open ")?, seen))
    })
}

/// A load had not come back, and no start of a backend had begun.
fn is_in_dlopen(case: &Case<'_>, open: Option<&str>) -> bool {
    // A first start that was killed has no load that is known to hang, and its call was open.
    open.is_some_and(|open| open.starts_with("dlopen"))
        && !case.inits().any(|(_, init)| init.unfinished)
}

/// The server's lines about a look that it gave up since it was told to end, which come in the words of its limit of 30 s too
/// (ml/device.go): "context canceled" from 0.30 on, before that a limit that was not reached.
pub(in super::super) fn cut_short<'a>(case: &Case<'a>) -> Vec<&'a Evidence> {
    const MOST: u64 = 25_000_000_000;
    let server = case.model.server.as_ref();
    let told_to_end = server.and_then(|server| server.told_to_end.as_ref());
    // A recording shows the signal; a log has only the time that it took.
    let early = |attempt: &Attempt| match case.model.origin {
        Origin::Trace => told_to_end.is_some(),
        _ => attempt.took.is_some_and(|took| took < MOST),
    };
    let lines = case.attempts.iter().filter_map(|attempt| {
        let line = attempt.failure_line.as_ref()?;
        let text = line.text.as_str();
        let told = text.contains("context canceled")
            || text.contains("failed to finish discovery before timeout") && early(attempt);
        told.then_some(line)
    });
    let lines: Vec<&Evidence> = lines.collect();
    let lines = [lines, super::killed::with_service(case)].concat();
    let signal = told_to_end.filter(|_| !lines.is_empty());
    lines.into_iter().chain(signal).collect()
}

/// The file that was being started or loaded, and the call that had not come back.
fn waiting_in(case: &Case<'_>, hanging: Option<&Evidence>) -> (Option<String>, Option<String>) {
    // What a crash of nothing shows: the call that was still open, and the file it belongs to.
    let starting = case
        .inits()
        .find(|(_, init)| init.unfinished)
        .map(|(_, init)| base(init.file.as_str()).to_owned());
    let loading = case
        .loads()
        .find(|(_, load)| load.outcome == Outcome::Hanging)
        .map(|(_, load)| base(path_of(load)).to_owned());
    let file = starting.clone().or_else(|| loading.clone());
    let open = match (hanging, &starting, &loading) {
        (Some(seen), Some(file), _) if seen.text.as_str().starts_with("ggml_backend_init") => {
            Some(format!("ggml_backend_init of {file}"))
        }
        (Some(seen), _, _) => seen
            .text
            .as_str()
            .rsplit_once(", for ")
            .map(|(call, _)| call.to_owned())
            .or_else(|| Some(seen.text.as_str().to_owned())),
        (None, Some(file), _) => Some(format!("ggml_backend_init of {file}")),
        (None, None, Some(file)) => Some(format!("dlopen of {file}")),
        (None, None, None) => None,
    };
    (file, open)
}

/// What helps when the driver itself waits, and when another library does.
const HUNG_DRIVER: [&str; 3] = [
    "If the driver is slow to start, let it stay initialised:",
    "$ sudo nvidia-smi -pm 1",
    HUNG_OWN[0],
];
const HUNG_OWN: [&str; 1] = [
    "If a library of your own waits there, it must answer within seconds, and best not wait in a constructor: three processes do this one after the other.",
];

/// The library whose constructor had not come back.
fn constructor_of(hanging: &[&Evidence]) -> Option<String> {
    let (_, rest) = hanging
        .first()?
        .text
        .as_str()
        .split_once("a constructor of ")?;
    rest.split(", for ").next().map(str::to_owned)
}
