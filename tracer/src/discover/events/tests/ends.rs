//! How processes end, what they answered before, and what had not come back.

use serde_json::json;

use super::made::{Made, SERVER, body};
use crate::discover::Model;
use crate::discover::model::{At, End};
use crate::event::Kind;

const ANSWER: &str = "HTTP/1.1 200 OK\r\n\r\n[]";

fn end(made: &Made) -> End {
    made.model().children[0].end.clone()
}

fn begun() -> Made {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.runner(2, "cuda_v12", &[]);
    made
}

#[test]
fn the_servers_kill_is_normal_after_the_answer_and_out_of_time_before() {
    for answered in [true, false] {
        let mut made = begun();
        if answered {
            made.answer(2, ANSWER);
        }
        made.kill(SERVER, 2);
        made.exit(2, None, Some("SIGKILL"));
        let End::KilledByServer { before_answer, .. } = end(&made) else {
            panic!("{:?}", end(&made));
        };
        assert_eq!(before_answer, !answered);
    }
}

/// The server reads the answer, and kills, before the runner's write has come back.
#[test]
fn an_answer_that_is_told_behind_the_kill_was_given_before_it() {
    let mut made = begun();
    made.kill(SERVER, 2);
    made.answer(2, ANSWER);
    made.exit(2, None, Some("SIGKILL"));
    let End::KilledByServer { before_answer, .. } = end(&made) else {
        panic!("{:?}", end(&made));
    };
    assert!(!before_answer);
}

#[test]
fn a_kill_by_another_process_or_the_kernel_is_not_the_servers() {
    let mut foreign = begun();
    foreign.kill(9, 2);
    foreign.exit(2, None, Some("SIGKILL"));
    assert!(matches!(end(&foreign), End::Signal { name, .. } if name.as_str() == "SIGKILL"));

    let mut memory = begun();
    memory.push(9, Kind::Oom(body(json!({"victim": "p2.1", "pid": 2}))));
    memory.kill(9, 2);
    memory.exit(2, None, Some("SIGKILL"));
    assert!(matches!(end(&memory), End::OutOfMemory(_)));
}

#[test]
fn a_process_that_ended_by_itself_was_not_killed_though_the_server_tried() {
    let mut made = begun();
    made.kill(SERVER, 2);
    made.exit(2, Some(1), None);
    assert!(matches!(end(&made), End::Exit(1, _)));
}

#[test]
fn a_fault_behind_gos_handler_is_a_crash_and_exit_code_2() {
    let mut made = begun();
    let init = made.call(2, "ggml", "ggml_backend_init", "/x/libggml-cuda.so");
    let fault = json!({"name": "SIGSEGV", "number": 11, "to": "p2.1", "to_pid": 2, "code": 1, "result": "delivered",
        "address": "0x0", "at": {"object": "/x/libggml-cuda.so", "offset": "0x10"}});
    made.push(2, Kind::Signal(body(fault.clone())));
    // The handler raises it again.
    made.push(2, Kind::Signal(body(fault)));
    made.exit(2, Some(2), None);
    let model = made.model();
    let child = &model.children[0];
    assert!(matches!(child.end, End::Exit(2, _)));
    assert_eq!(child.crashes.len(), 1);
    assert_eq!(child.crashes[0].inside[0].as_str(), "ggml_backend_init");
    assert_eq!(child.inits[0].call, Some(init));
    assert!(child.inits[0].unfinished && !child.inits[0].registered);
}

fn signal(name: &str, from: u32, code: i32) -> Kind {
    let sent = json!({"name": name, "number": 13, "to": "p2.1", "to_pid": 2, "from_pid": from, "code": code, "result": "delivered"});
    Kind::Signal(body(sent))
}

