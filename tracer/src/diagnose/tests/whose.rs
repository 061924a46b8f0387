//! Whose fault it is: the library that asks, that ends the process, that looks for its own files; and what then helps.

use super::build::{LIB, as_log, call, child, discovery, init, load, look, said, seen, set, words};
use crate::diagnose::{Certainty, Finding, Verdict, explain};
use crate::discover::Model;
use crate::discover::model::{Child, End, Era, Evidence, Init, Level, Load, Missing, Outcome};
use crate::discover::role::Step;
use crate::event::library::{Closure, Library, Resolved};
use crate::event::{Errno, Seen, Seq, Text};

const SHIM: &str = "/opt/vgpu/libcuda.so.1";

fn judged(runner: Child) -> Finding {
    first(&model(runner))
}

fn model(runner: Child) -> Model {
    let mut model = discovery(Era::Runner);
    look(&mut model, vec![runner], Vec::new());
    model
}

fn first(model: &Model) -> Finding {
    explain(model).backends[0].findings[0].clone()
}

fn lacking(missing: Missing) -> Child {
    let mut runner = child(Step::Runner);
    runner.loads.push(Load {
        closure: Some(Closure {
            objects: vec![Resolved {
                name: Text::from("libc.so"),
                by: Text::from(SHIM),
                ..Resolved::default()
            }],
            ..Closure::default()
        }),
        ..load(Outcome::Failed, vec![missing])
    });
    runner
}

fn library(name: &str) -> Missing {
    Missing::Library {
        name: Text::from(name),
        by: Text::from(format!("{LIB}/cuda_v12/libggml-cuda.so")),
        searched: Vec::new(),
    }
}

fn unfit(file: &str, problem: &str) -> Missing {
    Missing::Unfit {
        file: Text::from(file),
        problem: Text::from(problem),
    }
}

fn has(finding: &Finding, words: &str) -> bool {
    finding.remedy.iter().any(|line| line.contains(words))
}

#[test]
fn only_what_ollama_ships_is_brought_back_by_ollama() {
    let own = format!("{LIB}/cuda_v12/libcublas.so.12");
    assert!(has(
        &judged(lacking(unfit(&own, "file too short"))),
        "install.sh"
    ));
    let system = judged(lacking(unfit("/usr/lib/libstdc++.so.6", "file too short")));
    assert!(
        !has(&system, "install.sh") && has(&system, "dpkg -S"),
        "{system:?}"
    );
}

#[test]
fn a_folder_in_place_of_a_file_is_looked_for() {
    let folder = judged(lacking(unfit(SHIM, "cannot read file data")));
    assert!(
        has(&folder, "Docker") && !has(&folder, "install"),
        "{folder:?}"
    );
}

#[test]
fn a_library_of_musl_is_to_be_built_anew() {
    for missing in [
        unfit("/usr/lib/libc.so", "invalid ELF header"),
        library("libc.musl-x86_64.so.1"),
    ] {
        let finding = judged(lacking(missing));
        assert!(has(&finding, "musl"), "{finding:?}");
        assert!(
            !has(&finding, "install.sh") && !has(&finding, "find /"),
            "{finding:?}"
        );
    }
    let named = judged(lacking(unfit("/usr/lib/libc.so", "invalid ELF header")));
    assert!(has(&named, SHIM), "{named:?}");
    assert!(!has(&judged(lacking(library("libcurl.so.4"))), "musl"));
}

#[test]
fn a_symbol_that_a_shim_lacks_is_the_shims() {
    let asked = |by: &str| {
        judged(lacking(Missing::Symbol {
            name: Text::from("vgpu_connect"),
            by: Text::from(by),
        }))
    };
    let shim = asked(SHIM);
    assert!(
        shim.sentence
            .contains("libcuda.so.1, which libggml-cuda.so needs, needs vgpu_connect"),
        "{shim:?}"
    );
    assert!(!has(&shim, "install.sh") && has(&shim, SHIM), "{shim:?}");
    let own = asked(&format!("{LIB}/cuda_v12/libggml-cuda.so"));
    assert!(has(&own, "install.sh"), "{own:?}");
}

#[test]
fn a_log_does_not_tell_who_asks_for_a_library() {
    let said = |name: &str| {
        let mut runner = child(Step::Runner);
        runner
            .loads
            .push(load(Outcome::Failed, vec![library(name)]));
        let mut model = model(runner);
        as_log(&mut model, Level::Debug);
        first(&model).sentence
    };
    assert!(said("libvgpurpc.so.2").contains("or a library that it needs"));
    assert!(!said("libcudart.so.12").contains("or a library that it needs"));
}

