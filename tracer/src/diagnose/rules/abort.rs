//! The process gave up by itself: abort(3), after an error of CUDA, an assertion, or an exception that nobody catches.

use crate::discover::model::{Evidence, Level};
use crate::event::Text;

use super::super::case::{Case, is_deciding};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::crash::{Kind, Seen, backend, finding, inside, inside_call, of_kind, open_call};
use super::last_words::cuda_error;

pub(super) static RULES: &[&Rule] = &[&ABORT];

static ABORT: Rule = Rule {
    id: "VG086",
    stage: Stage::Init,
    title: "The backend gave up (abort)",
    story: "ggml ends the process when a call of CUDA fails (CUDA_CHECK) or an assertion does not hold (GGML_ASSERT). Until 0.24 the log is silent below TRACE; from 0.30 on one INFO line says \
\"signal: aborted\" with the error in detail=.",
    proof: "SIGABRT, and the last words before it.",
    remedy: &["Its last words name the call and the error."],
    rows: &["runner 37", "runner 39", "llama-server 26"],
    check: Check::Backend(abort),
};

/// Its words of an error, and those to be told: ggml's about a call, else the first.
fn last_words<'a>(case: &Case<'a>, all: &[Seen<'a>]) -> (Vec<&'a Evidence>, String) {
    let words: Vec<&Evidence> = [
        "CUDA error",
        "ROCm error",
        "rocBLAS error",
        "GGML_ASSERT",
        "GGML_ABORT",
        "terminate called",
        "what():",
        "Assertion `",
        "runtime/cgo:",
        "fatal error:",
        "malloc",
        "free()",
        "double free",
        "stack smashing detected",
    ]
    .iter()
    .flat_map(|start| case.saying(start).collect::<Vec<_>>())
    .collect();
    let error = all.iter().find_map(|seen| cuda_error(seen.child));
    let said = match (&error, words.first()) {
        (Some((error, _)), _) => format!("; its words: {error}"),
        (None, Some(line)) => {
            // C++ tells which exception it was, and what it says, in a line each.
            let what = case
                .saying("what():")
                .next()
                .filter(|what| what.at != line.at);
            let what = what.map_or_else(String::new, |what| {
                format!(", {}", what.text.as_str().trim())
            });
            format!("; its words: {}{what}", line.text.as_str().trim())
        }
        (None, None) => String::new(),
    };
    (words, said)
}

fn abort(case: &Case<'_>) -> Vec<Finding> {
    if super::spawn_limits::without_thread(case).next().is_some()
        || super::links::stopped_by_a_circle(case).is_some()
    {
        return Vec::new();
    }
    let all = of_kind(case, Kind::Abort);
    let (words, said) = last_words(case, &all);
    let started = all.iter().any(|seen| inside(seen, "ggml_backend_init"));
    let first = all.iter().find(|seen| is_deciding(seen.child));
    let call = first
        .and_then(|seen| open_call(seen.child))
        .filter(|_| started);
    let what = if started {
        format!(
            "(abort) while {} started (ggml_backend_init){}",
            backend(case),
            call.map_or_else(String::new, inside_call)
        )
    } else if let Some(of) = all.iter().find_map(|seen| seen.crash?.constructor.as_ref()) {
        format!(
            "(abort) in a constructor of {of}, while {} was loaded",
            backend(case)
        )
    } else {
        format!("(abort) while it looked at {}", case.name)
    };
    finding(&ABORT, case, &all, &what)
        .map(|mut found| {
            found.sentence = format!("{}{}.", found.sentence.trim_end_matches('.'), said.trim_end_matches('.'));
            let failed: Vec<Evidence> = case.calls().filter(|(_, call)| call.failed).map(|(_, call)| case.call_seen(call)).collect();
            // The fault itself is in libc's abort; what called it is the backend.
            let of_libc = found.missing_object.as_ref().is_none_or(|object| base(object.as_str()).starts_with("libc."));
            if of_libc {
                let constructor = all.iter().find_map(|seen| seen.crash?.constructor.clone());
                found = found.object(match constructor {
                    Some(of) if !started => of,
                    _ if started => call
                        .and_then(|call| call.of.clone())
                        .unwrap_or_else(|| Text::from(backend(case))),
                    _ => Text::default(),
                });
            }
            let kernels = words.first().is_some_and(|line| line.text.as_str().contains("rocBLAS error"));
            let found = found.proof(words).proof(failed.iter().take(4));
            if kernels {
                found.do_all(super::validate::OTHER_TARGET)
            } else if said.is_empty() && case.model.blind.log_level.is_some_and(|level| level > Level::Trace) {
                found.so("Its last words were not seen; OLLAMA_DEBUG=2 shows them.")
            } else if said.is_empty() {
                found.so("It said nothing before it; the place of the abort is what there is.")
            } else {
                found.so("A CUDA call that failed points to the driver (or to what stands in for it); an assertion to the backend's build.")
            }
        })
        .into_iter()
        .collect()
}
