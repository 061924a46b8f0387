//! Crashes and other ends: VG039, VG085 to VG092.

use super::super::build::{call, child, device, discovery, init, load, look, of, said, seen};
use super::{Proof, but};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{Answer, Child, Crash, End, Era, Evidence, Init, Outcome};
use crate::discover::role::Step;
use crate::event::call::Site;
use crate::event::process::EnvVar;
use crate::event::{Errno, Hex, Seq, Text};

pub(super) fn proofs() -> Vec<Proof> {
    vec![
        Proof::of("VG039", before_main("/opt/pre.so"))
            .weaker(before_main("/lib/libstdc++.so.6"))
            .weaker(left_before_main(3, true))
            .silent("nothing is preloaded", left_before_main(3, false))
            .silent(
                "it had begun its work",
                but(before_main("/opt/pre.so"), |model| {
                    model.children[0]
                        .loads
                        .push(load(Outcome::Loaded, Vec::new()));
                }),
            ),
        Proof::of(
            "VG085",
            crashed("SIGSEGV", "/x/libcuda.so.1", &["ggml_backend_init"]),
        )
        .silent(
            "the process survived the fault",
            but(crashed("SIGSEGV", "/x/libcuda.so.1", &[]), |model| {
                model.children[0].end = End::Exit(0, None);
                model.children[0].answer = Some(Answer::default());
            }),
        )
        .silent("the first start alone crashed", start_alone(true))
        .silent(
            "a filter of system calls did it",
            crashed("SIGSYS", "/lib/libc.so.6", &["ggml_backend_init"]),
        ),
        Proof::of(
            "VG086",
            crashed("SIGABRT", "/lib/libc.so.6", &["ggml_backend_init"]),
        )
        .silent(
            "the signal is another",
            crashed("SIGSEGV", "/lib/libc.so.6", &["ggml_backend_init"]),
        ),
        Proof::of("VG087", constructor(true))
            .weaker(constructor(false))
            .silent(
                "the start was running",
                crashed("SIGSEGV", "/x/libpre.so", &["ggml_backend_init", "dlopen"]),
            ),
        Proof::of("VG088", left(3, true))
            .silent(
                "the loader ended it, since a library has no versions",
                super::file::unversioned(&[]),
            )
            .silent(
                "nothing of the backend was open when it ended",
                left(3, false),
            ),
    ]
}

/// Processes that were ended from outside, and those whose end costs nothing.
pub(super) fn ends() -> Vec<Proof> {
    vec![
        Proof::of("VG089", killed(Step::Runner, true))
            .silent(
                "the server killed it after its answer, as ever",
                killed(Step::Runner, false),
            )
            .silent(
                "the server ended the first start as soon as it had its line, and another process failed",
                but(killed(Step::Start, true), |model| {
                    if let End::KilledByServer { after, .. } = &mut model.children[0].end {
                        *after = 50_000_000;
                    }
                }),
            )
            .silent(
                "only the probe was killed, after the list",
                probe_killed(&[]),
            ),
        Proof::of("VG090", ended(End::OutOfMemory(seen("oom"))))
            .also(ended(End::Signal {
                name: Text::from("SIGKILL"),
                by: Some(Text::from("pkill")),
                seen: seen("killed"),
            }))
            .silent(
                "the server itself ends a process so",
                killed(Step::Runner, false),
            )
            .silent("the service was stopped", stopped()),
        Proof::of("VG095", raised("SIGPIPE", true))
            .also(raised("SIGTERM", true))
            .also(raised("SIGALRM", false))
            .silent("it is a fault", raised("SIGSEGV", true))
            .silent("nobody knows who sent it", raised("SIGTERM", false))
            .silent(
                "somebody else sent it",
                ended(End::Signal {
                    name: Text::from("SIGPIPE"),
                    by: Some(Text::from("pkill")),
                    seen: seen("killed"),
                }),
            ),
        Proof::of("VG091", start_alone(true)).silent("the list crashed too", start_alone(false)),
        Proof::of("VG092", probe_killed(&["CUDA0"])).silent(
            "the probe ended well",
            but(probe_killed(&["CUDA0"]), |model| {
                model.children[1].end = End::Exit(1, seen("exit code 1"));
            }),
        ),
    ]
}

