//! Spawn: VG030 to VG038, the processes that should look at a backend and do not come to it.

use super::super::build::{
    LIB, as_log, child, discovery, folder, line, load, look, said, seen, set, words,
};
use super::{Proof, but};
use crate::discover::Model;
use crate::discover::model::{
    Answer, Attempt, Child, End, Era, Evidence, Level, Line, Outcome, Spawn, Tried,
};
use crate::discover::role::Step;
use crate::event::{Errno, Text};

pub(super) fn proofs() -> Vec<Proof> {
    let no_exec = || {
        Spawn::ExecFailed(
            Errno(13),
            seen(&format!("execve({LIB}/llama-server) = EACCES")).unwrap(),
        )
    };
    vec![
        no_process(),
        no_null(),
        Proof::of(
            "VG031",
            looked(Era::LlamaServer, vec![not_made(Step::Start, no_exec())]),
        )
        .also(not_started(
            "fork/exec /usr/local/bin/ollama: permission denied",
        ))
        .silent(
            "the pipes for it could not be made",
            not_started("pipe2: operation not permitted"),
        )
        .silent(
            "a limit stopped it, whatever the file is like",
            not_started("fork/exec /usr/local/bin/ollama: too many open files"),
        )
        .silent(
            "the list was started and answered",
            looked(
                Era::LlamaServer,
                vec![child(Step::List), not_made(Step::Start, no_exec())],
            ),
        ),
        Proof::of(
            "VG033",
            looked(
                Era::LlamaServer,
                vec![lacking(Step::List, 127, "libllama.so.0")],
            ),
        )
        .silent(
            "only the probe could not be loaded",
            looked(
                Era::LlamaServer,
                vec![
                    child(Step::List),
                    lacking(Step::Probe, 127, "libstdc++.so.6"),
                ],
            ),
        )
        .silent(
            "the words are about a preload that is passed over",
            looked(
                Era::LlamaServer,
                vec![but_child(lacking(Step::List, 1, "/opt/gone.so"), |list| {
                    list.loader_words[0].text = Text::from(
                        "object '/opt/gone.so' from LD_PRELOAD cannot be preloaded: ignored",
                    );
                })],
            ),
        ),
    ]
}

/// VG032: every place has none.
fn without_llama_server() -> Proof {
    Proof::of("VG032", no_llama_server(&[2, 2]))
        .silent("the last place has it", no_llama_server(&[2, 0]))
        .silent(
            "it does not know its own place",
            but(no_llama_server(&[2, 2]), |model| {
                let own = &mut model.server.as_mut().unwrap().library_dir;
                own.no_exe = seen("readlink").map(|seen| (Errno(2), seen));
            }),
        )
        .silent(
            "the runner era has none",
            but(no_llama_server(&[2, 2]), |model| model.era = Era::Runner),
        )
}

