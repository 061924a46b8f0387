//! Loads that fail.

use super::build::{
    LIB, as_log, child, discovery, general, init, load, look, seen, set, verdict, words,
};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{End, Era, Level, Missing, Outcome};
use crate::discover::role::Step;
use crate::event::library::{Closure, Library, Resolved, Tried};
use crate::event::{Errno, Text};

fn library(name: &str) -> Missing {
    Missing::Library {
        name: Text::from(name),
        by: Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so")),
        searched: vec![Tried {
            file: Text::from(format!("{LIB}/{name}")),
            via: Text::from("LD_LIBRARY_PATH"),
            ..Tried::default()
        }],
    }
}

fn symbol(name: &str) -> Missing {
    Missing::Symbol {
        name: Text::from(name),
        by: Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so")),
    }
}

fn failing(missing: Vec<Missing>) -> Model {
    let mut model = discovery(Era::Runner);
    let mut runner = child(Step::Runner);
    runner.loads.push(load(Outcome::Failed, missing));
    look(&mut model, vec![runner], Vec::new());
    model
}

#[test]
fn a_missing_driver_is_told_apart_from_another_library() {
    assert_eq!(
        verdict(&failing(vec![library("libcuda.so.1")])),
        "failed VG052, certain libcuda.so.1"
    );
    assert_eq!(
        verdict(&failing(vec![library("libcublas.so.12")])),
        "failed VG051, certain libcublas.so.12"
    );
}

#[test]
fn every_place_that_was_searched_is_shown() {
    let explanation = explain(&failing(vec![library("libcublas.so.12")]));
    let evidence = &explanation.backends[0].findings[0].evidence;
    assert!(
        evidence.iter().any(|one| one.text.as_str()
            == "searched /usr/local/lib/ollama (LD_LIBRARY_PATH): not there"),
        "{evidence:?}"
    );
}

#[test]
fn symbols_of_a_missing_library_are_not_told_twice_and_others_are() {
    assert_eq!(
        verdict(&failing(vec![
            library("libcuda.so.1"),
            symbol("cuMemCreate")
        ])),
        "failed VG052, certain libcuda.so.1"
    );
    let both = failing(vec![
        library("libcuda.so.1"),
        symbol("cuMemCreate"),
        symbol("ggml_is_contiguous_to_3"),
    ]);
    assert_eq!(verdict(&both), "failed VG052 VG055, certain libcuda.so.1");
    // What the loader said first comes first.
    let both = failing(vec![
        symbol("ggml_is_contiguous_to_3"),
        library("libcuda.so.1"),
    ]);
    assert_eq!(
        verdict(&both),
        "failed VG055 VG052, likely ggml_is_contiguous_to_3"
    );
}

#[test]
fn a_symbol_that_a_missing_library_may_have_is_likely_only() {
    let explanation = explain(&failing(vec![
        library("libcublas.so.12"),
        symbol("some_helper"),
    ]));
    let further = &explanation.backends[0].findings[1];
    assert_eq!(
        (further.rule, further.certainty.name()),
        ("VG053", "likely")
    );
}

#[test]
fn all_missing_symbols_are_listed() {
    let explanation = explain(&failing(vec![
        symbol("a_one"),
        symbol("a_two"),
        symbol("a_three"),
    ]));
    let finding = &explanation.backends[0].findings[0];
    assert_eq!(finding.missing.len(), 3);
    assert!(
        finding.sentence.contains("2 more are missing"),
        "{}",
        finding.sentence
    );
}

#[test]
fn a_version_that_the_answering_file_lacks_is_the_cause_and_one_that_it_has_is_not() {
    let with = |versions: &[&str]| {
        let mut model = failing(vec![symbol("cudaMalloc@libcudart.so.12")]);
        let file = Text::from(format!("{LIB}/cuda_v12/libcudart.so.12"));
        model.children[0].loads[0].closure = Some(Closure {
            objects: vec![Resolved {
                name: Text::from("libcudart.so.12"),
                file: Some(file.clone()),
                ..Resolved::default()
            }],
            ..Closure::default()
        });
        let facts = Library {
            path: file.clone(),
            defines_versions: versions.iter().map(|one| Text::from(*one)).collect(),
            ..Library::default()
        };
        model.libraries.insert(file, facts);
        verdict(&model)
    };
    assert_eq!(
        with(&["libcudart.so.11.0"]),
        "failed VG054, certain libcudart.so.12"
    );
    assert_eq!(
        with(&["libcudart.so.12"]),
        "failed VG053, certain cudaMalloc@libcudart.so.12"
    );
}

