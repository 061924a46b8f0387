//! Processes that do not come up, crash, hang or are killed.

use super::build::{
    LIB, as_log, child, discovery, init, load, look, said, seen, set, verdict, words,
};
use crate::diagnose::explain;
use crate::discover::Model;
use crate::discover::model::{Child, Crash, End, Era, Level, Outcome, Spawn};
use crate::discover::role::Step;
use crate::event::call::Site;
use crate::event::{Errno, Hex, Text};

fn crash(signal: &str, object: &str, inside: &[&str]) -> Crash {
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

fn dead(step: Step, end: End) -> Child {
    Child {
        answer: None,
        end,
        ..child(step)
    }
}

fn judged(children: Vec<Child>) -> String {
    let mut model = discovery(
        if children
            .iter()
            .any(|child| child.role.step() == Some(Step::Runner))
        {
            Era::Runner
        } else {
            Era::LlamaServer
        },
    );
    look(&mut model, children, Vec::new());
    verdict(&model)
}

#[test]
fn a_crash_names_library_function_and_offset() {
    let mut runner = dead(Step::Runner, End::Exit(2, seen("exit code 2")));
    runner.loads.push(load(Outcome::Loaded, Vec::new()));
    runner.inits.push(crate::discover::model::Init {
        unfinished: true,
        registered: false,
        ..init()
    });
    runner
        .crashes
        .push(crash("SIGSEGV", "/x/libcuda.so.1", &["ggml_backend_init"]));
    let mut model = discovery(Era::Runner);
    look(&mut model, vec![runner], Vec::new());
    assert_eq!(verdict(&model), "failed VG085, certain /x/libcuda.so.1");
    let sentence = &explain(&model).backends[0].findings[0].sentence;
    assert!(
        sentence.contains("in /x/libcuda.so.1, function f, offset 0x1123"),
        "{sentence}"
    );
}

#[test]
fn a_fault_that_the_program_survived_is_none() {
    let mut runner = child(Step::Runner);
    runner
        .crashes
        .push(crash("SIGSEGV", "/x/libcuda.so.1", &[]));
    assert!(judged(vec![runner]).starts_with("unknown VG139"));
}

#[test]
fn the_kill_after_the_answer_is_normal_and_before_it_is_the_time_limit() {
    assert!(judged(vec![child(Step::Runner)]).starts_with("unknown VG139"));
    let late = End::KilledByServer {
        before_answer: true,
        after: 30_000_000_000,
        seen: seen("SIGKILL"),
    };
    assert!(judged(vec![dead(Step::Runner, late)]).starts_with("failed VG089, certain"));
}

#[test]
fn a_constructor_an_abort_and_a_cut_file_are_told_apart() {
    let with = |signal: &str, object: &str, inside: &[&str]| {
        let mut list = dead(
            Step::List,
            End::Signal {
                name: Text::from(signal),
                by: None,
                seen: seen("killed"),
            },
        );
        list.loads.push(load(Outcome::Died, Vec::new()));
        list.crashes.push(crash(signal, object, inside));
        judged(vec![list])
    };
    assert!(with("SIGSEGV", "/x/libpre.so", &["dlopen"]).starts_with("failed VG087, likely"));
    assert!(
        with("SIGABRT", "/lib/libc.so.6", &["ggml_backend_init"])
            .starts_with("failed VG086, certain")
    );
    assert!(
        with("SIGBUS", "/lib64/ld-linux-x86-64.so.2", &["dlopen"])
            .starts_with("failed VG063, likely")
    );
}

#[test]
fn an_exit_inside_the_start_is_laid_to_the_backend_and_one_outside_is_not() {
    let mut runner = dead(Step::Runner, End::Exit(3, seen("exit code 3")));
    runner.inits.push(crate::discover::model::Init {
        unfinished: true,
        registered: false,
        ..init()
    });
    assert_eq!(
        judged(vec![runner]),
        "failed VG088, certain libggml-cuda.so"
    );
    assert!(
        judged(vec![dead(Step::Runner, End::Exit(3, seen("exit code 3")))])
            .starts_with("unknown VG139")
    );
}

#[test]
fn who_killed_it_is_told() {
    assert!(
        judged(vec![dead(Step::List, End::OutOfMemory(seen("oom")))]).starts_with("failed VG090")
    );
    let by = End::Signal {
        name: Text::from("SIGKILL"),
        by: Some(Text::from("pkill")),
        seen: seen("killed"),
    };
    assert!(judged(vec![dead(Step::List, by)]).starts_with("failed VG090"));
}

#[test]
fn a_program_that_lacks_a_library_is_told_from_one_with_a_bad_variable() {
    let mut list = dead(Step::List, End::Exit(127, seen("exit code 127")));
    let mut lacking = words(
        "cannot open shared object file: No such file or directory",
        Some(2),
    );
    lacking.object = Text::from("libllama.so.0");
    list.loader_words.push(lacking);
    assert_eq!(judged(vec![list]), "failed VG033, certain libllama.so.0");
    let mut model = discovery(Era::LlamaServer);
    set(&mut model, "LLAMA_ARG_DEVICE", "none_such");
    let mut list = dead(Step::List, End::Exit(1, seen("exit code 1")));
    list.said.push(said(
        "error while handling environment variable \"LLAMA_ARG_DEVICE\": invalid device: none_such",
    ));
    look(&mut model, vec![list], Vec::new());
    assert_eq!(verdict(&model), "failed VG036, certain LLAMA_ARG_DEVICE");
}

#[test]
fn a_program_that_may_not_be_executed_is_named() {
    let failed = Spawn::ExecFailed(
        Errno(13),
        seen(&format!("execve({LIB}/llama-server) = EACCES")).unwrap(),
    );
    let start = Child {
        spawn: failed,
        answer: None,
        end: End::Exit(253, None),
        ..child(Step::Start)
    };
    assert_eq!(
        judged(vec![start]),
        format!("failed VG031, certain {LIB}/llama-server")
    );
}

#[test]
fn a_temporary_file_that_cannot_be_written_counts_only_where_no_backend_was_opened() {
    let mut runner = child(Step::Runner);
    runner
        .refused
        .push((Errno(13), seen("open /tmp/x/12.bin").unwrap()));
    assert_eq!(judged(vec![runner.clone()]), "failed VG035, certain /tmp/x");
    runner.loads.push(load(Outcome::Loaded, Vec::new()));
    assert!(judged(vec![runner]).starts_with("unknown VG139"));
}

#[test]
fn processes_that_disagree_are_the_finding() {
    let mut start = dead(
        Step::Start,
        End::Signal {
            name: Text::from("SIGSEGV"),
            by: None,
            seen: seen("killed"),
        },
    );
    start.crashes.push(crash("SIGSEGV", "/x/libcuda.so.1", &[]));
    let mut model = discovery(Era::LlamaServer);
    look(
        &mut model,
        vec![start, child(Step::List)],
        vec![super::build::device("CUDA0")],
    );
    model.attempts[0].answer = Some(crate::discover::model::Answer {
        devices: vec![super::build::device("CUDA0")],
        ..Default::default()
    });
    let warnings: Vec<&str> = explain(&model).backends[0]
        .warnings
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(warnings, ["VG091"]);
    // Near: the list crashed too, then that is the cause.
    let mut list = dead(
        Step::List,
        End::Signal {
            name: Text::from("SIGSEGV"),
            by: None,
            seen: seen("killed"),
        },
    );
    list.crashes.push(crash("SIGSEGV", "/x/libcuda.so.1", &[]));
    assert!(judged(vec![list]).starts_with("failed VG085"));
}

/// A log of a look that ended so: a list without an answer, and a probe that said this.
fn logged(end: End, said_by_list: &str, said_by_probe: &str) -> Model {
    let mut list = dead(Step::List, end);
    list.said.push(said(said_by_list));
    let mut probe = dead(Step::Probe, End::Exit(1, None));
    probe.said.push(said(said_by_probe));
    let mut model = discovery(Era::LlamaServer);
    look(&mut model, vec![list, probe], Vec::new());
    model.attempts[0].answer = None;
    as_log(&mut model, Level::Debug);
    model
}

const NO_DRIVER: &str = "Error: dlopen libcuda.so.1: libcuda.so.1: cannot open shared object file: No such file or directory";

#[test]
fn a_probe_that_cannot_open_the_driver_is_a_likely_cause_where_nothing_else_ended_the_look() {
    let quiet = logged(End::Exit(0, None), "", NO_DRIVER);
    assert_eq!(verdict(&quiet), "failed VG052, likely libcuda.so.1");
    let other = "Error: dlopen libcuda.so.1: libcuda.so.1: wrong ELF class";
    let other = logged(End::Exit(0, None), "", other);
    assert!(
        verdict(&other).starts_with("unknown"),
        "{}",
        verdict(&other)
    );
    let crashed = End::Signal {
        name: Text::from("SIGSEGV"),
        by: None,
        seen: None,
    };
    let crashed = logged(crashed, "", NO_DRIVER);
    assert!(
        verdict(&crashed).starts_with("failed VG085"),
        "{}",
        verdict(&crashed)
    );
}

#[test]
fn what_a_process_said_before_it_failed_stands_in_the_sentence_of_a_log_that_tells_no_more() {
    let words = "error: invalid argument: --list-devices";
    let sentence = |end| {
        let model = logged(end, words, "");
        explain(&model).backends[0].findings[0].sentence.clone()
    };
    let failed = sentence(End::Exit(1, None));
    assert!(
        failed.contains("exit code 1") && failed.contains(words),
        "{failed}"
    );
    assert!(!sentence(End::Exit(0, None)).contains(words));
}

#[test]
fn a_program_of_another_processor_is_not_to_be_made_executable() {
    let remedy = |why: &str| {
        let mut model = discovery(Era::LlamaServer);
        let mut list = dead(Step::List, End::Unknown);
        let text = format!("fork/exec {LIB}/llama-server: {why}");
        list.spawn = Spawn::Failed(seen(&text).unwrap());
        look(&mut model, vec![list], Vec::new());
        model.attempts[0].answer = None;
        explain(&model).backends[0].findings[0].remedy.join(" ")
    };
    let other = remedy("exec format error");
    assert!(
        other.contains("uname -m") && !other.contains("chmod"),
        "{other}"
    );
    assert!(remedy("permission denied").contains("chmod"));
}

#[test]
fn an_illegal_instruction_points_to_the_processor() {
    let remedy = |signal: &str| {
        let mut list = dead(Step::List, End::Unknown);
        list.crashes
            .push(crash(signal, "/x/libcuda.so.1", &["ggml_backend_init"]));
        list.loads.push(load(Outcome::Loaded, Vec::new()));
        list.end = End::Signal {
            name: Text::from(signal),
            by: None,
            seen: None,
        };
        let mut model = discovery(Era::LlamaServer);
        look(&mut model, vec![list], Vec::new());
        model.attempts[0].answer = None;
        explain(&model).backends[0].findings[0].remedy.join(" ")
    };
    assert!(remedy("SIGILL").contains("/proc/cpuinfo"));
    assert!(!remedy("SIGSEGV").contains("/proc/cpuinfo"));
}

#[test]
fn a_hang_in_dlopen_points_to_files_and_constructors_and_one_in_the_start_does_not() {
    let remedy = |call: &str| {
        let killed = End::KilledByServer {
            before_answer: true,
            after: 30_000_000_000,
            seen: seen("SIGKILL"),
        };
        let mut list = dead(Step::List, killed);
        list.hanging = seen(call);
        let mut model = discovery(Era::LlamaServer);
        look(&mut model, vec![list], Vec::new());
        model.attempts[0].answer = None;
        explain(&model).backends[0].findings[0].remedy.join(" ")
    };
    assert!(remedy("dlopen, for 29 s").contains("findmnt"));
    assert!(!remedy("cuInit, for 29 s").contains("findmnt"));
}
