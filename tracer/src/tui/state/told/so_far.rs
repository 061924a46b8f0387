//! The explanation at a moment in the middle: what is open then is not over, and is told so.

use super::{Backend, Phase, Told};
use crate::diagnose::{Explanation, SEARCH_CUT, Verdict};
use crate::discover::Model;
use crate::view::explain;

/// Verdict of a backend that a process looks at.
const AT_WORK: &str = "at work";
/// Verdict of one that none has looked at.
const NOT_YET: &str = "not yet";
/// Nothing names the backend (docs/diagnoses).
const NOT_MENTIONED: &str = "VG201";
/// How much of a model is on the GPU was not seen.
const LAYERS_UNKNOWN: &str = "VG169";
/// The machine has no card: a reason only when the discovery was over.
const NO_CARD: &str = "VG180";
/// The search for devices is not in the recording.
const NOT_RECORDED: &str = "VG203";

impl Told {
    /// What is known in the middle: the model is that of the events until then.
    pub(in crate::tui) fn so_far(explanation: &Explanation, model: &Model) -> Self {
        let mut told = Self::of(explanation, model);
        let phases = explain::phases(model).into_iter().map(phase);
        told.phases = phases.collect();
        told.notes.retain(|note| note != SEARCH_CUT);
        told.models.retain(|cause| cause.rule != LAYERS_UNKNOWN);
        if explanation.finished || model.ends_with_server() {
            return told;
        }
        told.general.retain(|cause| cause.rule != NO_CARD);
        let looked = is_looked_into(model);
        for backend in &mut told.backends {
            open(backend, looked);
        }
        let mut general = explanation.general.iter();
        if !general.any(|finding| finding.rule == NOT_RECORDED) {
            told.headline.pop();
            told.headline.push(outcome(explanation, model));
        }
        told
    }

    /// Its verdict is none yet.
    pub(in crate::tui) fn is_open(backend: &Backend) -> bool {
        backend.verdict == AT_WORK || backend.verdict == NOT_YET
    }
}

/// The server has looked for folders: before, that one is not there is no news.
fn is_looked_into(model: &Model) -> bool {
    let server = model.server.as_ref();
    server.is_none_or(|server| {
        let library = &server.library_dir;
        library.names.is_some() || library.unreadable.is_some() || !model.children.is_empty()
    })
}

/// A backend about which nothing is certain is at work, or has its turn still to come.
fn open(backend: &mut Backend, looked: bool) {
    let mut causes = backend.causes.iter();
    let verdict = if backend.is(Verdict::Absent) && !looked {
        NOT_YET
    } else if !backend.is(Verdict::Unknown) {
        return;
    } else if causes.any(|cause| cause.rule == NOT_MENTIONED) {
        NOT_YET
    } else {
        AT_WORK
    };
    *backend = Backend {
        name: std::mem::take(&mut backend.name),
        dir: std::mem::take(&mut backend.dir),
        verdict: verdict.to_owned(),
        ..Backend::default()
    };
}

fn outcome(explanation: &Explanation, model: &Model) -> String {
    if model.server.is_none() && model.children.is_empty() {
        return "No discovery has begun by here.".to_owned();
    }
    format!("{} is looking for devices.", explain::who(explanation))
}

fn phase(phase: explain::Phase) -> Phase {
    let silent = phase.open && phase.words.is_empty();
    Phase {
        role: phase.role,
        took: phase.took,
        words: if silent {
            AT_WORK.to_owned()
        } else {
            phase.words
        },
    }
}
