//! Targets that are hard to follow: another C library, static binaries, libraries nobody could know before, mounts that only the
//! target sees, other languages' ways to load. Each under both engines. Static binaries of C are in `statics`; what cannot be
//! followed is in docs/ENGINES.md.

mod gone;
mod loader;

use std::path::Path;
use std::process::Command;

use vgputrace_tests::events::calls::sentence;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::parity::{alone, alone_until};
use vgputrace_tests::programs::{program, program_by, static_go};
use vgputrace_tests::{Events, Recorded, Target, gate, open_folder, test_name, trace};

const TELLING: &[&str] = &[
    "exec",
    "exit",
    "library",
    "call",
    "return",
    "loader_error",
    "late_library",
    "loss",
    "note",
];
const ENGINES: [&str; 2] = ["ebpf", "ptrace"];

/// Records by each engine and looks at both.
#[track_caller]
fn by_both(target: &Target, look: impl Fn(&Recorded, &str)) {
    each(|engine| alone(target, engine), look);
}

/// The same of a target that goes on until there is the file `end`, which is made when the trace has what is looked for.
#[track_caller]
fn by_both_until(
    target: &Target,
    (end, has): (&Path, impl Fn(&Events) -> bool),
    look: impl Fn(&Recorded, &str),
) {
    each(|engine| alone_until(target, engine, end, &has), look);
}

#[track_caller]
fn each(record: impl Fn(&str) -> Recorded, look: impl Fn(&Recorded, &str)) {
    for engine in ENGINES {
        let record = record(engine);
        let story = format!(
            "{engine}\n{}\n{}{}",
            record.events.story(TELLING),
            record.outcome.out(),
            record.outcome.err()
        );
        look(&record, &story);
        assert!(record.events.losses().is_empty(), "{story}");
    }
}

#[test]
fn loads_by_musl_are_told_with_results_callers_and_files() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "musl-gcc", "--version") {
        return;
    }
    let load = program_by("musl-gcc", "load", &["-rdynamic"]);
    let folder = open_folder();
    let good = folder.path().join("libggml-good.so");
    let source = folder.path().join("good.c");
    std::fs::write(&source, "int good(void) { return 1; }\n").unwrap();
    let made = Command::new("musl-gcc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&good)
        .arg(&source)
        .status();
    assert!(made.unwrap().success());
    let target = trace(load).arg(&good).arg("/nowhere/libx.so");
    by_both(&target, |record, story| {
        assert_eq!(record.outcome.out(), "loaded\nfailed\n", "{story}");
        let events = &record.events;
        let (loaded, failed) = (
            events.call_with("dlopen", "libggml-good.so"),
            events.call_with("dlopen", "libx.so"),
        );
        assert!(loaded.succeeded() && failed.failed(), "{story}");
        assert!(
            loaded
                .call
                .of
                .as_ref()
                .is_some_and(|of| of.as_str().contains("musl")),
            "{story}"
        );
        let opened = events.opens();
        let missed = opened.iter().filter(|(_, open)| open.err.is_some());
        let names = missed.map(|(_, open)| vgputrace_tests::events::text(&open.path).to_owned());
        assert!(
            names
                .collect::<Vec<_>>()
                .contains(&"/nowhere/libx.so".to_owned()),
            "{story}"
        );
        // The limit that docs/ENGINES.md names.
        assert!(events.loader_errors().is_empty(), "{story}");
    });
}

#[test]
fn helpers_of_a_static_go_program_are_told() {
    let test = test_name!();
    if !gate::root(test) || !gate::go(test) {
        return;
    }
    let target = trace(static_go("go_static"))
        .arg(program("load"))
        .arg("/nowhere/libx.so");
    by_both(&target, |record, story| {
        assert_eq!(record.code(), 0, "{story}");
        let (_, exec) = record.events.exec_of("load");
        assert_eq!(exec.uid, [0, 0], "{story}");
        let failed = record.events.call_with("dlopen", "libx.so");
        let told = sentence(record.events.error_in(&failed));
        assert!(told.starts_with("/nowhere/libx.so: cannot open"), "{story}");
    });
}

