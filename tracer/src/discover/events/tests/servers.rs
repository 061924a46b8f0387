//! Several starts of a server, and the starts of models.

use serde_json::json;

use super::made::{LIBRARY, Made, SERVER, body, roles};
use crate::discover::model::ModelStart;
use crate::event::Kind;

#[test]
fn of_several_starts_the_last_whole_one_counts() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    made.finish();
    made.exit(SERVER, Some(0), None);
    made.serve(11, &[("OLLAMA_DEBUG", "1")]);
    let first = made.model();
    assert!(first.finished && first.cpu_only.is_some());
    assert_eq!(roles(&first), ["runner[cuda_v12] pass 1"]);
    assert_eq!(first.server.as_ref().map(|server| server.pid), Some(SERVER));
    assert!(first.notes[0].contains("2 starts") && first.notes[0].contains("not whole"));

    let line = "time=2026-01-01T00:00:00.000Z level=INFO source=types.go:42 msg=\"inference compute\" id=GPU-1 library=CUDA libdirs=ollama,cuda_v13\n";
    made.say(11, 2, line);
    let second = made.model();
    assert_eq!(second.server.as_ref().map(|server| server.pid), Some(11));
    assert!(second.children.is_empty());
    assert_eq!(second.devices[0].dirs[0].as_str(), "cuda_v13");
    assert!(second.notes[0].contains("this is about the last one."));
}

#[test]
fn a_server_beside_one_that_runs_is_not_the_one_that_is_asked_about() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.serve(11, &[]);
    made.exit(11, Some(1), None);
    made.finish();
    let model = made.model();
    assert_eq!(model.server.map(|server| server.pid), Some(SERVER));
    assert!(model.notes.is_empty());
}

/// Two servers, in two containers for instance, that are recorded together.
#[test]
fn what_another_server_finds_is_not_said_of_the_first() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.serve(11, &[]);
    let env = [(
        "OLLAMA_LIBRARY_PATH",
        "/usr/local/lib/ollama:/usr/local/lib/ollama/rocm",
    )];
    let words = ["runner", "--ollama-engine", "--port", "4712"];
    made.exec(12, Some(11), "/usr/local/bin/ollama", &words, &env);
    made.runner(2, "cuda_v12", &[]);
    made.finish();
    let model = made.model();
    assert_eq!(roles(&model), ["runner[cuda_v12] pass 1"]);
    assert!(
        model.notes[0].contains("Another `ollama serve`"),
        "{:?}",
        model.notes
    );
}

/// getdents64 that returned these names.
fn list_some(made: &mut Made, names: &[&str]) {
    let list = json!({"path": LIBRARY, "fd": 5, "entries": names.len(), "names": names});
    made.push(SERVER, Kind::List(body(list)));
}

#[test]
fn what_a_folder_does_not_have_is_known_once_it_was_listed_to_its_end() {
    let names = |made: &Made| {
        let server = made.model().server.expect("the server");
        let names = server.library_dir.names?;
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Some(names.join(" "))
    };
    let mut made = Made::default();
    made.serve(SERVER, &[]);
    list_some(&mut made, &["cuda_v12"]);
    assert_eq!(names(&made), None);
    list_some(&mut made, &["cuda_v13"]);
    assert_eq!(names(&made), None);
    // A listing whose end was not seen, of a server that went on, or ended, is what there is.
    for over in [
        |made: &mut Made| made.runner(2, "cuda_v12", &[]),
        |made: &mut Made| made.exit(SERVER, Some(0), None),
        |made: &mut Made| made.finish(),
        |made: &mut Made| list_some(made, &[]),
    ] {
        let mut whole = Made {
            events: made.events.clone(),
        };
        over(&mut whole);
        assert_eq!(names(&whole).as_deref(), Some("cuda_v12 cuda_v13"));
    }
}

fn model_process(made: &mut Made, number: u32, more: &[&str]) {
    let mut words = vec!["--model", "/blob", "--port", "4711"];
    words.extend_from_slice(more);
    made.llama_server(number, "cuda_v12", &words);
}

fn reasons(start: &ModelStart) -> Vec<&str> {
    start
        .reasons
        .iter()
        .map(|seen| seen.text.as_str())
        .collect()
}

#[test]
fn what_is_said_of_one_model_is_not_said_of_the_next() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.finish();
    model_process(&mut made, 2, &[]);
    made.say(2, 2, "load_tensors: offloaded 20/33 layers to GPU\n");
    made.say(SERVER, 2, "load_tensors: offloaded 20/33 layers to GPU\n");
    let line = "time=2026-01-01T00:00:00.000Z level=WARN source=runner.go:350 msg=\"unable to refresh free memory, using old values\"\n";
    made.say(SERVER, 2, line);
    model_process(&mut made, 3, &["-ngl", "0"]);
    let model = made.model();
    assert_eq!(roles(&model), ["model[cuda_v12]", "model[cuda_v12]"]);
    let [one, two] = model.models.as_slice() else {
        panic!("{:?}", model.models);
    };
    assert_eq!((one.offloaded, one.num_gpu), (Some((20, 33)), None));
    assert_eq!(
        reasons(one),
        ["load_tensors: offloaded 20/33 layers to GPU"]
    );
    assert_eq!((two.offloaded, two.num_gpu), (None, Some(0)));
    assert!(reasons(two)[0].contains("unable to refresh"));
}

#[test]
fn a_models_processes_are_no_attempts_and_have_no_part_in_the_folders_found() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.finish();
    model_process(&mut made, 2, &[]);
    let model = made.model();
    assert!(model.attempts.is_empty());
    let paths: Vec<&str> = model.folders.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, [format!("{LIBRARY}/cuda_v12")]);
    assert_eq!(model.models[0].child, Some(0));
}

/// Ollama compares the value with the names of its folders: a path is asked for, and is none of them.
#[test]
fn a_folder_that_is_asked_for_by_its_path_is_one_that_does_not_exist() {
    for value in [&format!("{LIBRARY}/cuda_v12"), "/elsewhere/cuda_v12"] {
        let mut made = Made::default();
        made.serve(SERVER, &[("OLLAMA_LLM_LIBRARY", value)]);
        list_some(&mut made, &["cuda_v12"]);
        list_some(&mut made, &[]);
        made.finish();
        let model = made.model();
        let asked: Vec<_> = model
            .folders
            .iter()
            .filter(|folder| folder.requested.is_some())
            .collect();
        assert_eq!(asked.len(), 1, "{:?}", model.folders);
        assert_eq!(asked[0].name.as_str(), value);
        assert!(!asked[0].exists());
    }
}
