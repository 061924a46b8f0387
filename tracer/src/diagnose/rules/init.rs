//! The library was loaded, and its start gave no backend (ggml-backend-reg.cpp, load_backend).

use crate::discover::model::{Evidence, Init};

use super::super::advice::{self, RESTART};
use super::super::case::{Case, Family, is_deciding};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;

pub(super) static RULES: &[&Rule] = &[&SCORE, &NO_INIT, &NULL, &OTHER_API];

/// Lines of ggml with these words that are not about a variant of the CPU backend.
fn of_a_gpu<'a>(case: &Case<'a>, words: &str) -> Vec<&'a Evidence> {
    case.said()
        .filter(|said| {
            let text = said.text.as_str();
            text.contains(words) && !text.contains("ggml-cpu")
        })
        .map(|said| &said.seen)
        .collect()
}

static SCORE: Rule = Rule {
    id: "VG080",
    stage: Stage::Init,
    title: "The backend says that it does not suit this machine",
    story: "ggml asks ggml_backend_score first; 0 means that this processor or machine is not supported. Until 0.24 that is silent.",
    proof: "ggml_backend_score came back with 0.",
    remedy: &["Use the backend of a release that is built for this machine."],
    rows: &["runner 29", "llama-server 15"],
    check: Check::Backend(score),
};

fn score(case: &Case<'_>) -> Vec<Finding> {
    let zero: Vec<&Init> = case
        .inits()
        .map(|(_, init)| init)
        .filter(|init| init.score == Some(0))
        .collect();
    let said = of_a_gpu(case, "is not supported on this system");
    if case.registered() {
        return Vec::new();
    }
    let Some(file) = zero
        .first()
        .map(|init| base(init.file.as_str()))
        .or_else(|| (!said.is_empty()).then_some("the backend"))
    else {
        return Vec::new();
    };
    vec![
        SCORE
            .found(format!(
                "{file} itself says that it does not support this machine: its score is 0."
            ))
            .object(file)
            .proof(zero.iter().filter_map(|init| init.seen.as_ref()))
            .proof(said)
            .do_all(SCORE.remedy),
    ]
}

static NO_INIT: Rule = Rule {
    id: "VG081",
    stage: Stage::Init,
    title: "The file is no ggml backend",
    story: "ggml asks for the symbol ggml_backend_init. A library that was built to be linked, not loaded (without GGML_BACKEND_DL), does not have it and is closed again.",
    proof: "dlsym did not find ggml_backend_init.",
    remedy: &["Build the backend with GGML_BACKEND_DL=ON, or install the release's own."],
    rows: &["runner 29", "llama-server 15", "reports A"],
    check: Check::Backend(no_init),
};

fn no_init(case: &Case<'_>) -> Vec<Finding> {
    let lacking: Vec<&Init> = case
        .inits()
        .map(|(_, init)| init)
        .filter(|init| init.no_symbol)
        .collect();
    let said = of_a_gpu(case, "failed to find ggml_backend_init");
    if case.registered() {
        return Vec::new();
    }
    if lacking.is_empty() && said.is_empty() {
        return Vec::new();
    }
    let file = lacking
        .first()
        .map_or("the library", |init| base(init.file.as_str()));
    let mut finding = NO_INIT
        .found(format!(
            "{file} was loaded and is no backend: it has no function ggml_backend_init."
        ))
        .object("ggml_backend_init")
        .proof(lacking.iter().filter_map(|init| init.seen.as_ref()))
        .proof(said)
        .so("If you built it yourself, build it with -DGGML_BACKEND_DL=ON.");
    finding.remedy.extend(advice::reinstall(case.model));
    vec![finding.so(RESTART)]
}

static NULL: Rule = Rule {
    id: "VG082",
    stage: Stage::Init,
    title: "The backend did not start",
    story: "ggml_backend_init came back with NULL. The Vulkan backend does that when there is no Vulkan driver (ICD), none of 1.2, or when an exception was thrown; CUDA's never does. Silent \
below OLLAMA_DEBUG=2.",
    proof: "ggml_backend_init came back with NULL.",
    remedy: &[
        "For Vulkan: see whether any Vulkan device is there:",
        "$ vulkaninfo --summary",
    ],
    rows: &["runner 30", "llama-server 15", "llama-server 16"],
    check: Check::Backend(null),
};