/// A `dlopen` of this file that came back with a handle, and no error of a loader.
#[track_caller]
fn is_loaded(record: &Recorded, file: &str, story: &str) {
    let call = record.events.call_with("dlopen", file);
    assert!(call.succeeded(), "{story}");
    assert!(record.events.errors_in(&call).is_empty(), "{story}");
    let facts = record.events.libraries();
    let known =
        |one: &&(_, &vgputrace::event::library::Library)| one.1.path.as_str().ends_with(file);
    assert!(
        facts.iter().any(|one| known(&one)),
        "{file} has no facts: {story}"
    );
}

#[test]
fn a_library_that_a_self_extractor_unpacks_and_takes_away_is_told() {
    if !gate::root(test_name!()) {
        return;
    }
    let (folder, place_of) = (open_folder(), open_folder());
    let carried = place(Fault::None, folder.path(), "payload.bin");
    let target = trace(program("unpacks_itself"))
        .arg(carried)
        .arg(place_of.path());
    by_both(&target, |record, story| {
        assert_eq!(record.outcome.out(), "registered 1\n", "{story}");
        is_loaded(record, "libggml-carried.so", story);
    });
}

#[test]
fn a_library_in_a_mount_that_only_the_target_sees_is_told() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "unshare", "--version") {
        return;
    }
    let folder = open_folder();
    let library = place(Fault::None, folder.path(), "libggml-mounted.so");
    let mount = folder.path().join("mount");
    std::fs::create_dir(&mount).unwrap();
    // As AppImage and snap do: an image that is mounted for the program, which runs from it. Somebody stays there until all is
    // looked at.
    let script = "mount -t tmpfs none \"$0\" && cp \"$1\" \"$2\" \"$0\" && \"$0/load_init\" \"$0/libggml-mounted.so\" && \
        until [ -e \"$3\" ]; do sleep 0.1; done";
    let end = folder.path().join("end");
    let target = trace("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(&mount)
        .arg(&library)
        .arg(program("load_init"))
        .arg(&end);
    by_both_until(
        &target,
        (&end, has_facts("libggml-mounted.so")),
        |record, story| {
            assert!(record.outcome.out().contains("has init"), "{story}");
            is_loaded(record, "libggml-mounted.so", story);
            assert_eq!(record.events.execs_of("load_init").len(), 1, "{story}");
        },
    );
}

/// The file was looked at.
fn has_facts(name: &'static str) -> impl Fn(&Events) -> bool {
    move |events| {
        let mut libraries = events.libraries().into_iter();
        libraries.any(|(_, facts)| facts.path.as_str().ends_with(name))
    }
}

/// A library that is there and one that is not, loaded by a script of an interpreter.
#[track_caller]
fn an_interpreter_s_loads_are_told(target: impl Fn(&Path) -> Target) {
    let folder = open_folder();
    let library = place(Fault::None, folder.path(), "libggml-asked.so");
    by_both(&target(&library), |record, story| {
        is_loaded(record, "libggml-asked.so", story);
        let failed = record.events.call_with("dlopen", "/nowhere/libx.so");
        assert!(failed.failed(), "{story}");
        let told = sentence(record.events.error_in(&failed));
        assert!(
            told.starts_with("/nowhere/libx.so: cannot open"),
            "{told}\n{story}"
        );
    });
}

#[test]
fn loads_of_python_by_ctypes_are_told() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "python3", "--version") {
        return;
    }
    let script = "import ctypes, sys\nctypes.CDLL(sys.argv[1])\ntry: ctypes.CDLL('/nowhere/libx.so')\nexcept OSError: pass";
    // The interpreter itself: what is on PATH may be a script that looks for it.
    let found = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    let python = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    an_interpreter_s_loads_are_told(|library| trace(&python).args(["-c", script]).arg(library));
}

#[test]
fn loads_of_node_are_told() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "node", "--version") {
        return;
    }
    // The loader that FFI packages are built on; what is no addon is loaded all the same.
    let script = "for (const file of process.argv.slice(1)) try { process.dlopen({exports: {}}, file) } catch (error) {}";
    an_interpreter_s_loads_are_told(|library| {
        trace("node")
            .args(["-e", script])
            .arg(library)
            .arg("/nowhere/libx.so")
    });
}
