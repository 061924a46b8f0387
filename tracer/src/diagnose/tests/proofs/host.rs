//! The service and its variables: VG185 to VG189.

use super::super::build::{LIB, child, discovery, line, load, look, set, words};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{End, Era, Outcome};
use crate::discover::role::Step;
use crate::event::library::Library;
use crate::event::process::EnvVar;
use crate::event::{Seq, Text};

pub(super) fn proofs() -> Vec<Proof> {
    let overrode = "user overrode visible devices";
    vec![
        Proof::of("VG185", warned(overrode)).silent(
            "the server did not warn",
            warned("discovering available GPUs..."),
        ),
        Proof::of("VG186", variable("OLLAMA_LIBRARY_PATH", "/opt"))
            .also(variable("OLLAMA_NUM_GPU", "1"))
            .silent("it is set to nothing", variable("OLLAMA_LIBRARY_PATH", ""))
            .silent(
                "it is a variable that acts",
                variable("OLLAMA_LLM_LIBRARY", "cuda_v12"),
            ),
        Proof::of(
            "VG187",
            shadowed(
                "/opt/cuda",
                "/opt/cuda/libcudart.so.12",
                &format!("{LIB}/cuda_v12/libcudart.so.12"),
            ),
        )
        .silent(
            "the user's file is the one that was taken",
            shadowed(
                "/opt/cuda",
                "/opt/cuda/libcudart.so.12",
                "/opt/cuda/libcudart.so.12",
            ),
        )
        .silent(
            "the variable names Ollama's own folder",
            shadowed(
                LIB,
                &format!("{LIB}/libggml-base.so.0"),
                &format!("{LIB}/libggml-base.so.0"),
            ),
        ),
        Proof::of("VG188", preloaded(true, &["open"]))
            .silent("it stands in for nothing of libc", preloaded(true, &[]))
            .silent("it is not preloaded", preloaded(false, &["open"])),
        Proof::of("VG189", gone(true))
            .silent("it ended the process, and so is a reason", gone(false))
            .silent(
                "the words are about another object",
                but(gone(true), |model| {
                    model.children[0].loader_words[0].object = Text::from("/opt/other.so");
                }),
            ),
    ]
}

fn warned(message: &str) -> Model {
    but(discovery(Era::Runner), |model| {
        model
            .lines
            .push(line(message, &[("CUDA_VISIBLE_DEVICES", "0")]));
    })
}

fn variable(name: &str, value: &str) -> Model {
    but(discovery(Era::Runner), |model| set(model, name, value))
}

/// LD_LIBRARY_PATH of the server has a folder with a file; the runner mapped this one.
fn shadowed(folder: &str, file: &str, mapped: &str) -> Model {
    let mut runner = child(Step::Runner);
    runner.mapped.push((Text::from(mapped), Seq(3)));
    but(variable("LD_LIBRARY_PATH", folder), |model| {
        let facts = Library {
            path: Text::from(file),
            ..Library::default()
        };
        model.libraries.insert(Text::from(file), facts);
        look(model, vec![runner], Vec::new());
    })
}

fn preloaded(set_: bool, defines: &[&str]) -> Model {
    let value = if set_ { "/opt/pre.so" } else { "" };
    but(variable("LD_PRELOAD", value), |model| {
        let facts = Library {
            path: Text::from("/opt/pre.so"),
            interposes: defines.iter().map(|one| Text::from(*one)).collect(),
            ..Library::default()
        };
        model.libraries.insert(Text::from("/opt/pre.so"), facts);
    })
}

/// The loader could not preload what LD_PRELOAD names, and the process went on or not.
fn gone(goes_on: bool) -> Model {
    let mut runner = child(Step::Runner);
    runner.env.push(EnvVar {
        k: Text::from("LD_PRELOAD"),
        v: Some(Text::from("/opt/gone.so")),
        len: None,
    });
    let mut said = words("cannot open shared object file", Some(2));
    said.object = Text::from("/opt/gone.so");
    runner.loader_words.push(said);
    if goes_on {
        runner.loads.push(load(Outcome::Loaded, Vec::new()));
    } else {
        runner.answer = None;
        runner.end = End::Exit(127, None);
    }
    but(discovery(Era::Runner), |model| {
        look(model, vec![runner], Vec::new());
    })
}
