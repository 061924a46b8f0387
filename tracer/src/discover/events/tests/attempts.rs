//! Who is who, which attempt a process belongs to, and what the server looked at.

use serde_json::json;

use super::made::{LIBRARY, Made, SERVER, body, roles};
use crate::discover::model::{Era, Place, Spawn};
use crate::event::Kind;

#[test]
fn a_pass_is_told_by_the_servers_own_variables_not_by_the_users() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    made.runner(
        3,
        "cuda_v12",
        &[("GGML_CUDA_INIT", "1"), ("CUDA_VISIBLE_DEVICES", "GPU-1")],
    );
    made.finish();
    made.runner(4, "cuda_v12", &[]);
    let model = made.model();
    let expected = [
        "runner[cuda_v12] pass 1",
        "runner[cuda_v12] pass 2",
        "refresh[cuda_v12]",
    ];
    assert_eq!(roles(&model), expected);
    assert_eq!(model.era, Era::Runner);
    let device = model.attempts.get(1).and_then(|one| one.device.clone());
    assert_eq!(device.as_ref().map(|text| text.as_str()), Some("GPU-1"));

    let mut made = Made::server(&[("GGML_CUDA_INIT", "1")], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[("GGML_CUDA_INIT", "1")]);
    assert_eq!(roles(&made.model()), ["runner[cuda_v12] pass 1"]);
}

#[test]
fn the_three_processes_of_a_folder_are_one_attempt() {
    let mut made = Made::server(&[], &["cuda_v12", "cuda_v13"]);
    for (number, dir) in [(2, "cuda_v13"), (5, "cuda_v12")] {
        made.llama_server(number, dir, &["--port", "5000", "--verbose"]);
        made.llama_server(number + 1, dir, &["--list-devices"]);
        let folder = format!("{LIBRARY}/{dir}");
        let words = ["gpu-discover", "--lib-dir", LIBRARY, "--lib-dir", &folder];
        made.exec(
            number + 2,
            Some(SERVER),
            "/usr/local/bin/ollama",
            &words,
            &[],
        );
    }
    let model = made.model();
    assert_eq!(model.era, Era::LlamaServer);
    let attempts: Vec<_> = model
        .attempts
        .iter()
        .map(|attempt| (attempt.dir.as_str(), attempt.children.clone()))
        .collect();
    assert_eq!(
        attempts,
        [("cuda_v13", vec![0, 1, 2]), ("cuda_v12", vec![3, 4, 5])]
    );
}

#[test]
fn a_wrapper_that_executes_the_program_proper_is_one_child() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    made.runner(2, "cuda_v12", &[]);
    assert_eq!(roles(&made.model()), ["runner[cuda_v12] pass 1"]);
}

#[test]
fn a_listed_llama_server_tells_no_era_but_a_missing_one_does() {
    let path = format!("{LIBRARY}/llama-server");
    let mut listed = Made::server(&[], &["cuda_v12"]);
    listed.stat(SERVER, &path, None, 0o100_755);
    assert_eq!(listed.model().era, Era::Unknown);

    let mut missing = Made::server(&[], &["cuda_v12"]);
    missing.stat(SERVER, &path, Some("ENOENT"), 0);
    assert_eq!(missing.model().era, Era::LlamaServer);

    let mut build = Made::default();
    build.serve(SERVER, &[]);
    build.stat(SERVER, "/dist/linux-amd64/lib/ollama", Some("ENOENT"), 0);
    assert_eq!(build.model().era, Era::LlamaServer);
}

/// The server's line before a runner, and the refused process.
fn not_forked(made: &mut Made, call: &str) {
    let line = "time=2026-01-01T00:00:00.000Z level=INFO source=server.go:431 msg=\"starting runner\" cmd=x\n";
    made.say(SERVER, 2, line);
    let failed = json!({"call": call, "err": "EAGAIN"});
    made.push(SERVER, Kind::ForkFailed(body(failed)));
}

#[test]
fn runners_that_could_not_be_made_are_named_only_when_that_is_certain() {
    let mut both = Made::server(&[], &["cuda_v12", "cuda_v13"]);
    not_forked(&mut both, "clone");
    // The second clone after one line is Go's test for pidfd.
    let again = json!({"call": "clone", "err": "EAGAIN"});
    both.push(SERVER, Kind::ForkFailed(body(again)));
    let one = both.model();
    assert_eq!(roles(&one), ["runner[] pass 1"]);
    assert!(matches!(one.children[0].spawn, Spawn::ForkFailed(..)));
    assert_eq!(one.era, Era::Runner);

    not_forked(&mut both, "clone");
    let mut named = roles(&both.model());
    named.sort();
    assert_eq!(
        named,
        ["runner[cuda_v12] pass 1", "runner[cuda_v13] pass 1"]
    );

    let mut told = Made::server(&[], &["cuda_v12", "cuda_v13"]);
    let line = format!(
        "time=2026-01-01T00:00:00.000Z level=DEBUG source=server.go:432 msg=subprocess OLLAMA_LIBRARY_PATH={LIBRARY}:{LIBRARY}/cuda_v13\n"
    );
    told.say(SERVER, 2, &line);
    not_forked(&mut told, "clone");
    assert_eq!(roles(&told.model()), ["runner[cuda_v13] pass 1"]);
}

