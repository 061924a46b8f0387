//! A table of events and their rows.

use super::{Context, Detail, describe};
use crate::event::call::{Because, Call, LoaderError, Return, Unfinished, Value};
use crate::event::file::{Access, Chdir, Getcwd, List, Readlink, Stat};
use crate::event::host::{Clock, End};
use crate::event::library::{Closure, LateLibrary, Library, Map, Resolved, Tried};
use crate::event::loss::{Loss, Note};
use crate::event::net::{Http, Socket};
use crate::event::output::Output;
use crate::event::process::{Compat, EnvVar, ExecFailed, Exit, Fork, ForkFailed};
use crate::event::signal::{Oom, Outcome, Signal};
use crate::event::{Errno, Hex, Kind, Seen, Seq, Text, Why};
use crate::view::Looks;
use crate::view::samples::{dlopen, event, exec, map, not_found, open, unmap, wrote, yes};
use crate::view::scene::Scene;

fn row_in(kind: Kind, nanos: Option<u64>, scene: &Scene, detail: Detail) -> String {
    let mut event = event(9, 1000, "p3.1", kind);
    event.duration = nanos;
    let context = Context {
        scene,
        looks: Looks {
            colour: false,
            unicode: true,
        },
        detail,
    };
    describe(&event, context).plain()
}

fn row(kind: Kind) -> String {
    row_in(kind, None, &Scene::new(Some(0)), Detail::Short)
}

fn check(table: Vec<(Kind, &str)>) {
    for (kind, expected) in table {
        assert_eq!(row(kind), expected);
    }
}

fn text(text: &str) -> Text {
    Text::from(text)
}

#[test]
fn processes() {
    let exit = |code, signal: Option<&str>, core| {
        Kind::Exit(Exit {
            pid: 7,
            code,
            signal: signal.map(Text::from),
            core,
        })
    };
    let fork = Kind::Fork(Fork {
        child: "p4.0".parse().unwrap(),
        pid: 1234,
    });
    let fork_failed = Kind::ForkFailed(ForkFailed {
        call: text("clone3"),
        err: Errno(11),
    });
    let exec_failed = Kind::ExecFailed(ExecFailed {
        file: yes("/usr/lib/ollama/llama-server"),
        err: Errno(13),
    });
    check(vec![
        (fork, "fork p4.0  pid 1234"),
        (fork_failed, "clone3 = EAGAIN try again ✗"),
        (
            exec_failed,
            "exec /usr/lib/ollama/llama-server = EACCES permission denied ✗",
        ),
        (exit(Some(0), None, false), "exit 0"),
        (exit(Some(2), None, false), "exit 2 ✗"),
        (exit(None, Some("SIGKILL"), false), "killed by SIGKILL"),
        (
            exit(None, Some("SIGSEGV"), true),
            "killed by SIGSEGV, core dumped ✗",
        ),
        (exit(None, None, false), "exit code unknown"),
        (
            Kind::Compat(Compat { calls: 12 }),
            "32-bit 12 system calls counted, not decoded",
        ),
    ]);
}

#[test]
fn an_exec_shows_arguments_and_what_is_unusual() {
    let mut odd = exec("/usr/bin/python3.11", &["python3", "my script.py"], &[]);
    odd.file = yes("/opt/run.py");
    odd.secure = true;
    odd.uid = [1000, 0];
    odd.cwd = yes("/home/a b");
    odd.env = Seen::No(Why::Fault);
    let mut cut = exec(
        "/bin/x",
        &["x", "-v"],
        &[("LANG", "C"), ("CUDA_VISIBLE_DEVICES", "")],
    );
    cut.argv = Seen::Cut(vec![text("x")], 900);
    check(vec![
        (
            Kind::Exec(odd),
            "exec /usr/bin/python3.11 as python3 \"my script.py\"  pid 100 uid 1000 effective 0 in \"/home/a b\"  \
             AT_SECURE: the loader ignores LD_LIBRARY_PATH\nasked as /opt/run.py\nenvironment <unreadable>",
        ),
        (
            Kind::Exec(cut),
            "exec /bin/x <cut, 900 in all>  pid 100 uid 0 in /\nenv CUDA_VISIBLE_DEVICES=\"\"",
        ),
    ]);
}

#[test]
fn an_exec_shows_how_its_environment_differs_from_the_parents() {
    let mut scene = Scene::new(Some(0));
    let before = [
        ("PATH", "/bin"),
        ("OLLAMA_DEBUG", "1"),
        ("HOME", "/root"),
        ("LD_PRELOAD", "x.so"),
    ];
    scene.after(&event(
        1,
        0,
        "p3.0",
        Kind::Exec(exec("/a", &["a"], &before)),
    ));
    let after = [
        ("PATH", "/bin"),
        ("OLLAMA_DEBUG", "2"),
        ("ZED", "1"),
        ("LD_LIBRARY_PATH", "/lib:/x"),
    ];
    let mut body = exec("/b", &["b"], &after);
    if let Seen::Yes(list) = &mut body.env {
        list.push(EnvVar {
            k: text("HF_TOKEN"),
            v: None,
            len: Some(37),
        });
    }
    assert_eq!(
        row_in(Kind::Exec(body), None, &scene, Detail::Short),
        "exec /b  pid 100 uid 0 in /\n\
         env + LD_LIBRARY_PATH=/lib:/x\n\
         env - LD_PRELOAD\n\
         env ~ OLLAMA_DEBUG=2  was 1\n\
         env + HF_TOKEN=<withheld, 37 bytes>\n\
         env - HOME\n\
         env + ZED=1"
    );
}

