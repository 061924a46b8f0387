//! The process ended, hung or was killed while it looked at the backend.

use crate::discover::model::{Child, Crash, DriverCall, End, Evidence, Load, Outcome};

use super::super::advice::{self};
use super::super::case::{Case, is_deciding, path_of, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};

pub(super) static RULES: &[&Rule] = &[&IN_START];

/// A crash of one process: what is known of it.
pub(super) struct Seen<'a> {
    pub(super) child: &'a Child,
    pub(super) signal: &'a str,
    pub(super) crash: Option<&'a Crash>,
    pub(super) evidence: Vec<&'a Evidence>,
}

pub(super) const FATAL: [&str; 7] = [
    "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP", "SIGSYS",
];

/// Others that end a process which has no handler for them, and that it brings upon itself (signal(7)).
const ENDING: [&str; 6] = [
    "SIGPIPE",
    "SIGALRM",
    "SIGVTALRM",
    "SIGPROF",
    "SIGXFSZ",
    "SIGXCPU",
];

/// The crash of a process, by its signal, its end, or Go's words about it.
pub(super) fn crash_of(child: &Child) -> Option<Seen<'_>> {
    let mut evidence: Vec<&Evidence> = child.crashes.iter().map(|crash| &crash.seen).collect();
    let ended = match &child.end {
        End::Signal { name, by, seen }
            if (FATAL.contains(&name.as_str())
                || ENDING.contains(&name.as_str())
                || name.is_empty())
                && by.is_none() =>
        {
            evidence.extend(seen);
            Some(name.as_str())
        }
        End::Exit(2, seen) if !child.crashes.is_empty() => {
            evidence.extend(seen);
            None
        }
        _ => None,
    };
    let crash = child.crashes.first();
    let signal = crash.map(|crash| crash.signal.as_str()).or(ended)?;
    // A fault that the program survived ended nothing.
    let survived = matches!(
        child.end,
        End::Exit(0, _)
            | End::KilledByServer {
                before_answer: false,
                ..
            }
    );
    (!survived).then_some(Seen {
        child,
        signal,
        crash,
        evidence,
    })
}

/// Crashes that decide: of the list or runner, with those of the other processes beside them.
fn crashes<'a>(case: &Case<'a>) -> Vec<Seen<'a>> {
    let all: Vec<Seen<'a>> = case.children.iter().copied().filter_map(crash_of).collect();
    if all.iter().any(|seen| is_deciding(seen.child)) {
        all
    } else {
        Vec::new()
    }
}

/// Where it happened, in words: `in libggml-cuda.so, function ggml_backend_init, offset 0x11`.
pub(super) fn place(crash: Option<&Crash>) -> String {
    let Some(site) = crash.and_then(|crash| crash.at.as_ref()) else {
        return String::new();
    };
    let symbol = site.symbol.as_ref().map_or_else(String::new, |symbol| {
        format!(
            ", function {}",
            symbol.as_str().split('+').next().unwrap_or_default()
        )
    });
    match &site.object {
        Some(object) => format!(": in {object}{symbol}, offset {}", site.offset),
        None => format!(": at {}, which belongs to no file", site.offset),
    }
}

pub(super) fn inside(seen: &Seen<'_>, function: &str) -> bool {
    seen.crash
        .is_some_and(|crash| crash.inside.iter().any(|open| open.as_str() == function))
}

/// Where a crash belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Abort,
    Filtered,
    Cut,
    Loader,
    Before,
    Start,
    Raised,
}