#[test]
fn a_noexec_mount_is_told_from_a_file_that_may_not_be_read() {
    let refused = |text: &str, err: u16| {
        let mut model = failing(Vec::new());
        model.children[0].loads[0].refused = Some((Errno(err), seen(text).unwrap()));
        let explanation = explain(&model);
        explanation.backends[0]
            .findings
            .first()
            .map(|finding| format!("{} {}", finding.rule, finding.sentence))
            .unwrap_or_default()
    };
    assert!(
        refused(
            "executable mapping of /usr/local/lib/ollama/cuda_v12/libggml-cuda.so",
            1
        )
        .contains("noexec")
    );
    assert!(
        refused("open /usr/local/lib/ollama/cuda_v12/libggml-cuda.so", 13)
            .contains("may not be opened")
    );
    assert!(
        refused("open /usr/local/lib/ollama/cuda_v12/libggml-cuda.so", 24).starts_with("VG059")
    );
}

#[test]
fn an_unfit_file_and_a_link_to_nowhere_are_two_things() {
    let file = Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so"));
    let unfit = Missing::Unfit {
        file: file.clone(),
        problem: Text::from("32-bit ELF"),
    };
    assert_eq!(
        verdict(&failing(vec![unfit])),
        format!("failed VG057, certain {file}")
    );
    let mut model = failing(vec![Missing::Library {
        name: file.clone(),
        by: Text::default(),
        searched: Vec::new(),
    }]);
    let mut gone = words("cannot open shared object file", Some(2));
    gone.object = file.clone();
    model.children[0].loads[0].words = vec![gone];
    assert_eq!(verdict(&model), format!("failed VG064, certain {file}"));
}

#[test]
fn a_driver_library_that_is_cut_short_is_one_finding_and_no_matter_of_ollamas_package() {
    let file = "/usr/lib/x86_64-linux-gnu/libcuda.so.1";
    let short = Missing::Unfit {
        file: Text::from(file),
        problem: Text::from("file too short"),
    };
    let explanation = explain(&failing(vec![short, library("libcuda.so.1")]));
    let backend = &explanation.backends[0];
    let rules: Vec<&str> = backend.findings.iter().map(|found| found.rule).collect();
    assert_eq!(rules, ["VG057"]);
    let remedy = backend.findings[0].remedy.join("\n");
    assert!(remedy.contains("graphics driver"), "{remedy}");
    assert!(!remedy.contains("install.sh"), "{remedy}");
}

#[test]
fn a_silent_failure_under_a_preload_that_has_dlopen_is_laid_to_it_as_likely() {
    let with = |interposes: &[&str]| {
        let mut model = failing(Vec::new());
        set(&mut model, "LD_PRELOAD", "/opt/shim.so");
        let facts = Library {
            path: Text::from("/opt/shim.so"),
            interposes: interposes.iter().map(|one| Text::from(*one)).collect(),
            ..Library::default()
        };
        model.libraries.insert(Text::from("/opt/shim.so"), facts);
        (verdict(&model), general(&model))
    };
    let (first, machine) = with(&["dlopen", "dlsym"]);
    assert_eq!(first, "failed VG061, likely /opt/shim.so");
    assert_eq!(machine, ["VG188"]);
    let (first, machine) = with(&[]);
    assert!(first.starts_with("unknown VG139"), "{first}");
    assert!(machine.is_empty());
}

