//! Any sequence of events gives some model, whatever it says and in whatever order.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::made::body;
use crate::discover::events::Discovery;
use crate::event::{Event, Kind, Proc, Seq};

/// Words that mean something to the fold, and some that do not.
const WORDS: &[&str] = &[
    "",
    "/",
    "serve",
    "runner",
    "gpu-discover",
    "--lib-dir",
    "--list-devices",
    "--model",
    "--port",
    "4711",
    "/usr/local/bin/ollama",
    "/usr/local/lib/ollama",
    "/usr/local/lib/ollama/llama-server",
    "/usr/local/lib/ollama/cuda_v12/libggml-cuda.so",
    "/x/libggml-cpu-zen4.so",
    "libcuda.so.1",
    "ggml_backend_init",
    "undefined symbol: \u{FFFD}ff",
    "version `A' not found (required by ",
    "cannot open shared object file",
    "127.0.0.1:4711",
    "HTTP/1.1 200 OK\r\n\r\n[{\"id\":\"\u{e4}\"}]",
    "HTTP/1.1 5",
    "Available devices:\n  CUDA0: (\n",
    "  A: b (18446744073709551615 MiB, x)\n",
    "{\"devices\":[{\"library\":\"CUDA\",\"index\":-9223372036854775808}]}\n",
    "msg=\"inference compute\" id=cpu\n",
    "time=2026-01-01T00:00:00Z level=INFO msg=\"inference compute\" libdirs=,\u{e4}\n",
    "level=INFO msg=\"starting runner\"\n",
    "level=DEBUG msg=subprocess OLLAMA_LIBRARY_PATH=[: \n",
    "offloaded 4294967296/1 layers to GPU\n",
    "found 99999999999999999999 CUDA devices\n",
    "SIGKILL",
    "SIGSEGV",
    "SIGABRT",
    "GGML_CUDA_INIT",
    "OLLAMA_LIBRARY_PATH",
    "OLLAMA_LLM_LIBRARY",
    "LD_PRELOAD",
    "cudaGetDeviceCount",
    "\u{1b}[2J\u{0}",
];

fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => prop::sample::select(WORDS).prop_map(|word| json!(word)),
        1 => ".{0,40}".prop_map(|word| json!(word)),
        1 => Just(json!({"unseen": "lost"})),
        1 => prop::sample::select(WORDS).prop_map(|word| json!({"cut": word, "of": u64::MAX})),
    ]
}

/// Plain text, where the vocabulary knows no gap.
fn plain(word: &Value) -> Value {
    word.as_str().map_or_else(|| json!("x"), |text| json!(text))
}

fn value(word: &Value, number: u64) -> Value {
    match number % 5 {
        0 => json!({"int": 0}),
        1 => json!({"hex": format!("{number:#x}")}),
        2 => json!({"str": word}),
        3 => json!({"name": plain(word)}),
        _ => json!({"unseen": "null"}),
    }
}

fn pick(all: &[&'static str], number: u64) -> &'static str {
    let index = usize::try_from(number).unwrap_or(0) % all.len();
    all[index]
}

fn kind() -> impl Strategy<Value = Kind> {
    (0_u8..23, word(), word(), word(), 0_u64..40).prop_map(|(which, a, b, c, number)| {
        let (one, two, three) = (plain(&a), plain(&b), plain(&c));
        let to = format!("p{}.{}", number % 5, number % 3);
        let err = (number % 3 == 0).then_some(pick(&["ENOENT", "EACCES", "EAGAIN"], number / 3));
        match which {
            0 | 1 => Kind::Exec(body(json!({"pid": number, "parent": to, "file": a, "exe": a, "cwd": b,
                "argv": [one, two, three, one, two], "env": [{"k": two, "v": three}, {"k": three, "v": one}],
                "uid": [0, 0], "gid": [0, 0], "already": number == 7}))),
            2 => Kind::Fork(body(json!({"child": to, "pid": number}))),
            3 => Kind::ForkFailed(body(json!({"call": "clone", "err": "EAGAIN"}))),
            4 => Kind::ExecFailed(body(json!({"file": a, "err": "ENOENT"}))),
            5 => Kind::Exit(body(json!({"pid": number, "code": number, "signal": one}))),
            6 => Kind::Signal(body(json!({"name": one, "number": 9, "to": to, "to_pid": number, "code": 0,
                "from_pid": number, "result": "delivered", "at": {"object": two, "offset": "0x1"}}))),
            7 => Kind::Oom(body(json!({"victim": to, "pid": number}))),
            8 => Kind::Open(body(json!({"path": a, "in": b, "flags": "0x40", "err": err}))),
            9 => Kind::Stat(body(json!({"path": a, "in": b, "mode": number * 4096, "err": err}))),
            10 => Kind::List(body(json!({"path": a, "fd": 3, "entries": number, "names": [two, three], "err": err}))),
            11 => Kind::Map(body(json!({"path": a, "length": "0x1", "offset": "0x0", "err": err}))),
            12 => Kind::Unmap(body(json!({"path": a, "address": "0x1"}))),
            13 => Kind::Library(body(json!({"path": one, "problem": two, "closure": {"error": number,
                "objects": [{"name": two, "by": three}], "missing_symbols": [three],
                "missing_versions": [[one, two, three]]}}))),
            14 => Kind::LateLibrary(body(json!({"path": one, "functions": number}))),
            15 | 16 => {
                let api = pick(&["dl", "ggml", "cudart", "constructor"], number);
                let functions = ["dlopen", "ggml_backend_init", "cudaGetDeviceCount", "ggml_backend_score", "dlsym"];
                let function = pick(&functions, number);
                Kind::Call(body(json!({"api": api, "fn": function, "of": two, "args": [["a", value(&a, number)]]})))
            }
            17 => Kind::Return(body(json!({"call": number, "fn": one, "result": value(&b, number),
                "outs": [["count", value(&c, number)]], "failed": number % 2 == 0}))),
            18 => Kind::Unfinished(body(json!({"call": number, "fn": one, "about": b,
                "because": pick(&["slow", "exit", "exec", "unwound", "end"], number)}))),
            19 => Kind::LoaderError(body(json!({"object": a, "text": b, "occasion": c, "call": number}))),
            21 => Kind::Root(body(json!({"mount_namespace": number, "os": one, "nodes": [
                {"path": two, "mode": 438, "owner": [0, 0]}]}))),
            20 => Kind::Output(body(json!({"fd": number, "text": a, "length": number}))),
            _ => Kind::Http(body(json!({"request": one, "answer": b, "fd": number}))),
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let process = prop::option::weighted(0.9, (0_u32..5, 0_u32..3));
    (
        kind(),
        process,
        0_u64..40,
        any::<u64>(),
        any::<Option<u64>>(),
    )
        .prop_map(|(kind, process, seq, time, duration)| Event {
            seq: Seq(seq),
            time,
            duration,
            process: process.map(|(number, generation)| Proc { number, generation }),
            tid: Some(1),
            parent: Some(Seq(seq / 2)),
            late: false,
            kind,
        })
}

proptest! {
    #[test]
    fn any_sequence_of_events_gives_some_model(events in prop::collection::vec(event(), 0..120)) {
        let mut discovery = Discovery::new(None);
        for (index, event) in events.iter().enumerate() {
            discovery.push(event);
            if index % 40 == 0 {
                let _ = discovery.finish();
            }
        }
        let model = discovery.finish();
        for attempt in &model.attempts {
            for child in &attempt.children {
                prop_assert!(*child < model.children.len());
            }
        }
        for child in &model.children {
            prop_assert_eq!(child.walked.len(), child.walks.len());
        }
    }
}
