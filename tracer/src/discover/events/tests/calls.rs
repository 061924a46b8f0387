//! Loads of libraries and starts of backends.

use serde_json::json;

use super::made::{LIBRARY, Made, body};
use crate::discover::model::{Child, Missing, Outcome};
use crate::event::{Kind, Seq};

const BACKEND: &str = "/usr/local/lib/ollama/cuda_v12/libggml-cuda.so";

fn begun() -> Made {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    made
}

fn child(made: &Made) -> Child {
    made.model().children[0].clone()
}

fn map(made: &mut Made, inside: Seq, path: &str, err: Option<&str>) {
    let map = json!({"path": path, "length": "0x1000", "offset": "0x0", "err": err});
    made.inside(2, Some(inside), Kind::Map(body(map)));
}

#[test]
fn a_result_that_could_not_be_read_is_neither_a_handle_nor_null() {
    let mut made = begun();
    let load = made.call(2, "dl", "dlopen", BACKEND);
    made.back(2, load, "dlopen", json!({"unseen": "lost"}));
    let init = made.call(2, "ggml", "ggml_backend_init", BACKEND);
    made.back(2, init, "ggml_backend_init", json!({"unseen": "lost"}));
    let child = child(&made);
    assert_eq!(child.loads[0].outcome, Outcome::Unknown);
    assert!(!child.inits[0].null && !child.inits[0].registered && !child.inits[0].unfinished);
}

#[test]
fn a_backend_that_stays_mapped_is_registered_and_one_that_is_closed_is_not() {
    for stays in [true, false] {
        let mut made = begun();
        let load = made.call(2, "dl", "dlopen", BACKEND);
        map(&mut made, load, BACKEND, None);
        made.back(2, load, "dlopen", json!({"hex": "0x5000"}));
        let init = made.call(2, "ggml", "ggml_backend_init", BACKEND);
        made.back(2, init, "ggml_backend_init", json!({"hex": "0x6000"}));
        if !stays {
            let unmap = json!({"path": BACKEND, "address": "0x5000"});
            made.push(2, Kind::Unmap(body(unmap)));
        }
        let child = child(&made);
        assert_eq!(child.loads[0].outcome, Outcome::Loaded);
        assert_eq!(child.inits[0].registered, stays);
        assert_eq!(child.registered.len(), usize::from(stays));
    }
}

#[test]
fn the_first_file_that_is_mapped_for_a_soname_answers_to_it() {
    let mut made = begun();
    let load = made.call(2, "dl", "dlopen", "libcuda.so.1");
    map(&mut made, load, "/usr/lib/libcuda.so.580.1", None);
    map(&mut made, load, "/usr/lib/libm.so.6", None);
    made.back(2, load, "dlopen", json!({"hex": "0x5000"}));
    let file = child(&made).loads[0].file.clone();
    assert_eq!(
        file.as_ref().map(|file| file.as_str()),
        Some("/usr/lib/libcuda.so.580.1")
    );
}

#[test]
fn what_the_system_refused_inside_a_load_stands_beside_it() {
    let mut made = begun();
    let load = made.call(2, "dl", "dlopen", BACKEND);
    map(&mut made, load, BACKEND, Some("EPERM"));
    made.back(2, load, "dlopen", json!({"hex": "0x0"}));
    let child = child(&made);
    assert_eq!(child.loads[0].outcome, Outcome::Failed);
    assert_eq!(
        child.loads[0].refused.as_ref().map(|(err, _)| err.0),
        Some(1)
    );
    assert_eq!(child.refused.len(), 1);
}

#[test]
fn what_an_auditor_does_not_define_is_no_complaint_about_the_program() {
    for (text, complaints) in [
        ("undefined symbol: la_activity", 0),
        ("undefined symbol: lack", 1),
    ] {
        let mut made = begun();
        let error =
            json!({"object": "/opt/libaudit.so", "text": text, "occasion": "symbol lookup error"});
        made.push(2, Kind::LoaderError(body(error)));
        assert_eq!(child(&made).loader_words.len(), complaints, "{text}");
    }
}

#[test]
fn a_thread_that_could_not_be_made_stands_among_what_was_refused() {
    let mut made = begun();
    made.push(
        2,
        Kind::ForkFailed(body(json!({"call": "clone3", "err": "EAGAIN"}))),
    );
    let refused = child(&made).refused;
    assert_eq!((refused[0].0.0, refused[0].1.text.as_str()), (11, "clone3"));
}