#[test]
fn what_stopped_a_load_comes_before_what_would_have_stopped_it() {
    // Somebody answered in the loader's place.
    let mut model = failing(vec![library("libcuda.so.1")]);
    model.children[0].loads[0].words.clear();
    set(&mut model, "LD_PRELOAD", "/opt/shim.so");
    let facts = Library {
        path: Text::from("/opt/shim.so"),
        interposes: vec![Text::from("dlopen")],
        ..Library::default()
    };
    model.libraries.insert(Text::from("/opt/shim.so"), facts);
    assert_eq!(verdict(&model), "failed VG061 VG052, likely /opt/shim.so");
    // A file is cut short.
    let mut model = failing(vec![library("libcuda.so.1")]);
    let runner = &mut model.children[0];
    runner.answer = None;
    runner.end = End::Signal {
        name: Text::from("SIGBUS"),
        by: None,
        seen: seen("killed by SIGBUS"),
    };
    runner.loads[0].words.clear();
    runner.loads[0].outcome = Outcome::Died;
    runner.loads[0].closure = Some(Closure::default());
    model.attempts[0].answer = None;
    let all = verdict(&model);
    assert!(all.starts_with("failed VG063 VG052,"), "{all}");
}

#[test]
fn what_a_log_cannot_tell_is_unknown_with_the_command_that_settles_it() {
    let mut model = discovery(Era::Runner);
    look(&mut model, vec![child(Step::Runner)], Vec::new());
    as_log(&mut model, Level::Debug);
    assert_eq!(verdict(&model), "unknown VG200, certain");
    let explanation = explain(&model);
    assert!(
        explanation.backends[0]
            .to_settle
            .iter()
            .any(|line| line.contains("vgputrace run --until discovery"))
    );
    // Near: the same with a reason.
    model.children[0]
        .loads
        .push(load(Outcome::Failed, vec![library("libcuda.so.1")]));
    assert_eq!(verdict(&model), "failed VG052, certain libcuda.so.1");
}

#[test]
fn a_start_that_gives_nothing_is_told_from_one_of_another_interface() {
    let with = |change: fn(&mut crate::discover::model::Init)| {
        let mut model = discovery(Era::Runner);
        let mut runner = child(Step::Runner);
        runner.loads.push(load(Outcome::Loaded, Vec::new()));
        let mut start = init();
        change(&mut start);
        runner.inits.push(start);
        look(&mut model, vec![runner], Vec::new());
        verdict(&model)
    };
    assert!(
        with(|init| {
            init.null = true;
            init.registered = false;
        })
        .starts_with("failed VG082, certain")
    );
    assert_eq!(
        with(|init| init.registered = false),
        "failed VG083, certain libggml-cuda.so"
    );
    assert_eq!(
        with(|init| {
            init.no_symbol = true;
            init.call = None;
            init.registered = false;
        }),
        "failed VG081, certain ggml_backend_init"
    );
    assert_eq!(
        with(|init| {
            init.score = Some(0);
            init.call = None;
            init.registered = false;
        }),
        "failed VG080, certain libggml-cuda.so"
    );
    assert_eq!(with(|_| ()), "failed VG105, certain libggml-cuda.so");
}

/// A place that is no folder is no folder that lacks the file.
#[test]
fn a_folder_that_is_not_there_is_said_as_such() {
    let place = |folder: &str, err: Option<u16>| Tried {
        file: Text::from(format!("{folder}/libcuda.so.1")),
        via: Text::from("LD_LIBRARY_PATH"),
        folder: err.map(Errno),
        ..Tried::default()
    };
    let lacks = Missing::Library {
        name: Text::from("libcuda.so.1"),
        by: Text::default(),
        searched: vec![
            place("/gone", Some(2)),
            place("/opt/a.so", Some(20)),
            place("/opt/empty", None),
        ],
    };
    let explanation = explain(&failing(vec![lacks]));
    let evidence: Vec<&str> = explanation.backends[0].findings[0]
        .evidence
        .iter()
        .map(|seen| seen.text.as_str())
        .filter(|text| text.starts_with("searched"))
        .collect();
    assert_eq!(
        evidence,
        [
            "searched /gone (LD_LIBRARY_PATH): there is no such folder",
            "searched /opt/a.so (LD_LIBRARY_PATH): that is a file, and no folder",
            "searched /opt/empty (LD_LIBRARY_PATH): not there",
        ]
    );
}
