//! What the source can tell at all: levels of logs, recordings that ended early, processes that were not seen.

use crate::discover::Model;
use crate::discover::model::{Evidence, Level, Origin};

use super::super::advice;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;

pub(super) static RULES: &[&Rule] = &[
    &LOG_CANNOT_TELL,
    &NOT_MENTIONED,
    &NOT_OVER,
    &NO_CHILD_SEEN,
    &NO_BACKENDS,
    &NO_CPU,
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
    let client = model.server.is_none() && is_client(&words);
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
    let finding = NO_CHILD_SEEN.found(sentence);
    let finding = match model.starter.unit().filter(|_| begun) {
        Some(unit) => finding
            .so("Restart the service under the recorder, or record a second start beside it:")
            .so(format!("$ sudo vgputrace attach --unit {unit} --restart")),
        None => finding.so("Record the start of the server:"),
    };
    vec![finding.so(advice::record(model))]
}

/// `ollama run MODEL` and the like, also under sudo or env: subcommands that ask the server (cmd/cmd.go).
fn is_client(words: &[&str]) -> bool {
    const ASKING: [&str; 10] = [
        "run", "list", "ls", "ps", "show", "pull", "push", "create", "stop", "cp",
    ];
    words.windows(2).any(
        |pair| matches!(pair, [program, asked] if base(program) == "ollama" && ASKING.contains(asked)),
    )
}

static NO_BACKENDS: Rule = Rule {
    id: "VG205",
    stage: Stage::Source,
    title: "The program loaded no backend at all",
    story: "A program built for loadable backends (GGML_BACKEND_DL) must call ggml_backend_load_all, which looks into the folder of the program, the current folder and GGML_BACKEND_DIR of its build; LD_LIBRARY_PATH plays no part.",
    proof: "The program's words.",
    remedy: &[
        "Put the backends beside the program, or have it call ggml_backend_load_all_from_path.",
    ],
    rows: &["reports A"],
    check: Check::General(no_backends),
};

fn words_of<'a>(model: &'a Model, words: &'a str) -> impl Iterator<Item = &'a Evidence> {
    let said = model
        .children
        .iter()
        .flat_map(|child| &child.said)
        .filter(move |said| said.text.as_str().contains(words))
        .map(|said| &said.seen);
    let lines = model
        .lines
        .iter()
        .filter(move |line| line.message.as_str().contains(words))
        .filter_map(|line| line.seen.as_ref());
    said.chain(lines)
}

fn no_backends(model: &Model) -> Vec<Finding> {
    let mut seen = words_of(model, "no backends are loaded").peekable();
    if seen.peek().is_none() {
        return Vec::new();
    }
    vec![
        NO_BACKENDS
            .found("The program loaded no backend at all, not even one for the CPU: it did not look for any, or not where they are.")
            .object("ggml_backend_load_all")
            .proof(seen)
            .do_all(NO_BACKENDS.remedy),
    ]
}

static NO_CPU: Rule = Rule {
    id: "VG206",
    stage: Stage::Source,
    title: "No CPU backend could be loaded",
    story: "Every libggml-cpu-*.so was refused, so no model can be loaded even where a GPU works.",
    proof: "The program's words, and those of the loader about the CPU backends.",
    remedy: &["Bring what the loader names, or install one release anew."],
    rows: &["reports A"],
    check: Check::General(no_cpu),
};

fn no_cpu(model: &Model) -> Vec<Finding> {
    let seen: Vec<&Evidence> = words_of(model, "no CPU backend found").collect();
    if seen.is_empty() {
        return Vec::new();
    }
    let words: Vec<&Evidence> = words_of(model, "failed to load")
        .filter(|seen| seen.text.as_str().contains("libggml-cpu"))
        .collect();
    let why = words.first().map_or_else(String::new, |seen| {
        format!(" The loader says: {}.", seen.text)
    });
    vec![
        NO_CPU
            .found(format!(
                "No CPU backend could be loaded, and without one no model can be.{why}"
            ))
            .proof(words)
            .proof(seen)
            .do_all(NO_CPU.remedy),
    ]
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