fn kind(seen: &Seen<'_>) -> Kind {
    let object = seen
        .crash
        .and_then(|crash| crash.at.as_ref())
        .and_then(|site| site.object.as_ref());
    let constructor = seen.crash.and_then(|crash| crash.constructor.as_ref());
    let in_loader = object.is_some_and(|object| base(object.as_str()).starts_with("ld-"));
    let loading = inside(seen, "dlopen")
        || seen
            .child
            .loads
            .iter()
            .any(|load| load.outcome == Outcome::Died);
    let begun = !seen.child.loads.is_empty()
        || !seen.child.walked.is_empty()
        || seen.child.process.is_none();
    match seen.signal {
        _ if !is_fault(seen) => Kind::Raised,
        "SIGABRT" => Kind::Abort,
        super::seccomp::SIGSYS => Kind::Filtered,
        "SIGBUS"
            if in_loader || (loading && !inside(seen, "ggml_backend_init")) || object.is_none() =>
        {
            Kind::Cut
        }
        _ if inside(seen, "ggml_backend_init") => Kind::Start,
        // The loader itself stumbles over what a file says, unless a constructor runs.
        _ if in_loader && loading && constructor.is_none() => Kind::Cut,
        _ if loading => Kind::Loader,
        _ if !begun && has_preload(seen.child) => Kind::Before,
        _ => Kind::Start,
    }
}

fn has_preload(child: &Child) -> bool {
    child.env.iter().any(|variable| {
        variable.k.as_str() == "LD_PRELOAD"
            && variable.v.as_ref().is_some_and(|value| !value.is_empty())
    })
}

pub(super) fn of_kind<'a>(case: &Case<'a>, wanted: Kind) -> Vec<Seen<'a>> {
    let all = crashes(case);
    match all.iter().find(|seen| is_deciding(seen.child)) {
        Some(first) if kind(first) == wanted => all,
        _ => Vec::new(),
    }
}