#[test]
fn signals() {
    let base = Signal {
        name: text("SIGKILL"),
        number: 9,
        to: "p4.1".parse().ok(),
        to_pid: 104,
        from_pid: Some(100),
        from_name: None,
        code: 0,
        result: Outcome::Delivered,
        address: None,
        at: None,
    };
    let outside = Signal {
        from_name: Some(text("systemd")),
        name: text("SIGTERM"),
        result: Outcome::Ignored,
        ..base.clone()
    };
    let abort = Signal {
        name: text("SIGABRT"),
        from_pid: Some(104),
        code: -6,
        ..base.clone()
    };
    let bus = Signal {
        name: text("SIGBUS"),
        from_pid: None,
        code: 2,
        address: Some(Hex(0x7f00)),
        ..base.clone()
    };
    let oom = Kind::Oom(Oom {
        victim: "p4.1".parse().ok(),
        pid: 104,
    });
    check(vec![
        (Kind::Signal(base), "SIGKILL to p4.1: delivered"),
        (
            Kind::Signal(outside),
            "SIGTERM to p4.1 from systemd (pid 100, not traced): ignored by the receiver",
        ),
        (Kind::Signal(abort), "SIGABRT ✗"),
        (
            Kind::Signal(bus),
            "SIGBUS beyond the end of the file at 0x7f00 ✗",
        ),
        (oom, "out of memory: the kernel ends p4.1 ✗"),
    ]);
}

#[test]
fn files() {
    let stat = |mode, err: Option<u16>, nofollow| {
        Kind::Stat(Stat {
            path: yes("lib/x.so"),
            base: Some(yes("/usr")),
            nofollow,
            mode,
            size: Some(686_360),
            err: err.map(Errno),
        })
    };
    let access = Kind::Access(Access {
        path: yes("/dev/nvidia0"),
        base: None,
        mode: 6,
        err: Some(Errno(13)),
    });
    let readlink = Kind::Readlink(Readlink {
        path: yes("/proc/self/exe"),
        base: None,
        to: Some(yes("/usr/bin/ollama")),
        err: None,
    });
    let getcwd = Kind::Getcwd(Getcwd {
        path: Some(yes("/root")),
        err: None,
    });
    let chdir = Kind::Chdir(Chdir {
        path: None,
        cwd: Some(yes("/tmp")),
        err: None,
    });
    check(vec![
        (open("/etc/x", None), "open /etc/x RDONLY|CLOEXEC = 6"),
        (
            open("/etc/x", Some(2)),
            "open /etc/x RDONLY|CLOEXEC = ENOENT no such file ✗",
        ),
        (
            stat(Some(0o100_755), None, false),
            "stat lib/x.so in /usr = -rwxr-xr-x 670 KiB",
        ),
        (
            stat(Some(0o040_755), None, true),
            "lstat lib/x.so in /usr = drwxr-xr-x",
        ),
        (
            stat(None, Some(40), false),
            "stat lib/x.so in /usr = ELOOP too many links in the path ✗",
        ),
        (
            access,
            "access /dev/nvidia0 read|write = EACCES permission denied ✗",
        ),
        (readlink, "readlink /proc/self/exe = /usr/bin/ollama"),
        (getcwd, "getcwd = /root"),
        (chdir, "fchdir = /tmp"),
    ]);
}

#[test]
fn listings_show_backends_first() {
    let list = |entries, names: &[&str], withheld| {
        Kind::List(List {
            path: yes("/l"),
            entries,
            names: names.iter().map(|name| text(name)).collect(),
            withheld,
            cut: false,
            err: None,
        })
    };
    let many = ["a", "b", "c", "d", "e", "f", "g", "libggml-cuda.so"];
    check(vec![
        (list(0, &[], 0), "list /l = end"),
        (
            list(3, &[".", "..", "a b"], 0),
            "list /l = 3 entries: \"a b\"",
        ),
        (
            list(8, &many, 0),
            "list /l = 8 entries: libggml-cuda.so a b c d e … 2 more",
        ),
        (list(9, &[], 9), "list /l = 9 entries, 9 names not recorded"),
    ]);
    let full = row_in(list(8, &many, 0), None, &Scene::default(), Detail::Full);
    assert!(full.ends_with("libggml-cuda.so a b c d e f g"), "{full}");
}

