//! Calls, the loader's words, and what does not come back.

use super::{check, row_in, text};
use crate::event::call::{Because, Call, LoaderError, Return, Unfinished, Value};
use crate::event::{Hex, Kind, Seq, Why};
use crate::view::row::Detail;
use crate::view::samples::{dlopen, not_found, yes};
use crate::view::scene::Scene;

fn call(api: &str, function: &str, args: Vec<(&str, Value)>) -> Kind {
    Kind::Call(Call {
        api: text(api),
        function: text(function),
        of: None,
        args: args
            .into_iter()
            .map(|(name, value)| (text(name), value))
            .collect(),
        from: None,
        entry_only: true,
    })
}

#[test]
fn calls() {
    let name = || ("name", Value::Str(yes("cuInit")));
    let back = |result, failed| {
        Kind::Return(Return {
            call: Seq(1),
            function: text("cuInit"),
            result,
            code: None,
            resolved: None,
            outs: vec![(text("count"), Value::Int(2))],
            failed,
        })
    };
    let interposed = Kind::Call(Call {
        of: Some(text("/opt/libvgpu.so")),
        from: None,
        ..dlopen("libcuda.so.1")
    });
    let log = vec![
        ("level", Value::Int(4)),
        ("text", Value::Str(yes("load_backend: failed\n"))),
    ];
    check(vec![
        (
            call(
                "dl",
                "dlsym",
                vec![("handle", Value::Hex(Hex(u64::MAX))), name()],
            ),
            "dlsym(NEXT, \"cuInit\")",
        ),
        (
            call("dl", "dlsym", vec![("handle", Value::Hex(Hex(0))), name()]),
            "dlsym(DEFAULT, \"cuInit\")",
        ),
        (
            call(
                "dl",
                "dlopen",
                vec![
                    ("file", Value::Unseen(Why::Null)),
                    ("mode", Value::Hex(Hex(0x101))),
                ],
            ),
            "dlopen(NULL, LAZY|GLOBAL)",
        ),
        (
            call(
                "dl",
                "dlopen",
                vec![
                    ("file", Value::Str(yes("x"))),
                    ("mode", Value::Name(text("RTLD_NOW|RTLD_GLOBAL"))),
                ],
            ),
            "dlopen(\"x\", NOW|GLOBAL)",
        ),
        (
            call(
                "cuda",
                "cuDeviceGet",
                vec![("device", Value::Hex(Hex(16))), ("ordinal", Value::Int(-1))],
            ),
            "cuDeviceGet(device=0x10, ordinal=-1)",
        ),
        (
            call("ggml", "ggml_log_callback_default", log),
            "ggml log ERROR: load_backend: failed",
        ),
        (
            interposed,
            "dlopen(\"libcuda.so.1\", NOW|LOCAL) of libvgpu.so",
        ),
        (
            back(Value::Name(text("CUDA_ERROR_NO_DEVICE")), true),
            "cuInit = CUDA_ERROR_NO_DEVICE  count=2 ✗",
        ),
        (back(Value::Int(0), false), "cuInit = 0  count=2"),
    ]);
}

#[test]
fn the_loader_is_quoted_as_dlerror_would_give_it() {
    let error = |object: &str, words: &str, occasion: Option<&str>| {
        Kind::LoaderError(LoaderError {
            object: yes(object),
            text: yes(words),
            err: None,
            occasion: occasion.map(yes),
            call: None,
        })
    };
    check(vec![
        (
            not_found(None, "libcuda.so.1"),
            "↳ loader: libcuda.so.1: cannot open shared object file: No such file or directory",
        ),
        (
            error(
                "/l/libggml-cuda.so",
                "undefined symbol: ggml_x",
                Some("symbol lookup error"),
            ),
            "↳ loader: symbol lookup error: /l/libggml-cuda.so: undefined symbol: ggml_x",
        ),
        (
            error("", "invalid mode for dlopen()", None),
            "↳ loader: invalid mode for dlopen()",
        ),
    ]);
}

#[test]
fn calls_that_do_not_come_back() {
    let unfinished = |because, call, about: Option<&str>| {
        Kind::Unfinished(Unfinished {
            call,
            function: text("openat"),
            about: about.map(yes),
            because,
        })
    };
    for (kind, expected) in [
        (
            unfinished(Because::Slow, None, Some("/nfs/x")),
            "openat /nfs/x has not come back after 5.00 s ✗",
        ),
        (
            unfinished(Because::Exit, Some(Seq(1)), None),
            "openat never came back: its thread ended after 5.00 s ✗",
        ),
        (
            unfinished(Because::End, None, None),
            "openat had not come back when the recording ended after 5.00 s",
        ),
    ] {
        let scene = Scene::default();
        assert_eq!(
            row_in(kind, Some(5_000_000_000), &scene, Detail::Short),
            expected
        );
    }
}
