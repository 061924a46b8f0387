//! Init: the start of a backend gave nothing. VG080 to VG083.

use super::super::build::{LIB, child, discovery, init, load, look, said};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{Era, Init, Outcome};
use crate::discover::role::Step;
use crate::event::Text;

pub(super) fn proofs() -> Vec<Proof> {
    let score = |init: &mut Init| {
        init.score = Some(0);
        init.call = None;
        init.registered = false;
    };
    let no_symbol = |init: &mut Init| {
        init.no_symbol = true;
        init.call = None;
        init.registered = false;
    };
    let null = |init: &mut Init| {
        init.null = true;
        init.registered = false;
    };
    let dropped = |init: &mut Init| init.registered = false;
    vec![
        Proof::of("VG080", started(&[&score]))
            .also(saying(
                "load_backend: backend libggml-cuda.so is not supported on this system",
            ))
            .silent(
                "another file of the folder was taken",
                started(&[&score, &|_| ()]),
            )
            .silent(
                "it is about a variant of the CPU backend",
                saying("load_backend: backend libggml-cpu-zen4.so is not supported on this system"),
            ),
        Proof::of("VG081", started(&[&no_symbol]))
            .silent(
                "another file of the folder was taken",
                started(&[&no_symbol, &|_| ()]),
            )
            .silent(
                "it is about the CPU backend",
                saying("load_backend: failed to find ggml_backend_init in libggml-cpu.so"),
            ),
        Proof::of("VG082", started(&[&null]))
            .silent(
                "another file of the folder was taken",
                started(&[&null, &|_| ()]),
            )
            .silent("it gave a backend", started(&[&|_| ()])),
        Proof::of("VG083", started(&[&dropped]))
            .weaker(but(started(&[&dropped]), |model| {
                model.blind.damaged = true
            }))
            .silent("it was registered", started(&[&|_| ()]))
            .silent("it gave NULL", started(&[&null])),
    ]
}

type Change<'a> = &'a dyn Fn(&mut Init);

/// A runner that loaded a backend for each change, and started it with that result.
fn started(changes: &[Change<'_>]) -> Model {
    let mut runner = child(Step::Runner);
    for (at, change) in changes.iter().enumerate() {
        let mut start = init();
        if at > 0 {
            start.file = Text::from(format!("{LIB}/cuda_v12/libggml-cuda-{at}.so"));
        }
        runner.loads.push(load(Outcome::Loaded, Vec::new()));
        change(&mut start);
        runner.inits.push(start);
    }
    but(discovery(Era::Runner), |model| {
        look(model, vec![runner], Vec::new());
    })
}

fn saying(text: &str) -> Model {
    let mut probe = child(Step::Probe);
    probe.said.push(said(text));
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![child(Step::List), probe], Vec::new());
    })
}