#[test]
fn a_version_of_which_a_symbol_is_there_is_not_missing() {
    let node = "libcudart.so.13";
    let judged = |all: &[&str]| {
        let mut runner = lacking(Missing::Symbol {
            name: Text::from("cudaNew@libcudart.so.13"),
            by: Text::default(),
        });
        let file = Text::from("/x/libcudart.so.13");
        runner.loads[0].closure = Some(Closure {
            objects: vec![Resolved {
                name: Text::from(node),
                file: Some(file.clone()),
                ..Resolved::default()
            }],
            ..Closure::default()
        });
        let backend = runner.loads[0].file.clone().unwrap();
        let mut model = model(runner);
        let facts = |path: &Text| Library {
            path: path.clone(),
            soname: Some(Text::from(node)),
            defines_versions: vec![Text::from(node)],
            undefined: Some(Seen::Yes(all.iter().map(|one| Text::from(*one)).collect())),
            ..Library::default()
        };
        for path in [file, backend] {
            let known = facts(&path);
            model.libraries.insert(path, known);
        }
        first(&model).rule
    };
    let lacked = "cudaNew@libcudart.so.13";
    assert_eq!(judged(&[lacked, "cudaOld@libcudart.so.13"]), "VG053");
    assert_eq!(judged(&[lacked]), "VG054");
}

#[test]
fn a_constructor_that_ends_the_process_is_named_with_its_words() {
    let judged = |constructor: Option<&str>, at: u64| {
        let mut runner = child(Step::Runner);
        runner.answer = None;
        runner.end = End::Exit(1, seen("exit code 1"));
        runner.loads.push(load(Outcome::Died, Vec::new()));
        runner.constructor = constructor.map(Text::from);
        runner.said.push(said("no licence."));
        runner.said[0].seen = Evidence::event(Seq(at), "no licence.");
        judged(runner)
    };
    let own = judged(Some(SHIM), 8);
    assert_eq!(own.missing_object, Some(Text::from(SHIM)));
    assert!(
        own.sentence
            .contains("constructor of /opt/vgpu/libcuda.so.1")
            && own.sentence.ends_with("\"no licence\"."),
        "{own:?}"
    );
    let before = judged(None, 2);
    assert!(!before.sentence.contains("licence"), "{before:?}");
    assert_eq!(before.missing_object, Some(Text::from("libggml-cuda.so")));
}

#[test]
fn the_call_that_the_process_ended_in_is_named() {
    let judged = |took: Option<u64>| {
        let mut runner = child(Step::Runner);
        runner.answer = None;
        runner.end = End::Exit(7, seen("exit code 7"));
        runner.inits.push(Init {
            unfinished: true,
            registered: false,
            ..init()
        });
        let mut asked = call("cuInit", 0);
        asked.of = Some(Text::from(SHIM));
        asked.took = took;
        asked.result = took.map_or_else(Text::default, |_| Text::from("CUDA_SUCCESS"));
        runner.calls.push(asked);
        runner.said.push(said("no licence"));
        judged(runner)
    };
    let inside = judged(None);
    assert!(
        inside
            .sentence
            .contains("inside cuInit of /opt/vgpu/libcuda.so.1")
            && inside.sentence.contains("no licence"),
        "{inside:?}"
    );
    assert_eq!(inside.missing_object, Some(Text::from(SHIM)));
    let after = judged(Some(1));
    assert!(!after.sentence.contains("cuInit"), "{after:?}");
}

#[test]
fn a_server_that_is_told_to_end_reached_no_limit() {
    let judged = |error: &str, seconds: u64, signal: bool| {
        let mut runner = child(Step::Runner);
        runner.answer = None;
        runner.end = End::KilledByServer {
            before_answer: true,
            after: seconds * 1_000_000_000,
            seen: seen("SIGKILL by the server"),
        };
        let mut model = model(runner);
        model.attempts[0].failure_line =
            seen(&format!("failure during GPU discovery error={error:?}"));
        model.attempts[0].took = Some(seconds * 1_000_000_000);
        model.server.as_mut().unwrap().told_to_end = seen("SIGTERM").filter(|_| signal);
        let backend = explain(&model).backends[0].clone();
        (backend.verdict, backend.findings[0].rule)
    };
    let limit = "failed to finish discovery before timeout";
    assert_eq!(judged(limit, 2, true), (Verdict::Unknown, "VG202"));
    assert_eq!(
        judged("context canceled", 2, true),
        (Verdict::Unknown, "VG202")
    );
    assert_eq!(judged(limit, 30, false), (Verdict::Failed, "VG089"));
}

