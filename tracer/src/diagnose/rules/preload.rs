//! Preloaded libraries: what they answer in libc's place, and those that are not there.

use crate::discover::Model;
use crate::discover::model::{Child, Evidence, Words};
use crate::event::Text;
use crate::event::process::EnvVar;

use super::super::advice::{self, EDIT_UNIT};
use super::super::case::at;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};

pub(super) static RULES: &[&Rule] = &[&INTERPOSES, &NOT_THERE];

static INTERPOSES: Rule = Rule {
    id: "VG188",
    stage: Stage::Host,
    title: "A preloaded library answers in libc's place",
    story: "LD_PRELOAD is inherited by every child of Ollama although no log line shows it. A preloaded library that defines dlopen, open, read or malloc stands between ggml and libc; what it does wrong looks like a fault of the backend.",
    proof: "LD_PRELOAD in the environment, and the names that the file defines.",
    remedy: &["Compare with a start without it."],
    rows: &[
        "stack 2", "stack 3", "stack 31", "stack 37", "stack 38", "stack 14",
    ],
    check: Check::General(interposes),
};

/// Entries of LD_PRELOAD.
pub(super) fn preloads(env: &[EnvVar]) -> impl Iterator<Item = &str> {
    env.iter()
        .filter(|variable| variable.k.as_str() == "LD_PRELOAD")
        .filter_map(|variable| variable.v.as_ref())
        .flat_map(|value| value.as_str().split([' ', ':']))
        .filter(|name| !name.is_empty())
}

fn environments(model: &Model) -> impl Iterator<Item = &[EnvVar]> {
    let server = model.server.iter().map(|server| server.env.as_slice());
    server.chain(model.children.iter().map(|child| child.env.as_slice()))
}

/// Preloaded files that define functions of libc, with these.
pub(super) fn interposers(model: &Model) -> impl Iterator<Item = (&str, Vec<&str>)> {
    model.libraries.values().filter_map(move |facts| {
        let path = facts.path.as_str();
        let preloaded = environments(model).any(|env| {
            preloads(env)
                .any(|name| name == path || (base(name) == base(path) && !name.contains('/')))
        }) || facts.links.iter().any(|link| {
            environments(model).any(|env| preloads(env).any(|name| name == link.as_str()))
        });
        let names: Vec<&str> = facts.interposes.iter().map(Text::as_str).collect();
        (preloaded && !names.is_empty()).then_some((path, names))
    })
}

/// This file was preloaded into this process: by its own name, by a link to it, or by a name without a folder.
pub(super) fn is_preloaded(model: &Model, child: &Child, path: &str) -> bool {
    let facts = model
        .libraries
        .values()
        .find(|facts| facts.path.as_str() == path);
    let links = facts
        .map(|facts| facts.links.as_slice())
        .unwrap_or_default();
    child.preloaded.iter().any(|name| {
        let name = name.as_str();
        let without_folder = !name.contains('/') && name == base(path);
        name == path || without_folder || links.iter().any(|link| link.as_str() == name)
    })
}

fn interposes(model: &Model) -> Vec<Finding> {
    let seen = model
        .server
        .as_ref()
        .and_then(|server| server.seen.as_ref());
    interposers(model)
        .map(|(path, names)| {
            let evidence = at(seen, format!("LD_PRELOAD names {path}"));
            INTERPOSES
                .found(format!(
                    "{path} is preloaded into every process of Ollama and answers {} in libc's place.",
                    list(&names)
                ))
                .object(path)
                .proof(evidence.as_ref())
                .so("Compare with a start without it:")
                .so(advice::record_without(model, "LD_PRELOAD"))
                .so("It can stay if it passes these calls on to libc unchanged; `vgputrace diff` of both recordings shows what it changes.")
        })
        .collect()
}

static NOT_THERE: Rule = Rule {
    id: "VG189",
    stage: Stage::Host,
    title: "LD_PRELOAD names a file that is not there",
    story: "The loader says \"cannot be preloaded: ignored\" and goes on. That is no reason for a missing backend, though it is often taken for one.",
    proof: "The loader's words at the start of the processes.",
    remedy: &[
        "Correct the name, or leave it: it costs nothing but the line.",
        "$ sudo systemctl edit ollama",
    ],
    rows: &["stack 19"],
    check: Check::General(not_there),
};

fn not_there(model: &Model) -> Vec<Finding> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen: Vec<&Evidence> = Vec::new();
    for child in &model.children {
        for words in child
            .loader_words
            .iter()
            .filter(|words| is_preload(child, words))
        {
            if !names.contains(&words.object.as_str()) {
                names.push(words.object.as_str());
                seen.push(&words.seen);
            }
        }
    }
    let Some(name) = names.first() else {
        return Vec::new();
    };
    vec![
        NOT_THERE
            .found(format!("LD_PRELOAD names {name}, which cannot be loaded; the loader passes over it and goes on. It is no reason for a missing backend."))
            .object(*name)
            .proof(seen)
            .so("Correct the name, or leave it as it is:")
            .so(EDIT_UNIT),
    ]
}

/// The words are about an entry of LD_PRELOAD, and the program went on.
fn is_preload(child: &Child, words: &Words) -> bool {
    let named = preloads(&child.env).any(|name| name == words.object.as_str());
    let goes_on = !child.loads.is_empty() || !child.walked.is_empty() || child.answer.is_some();
    named && goes_on
}