#[test]
fn libraries() {
    let refused = Kind::Map(Map {
        path: yes("/x.so"),
        inode: None,
        address: None,
        length: Hex(4096),
        offset: Hex(0),
        err: Some(Errno(1)),
        already: false,
    });
    let late = Kind::LateLibrary(LateLibrary {
        path: text("/x.so"),
        functions: 3,
    });
    let object = Resolved {
        name: text("libcuda.so.1"),
        by: text("/x.so"),
        tried: vec![Tried {
            file: text("/lib/libcuda.so.1"),
            via: text("default"),
            problem: None,
        }],
        ..Resolved::default()
    };
    let facts = Library {
        path: text("/x.so"),
        size: Some(10),
        problem: Some(text("is for 32-bit machines")),
        runpath: Some(text("$ORIGIN:")),
        closure: Some(Closure {
            error: None,
            objects: vec![object],
            missing_symbols: vec![text("ggml_a"), text("ggml_b@V1")],
            missing_versions: vec![[
                text("/x.so"),
                text("libcudart.so.12"),
                text("libcudart.so.12"),
            ]],
        }),
        ..Library::default()
    };
    check(vec![
        (map("/x.so"), "map /x.so at 0x7f0000001000"),
        (refused, "map /x.so = EPERM not permitted ✗"),
        (unmap("/x.so"), "unmap /x.so at 0x7f0000001000"),
        (
            late,
            "late library /x.so  3 functions probed from now on; earlier calls may be missing",
        ),
        (
            Kind::Library(Box::new(facts)),
            "library /x.so 10 bytes RUNPATH $ORIGIN:  is for 32-bit machines ✗\n\
             no file for libcuda.so.1 needed by /x.so, 1 place tried\n\
             no version libcudart.so.12 in libcudart.so.12 needed by /x.so\n\
             nobody defines 2 symbols: ggml_a ggml_b@V1",
        ),
    ]);
}

#[test]
fn a_mapping_names_the_build_of_a_file_that_is_known() {
    let mut scene = Scene::default();
    let facts = Library {
        path: text("/x.so"),
        build_id: Some(text("0123456789abcdef")),
        ..Library::default()
    };
    scene.before(&event(1, 0, "p3.1", Kind::Library(Box::new(facts))));
    assert_eq!(
        row_in(map("/x.so"), None, &scene, Detail::Short),
        "map /x.so (build-id 01234567…) at 0x7f0000001000"
    );
}

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

#[test]
fn output_and_network() {
    let withheld = Kind::Output(Output {
        fd: 1,
        text: Seen::No(Why::Withheld),
        length: 120,
        err: None,
    });
    let socket = |call: &str, err: Option<u16>| {
        Kind::Socket(Socket {
            call: text(call),
            address: Some(text("127.0.0.1:39169")),
            fd: 7,
            err: err.map(Errno),
        })
    };
    let answer = Kind::Http(Http {
        request: text("GET /info"),
        answer: Some(yes("[{\"id\":\"0\"}]\r\n")),
        fd: 7,
    });
    check(vec![
        (wrote(2, "one\r\ntwo\tx\n"), "2| one\n2| two\\tx"),
        (wrote(1, "\n"), "1| "),
        (withheld, "1| <withheld> 120 bytes"),
        (
            socket("bind", Some(98)),
            "bind 127.0.0.1:39169 fd 7 = EADDRINUSE address in use ✗",
        ),
        (
            socket("connect", Some(115)),
            "connect 127.0.0.1:39169 fd 7 = EINPROGRESS in progress",
        ),
        (answer, "http GET /info answered on fd 7\n[{\"id\":\"0\"}]"),
    ]);
}

#[test]
fn the_recorder_about_itself() {
    let loss = Kind::Loss(Loss {
        cause: text("ring"),
        count: 1,
    });
    let note = Kind::Note(Note {
        id: text("root_hides_permissions"),
        text: text("The target ran as root."),
    });
    let end = Kind::End(End {
        clock: Clock::default(),
        why: text("timeout"),
        status: Some(124),
        lost: 3,
        probes: None,
        others: None,
    });
    let raw = serde_json::value::RawValue::from_string("{\"a\": 1}".to_owned()).unwrap();
    check(vec![
        (
            loss,
            "LOSS 1 record lost: the buffer between kernel and recorder was full ✗",
        ),
        (
            note,
            "note The target ran as root.  (root_hides_permissions)",
        ),
        (
            end,
            "end of the recording: time was up, exit code 124, 3 records lost",
        ),
        (
            Kind::Unknown("gpu_fault".to_owned(), raw),
            "gpu_fault {\"a\": 1}  (of a newer release)",
        ),
    ]);
}

#[test]
fn a_slow_system_call_says_how_long_it_took() {
    let scene = Scene::default();
    let slow = row_in(open("/x", None), Some(1_500_000), &scene, Detail::Short);
    assert_eq!(slow, "open /x RDONLY|CLOEXEC = 6  1.50 ms");
    let quick = row_in(open("/x", None), Some(15_000), &scene, Detail::Short);
    assert_eq!(quick, "open /x RDONLY|CLOEXEC = 6");
}
