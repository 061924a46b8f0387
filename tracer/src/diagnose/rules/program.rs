//! The program that should look at a backend is not there, lacks something itself, or refuses its variables.

use super::super::advice::{self, RESTART};
use super::super::case::{Case, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use crate::discover::model::{Child, End, Era, Evidence, LibraryDir, Spawn, Words};
use crate::discover::role::Step;

pub(super) static RULES: &[&Rule] = &[&PROGRAM_LACKS, &BAD_ARGUMENT, &NO_LLAMA_SERVER];

static NO_LLAMA_SERVER: Rule = Rule {
    id: "VG032",
    stage: Stage::Spawn,
    title: "llama-server is not there",
    story: "From 0.30 on every look at a backend is made by llama-server, which lies in the library folder. Without it no folder is tried. One \
INFO line names all places that were searched, and gives an advice for developers that does not help users.",
    proof: "Every place was asked for and has no llama-server, or the server's line.",
    remedy: &["Install the whole release again: llama-server is part of it."],
    rows: &["llama-server 7", "reports A"],
    check: Check::Backend(no_llama_server),
};

fn no_llama_server(case: &Case<'_>) -> Vec<Finding> {
    let own = case.model.server.as_ref().map(|server| &server.library_dir);
    // One that does not know its own place looks in places that are not its own.
    if case.model.era == Era::Runner
        || own.is_some_and(LibraryDir::is_program_unknown)
        || case.children.iter().any(|child| child.spawn == Spawn::Done)
    {
        return Vec::new();
    }
    let lines: Vec<&Evidence> = case
        .model
        .lines
        .iter()
        .filter(|line| {
            line.fields
                .values()
                .any(|value| value.as_str().contains("llama-server binary not found"))
        })
        .filter_map(|line| line.seen.as_ref())
        .collect();
    let tried = own.map_or(&[][..], |own| &own.llama_server);
    let none = !tried.is_empty() && tried.iter().all(|tried| tried.err.is_some());
    if lines.is_empty() && !none {
        return Vec::new();
    }
    let mut finding = NO_LLAMA_SERVER
        .found("llama-server is not installed, so this Ollama can look at no backend at all.")
        .object("llama-server")
        .certain_if(!lines.is_empty() || case.absence_is_certain())
        .proof(lines)
        .proof(tried.iter().map(|tried| &tried.seen));
    finding.remedy = advice::reinstall(case.model);
    vec![finding.so(RESTART)]
}

static PROGRAM_LACKS: Rule = Rule {
    id: "VG033",
    stage: Stage::Spawn,
    title: "The program itself could not be loaded",
    story: "The dynamic loader ended the runner or llama-server before its first line: a library of the program, or of a preloaded object, is missing \
or does not fit. Exit code 127 (missing library or symbol) or 1 (missing version). Until 0.24 the log is silent, from 0.30 on it gives the code and not the library.",
    proof: "The loader's words before the program began, and its exit code.",
    remedy: &["Install the whole release again, or bring the library that is named."],
    rows: &["runner 13", "llama-server 9", "stack 23", "stack 29"],
    check: Check::Backend(program_lacks),
};

fn program_lacks(case: &Case<'_>) -> Vec<Finding> {
    if case.answered() {
        return Vec::new();
    }
    let ended =
        |child: &&Child| matches!(child.end, End::Exit(1 | 127, _)) && child.loads.is_empty();
    let mut seen = Vec::new();
    let mut words: Option<(&Child, &Words)> = None;
    for child in case.children.iter().copied().filter(ended) {
        let fatal = child
            .loader_words
            .iter()
            .rev()
            .find(|words| !is_harmless(words));
        if let Some(fatal) = fatal {
            words.get_or_insert((child, fatal));
            seen.push(&fatal.seen);
        }
        if let End::Exit(_, Some(end)) = &child.end {
            seen.push(end);
        }
    }
    let text = case.saying("error while loading shared libraries").next();
    let (object, said, process) = match (words, text) {
        (Some((child, words)), _) => (
            words.object.as_str().to_owned(),
            words.text.as_str().to_owned(),
            who(child),
        ),
        (None, Some(line)) => {
            let rest = line
                .text
                .as_str()
                .split_once("shared libraries: ")
                .map_or("", |(_, rest)| rest);
            let (object, said) = rest.split_once(": ").unwrap_or((rest, ""));
            (object.to_owned(), said.to_owned(), "the program")
        }
        (None, None) => return by_code(case),
    };
    let mut finding = PROGRAM_LACKS
        .found(format!(
            "{process} ended before it began: {object}: {said}."
        ))
        .object(missing_of(&object, &said))
        .proof(text)
        .proof(seen);
    finding.remedy = advice::reinstall(case.model);
    vec![finding.so(RESTART)]
}

/// Exit code 127 alone: the loader's, whose words a log below OLLAMA_DEBUG=2 does not have.
fn by_code(case: &Case<'_>) -> Vec<Finding> {
    let ended: Vec<&Evidence> = case
        .deciding()
        .filter(|child| child.loads.is_empty() && child.loader_words.is_empty())
        .filter_map(|child| match &child.end {
            End::Exit(127, seen) => seen.as_ref(),
            _ => None,
        })
        .collect();
    if ended.is_empty() {
        return Vec::new();
    }
    vec![
        PROGRAM_LACKS
            .found(format!("The program that looks at {} ended with code 127, which is the loader's: a library or symbol that it needs itself is missing. Which, this log does not tell.", case.name))
            .likely()
            .proof(ended)
            .proof(case.failure_lines())
            .so("See what it lacks:")
            .so(format!("$ LD_LIBRARY_PATH={0} ldd {0}/llama-server | grep 'not found'", advice::library_dir(case.model)))
            .so("Then install the whole release again."),
    ]
}

/// The name of a symbol, else the object.
fn missing_of(object: &str, said: &str) -> String {
    said.strip_prefix("undefined symbol: ").map_or_else(
        || base(object).to_owned(),
        |symbol| symbol.replace(", version ", "@"),
    )
}

/// A preloaded object that is not there costs a warning only.
fn is_harmless(words: &Words) -> bool {
    words.text.as_str().contains("cannot be preloaded")
        || words.occasion.as_str().contains("preload")
}

static BAD_ARGUMENT: Rule = Rule {
    id: "VG036",
    stage: Stage::Spawn,
    title: "A LLAMA_ARG_ variable stops llama-server",
    story: "From 0.30 on llama-server reads every LLAMA_ARG_* variable of the server's environment, also while it only looks at backends. A value that \
does not hold there ends it with code 1; the log gives the code and not the variable.",
    proof: "llama-server's own words, its exit code, and the variable.",
    remedy: &[
        "Correct the variable, or set it for your own llama-server only:",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["llama-server 11"],
    check: Check::Backend(bad_argument),
};

fn bad_argument(case: &Case<'_>) -> Vec<Finding> {
    let set: Vec<&str> = case
        .model
        .server
        .iter()
        .flat_map(|server| &server.env)
        .filter(|variable| {
            variable.k.as_str().starts_with("LLAMA_ARG_")
                && variable.v.as_ref().is_none_or(|value| !value.is_empty())
        })
        .map(|variable| variable.k.as_str())
        .collect();
    let said: Vec<&Evidence> = case
        .saying("error while handling environment variable")
        .chain(case.saying("error while handling argument"))
        .chain(case.saying("invalid device: "))
        .collect();
    let ended: Vec<&Evidence> = case
        .deciding()
        .filter(|child| child.role.step() == Some(Step::List) && child.loader_words.is_empty())
        .filter_map(|child| match &child.end {
            End::Exit(1, seen) => seen.as_ref(),
            _ => None,
        })
        .collect();
    let named = said.iter().find_map(|line| {
        let text = line.text.as_str();
        text.split(['"', '\'', ' '])
            .find(|word| word.starts_with("LLAMA_ARG_"))
    });
    // "invalid device" speaks of LLAMA_ARG_DEVICE where that is set; else of an argument, which is no variable's fault.
    let device = set.iter().copied().find(|name| {
        *name == "LLAMA_ARG_DEVICE"
            && said
                .iter()
                .any(|line| line.text.as_str().contains("invalid device: "))
    });
    let by_words = named.or(device);
    let (Some(variable), false) = (
        by_words.or_else(|| set.first().copied()),
        ended.is_empty() && by_words.is_none(),
    ) else {
        return Vec::new();
    };
    vec![
        BAD_ARGUMENT
            .found(format!("llama-server ended at once because of the variable {variable} in the server's environment."))
            .object(variable)
            .certain_if(by_words.is_some())
            .proof(said)
            .proof(ended)
            .so("Correct its value, or leave it out of the service's environment:")
            .so(advice::EDIT_UNIT)
            .so("To keep it for your own llama-server, set it in that program's start and not in Ollama's.")
            .so(RESTART),
    ]
}
