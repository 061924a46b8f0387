//! Crashes before the backend starts: in the loader, in a constructor, in a preloaded library.

use super::super::advice::{self, RESTART};
use super::super::case::{Case, is_deciding, path_of, who};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::crash::{Kind, backend, finding, of_kind};
use crate::discover::model::{Child, End, Outcome};
use crate::event::Text;

pub(super) static RULES: &[&Rule] = &[&IN_LOADER, &CUT_FILE, &BEFORE_MAIN];

static IN_LOADER: Rule = Rule {
    id: "VG087",
    stage: Stage::Load,
    title: "A constructor crashed while the backend was loaded",
    story: "Libraries can have functions that run inside dlopen. When one of them crashes, the process is gone before ggml hears of the backend.",
    proof: "The fault, with dlopen open on that thread.",
    remedy: &[
        "Replace the library whose constructor crashes; a library should do nothing but note that it was loaded.",
    ],
    rows: &["runner 28", "stack 22"],
    check: Check::Backend(in_loader),
};

fn in_loader(case: &Case<'_>) -> Vec<Finding> {
    let all = of_kind(case, Kind::Loader);
    finding(
        &IN_LOADER,
        case,
        &all,
        &format!("in a constructor while {} was loaded", backend(case)),
    )
    .map(|found| {
        let known = all
            .iter()
            .filter_map(|seen| seen.crash)
            .any(|crash| crash.constructor.is_some());
        let mut found = found.certain_if(known);
        found.remedy = super::crash::without_preload(case);
        found
            .so("Replace that library, or have its maker move the work out of its constructor.")
            .so(RESTART)
    })
    .into_iter()
    .collect()
}

static CUT_FILE: Rule = Rule {
    id: "VG063",
    stage: Stage::Load,
    title: "A library file is cut short or damaged",
    story: "A file that ends before its own headers say (full disk, broken download) is mapped beyond its end; touching that part is SIGBUS, inside the loader itself. One whose contents are gone while its length is not (zeros after a crash of the machine) lets the loader follow \
pointers that are none: SIGSEGV. From 0.30 on the log says \
\"signal: bus error\" and not which file.",
    proof: "SIGBUS in the loader and the file's size against its headers, or SIGSEGV there and what the file has in place of its tables.",
    remedy: &["Install the release again, and see that the disk has room."],
    rows: &["runner 25", "llama-server 17", "reports A"],
    check: Check::Backend(cut_file),
};

/// What is said of files whose tables lead the loader astray (source::library).
const WITHOUT_TABLES: [&str; 3] = ["malformed", "no dynamic section", "zeros"];

fn cut_file(case: &Case<'_>) -> Vec<Finding> {
    let all = of_kind(case, Kind::Cut);
    let Some(found) = finding(
        &CUT_FILE,
        case,
        &all,
        &format!("while {} was loaded", backend(case)),
    ) else {
        return Vec::new();
    };
    let cut = all.iter().any(|seen| seen.signal == "SIGBUS");
    let damaged = case.model.libraries.values().find(|facts| {
        let fits = facts.problem.as_ref().is_some_and(|problem| {
            let problem = problem.as_str();
            problem.starts_with("truncated")
                || problem.starts_with("file too short")
                || (!cut
                    && WITHOUT_TABLES
                        .iter()
                        .any(|begin| problem.starts_with(begin)))
        });
        fits && is_touched(case, &facts.path)
    });
    let file = damaged.map(|facts| facts.path.clone()).or_else(|| {
        case.loads()
            .find(|(_, load)| load.outcome == Outcome::Died)
            .map(|(_, load)| path_of(load).into())
    });
    let state = if cut {
        "shorter than its headers say"
    } else {
        "damaged"
    };
    let why = match (&damaged, &file) {
        (Some(facts), _) => format!(
            " {} is damaged: {}.",
            facts.path,
            facts.problem.as_ref().map_or("", Text::as_str)
        ),
        (None, Some(file)) => format!(" {file} or a library it needs is {state}."),
        (None, None) => format!(" A library file is {state}."),
    };
    let mut found = found
        .object(file.clone().unwrap_or_default())
        .certain_if(damaged.is_some());
    found.sentence.push_str(&why);
    found
        .remedy
        .push("See the sizes of the files and whether the disk is full:".to_owned());
    found
        .remedy
        .push(format!("$ ls -l {0}; df -h {0}", case.path()));
    found.remedy.extend(advice::reinstall(case.model));
    vec![found.so(RESTART)]
}

/// The file was mapped or picked by a process of this folder.
fn is_touched(case: &Case<'_>, file: &Text) -> bool {
    case.children.iter().any(|child| {
        child.mapped.iter().any(|(mapped, _)| mapped == file)
            || child.loads.iter().any(|load| {
                let mut picked = load.closure.iter().flat_map(|closure| &closure.objects);
                path_of(load) == file.as_str()
                    || picked.any(|object| object.file.as_ref() == Some(file))
            })
    })
}

static BEFORE_MAIN: Rule = Rule {
    id: "VG039",
    stage: Stage::Spawn,
    title: "A preloaded library ended the process before it began",
    story: "A constructor of an object in LD_PRELOAD runs in the server's children too. When it crashes or exits there, no look at any backend is made. Ollama's log never shows LD_PRELOAD.",
    proof: "The fault before the first line of the program, and the preloaded object.",
    remedy: &["Take the object out of LD_PRELOAD of the service."],
    rows: &["runner 14", "llama-server 10", "stack 19", "stack 22"],
    check: Check::Backend(before_main),
};

fn before_main(case: &Case<'_>) -> Vec<Finding> {
    let all = of_kind(case, Kind::Before);
    let crashed = finding(
        &BEFORE_MAIN,
        case,
        &all,
        "before its first line, with a library preloaded",
    );
    let Some((child, found)) = crashed
        .and_then(|found| Some((case.children.first().copied()?, found)))
        .or_else(|| left_at_once(case))
    else {
        return Vec::new();
    };
    let names: Vec<&str> = super::preload::preloads(&child.env).collect();
    let culprit = found.missing_object.as_ref().and_then(|object| {
        names
            .iter()
            .find(|name| base(name) == base(object.as_str()))
            .copied()
    });
    let value = culprit.map_or_else(|| names.join(" "), str::to_owned);
    vec![
        found
            .object(value.as_str())
            .certain_if(culprit.is_some())
            .so(format!("Take {value} out of LD_PRELOAD of the service:"))
            .so(advice::EDIT_UNIT)
            .so("To keep it for other programs, set it in their start and not in Ollama's.")
            .so(RESTART),
    ]
}

/// It ended with a code before it did anything, without a word of the loader or its own.
fn left_at_once<'a>(case: &Case<'a>) -> Option<(&'a Child, Finding)> {
    let silent = |child: &&&Child| {
        child.loads.is_empty()
            && child.walked.is_empty()
            && child.said.is_empty()
            && child.loader_words.is_empty()
            && child.answer.is_none()
            && super::preload::preloads(&child.env).next().is_some()
    };
    let child = case
        .children
        .iter()
        .filter(|child| is_deciding(child))
        .find(silent)
        .copied()?;
    let End::Exit(code, seen) = &child.end else {
        return None;
    };
    let found = BEFORE_MAIN
        .found(format!(
            "{} ended with exit code {code} before its first line, with a library preloaded.",
            super::crash::capital(who(child))
        ))
        .proof(seen);
    (*code != 0).then_some((child, found))
}