pub(super) fn finding(
    rule: &Rule,
    case: &Case<'_>,
    all: &[Seen<'_>],
    what: &str,
) -> Option<Finding> {
    let first = all.iter().find(|seen| is_deciding(seen.child))?;
    let best = all
        .iter()
        .filter_map(|seen| seen.crash)
        .find(|crash| crash.at.is_some())
        .or(first.crash);
    let signal = if first.signal.is_empty() {
        "a signal"
    } else {
        first.signal
    };
    let object = best
        .and_then(|crash| crash.at.as_ref())
        .and_then(|site| site.object.clone());
    let known = object.is_some();
    let how = if is_fault(first) {
        "crashed with"
    } else {
        "was ended by"
    };
    let mut found = rule
        .found(format!(
            "{} {how} {signal} {what}{}.",
            capital(who(first.child)),
            place(best)
        ))
        .object(object.unwrap_or_default())
        .proof(all.iter().flat_map(|seen| seen.evidence.iter().copied()));
    if !known {
        found = found.proof(case.failure_lines());
    }
    Some(found)
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    if text.starts_with("llama-server") {
        return text.to_owned();
    }
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// The signal is one of a fault or an abort, not one by which something else ends a process.
pub(super) fn is_fault(seen: &Seen<'_>) -> bool {
    seen.signal.is_empty() || FATAL.contains(&seen.signal)
}

/// The driver's or runtime's call that had not come back when the process ended: the innermost one.
pub(super) fn open_call(child: &Child) -> Option<&DriverCall> {
    let open = |call: &&DriverCall| call.took.is_none() && call.result.is_empty();
    child.calls.iter().rev().find(open)
}

/// `, inside cuInit of /usr/lib/libcuda.so.1`.
pub(super) fn inside_call(call: &DriverCall) -> String {
    let of = call
        .of
        .as_ref()
        .map_or_else(String::new, |of| format!(" of {of}"));
    format!(", inside {}{of}", call.function)
}

/// The backend that was being loaded or started.
pub(super) fn backend(case: &Case<'_>) -> String {
    case.inits()
        .find(|(_, init)| init.unfinished)
        .map(|(_, init)| base(init.file.as_str()).to_owned())
        .or_else(|| {
            case.loads()
                .last()
                .map(|(_, load)| base(path_of(load)).to_owned())
        })
        .unwrap_or_else(|| format!("the backend of {}", case.name))
}

static IN_START: Rule = Rule {
    id: "VG085",
    stage: Stage::Init,
    title: "The backend crashed",
    story: "A fault inside the backend, a driver or a library that stands in for one. In a runner Go's handler turns it into exit code 2, which only TRACE tells; llama-server dies by \
the signal, which one INFO line names, but not the place.",
    proof: "The fault with library, function and offset, and what was open on that thread.",
    remedy: &["Update or replace the library that is named; the offset tells its maker where."],
    rows: &[
        "runner 38",
        "runner 37",
        "llama-server 25",
        "stack 2",
        "stack 5",
        "stack 44",
        "reports P",
    ],
    check: Check::Backend(in_start),
};

/// What an illegal instruction most often means.
const OTHER_PROCESSOR: &[&str] = &[
    "An illegal instruction is most often one that this processor does not have (or that its virtual machine hides): compare what the library was built for.",
    "$ grep -o -w -E 'avx|avx2|avx512f|fma' /proc/cpuinfo | sort -u; systemd-detect-virt",
];

fn in_start(case: &Case<'_>) -> Vec<Finding> {
    let all = of_kind(case, Kind::Start);
    let what = during(case, &all);
    // "runner crashed" is all that a log says of any signal, SIGKILL for lack of memory too (ml/device.go).
    let nameless = all
        .iter()
        .all(|seen| seen.signal.is_empty() && seen.crash.is_none());
    finding(&IN_START, case, &all, &what)
        .map(|found| {
            let found = found.certain_if(!nameless);
            let remedy = match &found.missing_object {
                Some(object) => vec![
                    format!("{object} is at fault, or what it was given; see what it is and whose:"),
                    format!("$ ls -l {object}; readelf -n {object} | grep -i build"),
                    "Replace it by the release's or vendor's own file, or give its maker function and offset.".to_owned(),
                ],
                None => {
                    let mut lines = vec!["The log does not tell where. A recording does:".to_owned()];
                    lines.push(advice::record(case.model));
                    if nameless {
                        lines.push("It may have been killed too; see whether memory was short:".to_owned());
                        lines.push("$ journalctl -k | grep -i 'killed process'".to_owned());
                    }
                    lines
                }
            };
            let illegal = all.iter().any(|seen| seen.signal == "SIGILL");
            let processor = if illegal { OTHER_PROCESSOR } else { &[] };
            let processor = processor.iter().map(|line| (*line).to_owned()).collect();
            Finding {
                remedy: [without_preload(case), processor, remedy].concat(),
                ..found
            }
        })
        .into_iter()
        .collect()
}

/// What the process was at when it crashed.
pub(super) fn during(case: &Case<'_>, all: &[Seen<'_>]) -> String {
    let started = all.iter().any(|seen| inside(seen, "ggml_backend_init"));
    if started {
        format!("while {} started (ggml_backend_init)", backend(case))
    } else {
        opened_nothing(all).unwrap_or_else(|| format!("while it looked at {}", case.name))
    }
}

/// A process that died before it had opened one backend was not stopped by that.
fn opened_nothing(all: &[Seen<'_>]) -> Option<String> {
    let first = all.iter().find(|seen| is_deciding(seen.child))?;
    let backend = |load: &Load| base(path_of(load)).starts_with("libggml-");
    let recorded = first.child.process.is_some();
    (recorded && !first.child.loads.iter().any(backend))
        .then(|| "before it had opened a backend".to_owned())
}

/// A preloaded library that answers in libc's place is the first to be suspected of a crash.
pub(super) fn without_preload(case: &Case<'_>) -> Vec<String> {
    let Some((path, names)) = super::preload::interposers(case.model).next() else {
        return Vec::new();
    };
    vec![
        format!(
            "{path} is preloaded and answers {} in libc's place: see first whether it crashes without it:",
            list(&names)
        ),
        advice::record_without(case.model, "LD_PRELOAD"),
    ]
}
