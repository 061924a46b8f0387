//! One real-looking event of every kind, in the order of the vocabulary.

use crate::event::call::{Because, Call, Counted, LoaderError, Return, Site, Unfinished, Value};
use crate::event::file::{Access, Chdir, Getcwd, Ioctl, List, Open, Readlink, Stat};
use crate::event::host::{Clock, End, Node, RootFacts};
use crate::event::library::{Closure, LateLibrary, Library, Map, Resolved, Tried, Unmap};
use crate::event::loss::{Loss, Note};
use crate::event::net::{Http, Socket};
use crate::event::output::Output;
use crate::event::process::{Compat, EnvVar, Exec, ExecFailed, Exit, Fork, ForkFailed};
use crate::event::signal::{Oom, Outcome, Signal};
use crate::event::{Errno, Event, Hex, Kind, Proc, Seen, Seq, Text, Why};

const LIBRARY: &str = "/usr/lib/ollama/cuda_v13/libggml-cuda.so";

fn text(text: &str) -> Text {
    Text::from(text)
}

fn yes(text: &str) -> Seen<Text> {
    Seen::Yes(Text::from(text))
}

fn process(number: u32, generation: u32) -> Proc {
    Proc { number, generation }
}

/// Every kind once, as a trace would hold them.
pub(super) fn examples() -> Vec<Event> {
    let mut kinds = processes();
    kinds.extend(files());
    kinds.extend(libraries());
    kinds.extend(calls());
    kinds.extend(rest());
    let mut time = 5_000_000_000;
    kinds
        .into_iter()
        .zip(1..)
        .map(|(kind, seq)| {
            time += seq * 1_234;
            Event {
                seq: Seq(seq),
                time,
                duration: matches!(kind, Kind::Open(_) | Kind::Return(_)).then_some(3_250),
                process: (!matches!(kind, Kind::Loss(_) | Kind::Note(_) | Kind::End(_)))
                    .then_some(process(2, 1)),
                tid: matches!(kind, Kind::Call(_) | Kind::Open(_)).then_some(4712),
                parent: matches!(kind, Kind::LoaderError(_)).then_some(Seq(20)),
                late: matches!(kind, Kind::Unmap(_)),
                kind,
            }
        })
        .collect()
}

fn processes() -> Vec<Kind> {
    vec![
        Kind::Fork(Fork {
            child: process(2, 0),
            pid: 4712,
        }),
        Kind::ForkFailed(ForkFailed {
            call: text("clone3"),
            err: Errno(11),
        }),
        Kind::Exec(Exec {
            pid: 4712,
            parent: Some(process(1, 1)),
            file: yes("/usr/bin/ollama"),
            exe: yes("/usr/bin/ollama"),
            inode: Some(text("8:1:4711")),
            argv: Seen::Yes(vec![text("/usr/bin/ollama"), text("runner")]),
            env: Seen::Yes(vec![
                EnvVar {
                    k: text("OLLAMA_DEBUG"),
                    v: Some(text("1")),
                    len: None,
                },
                EnvVar {
                    k: text("OLLAMA_API_KEY"),
                    v: None,
                    len: Some(32),
                },
            ]),
            cwd: yes("/"),
            uid: [1000, 1000],
            gid: [1000, 1000],
            secure: false,
            cgroup: Some(text("/system.slice/ollama.service")),
            base: Some([Hex(0x5555_5555_4000), Hex(0x7fff_f7fc_0000)]),
            interp: Some(text("/lib64/ld-linux-x86-64.so.2")),
            bits32: false,
            mount_namespace: None,
            already: false,
        }),
        Kind::ExecFailed(ExecFailed {
            file: yes("/usr/bin/nvidia-smi"),
            err: Errno(2),
        }),
        Kind::Exit(Exit {
            pid: 4712,
            code: Some(2),
            signal: None,
            core: false,
        }),
        Kind::Compat(Compat { calls: 17 }),
        Kind::Signal(Signal {
            name: text("SIGSEGV"),
            number: 11,
            to: Some(process(2, 1)),
            to_pid: 4712,
            from_pid: None,
            from_name: None,
            code: 1,
            result: Outcome::Delivered,
            address: Some(Hex(0x10)),
            at: Some(Site {
                object: Some(text(LIBRARY)),
                offset: Hex(0x1234),
                symbol: Some(text("ggml_cuda_init+0x14")),
            }),
        }),
        Kind::Oom(Oom {
            victim: Some(process(2, 1)),
            pid: 4712,
        }),
    ]
}

fn files() -> Vec<Kind> {
    vec![
        Kind::Open(Open {
            path: yes("libcuda.so.1"),
            base: Some(yes("/usr/lib/ollama")),
            flags: Hex(0x8_0000),
            fd: None,
            err: Some(Errno(2)),
            already: false,
        }),
        Kind::Stat(Stat {
            path: yes("/usr/lib/ollama"),
            base: None,
            nofollow: true,
            mode: Some(0o40755),
            size: Some(4096),
            err: None,
        }),
        Kind::Access(Access {
            path: Seen::No(Why::Fault),
            base: None,
            mode: 4,
            err: Some(Errno(14)),
        }),
        Kind::Readlink(Readlink {
            path: yes("/usr/lib/libcuda.so"),
            base: None,
            to: Some(yes("libcuda.so.1")),
            err: None,
        }),
        Kind::Getcwd(Getcwd {
            path: Some(yes("/")),
            err: None,
        }),
        Kind::List(List {
            path: yes("/usr/lib/ollama"),
            entries: 5,
            names: vec![text("libggml-base.so"), Text::from_bytes(b"lib\xff.so")],
            withheld: 0,
            cut: false,
            err: None,
        }),
        Kind::Chdir(Chdir {
            path: Some(yes("..")),
            cwd: Some(yes("/usr/lib")),
            err: None,
        }),
        Kind::Ioctl(Ioctl {
            path: yes("/dev/nvidiactl"),
            fd: 9,
            request: Hex(0xc048_46d2),
            err: Some(Errno(22)),
        }),
    ]
}

