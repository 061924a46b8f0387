//! Nothing changes for anybody: every program here does the same bare, traced, and beside a trace of another program.

mod privileged;

use std::path::PathBuf;

use vgputrace_tests::libraries::{Fault, copy, place};
use vgputrace_tests::neutral::unchanged;
use vgputrace_tests::programs::{library, program};
use vgputrace_tests::{gate, open_folder, test_name, trace};

const NONE: &[&str] = &[];

/// A library of its own under a name that the recorder takes an interest in.
fn backend(source: &str) -> PathBuf {
    library(
        source,
        &format!("libggml-{}.so", source.replace('_', "-")),
        NONE,
    )
}

/// The folder of a library, for LD_LIBRARY_PATH: so its probes are there before it is loaded.
fn folder_of(file: &std::path::Path) -> PathBuf {
    file.parent()
        .map(std::path::Path::to_path_buf)
        .unwrap_or_default()
}

#[test]
fn a_library_finds_another_by_its_own_runpath() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    place(Fault::None, &below, "libvgputrace_inner.so");
    let outer = library(
        "loads_by_runpath",
        "libggml-outer.so",
        &["-Wl,-rpath,$ORIGIN/below"],
    );
    let place = folder.path().join("libggml-outer.so");
    copy(&outer, &place);
    let bare = unchanged(&trace(program("calls_inner")).arg(&place), &[&place]);
    assert_eq!(bare.out(), "inner loaded\nloaded again\n");
}

#[test]
fn rtld_next_finds_what_comes_after_its_caller() {
    if !gate::engine(test_name!()) {
        return;
    }
    let bare = unchanged(&trace(program("asks_everywhere")), &[]);
    assert_eq!(bare.out(), "found\nmissing\nfound\nmissing\n");
    let preload = library("preload_forward", "libforward.so", NONE);
    let healthy = backend("healthy");
    let target = trace(program("load"))
        .arg(&healthy)
        .env("LD_PRELOAD", &preload);
    assert_eq!(unchanged(&target, &[&preload, &healthy]).out(), "loaded\n");
}

#[test]
fn backtrace_sees_all_frames_in_a_constructor_and_in_an_init_function() {
    if !gate::engine(test_name!()) {
        return;
    }
    let file = backend("backtrace");
    let target = trace(program("load_init"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder_of(&file));
    let bare = unchanged(&target, &[&file]);
    assert!(bare.out().contains(" main\n") && bare.out().contains(" start_backend\n"));
}

#[test]
fn exceptions_are_caught_inside_and_through_an_init_function() {
    if !gate::engine(test_name!()) {
        return;
    }
    let (between, thrower) = (backend("calls_init"), backend("init_throws"));
    let target = trace(program("catches_exception"))
        .arg(&between)
        .arg(&thrower);
    let target = target.env("LD_LIBRARY_PATH", folder_of(&thrower));
    let bare = unchanged(&target, &[&between, &thrower]);
    assert_eq!(
        bare.out()
            .matches("caught: through ggml_backend_init")
            .count(),
        100
    );
}

#[test]
fn longjmp_leaves_a_constructors_function_and_an_init_function() {
    if !gate::engine(test_name!()) {
        return;
    }
    let file = backend("init_escapes");
    let target = trace(program("longjmp_out"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder_of(&file));
    // `hold` does not define `escape`; a lazy load does not need it.
    let bare = unchanged(&target, &[&file]);
    assert_eq!(
        bare.out(),
        "back in the constructor\nescaped 1000 times\nloaded\nfailed\n"
    );
    let record = target.run();
    let opened = record.events.call_with("dlopen", "/nowhere/at/all.so");
    assert!(
        opened.failed(),
        "what was left behind does not swallow later calls"
    );
    assert_eq!(
        opened.event.parent, None,
        "it is not inside a call that was left by longjmp"
    );
}

#[test]
fn a_thread_is_cancelled_inside_an_init_function() {
    if !gate::engine(test_name!()) {
        return;
    }
    let file = backend("init_hang");
    let target = trace(program("cancel_in_init")).arg(&file);
    let target = target.env("LD_LIBRARY_PATH", folder_of(&file));
    assert_eq!(
        unchanged(&target, &[&file]).out(),
        "cleaned up\ncancelled\n"
    );
}

#[test]
fn crashes_aborts_and_exits_in_constructors_and_init_functions_end_as_they_do() {
    if !gate::engine(test_name!()) {
        return;
    }
    for (fault, code) in [
        (Fault::ConstructorThrow, 134),
        (Fault::ConstructorCrash, 139),
        (Fault::InitCrash(0), 139),
        (Fault::InitAbort, 134),
        (Fault::InitExit, 3),
        (Fault::InitNull, 0),
        (Fault::InitTail, 0),
        (Fault::EndBranch, 0),
        (Fault::Truncated(8192), 135),
        (Fault::UndefinedSymbol, 1),
    ] {
        let folder = open_folder();
        let file = place(fault, folder.path(), "libggml-tracee.so");
        let target = trace(program("load_init")).arg(&file);
        let target = target.env("LD_LIBRARY_PATH", folder.path());
        let healthy = place(Fault::None, folder.path(), "libggml-other.so");
        let bare = unchanged(&target, &[&healthy]);
        assert_eq!(bare.shell_code(), code, "{fault:?}");
    }
}

#[test]
fn a_cgo_program_loads_from_many_goroutines_under_its_collector() {
    if !gate::go(test_name!()) {
        return;
    }
    let file = backend("healthy");
    let target = trace(program("cgo_pressure"))
        .arg(&file)
        .env("LD_LIBRARY_PATH", folder_of(&file));
    assert_eq!(unchanged(&target, &[&file]).out(), "good 800\n");
    let record = target.run();
    record.ended_with(0);
    let events = &record.events;
    let inits = events.calls("ggml_backend_init");
    assert_eq!(inits.len(), 800, "every call is there");
    assert!(inits.iter().all(|called| called.succeeded()));
    let missed = events
        .calls("dlsym")
        .into_iter()
        .filter(|called| called.string() == Some("not_there"));
    assert!(
        missed
            .into_iter()
            .all(|called| events.errors_in(&called).len() == 1)
    );
}

#[test]
fn a_program_that_allowed_itself_next_to_nothing_goes_on() {
    if !gate::engine(test_name!()) {
        return;
    }
    let file = backend("healthy");
    for (name, first) in [("seccomp_strict", "strict"), ("seccomp_filter", "filtered")] {
        let target = trace(program(name))
            .arg(&file)
            .env("LD_LIBRARY_PATH", folder_of(&file));
        assert_eq!(
            unchanged(&target, &[&file]).out(),
            format!("{first}\ndone\n")
        );
    }
}

#[test]
fn a_target_inherits_what_it_would_inherit_without_a_recorder() {
    if !gate::engine(test_name!()) {
        return;
    }
    let target = trace(program("inherits"))
        .env("OLLAMA_TRACEE", "x")
        .env("EMPTY", "");
    let bare = unchanged(&target, &[]);
    assert!(bare.out().contains("TracerPid:\t0\n"));
}

#[test]
fn processes_of_every_make_end_as_they_do() {
    if !gate::engine(test_name!()) {
        return;
    }
    for spawner in [
        "spawn_daemon",
        "exec_in_thread",
        "short_lives",
        "exec_fails",
        "handles_crash",
    ] {
        let target = trace(program(spawner)).arg(program("exit_with"));
        unchanged(&target.arg("/nowhere/program"), &[]);
    }
}
