//! What the source can tell at all: levels of logs, recordings that ended early, processes that were not seen.

use crate::discover::Model;
use crate::discover::model::{Era, Level, Origin};

use super::super::advice;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[
    &LOG_CANNOT_TELL,
    &NOT_MENTIONED,
    &NOT_OVER,
    &NO_CHILD_SEEN,
    &OLD_OLLAMA,
];

pub(in super::super) static LOG_CANNOT_TELL: Rule = Rule {
    id: "VG200",
    stage: Stage::Source,
    title: "It was tried, and this log cannot tell why it gave no device",
    story: "Until 0.24 a failed dlopen is silent at every level, and a crash is told at TRACE only. From 0.30 on the words stand at DEBUG only if the driver's own calls fail too. A log in which a backend was tried and gave no device therefore fits many causes.",
    proof: "The lines that prove the try, and no line with a reason.",
    remedy: &[
        "A recording of one start settles it:",
        "$ sudo vgputrace run --until discovery --like-unit ollama.service",
    ],
    rows: &[
        "runner 20",
        "runner 21",
        "runner 22",
        "runner 23",
        "runner 24",
        "runner 25",
        "llama-server 14",
        "llama-server 16",
        "llama-server 19",
        "llama-server 20",
    ],
    check: Check::Given,
};

pub(in super::super) static NOT_MENTIONED: Rule = Rule {
    id: "VG201",
    stage: Stage::Source,
    title: "This log says nothing about the folder",
    story: "No line names the folder. That proves nothing: a folder that is tried is named at DEBUG only, one that the server cannot see is never named.",
    proof: "The level of the log.",
    remedy: &[
        "See whether the folder is there, and what a start at DEBUG says:",
        "$ ls -l /usr/local/lib/ollama",
    ],
    rows: &["runner 4", "runner 5", "runner 6", "llama-server 1"],
    check: Check::Given,
};

pub(in super::super) static NOT_OVER: Rule = Rule {
    id: "VG202",
    stage: Stage::Source,
    title: "The discovery was not over when the recording or log ended",
    story: "The line \"inference compute\" ends a discovery. Without it what became of a folder is open.",
    proof: "No such line.",
    remedy: &[
        "Record until it is over:",
        "$ sudo vgputrace run --until discovery -- ollama serve",
    ],
    rows: &[],
    check: Check::Given,
};

static NO_CHILD_SEEN: Rule = Rule {
    id: "VG203",
    stage: Stage::Source,
    title: "The processes that load backends are not in this recording",
    story: "ollama serve never loads a GPU backend itself; short-lived children do, for some 200 ms at its start. A recording that began later, or of `ollama list` or `ollama run`, which only talk to the server, cannot show it.",
    proof: "A server without children of a discovery, or no server.",
    remedy: &[
        "Record the start of the server:",
        "$ sudo vgputrace run --until discovery -- ollama serve",
    ],
    rows: &["stack 8", "stack 16", "stack 36"],
    check: Check::General(no_child_seen),
};

fn no_child_seen(model: &Model) -> Vec<Finding> {
    if model.origin == Origin::Log || !model.children.is_empty() || model.finished {
        return Vec::new();
    }
    let words: Vec<&str> = model
        .command
        .iter()
        .map(crate::event::Text::as_str)
        .collect();
    let client = model.server.is_none() && words.iter().any(|word| word.ends_with("ollama"));
    let begun = model.server.as_ref().is_some_and(|server| server.already);
    if !client && !begun {
        return Vec::new();
    }
    let sentence = if client {
        format!(
            "This recording is of `{}`, which only talks to the server; the server's start must be recorded.",
            words.join(" ")
        )
    } else {
        "The server was running when the recording began; its discovery was over and is not in it."
            .to_owned()
    };
    vec![
        NO_CHILD_SEEN
            .found(sentence)
            .so("Record the start of the server:")
            .so(advice::record(model)),
    ]
}

static OLD_OLLAMA: Rule = Rule {
    id: "VG204",
    stage: Stage::Source,
    title: "The log is of an Ollama before 0.12",
    story: "Before 0.12 the server itself asked NVML and the driver and printed the codes (\"cuInit err: 999\", \"no compatible GPUs were discovered\", \"compatible gpu libraries\"). The codes mean what they mean today.",
    proof: "Lines of that time.",
    remedy: &["Update Ollama; then explain its new log."],
    rows: &[
        "reports C",
        "reports D",
        "reports E",
        "reports F",
        "reports G",
    ],
    check: Check::General(old_ollama),
};

/// Lines that only versions before 0.12 print (discover/gpu.go, gpu/gpu.go).
const OLD: [&str; 6] = [
    "no compatible GPUs were discovered",
    "no compatible gpu",
    "Discovered GPU libraries",
    "looking for compatible GPUs",
    "compatible gpu libraries",
    "unable to load cudart",
];

fn old_ollama(model: &Model) -> Vec<Finding> {
    if model.era != Era::Unknown || model.origin != Origin::Log {
        return Vec::new();
    }
    let is_old = |text: &str| {
        OLD.iter().any(|known| text.contains(known))
            || text.contains(" err: ")
            || text.contains("init failure: ")
    };
    let lines: Vec<_> = model
        .lines
        .iter()
        .filter(|line| is_old(line.message.as_str()))
        .filter_map(|line| line.seen.as_ref())
        .collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let code = lines.iter().find_map(|line| code(line.text.as_str()));
    let says = code.map_or_else(String::new, |(function, code)| {
        format!(" {function} gave {code}: {}.", meaning(&function, &code))
    });
    vec![
        OLD_OLLAMA
            .found(format!(
                "This log is of an Ollama before 0.12, which looked for GPUs in another way.{says}"
            ))
            .likely()
            .proof(lines)
            .do_all(OLD_OLLAMA.remedy),
    ]
}

/// `cuInit err: 999`, `nvml vram init failure: 9`.
fn code(text: &str) -> Option<(String, String)> {
    let (before, after) = text
        .split_once(" err: ")
        .or_else(|| text.split_once("init failure: "))?;
    let number: String = after.chars().take_while(char::is_ascii_digit).collect();
    let function = before
        .rsplit([' ', '"', '='])
        .find(|word| !word.is_empty())?;
    (!number.is_empty()).then(|| (function.to_owned(), number))
}

fn meaning(function: &str, code: &str) -> &'static str {
    match (function.contains("nvml"), code) {
        (true, "9") => "the NVIDIA driver is not loaded",
        (true, "18") => "driver library and kernel module are of different versions",
        (_, "999") => {
            "the driver does not come up, often nvidia_uvm after suspend or in a container"
        }
        (_, "100") => "the driver has no device",
        (_, "35") => "the driver is too old for the CUDA runtime",
        (_, "3") => "the driver could not be initialised",
        (_, "46") => "the card is busy",
        (_, "803") => "driver library and kernel module are of different versions",
        _ => "see CUDA's list of errors",
    }
}

/// The level below which a log keeps a backend's fate to itself.
pub(in super::super) const fn level_name(level: Level) -> &'static str {
    match level {
        Level::Trace => "TRACE",
        Level::Debug => "DEBUG",
        Level::Info | Level::Warn | Level::Error => "INFO",
        Level::Raw => "no",
    }
}