/// Processes that came up and did not come to their work.
pub(super) fn at_work() -> Vec<Proof> {
    vec![
        without_llama_server(),
        Proof::of("VG034", looked(Era::Runner, vec![bound(98, false)]))
            .silent(
                "it answered all the same",
                looked(Era::Runner, vec![bound(98, true)]),
            )
            .silent(
                "bind was refused for another reason",
                looked(Era::Runner, vec![bound(13, false)]),
            ),
        Proof::of("VG035", temporary(500, false))
            .also(full(
                "failed to initialize backend: write /tmp/12.bin: no space left on device",
            ))
            .silent(
                "the error is about another file",
                full("failed to initialize backend: write /tmp/12.log: no space left on device"),
            )
            .silent("it answered with a list", temporary(200, false))
            .silent("backends were looked at", temporary(500, true)),
        Proof::of(
            "VG036",
            argument(
                Some("LLAMA_ARG_DEVICE"),
                "error while handling environment variable \"LLAMA_ARG_DEVICE\": invalid device: x",
            ),
        )
        .also(argument(
            Some("LLAMA_ARG_DEVICE"),
            "error: invalid device: x",
        ))
        .weaker(argument(Some("LLAMA_ARG_CTX_SIZE"), "some other words"))
        .silent(
            "no such variable is set",
            argument(
                None,
                "error while handling argument \"--no-webui\": unknown",
            ),
        ),
        Proof::of("VG037", outside("/opt/own/cuda_v12", &["/opt/own"]))
            .silent(
                "it walked the folder",
                outside("/opt/own/cuda_v12", &["/opt/own", "/opt/own/cuda_v12"]),
            )
            .silent(
                "the path has lib/ollama",
                outside(&format!("{LIB}/cuda_v12"), &[LIB]),
            ),
        Proof::of("VG038", closed_to_child(false))
            .also(moved_away(&format!("{LIB}/cuda_v12")))
            .silent(
                "it is another folder that is gone",
                moved_away(&format!("{LIB}/cuda_v13")),
            )
            .silent("a later listing gave the backend", closed_to_child(true))
            .silent(
                "no server could list it either: this is a program by itself",
                but(closed_to_child(false), |model| model.server = None),
            ),
    ]
}

/// VG030: limits.
fn no_process() -> Proof {
    let no_fork = || Spawn::ForkFailed(Errno(11), seen("clone = EAGAIN").unwrap());
    Proof::of(
        "VG030",
        looked(Era::Runner, vec![not_made(Step::Runner, no_fork())]),
    )
    .also(not_started("pipe2: too many open files"))
    .also(not_started("pipe2: operation not permitted"))
    .also(not_started(
        "fork/exec /usr/local/bin/ollama: resource temporarily unavailable",
    ))
    .silent(
        "the program may not be executed",
        not_started("fork/exec /usr/local/bin/ollama: permission denied"),
    )
    .silent(
        "it is /dev/null",
        not_started("open /dev/null: permission denied"),
    )
    .silent(
        "only the probe could not be made, after the list had answered",
        looked(
            Era::LlamaServer,
            vec![child(Step::List), not_made(Step::Start, no_fork())],
        ),
    )
}

/// VG041: what the server opens before it makes a process.
fn no_null() -> Proof {
    let refused = "open /dev/null: permission denied";
    Proof::of(
        "VG041",
        not_started("open /dev/null: no such file or directory"),
    )
    .also(but(unmade(refused), |model| as_log(model, Level::Debug)))
    .also(but(discovery(Era::Runner), |model| {
        let start = line(
            "failed to start runner to discovery GPUs",
            &[("error", refused)],
        );
        model.lines.push(Line {
            seen: seen(&format!("{} error={refused:?}", start.message)),
            ..start
        });
    }))
    .silent(
        "it is the program",
        not_started("fork/exec /dev/nullity: permission denied"),
    )
}

/// The server's line about a look of which no process was seen.
fn not_started(error: &str) -> Model {
    let line = line(
        "failure during llama-server GPU discovery",
        &[("error", error)],
    );
    but(discovery(Era::LlamaServer), |model| {
        model.attempts.push(Attempt {
            dir: Text::from("cuda_v12"),
            path: Text::from(format!("{LIB}/cuda_v12")),
            pass: 1,
            failure_line: seen(&format!("{} error={error}", line.message)),
            ..Attempt::default()
        });
    })
}

/// A log's line about a runner that could not be started.
fn unmade(error: &str) -> Model {
    let text = format!("failed to start runner to discovery GPUs error={error:?}");
    looked(
        Era::Runner,
        vec![not_made(Step::Runner, Spawn::Failed(seen(&text).unwrap()))],
    )
}

/// The runner's ggml says that this folder is not there.
fn moved_away(folder: &str) -> Model {
    let mut runner = child(Step::Runner);
    runner.said.push(said(&format!(
        "ggml_backend_load_best: search path {folder} does not exist"
    )));
    looked(Era::Runner, vec![runner])
}

