//! Scan and skip.

use super::build::{
    LIB, attempt, child, discovery, folder, general, line, load, look, seen, set, verdict,
};
use crate::discover::model::{Blind, Era, Folder, Missing, Outcome, Tried};
use crate::discover::role::Step;
use crate::event::{Errno, Text};

#[test]
fn a_folder_that_the_server_may_not_list_is_absent_and_one_that_it_lists_is_not() {
    let mut model = discovery(Era::Runner);
    model.folders[0] = Folder {
        names: None,
        matches: Vec::new(),
        unreadable: Some((Errno(13), seen("open = EACCES").unwrap())),
        ..folder("cuda_v12", &[])
    };
    assert_eq!(
        verdict(&model),
        format!("absent VG005, certain {LIB}/cuda_v12")
    );
    model.folders[0] = folder("cuda_v12", &["libcudart.so.12"]);
    assert_eq!(verdict(&model), "absent VG006, certain libggml-*.so");
}

#[test]
fn absence_is_likely_only_where_records_were_lost() {
    let mut model = discovery(Era::Runner);
    model.folders[0] = folder("cuda_v12", &["libcudart.so.12"]);
    model.blind = Blind {
        damaged: true,
        ..Blind::default()
    };
    assert_eq!(verdict(&model), "absent VG006, likely libggml-*.so");
}

#[test]
fn a_link_that_leads_nowhere_and_a_plain_file_are_told() {
    let mut model = discovery(Era::Runner);
    model.folders[0] = Folder {
        names: None,
        matches: Vec::new(),
        dangling: seen("stat = ENOENT"),
        ..folder("cuda_v12", &[])
    };
    assert_eq!(
        verdict(&model),
        format!("absent VG007, certain {LIB}/cuda_v12")
    );
    model.folders[0].dangling = None;
    model.folders[0].no_folder = seen("stat");
    assert_eq!(
        verdict(&model),
        format!("absent VG007, certain {LIB}/cuda_v12")
    );
}

#[test]
fn a_request_for_another_folder_skips_and_one_for_this_folder_does_not() {
    let mut model = discovery(Era::Runner);
    set(&mut model, "OLLAMA_LLM_LIBRARY", "cuda_v13");
    assert_eq!(verdict(&model), "skipped VG020, certain OLLAMA_LLM_LIBRARY");
    let mut model = discovery(Era::Runner);
    set(&mut model, "OLLAMA_LLM_LIBRARY", "cuda_v12");
    look(&mut model, vec![child(Step::Runner)], Vec::new());
    assert!(verdict(&model).starts_with("unknown VG139"));
    // mlx_ leaves ggml's folders alone (discover/runner.go since 0.20).
    let mut model = discovery(Era::Runner);
    set(&mut model, "OLLAMA_LLM_LIBRARY", "mlx_cuda_v13");
    assert!(!verdict(&model).contains("VG020"));
}

#[test]
fn a_requested_folder_that_is_not_there_is_named() {
    let mut model = discovery(Era::Runner);
    model.folders.push(Folder {
        name: Text::from("cuda_v13"),
        path: Text::from(format!("{LIB}/cuda_v13")),
        requested: seen("OLLAMA_LLM_LIBRARY=cuda_v13"),
        ..Folder::default()
    });
    let explanation = crate::diagnose::explain(&model);
    let backend = super::build::of(&explanation, "cuda_v13");
    assert_eq!(
        (backend.verdict.name(), backend.findings[0].rule),
        ("absent", "VG004")
    );
    // A path is no name (discover/runner.go compares base names).
    model.folders[1].name = Text::from(format!("{LIB}/cuda_v12"));
    model.folders[1].path = Text::default();
    let explanation = crate::diagnose::explain(&model);
    let mut findings = explanation.backends.iter().flat_map(|one| &one.findings);
    let found = findings.find(|finding| finding.rule == "VG004").unwrap();
    assert!(
        found
            .sentence
            .ends_with("compared with the names of the folders.")
    );
    assert_eq!(found.missing_object, Some(model.folders[1].name.clone()));
    // Near: it exists.
    model.folders[1] = Folder {
        requested: seen("OLLAMA_LLM_LIBRARY=cuda_v13"),
        ..folder("cuda_v13", &["libggml-cuda.so"])
    };
    let explanation = crate::diagnose::explain(&model);
    assert!(
        super::build::of(&explanation, "cuda_v13")
            .findings
            .iter()
            .all(|finding| finding.rule != "VG004")
    );
}