#[test]
fn all_that_is_missing_follows_what_the_loader_named_and_is_shared_with_the_next_process() {
    let mut made = begun();
    made.runner(3, "cuda_v13", &[]);
    for number in [2, 3] {
        let load = made.call(number, "dl", "dlopen", BACKEND);
        let error = json!({"object": "libcublas.so.12", "err": "ENOENT", "call": load,
            "text": "cannot open shared object file"});
        let error = made.inside(number, Some(load), Kind::LoaderError(body(error)));
        made.back(number, load, "dlopen", json!({"hex": "0x0"}));
        if number == 2 {
            let facts = json!({"path": BACKEND, "closure": {"error": error, "objects": [
                {"name": "libcuda.so.1", "by": BACKEND}, {"name": "libcublas.so.12", "by": BACKEND}],
                "missing_symbols": ["cuInit", "ggml_absent"]}});
            made.push(number, Kind::Library(body(facts)));
        }
    }
    let model = made.model();
    let names = |index: usize| -> Vec<String> {
        let missing = &model.children[index].loads[0].missing;
        missing
            .iter()
            .map(|one| match one {
                Missing::Library { name, .. } | Missing::Symbol { name, .. } => name.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    };
    // cuInit is of the missing driver and not told a second time.
    assert_eq!(names(0), ["libcublas.so.12", "libcuda.so.1", "ggml_absent"]);
    assert_eq!(names(0), names(1));
}

#[test]
fn a_score_of_zero_refuses_a_backend_but_a_variant_of_the_cpu_is_only_passed_over() {
    let mut made = begun();
    for file in [BACKEND, "/usr/local/lib/ollama/libggml-cpu-zen4.so"] {
        let score = made.call(2, "ggml", "ggml_backend_score", file);
        made.back(2, score, "ggml_backend_score", json!({"int": 0}));
    }
    let child = child(&made);
    assert_eq!(child.inits.len(), 1);
    assert_eq!(child.inits[0].score, Some(0));
    assert_eq!(child.inits[0].file.as_str(), BACKEND);
}

#[test]
fn a_start_that_the_file_does_not_have_is_told_by_the_failed_look_up() {
    let mut made = begun();
    let call = made.call(2, "dl", "dlsym", "ggml_backend_init");
    let error =
        json!({"object": BACKEND, "text": "undefined symbol: ggml_backend_init", "call": call});
    made.push(2, Kind::LoaderError(body(error)));
    let child = child(&made);
    assert!(child.inits[0].no_symbol);
    assert_eq!(child.missed_symbols[0].name.as_str(), "ggml_backend_init");
}

#[test]
fn a_driver_call_has_its_result_and_outputs_or_none_while_it_is_open() {
    let mut made = begun();
    let call = made.call(2, "cuda", "cuInit", "/usr/lib/libcuda.so.1");
    let back = json!({"call": call, "fn": "cuInit", "result": {"name": "CUDA_ERROR_NO_DEVICE"}, "code": 100,
        "failed": true});
    made.push(2, Kind::Return(body(back)));
    made.call(2, "cuda", "cuDeviceGetCount", "/usr/lib/libcuda.so.1");
    let child = child(&made);
    assert_eq!(child.calls[0].code, Some(100));
    assert!(child.calls[0].failed && child.calls[0].took.is_some());
    assert!(child.calls[1].result.is_empty() && child.calls[1].took.is_none());
}

#[test]
fn a_path_that_could_not_be_read_takes_the_certainty_from_what_is_absent() {
    let mut made = begun();
    let open = json!({"path": {"unseen": "fault"}, "flags": "0x0", "err": "EFAULT"});
    made.push(2, Kind::Open(body(open)));
    assert!(made.model().blind.unread.is_empty());
    let open = json!({"path": {"unseen": "lost"}, "flags": "0x0", "fd": 3});
    for _ in 0..3 {
        made.push(2, Kind::Open(body(open.clone())));
    }
    let blind = made.model().blind;
    assert_eq!(blind.unread.len(), 1);
    assert!(!blind.absence_is_certain(blind.unread[0].0, 0, u64::MAX));
}

#[test]
fn what_ld_preload_names_is_split_as_the_loader_does() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(
        2,
        "cuda_v12",
        &[("LD_PRELOAD", "/a/one.so:two.so  three.so")],
    );
    let names: Vec<String> = child(&made)
        .preloaded
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["/a/one.so", "two.so", "three.so"]);
    assert_eq!(
        made.model()
            .server
            .map(|one| one.library_dir.path.to_string())
            .as_deref(),
        Some(LIBRARY)
    );
}
