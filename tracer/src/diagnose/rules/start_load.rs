//! A model whose process could not load the GPU's backend, with the loader's words.

use crate::discover::Model;
use crate::discover::model::{Child, Evidence, Load, Missing, ModelStart, Origin, Outcome};
use crate::discover::role::Role;
use crate::event::Text;

use super::super::advice::{self, RESTART};
use super::super::case::path_of;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::{base, list};

pub(super) static RULES: &[&Rule] = &[&NOT_LOADED];

static NOT_LOADED: Rule = Rule {
    id: "VG170",
    stage: Stage::Model,
    title: "The model's process could not load the GPU's backend",
    story: "The process of a model loads the backend anew. What the discovery could load may be missing for it: a file that was removed since, another LD_LIBRARY_PATH, a library of another release. \
ggml says \"load_backend: failed to load\" and goes on with the CPU; the server's sums of memory then look like the reason and are not.",
    proof: "The loader's words in the process of the model, and no GPU backend that was loaded there.",
    remedy: &[
        "Bring what the loader names, then load the model again; the library folder must be of one release:",
        "$ ldd /usr/local/lib/ollama/*/libggml-*.so | grep 'not found'",
    ],
    rows: &["reports A", "reports M"],
    check: Check::Start(not_loaded),
};

/// A backend that is not the CPU's.
fn is_of_gpu(load: &Load) -> bool {
    const BESIDE: [&str; 4] = ["cpu", "base", "blas", "rpc"];
    let kind = base(path_of(load)).strip_prefix("libggml-");
    kind.is_some_and(|kind| !BESIDE.iter().any(|other| kind.starts_with(other)))
}

/// Loads of GPU backends that failed with a reason, where none of them was loaded.
fn refused(child: &Child) -> Vec<&Load> {
    let loads: Vec<&Load> = child.loads.iter().filter(|load| is_of_gpu(load)).collect();
    if loads.iter().any(|load| load.outcome == Outcome::Loaded) {
        return Vec::new();
    }
    let told = |load: &&Load| load.outcome == Outcome::Failed && !load.words.is_empty();
    loads.into_iter().filter(told).collect()
}

/// The process of the model; in a piece of a log whatever spoke.
fn process<'a>(model: &'a Model, start: &ModelStart) -> Option<&'a Child> {
    match start.child {
        Some(child) => model.children.get(child),
        None if model.origin == Origin::Log && model.models.len() == 1 => {
            let mut others = model.children.iter();
            others.find(|child| matches!(child.role, Role::Program | Role::Server))
        }
        None => None,
    }
}

pub(super) fn is_refused(model: &Model, start: &ModelStart) -> bool {
    not_loaded(model, start).is_some()
}

fn not_loaded(model: &Model, start: &ModelStart) -> Option<Finding> {
    let on_gpu = matches!(start.offloaded, Some((done, _)) if done > 0);
    let child = process(model, start).filter(|_| !on_gpu)?;
    let loads = refused(child);
    let first = loads.first()?;
    let words = first.words.first()?;
    let file = path_of(first);
    let said = if words.object.is_empty() || words.text.as_str().starts_with(words.object.as_str())
    {
        words.text.as_str().to_owned()
    } else {
        format!("{}: {}", words.object, words.text)
    };
    let missing: Vec<&str> = first.missing.iter().map(name).collect();
    let more = missing.get(1..).unwrap_or_default();
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(" Missing too: {}.", list(more))
    };
    let seen: Vec<&Evidence> = loads
        .iter()
        .flat_map(|load| load.words.first())
        .map(|words| &words.seen)
        .collect();
    let dir = advice::library_dir(model);
    let object = missing.first().copied().unwrap_or_else(|| base(file));
    let mut finding = NOT_LOADED
        .found(format!(
            "The process of the model could not load {}: \"{said}\".{more} So it had no backend for the GPU, and the model is on the CPU; free memory is not the reason.",
            base(file)
        ))
        .object(object)
        .certain_if(matches!(start.offloaded, Some((0, _))))
        .proof(seen)
        .proof(start.seen.as_ref())
        .proof(&start.reasons);
    finding.missing = missing.iter().map(|name| Text::from(*name)).collect();
    let path = if file.contains('/') {
        file.to_owned()
    } else {
        format!("{dir}/*/{}", base(file))
    };
    Some(
        finding
            .so(format!("Bring {object} to where the loader finds it; see what else is missing, as the user of the service and with its variables:"))
            .so(format!("$ ldd {path} | grep 'not found'"))
            .so("If it is a library of Ollama's own package, put one release in place:")
            .do_lines(advice::reinstall(model))
            .so(RESTART),
    )
}

/// What is missing, by name.
fn name(missing: &Missing) -> &str {
    match missing {
        Missing::Library { name, .. } | Missing::Symbol { name, .. } => name.as_str(),
        Missing::Version { version, .. } => version.as_str(),
        Missing::Unfit { file, .. } => file.as_str(),
    }
}