fn null(case: &Case<'_>) -> Vec<Finding> {
    let nulls: Vec<&Init> = case
        .inits()
        .map(|(_, init)| init)
        .filter(|init| init.null)
        .collect();
    let said = of_a_gpu(case, "ggml_backend_init returned NULL");
    if case.registered() {
        return Vec::new();
    }
    if nulls.is_empty() && said.is_empty() {
        return Vec::new();
    }
    let vulkan = case.family() == Family::Vulkan;
    let file = nulls
        .first()
        .map_or("the backend", |init| base(init.file.as_str()));
    let words: Vec<&Evidence> = case.saying("ggml_vulkan: ").collect();
    let why = if words.is_empty() {
        if vulkan {
            " For Vulkan that means that no Vulkan 1.2 driver (ICD) answered."
        } else {
            ""
        }
        .to_owned()
    } else {
        format!(
            " It said: {}.",
            words
                .first()
                .map_or("", |line| line.text.as_str().trim_end_matches('.'))
        )
    };
    let finding = NULL
        .found(format!(
            "{file} was loaded, and its start ggml_backend_init gave no backend (NULL).{why}"
        ))
        .object(if vulkan { "a Vulkan driver (ICD)" } else { "" })
        .proof(nulls.iter().filter_map(|init| init.seen.as_ref()))
        .proof(said)
        .proof(words);
    vec![if vulkan {
        finding
            .so("See whether a Vulkan driver is installed for this card, and for the user of the service:")
            .so("$ ls /usr/share/vulkan/icd.d /etc/vulkan/icd.d; sudo -u ollama vulkaninfo --summary")
            .so("$ sudo apt install mesa-vulkan-drivers")
            .so("Without a card that Vulkan can use nothing is to be done.")
            .so(RESTART)
    } else {
        finding
            .so("Only the backend's own maker can say why; its output at OLLAMA_DEBUG=2 may help.")
    }]
}

static OTHER_API: Rule = Rule {
    id: "VG083",
    stage: Stage::Init,
    title: "The backend is built for another interface of ggml",
    story: "After ggml_backend_init ggml compares the version of the interface (2 in 0.16.3 to 0.32). Another number means files of two releases; the backend is dropped in silence.",
    proof: "ggml_backend_init came back with a backend, which was never registered; or ggml's words.",
    remedy: &["Remove the library folder and install one release anew."],
    rows: &["runner 29", "llama-server 15"],
    check: Check::Backend(other_api),
};

fn other_api(case: &Case<'_>) -> Vec<Finding> {
    let said = of_a_gpu(case, "incompatible API version");
    // A backend that is not registered is closed again (ggml-backend-reg.cpp), and nothing else comes in between.
    let whole = case.absence_is_certain();
    let dropped: Vec<&Init> = case
        .inits()
        .filter(|(child, init)| {
            let came_back =
                init.call.is_some() && !init.null && !init.unfinished && init.took.is_some();
            is_deciding(child)
                && came_back
                && !init.registered
                && child.answer.is_some()
                && child.crashes.is_empty()
        })
        .map(|(_, init)| init)
        .collect();
    if (said.is_empty() && dropped.is_empty()) || !case.reported().is_empty() {
        return Vec::new();
    }
    let file = dropped
        .first()
        .map_or("the backend", |init| base(init.file.as_str()));
    let mut finding = OTHER_API
        .found(format!("{file} is built for another version of ggml's interface: it started, and ggml did not take it."))
        .object(file)
        .certain_if(!said.is_empty() || whole)
        .proof(said)
        .proof(dropped.iter().filter_map(|init| init.seen.as_ref()));
    finding.remedy = advice::reinstall(case.model);
    vec![finding.so(RESTART)]
}