pub(super) fn crash(signal: &str, object: &str, inside: &[&str]) -> Crash {
    Crash {
        signal: Text::from(signal),
        address: None,
        at: Some(Site {
            object: Some(Text::from(object)),
            offset: Hex(0x1123),
            symbol: Some(Text::from("f+0x1")),
        }),
        inside: inside.iter().map(|one| Text::from(*one)).collect(),
        constructor: None,
        seen: seen(signal).unwrap(),
    }
}

/// A process that ended so, without an answer.
pub(super) fn dead(step: Step, end: End) -> Child {
    Child {
        answer: None,
        end,
        ..child(step)
    }
}

fn signal(name: &str) -> End {
    End::Signal {
        name: Text::from(name),
        by: None,
        seen: seen("killed"),
    }
}

fn looked(children: Vec<Child>, devices: &[&str]) -> Model {
    let runner = |child: &Child| child.role.step() == Some(Step::Runner);
    let era = if children.iter().any(runner) {
        Era::Runner
    } else {
        Era::LlamaServer
    };
    but(discovery(era), |model| {
        let devices = devices.iter().map(|id| device(id)).collect();
        look(model, children, devices);
    })
}

pub(super) fn crashed(name: &str, object: &str, inside: &[&str]) -> Model {
    let mut list = dead(Step::List, signal(name));
    list.loads.push(load(Outcome::Loaded, Vec::new()));
    list.crashes.push(crash(name, object, inside));
    looked(vec![list], &[])
}

fn preload(child: &mut Child) {
    child.env.push(EnvVar {
        k: Text::from("LD_PRELOAD"),
        v: Some(Text::from("/opt/pre.so")),
        len: None,
    });
}

fn before_main(object: &str) -> Model {
    let mut list = dead(Step::List, signal("SIGSEGV"));
    preload(&mut list);
    list.crashes.push(crash("SIGSEGV", object, &[]));
    looked(vec![list], &[])
}

fn left_before_main(code: u8, preloaded: bool) -> Model {
    let mut list = dead(Step::List, End::Exit(code, seen("exit")));
    if preloaded {
        preload(&mut list);
    }
    looked(vec![list], &[])
}

fn constructor(seen: bool) -> Model {
    let mut list = dead(Step::List, signal("SIGSEGV"));
    list.loads.push(load(Outcome::Died, Vec::new()));
    list.crashes.push(Crash {
        constructor: seen.then(|| Text::from("/x/libpre.so")),
        ..crash("SIGSEGV", "/x/libpre.so", &["dlopen"])
    });
    looked(vec![list], &[])
}

fn left(code: u8, inside: bool) -> Model {
    let mut runner = dead(Step::Runner, End::Exit(code, seen("exit")));
    if inside {
        runner.inits.push(Init {
            unfinished: true,
            registered: false,
            ..init()
        });
    }
    looked(vec![runner], &[])
}

/// A process that ended by this signal, which it had sent to itself or not, while the driver was starting.
fn raised(name: &str, by_itself: bool) -> Model {
    let mut list = dead(Step::List, signal(name));
    list.loads.push(load(Outcome::Loaded, Vec::new()));
    let mut open = call("cuInit", 0);
    open.took = None;
    open.result = Text::default();
    list.calls.push(open);
    if by_itself {
        list.crashes.push(Crash {
            at: None,
            ..crash(name, "", &["cuInit", "ggml_backend_init"])
        });
    }
    looked(vec![list], &[])
}

#[test]
fn a_signal_of_its_own_is_laid_to_the_function_that_was_open() {
    let explanation = explain(&raised("SIGPIPE", true));
    let finding = &of(&explanation, "cuda_v12").findings[0];
    let object = finding.missing_object.as_ref().map(Text::as_str);
    assert_eq!(object, Some("/usr/lib/libcuda.so.1"));
    assert!(
        finding.sentence.contains("was ended by SIGPIPE"),
        "{}",
        finding.sentence
    );
    assert!(finding.sentence.contains("inside cuInit"));
}

fn by_server(before_answer: bool) -> End {
    End::KilledByServer {
        before_answer,
        after: 30_000_000_000,
        seen: seen("SIGKILL"),
    }
}

fn killed(step: Step, before_answer: bool) -> Model {
    let mut one = dead(step, by_server(before_answer));
    if !before_answer {
        one.answer = Some(Answer::default());
    }
    looked(vec![one], &[])
}

