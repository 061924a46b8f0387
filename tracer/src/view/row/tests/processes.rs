//! Processes and signals.

use super::{check, row_in, text};
use crate::event::process::{Compat, EnvVar, ExecFailed, Exit, Fork, ForkFailed};
use crate::event::signal::{Oom, Outcome, Signal};
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};
use crate::view::row::Detail;
use crate::view::samples::{event, exec, yes};
use crate::view::scene::Scene;

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