fn looked(era: Era, children: Vec<Child>) -> Model {
    but(discovery(era), |model| look(model, children, Vec::new()))
}

fn but_child(mut one: Child, change: impl FnOnce(&mut Child)) -> Child {
    change(&mut one);
    one
}

fn not_made(step: Step, spawn: Spawn) -> Child {
    Child {
        spawn,
        answer: None,
        end: End::Unknown,
        ..child(step)
    }
}

fn no_llama_server(errors: &[u16]) -> Model {
    but(discovery(Era::LlamaServer), |model| {
        model.server.as_mut().unwrap().library_dir.llama_server = errors
            .iter()
            .map(|err| Tried {
                path: Text::from(format!("{LIB}/llama-server")),
                err: (*err != 0).then_some(Errno(*err)),
                seen: seen("stat").unwrap(),
            })
            .collect();
        let failed = line("failure during llama-server GPU discovery", &[]);
        model.attempts.push(Attempt {
            dir: Text::from("cuda_v12"),
            path: Text::from(format!("{LIB}/cuda_v12")),
            pass: 1,
            failure_line: failed.seen.clone(),
            ..Attempt::default()
        });
    })
}

fn lacking(step: Step, code: u8, object: &str) -> Child {
    let mut said = words(
        "cannot open shared object file: No such file or directory",
        Some(2),
    );
    said.object = Text::from(object);
    Child {
        answer: None,
        end: End::Exit(code, seen("exit code")),
        loader_words: vec![said],
        ..child(step)
    }
}

fn bound(err: u16, answered: bool) -> Child {
    but_child(child(Step::Runner), |runner| {
        runner
            .refused
            .push((Errno(err), seen("bind 127.0.0.1:41234").unwrap()));
        if !answered {
            runner.answer = None;
            runner.end = End::Exit(1, seen("exit code 1"));
        }
    })
}

fn temporary(status: u16, loaded: bool) -> Model {
    let mut runner = child(Step::Runner);
    runner
        .refused
        .push((Errno(13), seen("open /tmp/x/12.bin").unwrap()));
    if loaded {
        runner.loads.push(load(Outcome::Loaded, Vec::new()));
    }
    but(looked(Era::Runner, vec![runner]), |model| {
        model.attempts[0].answer = Some(Answer {
            status: Some(status),
            ..Answer::default()
        });
    })
}

/// The runner's answer is this error.
fn full(error: &str) -> Model {
    but(looked(Era::Runner, vec![child(Step::Runner)]), |model| {
        model.attempts[0].answer = Some(Answer {
            status: Some(500),
            error: Some(Text::from(error)),
            seen: seen(error),
            ..Answer::default()
        });
    })
}

fn argument(variable: Option<&str>, text: &str) -> Model {
    let list = Child {
        answer: None,
        end: End::Exit(1, seen("exit code 1")),
        said: vec![said(text)],
        ..child(Step::List)
    };
    but(looked(Era::LlamaServer, vec![list]), |model| {
        if let Some(name) = variable {
            set(model, name, "x");
        }
    })
}

fn outside(path: &str, walked: &[&str]) -> Model {
    let mut runner = child(Step::Runner);
    for one in walked {
        let mut seen = folder("any", &[]);
        seen.path = Text::from(*one);
        runner.walked.push(seen);
    }
    but(looked(Era::Runner, vec![runner]), |model| {
        model.folders[0].path = Text::from(path);
        model.attempts[0].path = Text::from(path);
    })
}

fn closed_to_child(loaded: bool) -> Model {
    let path = format!("{LIB}/cuda_v12");
    let mut runner = child(Step::Runner);
    runner.refused.push((
        Errno(13),
        Evidence::event(crate::event::Seq(5), format!("open {path}")),
    ));
    if loaded {
        runner.loads.push(load(Outcome::Loaded, Vec::new()));
    }
    looked(Era::Runner, vec![runner])
}