#[test]
fn a_thread_that_could_not_be_made_is_no_attempt() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    not_forked(&mut made, "clone3");
    assert!(made.model().attempts.is_empty());
}

#[test]
fn entries_of_the_library_folder_that_are_no_open_folders_say_why() {
    let mut made = Made::default();
    made.serve(SERVER, &[]);
    made.list(
        SERVER,
        LIBRARY,
        &["cuda_v12", "cuda_v13", "rocm", "libggml-base.so"],
    );
    made.stat(SERVER, &format!("{LIBRARY}/cuda_v12"), Some("ENOENT"), 0);
    made.stat(SERVER, &format!("{LIBRARY}/cuda_v13"), None, 0o040_700);
    let open = json!({"path": format!("{LIBRARY}/cuda_v13"), "flags": "0x80000", "err": "EACCES"});
    made.push(SERVER, Kind::Open(body(open)));
    made.stat(SERVER, &format!("{LIBRARY}/rocm"), None, 0o100_644);
    let model = made.model();
    assert!(
        model
            .folder("cuda_v12")
            .is_some_and(|one| one.dangling.is_some())
    );
    let closed = model
        .folder("cuda_v13")
        .and_then(|one| one.unreadable.clone());
    assert_eq!(closed.map(|(err, _)| err.0), Some(13));
    assert!(
        model
            .folder("rocm")
            .is_some_and(|one| one.no_folder.is_some())
    );
    assert_eq!(model.folders.len(), 3);
}

#[test]
fn a_plain_program_has_folders_and_the_devices_that_its_runtime_counted() {
    let mut made = Made::default();
    made.exec(1, None, "/opt/llama/llama-cli", &[], &[]);
    let map = json!({"path": "/opt/llama/libggml-base.so", "length": "0x1000", "offset": "0x0"});
    made.push(1, Kind::Map(body(map)));
    made.list(1, "/opt/llama", &["libggml-cuda.so", "libggml-cpu-x64.so"]);
    let file = "/opt/llama/libggml-cuda.so";
    let load = made.call(1, "dl", "dlopen", file);
    made.back(1, load, "dlopen", json!({"hex": "0x5000"}));
    let init = made.call(1, "ggml", "ggml_backend_init", file);
    let count = made.call(
        1,
        "cudart",
        "cudaGetDeviceCount",
        "/opt/llama/libcudart.so.13",
    );
    let back = json!({"call": count, "fn": "cudaGetDeviceCount", "result": {"name": "cudaSuccess"}, "code": 0,
        "outs": [["count", {"int": 2}]]});
    made.push(1, Kind::Return(body(back)));
    made.back(1, init, "ggml_backend_init", json!({"hex": "0x6000"}));
    assert!(!made.model().finished);
    made.exit(1, Some(0), None);
    let model = made.model();
    assert!(model.finished);
    assert_eq!(model.era, Era::Ggml);
    assert_eq!(roles(&model), ["program"]);
    let folder = model.folder("llama").expect("the folder of the backend");
    assert_eq!(folder.place, Place::Elsewhere);
    assert_eq!(folder.matches.len(), 1);
    let devices: Vec<&str> = model.devices.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(devices, ["CUDA0", "CUDA1"]);
}

#[test]
fn an_attempt_without_any_process_is_told_by_the_servers_line() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    let line = format!(
        "time=2026-01-01T00:00:00.000Z level=INFO source=runner.go:522 msg=\"failure during llama-server GPU discovery\" OLLAMA_LIBRARY_PATH=\"[{LIBRARY} {LIBRARY}/cuda_v12]\" extra_envs=map[] error=\"llama-server not available\"\n"
    );
    made.say(SERVER, 2, &line);
    let model = made.model();
    let [attempt] = model.attempts.as_slice() else {
        panic!("{:?}", model.attempts);
    };
    assert_eq!(attempt.dir.as_str(), "cuda_v12");
    assert_eq!(attempt.path, format!("{LIBRARY}/cuda_v12").as_str().into());
    assert!(attempt.children.is_empty() && attempt.failure_line.is_some());
}

#[test]
fn a_process_that_was_not_made_still_has_the_path_of_its_folder() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    not_forked(&mut made, "clone");
    let model = made.model();
    assert_eq!(
        model.attempts[0].path,
        format!("{LIBRARY}/cuda_v12").as_str().into()
    );
}

#[test]
fn the_servers_line_about_a_second_pass_is_not_taken_for_one_about_the_first() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    for (number, device) in [(3, "GPU-1"), (4, "GPU-2")] {
        let more = [("GGML_CUDA_INIT", "1"), ("CUDA_VISIBLE_DEVICES", device)];
        made.runner(number, "cuda_v12", &more);
    }
    let line = format!(
        "time=2026-01-01T00:00:00.000Z level=INFO source=runner.go:464 msg=\"failure during GPU discovery\" OLLAMA_LIBRARY_PATH=\"[{LIBRARY} {LIBRARY}/cuda_v12]\" extra_envs=\"map[CUDA_VISIBLE_DEVICES:GPU-2 GGML_CUDA_INIT:1]\" error=\"runner crashed\"\n"
    );
    made.say(SERVER, 2, &line);
    let model = made.model();
    let told: Vec<bool> = model
        .attempts
        .iter()
        .map(|attempt| attempt.failure_line.is_some())
        .collect();
    assert_eq!(told, [false, false, true]);
}
