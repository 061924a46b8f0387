//! The tracees themselves, with no recorder: each fault behaves as its name says. When one of these fails, the
//! machine's loader differs, and the other modules' expectations with it.

use vgputrace_tests::libraries::{ABSENT, Fault, UNDEFINED, place};
use vgputrace_tests::npm::{self, pretend::pretend};
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

/// Exit code as a shell shows it, standard output, and a part of standard error.
#[rustfmt::skip]
const FAULTS: &[(Fault, i32, &str, &str)] = &[
    (Fault::None, 0, "loaded\nhas init\nversion 2 name TRACEE\n", ""),
    (Fault::EndBranch, 0, "loaded\nhas init\nversion 2 name TRACEE\n", ""),
    (Fault::WrongApi, 0, "loaded\nhas init\nversion 77 name TRACEE\n", ""),
    (Fault::InitTail, 0, "loaded\nhas init\nversion 2 name TRACEE\n", ""),
    (Fault::InitNull, 0, "loaded\nhas init\ninit says NULL\n", ""),
    (Fault::NoInit, 1, "loaded\nhas no init\n", ""),
    (Fault::MissingDependency, 1, "failed\n", ""),
    (Fault::MissingDependencyBelow, 1, "failed\n", ""),
    (Fault::UndefinedSymbol, 1, "failed\n", ""),
    (Fault::MissingVersion, 1, "failed\n", ""),
    (Fault::WrongClass, 1, "failed\n", ""),
    (Fault::WrongMachine, 1, "failed\n", ""),
    (Fault::NotElf, 1, "failed\n", ""),
    (Fault::Empty, 1, "failed\n", ""),
    (Fault::Truncated(16), 1, "failed\n", ""),
    (Fault::Truncated(64), 1, "failed\n", ""),
    (Fault::Truncated(600), 135, "", ""),
    (Fault::Truncated(8192), 135, "", ""),
    (Fault::Truncated(50000), 135, "", ""),
    (Fault::InitCrash(0), 139, "loaded\nhas init\n", ""),
    (Fault::InitCrash(0xdead_b000), 139, "loaded\nhas init\n", ""),
    (Fault::InitAbort, 134, "loaded\nhas init\n", ""),
    (Fault::InitExit, 3, "loaded\nhas init\n", ""),
    (Fault::ConstructorCrash, 139, "", ""),
    (Fault::ConstructorThrow, 134, "", "what():  out of a constructor"),
];

#[test]
fn every_faulty_library_behaves_as_its_name_says() {
    if !gate::tool(test_name!(), "gcc", "--version") {
        return;
    }
    for (fault, code, out, err) in FAULTS {
        let folder = open_folder();
        let file = place(*fault, folder.path(), "libggml-faulty.so");
        let outcome = trace(program("load_init")).arg(&file).bare();
        assert_eq!(outcome.shell_code(), *code, "{fault:?}: {}", outcome.err());
        assert_eq!(outcome.out(), *out, "{fault:?}");
        assert!(outcome.err().contains(err), "{fault:?}: {}", outcome.err());
    }
}

#[test]
fn the_loader_names_what_is_missing() {
    if !gate::tool(test_name!(), "gcc", "--version") {
        return;
    }
    let words = |fault| {
        let folder = open_folder();
        let file = place(fault, folder.path(), "libggml-faulty.so");
        trace(program("load_and_say")).arg(&file).bare().out()
    };
    let absent = format!("{ABSENT}: cannot open shared object file: No such file or directory\n");
    assert_eq!(words(Fault::MissingDependency), absent);
    assert_eq!(words(Fault::MissingDependencyBelow), absent);
    assert!(words(Fault::UndefinedSymbol).contains(UNDEFINED));
    assert!(words(Fault::MissingVersion).contains("version `TWO' not found (required by"));
}

#[test]
fn the_real_backend_is_silent_about_what_it_lacks_and_loads_over_pretend_parts() {
    if !gate::tool(test_name!(), "gcc", "--version") {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    let run = || {
        let target = trace(program("ggml_load")).arg(&loader).arg(folder.path());
        target.in_folder("/").bare()
    };
    let silent = run();
    assert_eq!((silent.shell_code(), silent.out().as_str()), (0, "CPU\n"));
    assert!(
        !silent.err().to_lowercase().contains("cuda"),
        "{}",
        silent.err()
    );
    for soname in ["libcudart.so.13", "libcublas.so.13", "libcuda.so.1"] {
        pretend(&parts.backend(), soname, folder.path());
    }
    let loaded = run();
    assert_eq!(
        (loaded.shell_code(), loaded.out().as_str()),
        (0, "CUDA\nCPU\n")
    );
}
