//! Who answered for the driver: VG106, VG107, and which file and function a cause names.

use super::super::build::{LIB, call, child, discovery, init, load, look, set};
use super::{Proof, but};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{Era, Outcome};
use crate::discover::role::Step;
use crate::event::{Seq, Text};

const DRIVER: &str = "/usr/lib/libcuda.so.1";
const PRELOADED: &str = "/opt/pre.so";

/// The list's calls, each of this file and made after the one before; `mapped` files are in the process, and `PRELOADED` is
/// what LD_PRELOAD names.
fn of_files(calls: &[(&str, i64, &str)], mapped: &[&str]) -> Model {
    let mut list = child(Step::List);
    list.loads.push(load(Outcome::Loaded, Vec::new()));
    list.inits.push(init());
    for ((function, code, of), at) in calls.iter().zip(10..) {
        let mut one = call(function, *code);
        one.of = Some(Text::from(*of));
        one.seq = Seq(at);
        if *code == 0 {
            one.values.push((Text::from("count"), Text::from("0")));
        }
        list.calls.push(one);
    }
    list.preloaded.push(Text::from(PRELOADED));
    list.mapped = mapped
        .iter()
        .map(|path| (Text::from(*path), Seq(2)))
        .collect();
    but(discovery(Era::LlamaServer), |model| {
        look(model, vec![list], Vec::new());
    })
}

pub(super) fn proofs() -> Vec<Proof> {
    let both = [PRELOADED, DRIVER];
    let runtime = format!("{LIB}/cuda_v12/libcudart.so.12");
    let runtime = runtime.as_str();
    let of_preload = || {
        let calls = [
            ("cudaGetDeviceCount", 100, runtime),
            ("cuDeviceGetCount", 100, DRIVER),
            ("cuInit", 100, PRELOADED),
        ];
        of_files(&calls, &both)
    };
    let alone = || of_files(&[("cudaGetDeviceCount", 999, runtime)], &both);
    vec![
        Proof::of("VG106", of_preload())
            .also(of_files(
                &[("cudaGetDeviceCount", 0, PRELOADED)],
                &[PRELOADED, runtime],
            ))
            .weaker(but(of_preload(), |model| model.blind.damaged = true))
            .silent(
                "it asks the driver's own function, which says so",
                of_files(
                    &[("cuInit", 100, PRELOADED), ("cuInit", 100, DRIVER)],
                    &both,
                ),
            )
            .silent(
                "it is the only driver there is",
                of_files(&[("cuInit", 100, PRELOADED)], &[PRELOADED]),
            )
            .silent(
                "the driver itself answered",
                of_files(&[("cuInit", 100, DRIVER)], &both),
            )
            .silent(
                "a variable hides the devices",
                but(of_preload(), |model| {
                    set(model, "CUDA_VISIBLE_DEVICES", "-1");
                }),
            ),
        Proof::of("VG107", alone())
            .silent(
                "the driver was asked",
                of_files(
                    &[
                        ("cuInit", 999, DRIVER),
                        ("cudaGetDeviceCount", 999, runtime),
                    ],
                    &both,
                ),
            )
            .silent(
                "the runtime did not get hold of the driver",
                of_files(&[("cudaGetDeviceCount", 35, runtime)], &both),
            )
            .silent(
                "calls of the driver may be missing",
                but(alone(), |model| model.blind.damaged = true),
            ),
    ]
}

#[test]
fn the_file_that_answered_is_named_and_the_nearest_function() {
    let calls = [
        ("cudaGetDeviceCount", 999, "/x/libcudart.so.12"),
        ("cuInit", 0, DRIVER),
        ("cuDeviceGetCount", 999, "/opt/libother.so"),
    ];
    let explanation = explain(&of_files(&calls, &[DRIVER]));
    let cause = &explanation.backends[0].findings[0];
    assert_eq!(cause.rule, "VG116", "{}", cause.sentence);
    for part in ["cuDeviceGetCount says", "/opt/libother.so"] {
        assert!(cause.sentence.contains(part), "{}", cause.sentence);
    }
}