#[test]
fn a_limit_that_was_not_reached_is_none_in_a_log() {
    let judged = |seconds: u64| {
        let mut runner = child(Step::Runner);
        runner.answer = None;
        let mut model = model(runner);
        as_log(&mut model, Level::Debug);
        let line = "error=\"failed to finish discovery before timeout\"";
        model.attempts[0].failure_line = seen(line);
        model.attempts[0].took = Some(seconds * 1_000_000_000);
        first(&model).rule
    };
    assert_eq!(judged(2), "VG202");
    assert_eq!(judged(30), "VG089");
}

#[test]
fn what_a_driver_of_ones_own_looked_for_is_told() {
    for code in [100, 999] {
        let mut runner = child(Step::Runner);
        runner.calls.push(call("cuInit", code));
        let without = judged(runner.clone());
        let sought = seen("open /etc/vgpu.toml inside cuInit").unwrap();
        runner.refused.push((Errno(2), sought));
        let with = judged(runner);
        assert!(has(&with, "/etc/vgpu.toml"), "{with:?}");
        assert!(!has(&without, "looked for"), "{without:?}");
    }
}

#[test]
fn a_signal_without_a_name_may_be_a_kill() {
    let mut runner = child(Step::Runner);
    runner.answer = None;
    runner.end = End::Signal {
        name: Text::default(),
        by: None,
        seen: seen("runner crashed"),
    };
    let mut model = model(runner);
    as_log(&mut model, Level::Debug);
    let finding = first(&model);
    assert_eq!(
        (finding.rule, finding.certainty),
        ("VG085", Certainty::Likely)
    );
    assert!(has(&finding, "killed"), "{finding:?}");
}

#[test]
fn an_auditor_is_named_where_the_loader_names_nothing() {
    let judged = |object: &str| {
        let mut runner = child(Step::Runner);
        let mut load = load(Outcome::Failed, Vec::new());
        let mut said = words("cannot open shared object file", None);
        said.object = Text::from(object);
        load.words.push(said);
        runner.loads.push(load);
        let mut model = model(runner);
        set(&mut model, "LD_AUDIT", "/x/libaudit.so");
        let env = model.server.as_ref().unwrap().env.clone();
        model.children[0].env = env;
        first(&model)
    };
    let refused = judged("");
    assert_eq!(refused.rule, "VG062");
    assert!(has(&refused, "LD_AUDIT"), "{refused:?}");
    assert!(!has(&judged("/x/lib.so"), "LD_AUDIT"));
}

#[test]
fn a_program_with_capabilities_ignores_the_path() {
    let judged = |server: bool, child: bool, name: &str| {
        let mut runner = lacking(library(name));
        runner.secure = child;
        let mut model = model(runner);
        set(&mut model, "LD_LIBRARY_PATH", "/opt/vgpu");
        model.server.as_mut().unwrap().secure = server;
        first(&model)
    };
    for finding in [
        judged(true, true, "libcudart.so.12"),
        judged(true, false, "libcuda.so.1"),
    ] {
        assert!(
            finding.sentence.contains("ignores LD_LIBRARY_PATH"),
            "{finding:?}"
        );
        assert!(
            has(&finding, "setcap -r") && !has(&finding, "install.sh"),
            "{finding:?}"
        );
    }
    assert!(!has(&judged(false, false, "libcuda.so.1"), "setcap"));
}

#[test]
fn entries_of_the_path_that_cannot_be_meant_are_named() {
    let judged = |value: &str| {
        let mut model = model(lacking(library("libcuda.so.1")));
        set(&mut model, "LD_LIBRARY_PATH", value);
        first(&model)
    };
    assert!(has(&judged("/opt:~/vgpu"), "LD_LIBRARY_PATH has ~/vgpu"));
    assert!(!has(&judged("/opt:/srv/vgpu"), "LD_LIBRARY_PATH has"));
}

#[test]
fn a_stub_in_ollamas_own_folder_is_taken_away() {
    let judged = |file: &str| {
        let mut runner = child(Step::Runner);
        let mut asked = call("cuInit", 34);
        asked.of = Some(Text::from(file));
        runner.calls.push(asked);
        judged(runner)
    };
    let own = format!("{LIB}/cuda_v12/libcuda.so.1");
    assert!(has(&judged(&own), "sudo rm"));
    assert!(!has(
        &judged("/usr/local/cuda/lib64/stubs/libcuda.so"),
        "sudo rm"
    ));
}