fn libraries() -> Vec<Kind> {
    vec![
        Kind::Map(Map {
            path: yes(LIBRARY),
            inode: Some(text("8:1:99")),
            address: Some(Hex(0x7f00_1234_5000)),
            length: Hex(0x2_0000),
            offset: Hex(0x1000),
            err: None,
            already: false,
        }),
        Kind::Unmap(Unmap {
            path: yes(LIBRARY),
            address: Hex(0x7f00_1234_5000),
        }),
        Kind::Library(Box::new(Library {
            path: text(LIBRARY),
            inode: Some(text("8:1:99")),
            size: Some(1_600_000_000),
            bits: Some(64),
            machine: Some(62),
            build_id: Some(text("0123abcd")),
            soname: Some(text("libggml-cuda.so")),
            needed: vec![text("libcudart.so.13"), text("libcuda.so.1")],
            runpath: Some(text("$ORIGIN")),
            undefined: Some(Seen::Cut(vec![text("cuInit")], 900)),
            closure: Some(Closure {
                error: Some(Seq(22)),
                objects: vec![Resolved {
                    name: text("libcudart.so.13"),
                    by: text(LIBRARY),
                    file: None,
                    via: None,
                    tried: vec![Tried {
                        file: text("/usr/lib/ollama/cuda_v13/libcudart.so.13"),
                        via: text("runpath"),
                        problem: None,
                        folder: None,
                    }],
                }],
                missing_symbols: vec![text("ggml_log@V1")],
                missing_versions: Vec::new(),
            }),
            ..Library::default()
        })),
        Kind::LateLibrary(LateLibrary {
            path: text("/opt/other/libcuda.so.1"),
            functions: 80,
        }),
    ]
}

fn calls() -> Vec<Kind> {
    vec![
        Kind::Call(Call {
            api: text("dl"),
            function: text("dlopen"),
            of: Some(text("/usr/lib/x86_64-linux-gnu/libc.so.6")),
            args: vec![
                (text("file"), Value::Str(yes(LIBRARY))),
                (text("mode"), Value::Name(text("RTLD_NOW"))),
                (text("depth"), Value::Int(-1)),
                (text("context"), Value::Unseen(Why::Fault)),
            ],
            from: Some(Site {
                object: Some(text("/usr/lib/ollama/libggml-base.so")),
                offset: Hex(0x4321),
                symbol: None,
            }),
            entry_only: false,
        }),
        Kind::Return(Return {
            call: Seq(20),
            function: text("dlopen"),
            result: Value::Hex(Hex(0)),
            code: None,
            resolved: None,
            outs: Vec::new(),
            failed: true,
        }),
        Kind::Unfinished(Unfinished {
            call: Some(Seq(20)),
            function: text("dlopen"),
            about: None,
            because: Because::Exit,
        }),
        Kind::Counted(Counted {
            api: text("cuda"),
            function: text("cuMemcpyHtoDAsync_v2"),
            of: Some(text("/usr/lib/x86_64-linux-gnu/libcuda.so.1")),
            calls: 25_000,
            returned: 25_000,
            nanos: 48_000_000,
            bytes: 4_915_200_000,
            failed: 1,
            result: Some(Value::Name(text("CUDA_ERROR_OUT_OF_MEMORY"))),
            code: Some(2),
        }),
        Kind::LoaderError(LoaderError {
            object: yes("libcudart.so.13"),
            text: yes("cannot open shared object file"),
            err: Some(Errno(2)),
            occasion: None,
            call: Some(Seq(20)),
        }),
    ]
}

fn rest() -> Vec<Kind> {
    vec![
        Kind::Output(Output {
            fd: 2,
            text: yes("load_backend: \"quoted\"\n"),
            length: 23,
            err: None,
        }),
        Kind::Socket(Socket {
            call: text("listen"),
            address: Some(text("127.0.0.1:36123")),
            fd: 5,
            err: None,
            already: false,
        }),
        Kind::Http(Http {
            request: text("GET /info"),
            answer: Some(yes("[]")),
            fd: 7,
        }),
        Kind::Root(Box::new(RootFacts {
            mount_namespace: 4_026_532_758,
            os: Some(text("Ubuntu 24.04.2 LTS")),
            libc: Some(text("glibc 2.39")),
            nodes: vec![Node {
                path: text("/dev/nvidia0"),
                mode: 0o666,
                owner: [0, 0],
            }],
        })),
        Kind::Loss(Loss {
            cause: text("ring"),
            count: 12,
        }),
        Kind::Note(Note {
            id: text("root_hides_permissions"),
            text: text("The target runs as root, which may hide permission errors."),
        }),
        Kind::End(End {
            clock: Clock {
                boot: Hex(5_000_600_000),
                wall: Hex(0x187a_0f2b_2a3b_4c5d),
            },
            why: text("exited"),
            status: Some(0),
            lost: 12,
            probes: None,
            others: None,
        }),
    ]
}