#[test]
fn no_library_folder_is_told_only_when_every_place_is_missing() {
    let mut model = discovery(Era::Runner);
    model.folders.clear();
    let server = model.server.as_mut().unwrap();
    server.library_dir.names = None;
    let tried = |err| Tried {
        path: Text::from("/usr/local/lib/ollama"),
        err,
        seen: seen("stat").unwrap(),
    };
    server.library_dir.tried = vec![tried(Some(Errno(2)))];
    assert_eq!(general(&model), ["VG001"]);
    model
        .server
        .as_mut()
        .unwrap()
        .library_dir
        .tried
        .push(tried(None));
    assert!(general(&model).is_empty());
}

#[test]
fn a_working_directory_that_is_gone_matters_to_the_runner_era_alone() {
    let mut model = discovery(Era::Runner);
    model.server.as_mut().unwrap().library_dir.no_cwd =
        Some((Errno(2), seen("getcwd = ENOENT").unwrap()));
    assert_eq!(general(&model), ["VG002"]);
    model.era = Era::LlamaServer;
    assert!(general(&model).is_empty());
}

#[test]
fn the_second_look_names_the_architecture_or_stays_silent() {
    let mut model = discovery(Era::Runner);
    look(
        &mut model,
        vec![child(Step::Runner)],
        vec![super::build::device("GPU-1")],
    );
    let mut second = child(Step::Runner);
    second.said.push(super::build::said("GGML_ASSERT(ggml_cuda_has_arch(cc) && \"ggml was not compiled with support for this arch\") failed"));
    attempt(&mut model, vec![second], Vec::new(), 2);
    assert!(verdict(&model).starts_with("filtered VG140, certain"));
    // Near: the second look loads nothing.
    let mut model = discovery(Era::Runner);
    look(
        &mut model,
        vec![child(Step::Runner)],
        vec![super::build::device("GPU-1")],
    );
    let mut second = child(Step::Runner);
    let missing = Missing::Library {
        name: Text::from("libcublas.so.12"),
        by: Text::default(),
        searched: Vec::new(),
    };
    second.loads.push(load(Outcome::Failed, vec![missing]));
    attempt(&mut model, vec![second], Vec::new(), 2);
    assert_eq!(verdict(&model), "filtered VG144, certain libcublas.so.12");
}

#[test]
fn an_overlap_is_told_of_the_folder_that_was_dropped() {
    let mut model = discovery(Era::Runner);
    look(
        &mut model,
        vec![child(Step::Runner)],
        vec![super::build::device("GPU-1")],
    );
    attempt(
        &mut model,
        vec![child(Step::Runner)],
        vec![super::build::device("GPU-1")],
        2,
    );
    model.lines.push(line(
        "filtering device with overlapping libraries",
        &[
            ("library", "/usr/local/lib/ollama/cuda_v12"),
            ("kept_library", "/usr/local/lib/ollama/cuda_v13"),
        ],
    ));
    assert!(verdict(&model).starts_with("filtered VG150, certain"));
    model.lines[0] = line(
        "filtering device with overlapping libraries",
        &[
            ("library", "/usr/local/lib/ollama/cuda_v13"),
            ("kept_library", "/usr/local/lib/ollama/cuda_v12"),
        ],
    );
    assert!(verdict(&model).starts_with("filtered VG159, likely"));
    // Lines that were asked for already are not asked for again.
    let remedy = |model: &crate::discover::Model| {
        let explanation = crate::diagnose::explain(model);
        super::build::of(&explanation, "cuda_v12").findings[0]
            .remedy
            .join(" ")
    };
    for (value, asked) in [
        ("", true),
        ("0", true),
        ("false", true),
        ("1", false),
        ("true", false),
        ("2", false),
    ] {
        let mut model = model.clone();
        set(&mut model, "OLLAMA_DEBUG", value);
        assert_eq!(remedy(&model).contains("OLLAMA_DEBUG=1"), asked, "{value}");
    }
    super::build::as_log(&mut model, crate::discover::model::Level::Debug);
    assert!(
        !remedy(&model).contains("OLLAMA_DEBUG"),
        "{}",
        remedy(&model)
    );
}

/// How a load ended is no call of the system: what strace shows of it is said, and which command shows the rest.
#[test]
fn a_load_in_a_strace_is_open_and_a_command_settles_it() {
    let mut model = discovery(Era::Runner);
    let mut runner = child(Step::Runner);
    runner.loads.push(load(Outcome::Unknown, Vec::new()));
    look(&mut model, vec![runner], Vec::new());
    let told = |model: &crate::discover::Model| {
        let explanation = crate::diagnose::explain(model);
        let backend = super::build::of(&explanation, "cuda_v12");
        let settle = backend.to_settle.join("|");
        (
            backend.findings[0]
                .sentence
                .contains("was opened and mapped"),
            settle.contains("$ sudo vgputrace try --dir cuda_v12"),
        )
    };
    assert_eq!(told(&model), (false, false));
    model.origin = crate::discover::model::Origin::Strace;
    assert_eq!(told(&model), (true, true));
}