#[test]
fn a_signal_that_ended_the_process_and_was_its_own_is_a_crash() {
    let crashes = |signals: &[(u32, &str, u32, i32)]| {
        let mut made = begun();
        made.call(2, "cuda", "cuInit", "/x/libcuda.so.1");
        for (process, name, from, code) in signals {
            made.push(*process, signal(name, *from, *code));
        }
        made.exit(2, None, Some("SIGTERM"));
        let child = made.model().children[0].clone();
        let inside = child.crashes.iter().map(|crash| crash.inside.len());
        inside.collect::<Vec<_>>()
    };
    let none: [usize; 0] = [];
    assert_eq!(crashes(&[(2, "SIGTERM", 2, 0)]), [1]);
    // What the Go runtime of a runner sends itself all the time.
    assert_eq!(crashes(&[(2, "SIGURG", 2, -6)]), none);
    // It survived one signal and ended by another.
    assert_eq!(crashes(&[(2, "SIGPIPE", 2, 0)]), none);
    // Its handler passes on what somebody else sent.
    let passed_on = [(9, "SIGTERM", 9, 0), (2, "SIGTERM", 2, -6)];
    assert_eq!(crashes(&passed_on), none);
}

#[test]
fn what_the_driver_wants_in_vain_while_it_starts_is_kept() {
    let mut made = begun();
    let call = made.call(2, "cuda", "cuInit", "/x/libcuda.so.1");
    let error = json!({"object": "libcore.so.1", "text": "cannot open shared object file", "err": "ENOENT"});
    made.push(2, Kind::LoaderError(body(error)));
    let connect =
        json!({"call": "connect", "address": "127.0.0.1:9", "fd": 3, "err": "ECONNREFUSED"});
    made.push(2, Kind::Socket(body(connect.clone())));
    let goes_on =
        json!({"call": "connect", "address": "127.0.0.1:8", "fd": 3, "err": "EINPROGRESS"});
    made.push(2, Kind::Socket(body(goes_on)));
    made.back(2, call, "cuInit", json!({"int": 999}));
    made.push(2, Kind::Socket(body(connect)));
    let model = made.model();
    let refused = model.children[0].refused.iter();
    let texts: Vec<&str> = refused.map(|(_, seen)| seen.text.as_str()).collect();
    let wanted = [
        "load libcore.so.1 inside cuInit",
        "connect 127.0.0.1:9 inside cuInit",
    ];
    assert_eq!(texts, wanted);
}

#[test]
fn a_runner_that_listened_in_vain_is_told() {
    let unasked = |comes: bool| {
        let mut made = begun();
        let socket = |call: &str| json!({"call": call, "address": "127.0.0.1:40000", "fd": 3});
        made.push(2, Kind::Socket(body(socket("listen"))));
        let nobody = json!({"call": "accept", "fd": 3, "err": "EAGAIN"});
        made.push(2, Kind::Socket(body(nobody)));
        if comes {
            made.push(2, Kind::Socket(body(socket("accept"))));
        }
        made.model().children[0].unasked.is_some()
    };
    assert!(unasked(false) && !unasked(true));
}

/// A start that is slow, and perhaps comes back, before the server's kill.
fn slow(comes_back: bool) -> Model {
    let mut made = begun();
    let call = made.call(2, "ggml", "ggml_backend_init", "/x/libggml-cuda.so");
    let open = json!({"call": call, "fn": "ggml_backend_init", "because": "slow"});
    made.push(2, Kind::Unfinished(body(open)));
    if comes_back {
        made.back(2, call, "ggml_backend_init", json!({"hex": "0x1"}));
    }
    made.kill(SERVER, 2);
    made.exit(2, None, Some("SIGKILL"));
    made.model()
}

#[test]
fn only_a_call_that_never_came_back_hung() {
    assert!(slow(false).children[0].hanging.is_some());
    assert!(slow(true).children[0].hanging.is_none());
}

/// The process was killed before the inner call had been open for long enough to be told.
#[test]
fn what_hangs_is_the_innermost_call() {
    let mut made = begun();
    let around = made.call(2, "ggml", "ggml_backend_init", "/x/libggml-cuda.so");
    let inner = made.call(2, "cuda", "cuInit", "/x/libcuda.so.1");
    let open = json!({"call": around, "fn": "ggml_backend_init", "because": "slow"});
    made.push(2, Kind::Unfinished(body(open)));
    made.kill(SERVER, 2);
    made.exit(2, None, Some("SIGKILL"));
    let model = made.model();
    let hanging = model.children[0].hanging.as_ref().expect("it hangs");
    assert!(hanging.text.as_str().starts_with("cuInit"), "{hanging:?}");
    assert!(hanging.text.as_str().ends_with(", for 0 s"), "{hanging:?}");
    assert_eq!(hanging.at, At::Event(inner));
}

