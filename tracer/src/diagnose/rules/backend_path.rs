//! GGML_BACKEND_PATH of the user, which counts where no folder has a backend (llm/llama_server.go sets its own otherwise).

use crate::discover::model::Evidence;

use super::super::advice::{EDIT_UNIT, RESTART};
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&NO_SUCH_BACKEND];

static NO_SUCH_BACKEND: Rule = Rule {
    id: "VG066",
    stage: Stage::Load,
    title: "GGML_BACKEND_PATH names no file",
    story: "ggml loads the one file that GGML_BACKEND_PATH names. From 0.30 on the server sets it for each folder with a backend; one of the user's counts where there is no such folder. A name that is not there, or that of a folder, gives one line of ggml's at OLLAMA_DEBUG=2 only.",
    proof: "The variable in the server's environment, and ggml's line about that very file.",
    remedy: &[
        "Name the backend's own file, or leave the variable out and put the backend into a folder of its own below the library folder.",
        EDIT_UNIT,
        RESTART,
    ],
    rows: &[],
    check: Check::Backend(no_such_backend),
};

fn no_such_backend(case: &Case<'_>) -> Vec<Finding> {
    let server = case.model.server.as_ref();
    let named = server.and_then(|server| server.variable("GGML_BACKEND_PATH"));
    let Some(path) = named
        .map(|value| value.as_str())
        .filter(|path| !path.is_empty())
    else {
        return Vec::new();
    };
    let failed = format!("failed to load {path}: {path}: ");
    let reason = |seen: &Evidence| {
        let (_, rest) = seen.text.as_str().split_once(&failed)?;
        ["No such file or directory", "Is a directory"]
            .into_iter()
            .find(|words| rest.contains(words))
    };
    let seen: Vec<&Evidence> = case
        .saying(&failed)
        .filter(|seen| reason(seen).is_some())
        .collect();
    let Some(why) = seen.first().and_then(|seen| reason(seen)) else {
        return Vec::new();
    };
    vec![
        NO_SUCH_BACKEND
            .found(format!(
                "GGML_BACKEND_PATH in the server's environment is {path}, and that is no file ({why}). No folder below the library folder has a backend, so nothing else was tried."
            ))
            .object(path)
            .proof(seen)
            .so("See what is there:")
            .so(format!("$ ls -ld {path}"))
            .do_all(NO_SUCH_BACKEND.remedy),
    ]
}
