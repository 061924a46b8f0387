//! Parity: the same programs under both engines give the same events. What differs, and why, is in docs/ENGINES.md.

use std::path::{Path, PathBuf};

use vgputrace::event::Kind;
use vgputrace::event::signal::Outcome;
use vgputrace_tests::libraries::{Fault, place, soname};
use vgputrace_tests::parity::{alone, same_under_both};
use vgputrace_tests::programs::{library_of, program, program_32};
use vgputrace_tests::{gate, open_folder, test_name, trace, workspace};

#[test]
fn ways_to_start_a_process_are_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    let child = program("exit_with");
    for way in [
        "spawn_fork",
        "spawn_vfork",
        "spawn_posix",
        "spawn_from_thread",
    ] {
        let pair = same_under_both(&trace(program(way)).arg(&child).arg("3"));
        assert_eq!(pair.ptrace.events.execs_of("exit_with").len(), 1, "{way}");
    }
    let pair = same_under_both(&trace(program("exec_in_thread")).arg(&child).arg("9"));
    pair.ptrace.ended_with(9);
    same_under_both(&trace(program("spawn_daemon")).arg(&child).arg("11"));
}

#[test]
fn failed_starts_are_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = folder.path().join("no-program");
    std::fs::write(&file, "x").unwrap();
    let files = ["/nowhere/at/all".into(), folder.path().to_owned(), file];
    let pair = same_under_both(&trace(program("exec_fails")).args(&files));
    assert_eq!(pair.ptrace.events.failed_execs().len(), 3);
}

#[test]
fn questions_to_the_file_system_are_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    std::fs::create_dir(folder.path().join("libggml")).unwrap();
    std::fs::write(folder.path().join("libggml-x.so"), "x").unwrap();
    let place = folder.path().to_owned();
    let pair = same_under_both(&trace(program("file_list")).arg(&place));
    assert!(!pair.ptrace.events.lists().is_empty());
    same_under_both(&trace(program("file_folders")).arg(&place));
    same_under_both(&trace(program("file_ask")).arg(&place));
    same_under_both(&trace(program("long_path")).arg("4000"));
    same_under_both(&trace(program("threads_open")).arg("/nowhere/vgputrace"));
}

#[test]
fn output_is_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    let pair = same_under_both(&trace(program("outputs")));
    assert!(!pair.ptrace.events.written(1).is_empty());
    same_under_both(&trace("/bin/sh").args(["-c", "echo one; echo two >&2; exit 5"]));
}

#[test]
fn deaths_and_signals_are_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    for signal in ["2", "9", "11", "15"] {
        let pair = same_under_both(&trace(program("kills_itself")).arg(signal));
        let (_, told) = pair.ptrace.events.signals()[0];
        assert_eq!(told.number.to_string(), signal);
        assert_eq!(told.result, Outcome::Delivered);
    }
    same_under_both(&trace(program("ignores_signal")));
    same_under_both(&trace(program("handles_crash")));
    let folder = open_folder();
    let crash = place(Fault::InitCrash(0), folder.path(), "libggml-crash.so");
    let pair = same_under_both(&trace(program("load_init")).arg(&crash));
    let events = &pair.ptrace.events;
    let fault = events
        .signals()
        .into_iter()
        .find(|(_, signal)| signal.address.is_some());
    assert!(fault.is_some(), "{}", events.story(&["signal"]));
}

#[test]
fn loads_that_work_and_that_fail_are_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    for (fault, name) in [
        (Fault::None, "libggml-good.so"),
        (Fault::MissingDependency, "libggml-lacks.so"),
        (Fault::UndefinedSymbol, "libggml-undefined.so"),
        (Fault::NotElf, "libggml-text.so"),
        (Fault::EndBranch, "libggml-endbr.so"),
        (Fault::InitTail, "libggml-tail.so"),
        (Fault::ConstructorOpens, "libggml-opens.so"),
        (Fault::ConstructorThrow, "libggml-throws.so"),
    ] {
        let file = place(fault, folder.path(), name);
        let target = trace(program("load_init"))
            .arg(&file)
            .env("LD_LIBRARY_PATH", folder.path())
            .env("VGPUTRACE_INNER", "/nowhere/libinner.so");
        let pair = same_under_both(&target);
        let asked = pair.ptrace.events.entered();
        let loads = asked
            .iter()
            .filter(|(_, call)| call.function.as_str() == "dlopen");
        assert!(loads.count() > 0, "{name}");
    }
    same_under_both(&trace(program("asks_everywhere")));
    same_under_both(&trace(program("load")).args(["libcuda.so.1", "/nowhere/other.so"]));
}

/// A driver that is made of one of the sources, and its folder.
fn driver(source: &str, flags: &[&str]) -> (PathBuf, PathBuf) {
    let source = workspace().join("tests/programs/lib").join(source);
    let mut all: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    all.extend(soname("libcuda.so.1"));
    let driver = library_of(None, &source, "libcuda.so.1", &all);
    let folder = driver.parent().map(Path::to_path_buf).unwrap_or_default();
    (driver, folder)
}

#[test]
fn calls_of_a_driver_and_their_answers_are_told_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    for code in ["-DCODE=0", "-DCODE=999"] {
        let (driver, folder) = driver("answers_attribute.c", &[code]);
        let target = trace(program("asks_driver"))
            .arg(&driver)
            .args(["300", "1"])
            .env("LD_LIBRARY_PATH", &folder);
        let pair = same_under_both(&target);
        let returned = pair.ptrace.events.returned();
        let back = |name: &str| {
            let all = returned.iter();
            all.filter(|(_, back)| back.function.as_str() == name)
                .count()
        };
        assert!(back("cuDeviceGetAttribute") >= 300, "{code}");
    }
}

#[test]
fn driver_calls_that_are_left_are_told_so_and_deep_ones_all_come_back() {
    if !gate::root(test_name!()) {
        return;
    }
    let (driver, folder) = driver("answers_hook.c", &[]);
    let target = trace(program("leaves_driver"))
        .arg(&driver)
        .env("LD_LIBRARY_PATH", &folder);
    let record = alone(&target, "ptrace");
    record.ended_with(0);
    let events = &record.events;
    let count = |is: &dyn Fn(&Kind) -> bool| events.0.iter().filter(|one| is(&one.kind)).count();
    let name = "cuCtxSynchronize";
    let left =
        count(&|kind| matches!(kind, Kind::Unfinished(one) if one.function.as_str() == name));
    let back = count(&|kind| matches!(kind, Kind::Return(one) if one.function.as_str() == name));
    // 500 left by longjmp and one by cancellation; 200 inside each other and one in a child.
    assert_eq!((left, back), (501, 201));
}

#[test]
fn calls_of_32_bits_are_counted_alike() {
    if !gate::root(test_name!()) {
        return;
    }
    let pair = same_under_both(&trace(program("compat_calls")));
    assert!(!pair.ptrace.events.compat().is_empty());
    match program_32("program_32") {
        Some(program) => drop(same_under_both(&trace(program))),
        None => gate::missing(test_name!(), "no compiler for 32-bit programs"),
    }
}