/// The list answered with these devices; the probe after it hung.
fn probe_killed(devices: &[&str]) -> Model {
    let list = child(Step::List);
    let probe = dead(Step::Probe, by_server(true));
    but(looked(vec![list, probe], devices), |model| {
        model.attempts[0].answer = Some(Answer {
            devices: devices.iter().map(|id| device(id)).collect(),
            ..Answer::default()
        });
    })
}

/// The first start crashed; the list answered, or crashed as well.
fn start_alone(alone: bool) -> Model {
    let faulty = |step| {
        let mut one = dead(step, signal("SIGSEGV"));
        one.crashes.push(crash("SIGSEGV", "/x/libcuda.so.1", &[]));
        one
    };
    let list = if alone {
        child(Step::List)
    } else {
        faulty(Step::List)
    };
    but(looked(vec![faulty(Step::Start), list], &[]), |model| {
        if alone {
            model.attempts[0].answer = Some(Answer {
                devices: vec![device("CUDA0")],
                ..Answer::default()
            });
        }
    })
}

fn ended(end: End) -> Model {
    let mut list = dead(Step::List, end);
    list.said.push(said("load_backend"));
    looked(vec![list], &[])
}

/// The server was told to end while the discovery ran, and its list after it.
fn stopped() -> Model {
    but(ended(signal("SIGTERM")), |model| {
        let told = Evidence::event(Seq(3), "SIGTERM to the server");
        model.server.as_mut().unwrap().told_to_end = Some(told);
    })
}

#[test]
fn a_service_that_is_stopped_in_the_middle_leaves_the_backend_open() {
    let explanation = explain(&stopped());
    let finding = &of(&explanation, "cuda_v12").findings[0];
    assert_eq!(finding.rule, "VG202", "{}", finding.sentence);
    assert!(
        finding.sentence.contains("told to end"),
        "{}",
        finding.sentence
    );
}

#[test]
fn the_call_that_a_filter_forbids_is_named_by_its_wrapper() {
    let mut model = crashed("SIGSYS", "/lib/libc.so.6", &["ggml_backend_init"]);
    let site = model.children[0].crashes[0].at.as_mut().unwrap();
    site.symbol = Some(Text::from("memfd_create+0x17"));
    let explanation = explain(&model);
    let finding = &of(&explanation, "cuda_v12").findings[0];
    let object = finding
        .missing_object
        .as_ref()
        .map(|object| object.as_str());
    assert_eq!((finding.rule, object), ("VG094", Some("memfd_create")));
    assert!(
        finding
            .remedy
            .join(" ")
            .contains("SystemCallFilter=memfd_create")
    );
}

#[test]
fn an_open_that_never_came_back_is_named() {
    let mut model = killed(Step::Runner, true);
    let path = "/usr/local/lib/ollama/cuda_v12/libcudart.so.12";
    let open = Evidence::event(Seq(8), format!("open {path}"));
    model.children[0].refused.push((Errno(512), open));
    let explanation = explain(&model);
    let finding = &of(&explanation, "cuda_v12").findings[0];
    assert_eq!(finding.rule, "VG089");
    assert!(
        finding.sentence.contains(&format!("the open of {path}")),
        "{}",
        finding.sentence
    );
    model.children[0].refused[0].0 = Errno(2);
    let explanation = explain(&model);
    let finding = &of(&explanation, "cuda_v12").findings[0];
    assert!(
        !finding.sentence.contains("the open of"),
        "{}",
        finding.sentence
    );
}

#[test]
fn words_of_rocblas_before_an_abort_are_told_with_what_helps() {
    let words =
        "rocBLAS error: Cannot read TensileLibrary.dat: Illegal seek for GPU arch : gfx1103";
    let mut model = crashed("SIGABRT", "/lib/libc.so.6", &["ggml_backend_init"]);
    model.children[0].said.push(said(words));
    let explanation = explain(&model);
    let finding = &of(&explanation, "cuda_v12").findings[0];
    assert_eq!(finding.rule, "VG086");
    assert!(finding.sentence.contains("gfx1103"), "{}", finding.sentence);
    let helps = |model: &Model| {
        let explanation = explain(model);
        let remedy = of(&explanation, "cuda_v12").findings[0].remedy.join(" ");
        remedy.contains("HSA_OVERRIDE_GFX_VERSION")
    };
    assert!(helps(&model));
    model.children[0].said[0] = said("CUDA error: out of memory");
    assert!(!helps(&model));
}
