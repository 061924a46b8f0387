//! The process ended by a signal that is no fault: it raised it itself, or a timer or limit of its own did.

use super::super::advice::RESTART;
use super::super::case::{Case, is_deciding};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::crash::{Kind, during, finding, inside_call, of_kind, open_call};

pub(super) static RULES: &[&Rule] = &[&RAISED];

static RAISED: Rule = Rule {
    id: "VG095",
    stage: Stage::Init,
    title: "The process ended by a signal of its own",
    story: "A library can end a process without a fault: it writes to a connection whose other end has gone (SIGPIPE), a timer that it set runs out (SIGALRM), a file of it becomes larger than the limit (SIGXFSZ), or it sends the process a \
signal itself. Of a runner no level of the log tells which; llama-server's end by it is one INFO line.",
    proof: "The process's end by the signal, which nobody else had sent, and what was open on that thread.",
    remedy: &["See to what the signal tells of; the library whose function was open raised it."],
    rows: &[],
    check: Check::Backend(raised),
};

/// What each of them tells of, and where to look.
const TELLS: &[(&str, &[&str])] = &[
    (
        "SIGPIPE",
        &[
            "SIGPIPE ends a process that writes to a connection or pipe whose other end has gone. A library that talks to a server must ignore it or send with MSG_NOSIGNAL; see whether that server runs, and what it logs.",
        ],
    ),
    ("SIGALRM", &TIMER),
    ("SIGVTALRM", &TIMER),
    ("SIGPROF", &TIMER),
    (
        "SIGXFSZ",
        &[
            "A file that the process wrote became larger than it may be (often a log that grows); see the limit:",
            "$ systemctl show ollama -p LimitFSIZE; ulimit -f",
        ],
    ),
    (
        "SIGXCPU",
        &[
            "The process used up the CPU time that it may use; see the limit:",
            "$ systemctl show ollama -p LimitCPU; ulimit -t",
        ],
    ),
];

const TIMER: [&str; 1] = [
    "A timer that a library had set (alarm, setitimer) ran out, and nothing handled it: the library must not set one in a process that is not its own, or what it waited for takes too long.",
];

const BY_ITSELF: [&str; 1] = [
    "The process sent this signal to itself: the library whose function was open there did it; replace it, or see its log.",
];

fn raised(case: &Case<'_>) -> Vec<Finding> {
    let all = of_kind(case, Kind::Raised);
    let Some(first) = all.iter().find(|seen| is_deciding(seen.child)) else {
        return Vec::new();
    };
    let call = open_call(first.child);
    let constructor = first.crash.and_then(|crash| crash.constructor.as_ref());
    let inside = call.map_or_else(String::new, inside_call);
    let what = match constructor {
        Some(of) => format!("in a constructor of {of}"),
        None => format!("{}{inside}", during(case, &all)),
    };
    let of = call.and_then(|call| call.of.as_ref()).or(constructor);
    let tells = TELLS.iter().find(|(name, _)| *name == first.signal);
    let lines = tells.map_or(&BY_ITSELF[..], |(_, lines)| *lines);
    finding(&RAISED, case, &all, &what)
        .map(|found| {
            let found = match of {
                Some(of) => found.object(of.as_str()),
                None => found,
            };
            found.do_all(lines).so(RESTART)
        })
        .into_iter()
        .collect()
}
