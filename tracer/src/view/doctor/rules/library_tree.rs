//! What is wrong with Ollama's library tree as it lies there. Whether a backend is used is not told here.

use super::super::super::{errno, escape};
use super::super::{About, Finding, Level};
use super::shell;
use crate::event::doctor::{Facts, Folder, Ollama, Rule, Tree};

pub(in super::super) fn check(facts: &Facts, all: &mut Vec<Finding>) {
    let Some(ollama) = &facts.ollama else {
        all.push(Finding::new(
            "ollama-missing",
            About::Ollama,
            Level::Note,
            "no ollama on PATH: name its program with --bin",
        ));
        return;
    };
    let Some(tree) = &ollama.tree else {
        let why = ollama
            .file
            .problem
            .as_ref()
            .map_or("it is not there", |why| why.as_str());
        all.push(problem(
            "ollama-program",
            format!(
                "{} cannot be looked at: {why}",
                escape::word(ollama.program.as_str())
            ),
        ));
        return;
    };
    if let Some(why) = &ollama.file.problem {
        all.push(problem(
            "ollama-program",
            format!(
                "{} is no program for this machine: {why}",
                escape::word(ollama.file.path.as_str())
            ),
        ));
    }
    whole(facts, ollama, tree, all);
    for folder in &tree.folders {
        one(facts, tree, folder, all);
    }
}

fn problem(id: &'static str, sentence: String) -> Finding {
    Finding::new(id, About::Ollama, Level::Problem, sentence)
}

fn whole(facts: &Facts, ollama: &Ollama, tree: &Tree, all: &mut Vec<Finding>) {
    let path = escape::word(tree.path.as_str());
    if tree.rule == Rule::ProgramFolder {
        let passed: Vec<_> = tree
            .passed
            .iter()
            .map(|path| escape::word(path.as_str()))
            .collect();
        all.push(problem(
            "tree-missing",
            format!(
                "{} has no library tree: none of {} exists, so Ollama looks in the program's own folder",
                escape::word(ollama.program.as_str()),
                passed.join(", ")
            ),
        ));
        return;
    }
    if let Some(err) = tree.err {
        all.push(problem(
            "tree-unreadable",
            format!("{path} cannot be listed: {}", errno::words(err)),
        ));
        return;
    }
    if closed(facts, tree.mode, tree.owner) {
        all.push(hidden(facts, "tree-closed", tree.path.as_str()));
    }
    // A folder that could not be listed may hold backends.
    let none = tree
        .folders
        .iter()
        .all(|folder| folder.ggml.is_empty() && folder.err.is_none());
    if none && !tree.cut {
        let level = if facts.host.gpus.iter().any(super::devices::is_compute) {
            Level::Problem
        } else {
            Level::Note
        };
        all.push(Finding::new(
            "tree-no-backend",
            About::Ollama,
            level,
            format!(
                "no folder in {path} has a file like *ggml-*, so there is no GPU backend to try"
            ),
        ));
    }
}

fn one(facts: &Facts, tree: &Tree, folder: &Folder, all: &mut Vec<Finding>) {
    let path = format!("{}/{}", tree.path, folder.name);
    if let Some(err) = folder.err {
        all.push(problem(
            "tree-folder-unreadable",
            format!(
                "{} cannot be listed: {}",
                escape::word(&path),
                errno::words(err)
            ),
        ));
        return;
    }
    if closed(facts, folder.mode, folder.owner) {
        all.push(hidden(facts, "tree-folder-closed", &path));
    }
    for file in &folder.ggml {
        let name = escape::word(file.path.as_str());
        if let Some(why) = &file.problem {
            all.push(problem("tree-file", format!("{name}: {why}")));
        } else if let (Some(mode), Some(owner)) = (file.mode, file.owner)
            && !facts.service.user.may(mode, owner, 4)
        {
            all.push(
                problem(
                    "tree-file-closed",
                    format!(
                        "by its permission bits the user {} may not read {name}",
                        facts.service.user.shown()
                    ),
                )
                .so(format!("sudo chmod a+r {}", shell(file.path.as_str()))),
            );
        }
    }
}

/// The service's user may not list and enter a folder with this mode.
fn closed(facts: &Facts, mode: Option<u32>, owner: Option<[u32; 2]>) -> bool {
    matches!((mode, owner), (Some(mode), Some(owner)) if !facts.service.user.may(mode, owner, 5))
}

fn hidden(facts: &Facts, id: &'static str, path: &str) -> Finding {
    problem(
        id,
        format!(
            "by its permission bits {} is closed to the user {}, and Ollama does not see what is in there",
            escape::word(path),
            facts.service.user.shown()
        ),
    )
    .so(format!("sudo chmod a+rx {}", shell(path)))
}