#[test]
fn an_answer_in_pieces_is_read_as_one() {
    let mut made = begun();
    made.answer(
        2,
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[{\"id\":\"GPU-1\",\"back",
    );
    made.answer(
        2,
        "end\":\"CUDA\",\"total_memory\":1024,\"compute_major\":9}]",
    );
    let model = made.model();
    let answer = model.children[0].answer.as_ref().expect("an answer");
    assert_eq!(answer.status, Some(200));
    assert!(!answer.unreadable);
    let device = &answer.devices[0];
    assert_eq!(device.library.as_str(), "CUDA");
    assert_eq!(device.total, Some(1024));
    assert_eq!(device.compute, Some((9, 0)));
}

#[test]
fn half_an_answer_and_an_error_are_no_empty_lists() {
    let mut half = begun();
    half.answer(2, "HTTP/1.1 200 OK\r\n\r\n[{\"id\":");
    assert!(
        half.model().children[0]
            .answer
            .as_ref()
            .is_some_and(|one| one.unreadable)
    );

    let mut error = begun();
    error.answer(
        2,
        "HTTP/1.1 500 Internal Server Error\r\n\r\nfailed to initialize backend",
    );
    let model = error.model();
    let answer = model.children[0].answer.as_ref().expect("an answer");
    assert_eq!(answer.status, Some(500));
    let text = answer.error.as_ref().map(|text| text.as_str());
    assert_eq!(text, Some("failed to initialize backend"));
}

#[test]
fn a_list_that_takes_several_writes_on_two_descriptors_is_read_by_lines() {
    let mut made = Made::server(&[], &["cuda_v12"]);
    made.llama_server(2, "cuda_v12", &["--list-devices"]);
    made.say(2, 1, "Available dev");
    made.say(2, 2, "0.00.001 W load_backend: a word between\n");
    made.say(
        2,
        1,
        "ices:\n  CUDA0: A card (with) name (1024 MiB, 512 MiB free)\n",
    );
    made.exit(2, Some(0), None);
    let model = made.model();
    let answer = model.attempts[0].answer.as_ref().expect("an answer");
    assert_eq!(answer.devices.len(), 1);
    let device = &answer.devices[0];
    assert_eq!(
        (device.id.as_str(), device.name.as_str()),
        ("CUDA0", "A card (with) name")
    );
    assert_eq!((device.total, device.free), (Some(1 << 30), Some(1 << 29)));
}

#[test]
fn a_probes_json_is_its_answer_and_null_is_none() {
    for (text, count, unreadable) in [
        ("{\"devices\":null}\n", 0, false),
        (
            "{\"devices\":[{\"library\":\"CUDA\",\"name\":\"CUDA0\"}]}\n",
            1,
            false,
        ),
        ("{\"devices\":[{\n", 0, true),
    ] {
        let mut made = Made::server(&[], &["cuda_v12"]);
        let words = [
            "gpu-discover",
            "--lib-dir",
            "/a",
            "--lib-dir",
            "/a/cuda_v12",
        ];
        made.exec(2, Some(SERVER), "/usr/local/bin/ollama", &words, &[]);
        made.say(2, 1, text);
        let model = made.model();
        let answer = model.children[0].answer.as_ref().expect("an answer");
        assert_eq!(
            (answer.devices.len(), answer.unreadable),
            (count, unreadable)
        );
    }
}

#[test]
fn a_loopback_that_does_not_let_through_is_told_of_the_child_but_not_that_it_is_not_ready() {
    let mut made = begun();
    for err in ["ECONNREFUSED", "EINPROGRESS", "ENETUNREACH"] {
        let socket = json!({"call": "connect", "address": "127.0.0.1:4711", "fd": 9, "err": err});
        made.push(SERVER, Kind::Socket(body(socket)));
    }
    let model = made.model();
    let refused = &model.children[0].refused;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].0.0, 101);
}
