//! The dynamic loader's own words for every way a load can fail, with no `dlerror` in the program; who called, and
//! what it got.

mod facts;
mod functions;
mod interposed;

use std::path::Path;

use vgputrace::event::call::Value;
use vgputrace::event::{Errno, Seen};
use vgputrace_tests::events::calls::sentence;
use vgputrace_tests::events::text;
use vgputrace_tests::libraries::{ABSENT, Fault, UNDEFINED, place, soname};
use vgputrace_tests::programs::{library, program, program_with};
use vgputrace_tests::symbols::assert_inside;
use vgputrace_tests::{gate, open_folder, test_name, trace};

const DL: &[&str] = &["call", "return", "unfinished", "loader_error"];

/// What `dlerror` says in a program that asks, run bare.
#[track_caller]
fn said_bare(arguments: &[&str]) -> Vec<String> {
    let outcome = trace(program("load_and_say")).args(arguments).bare();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    outcome.out().lines().map(str::to_owned).collect()
}

/// Loads a faulty library in a program that never asks: the trace must hold the sentence that another would get.
#[track_caller]
fn the_loader_s_words_are_there(fault: Fault, object: &str, words: &str) {
    let folder = open_folder();
    let file = place(fault, folder.path(), "libggml-faulty.so");
    one_failed_load(&file, object, words);
}

#[track_caller]
fn one_failed_load(file: &Path, object: &str, words: &str) {
    let path = file.display().to_string();
    let record = trace(program("load")).arg(file).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "failed\n");
    let events = &record.events;
    let called = events.call_with("dlopen", &path);
    assert!(called.failed(), "{}", events.story(DL));
    let error = events.error_in(&called);
    assert_eq!(
        said_bare(&[&path]),
        [sentence(error)],
        "{}",
        events.story(DL)
    );
    let object = object
        .replace("SELF", &path)
        .replace("BESIDE", &folder_of(file));
    assert_eq!(text(&error.object), object, "{}", events.story(DL));
    let seen = text(&error.text);
    assert!(
        seen.starts_with(words),
        "{words:?} is not how {seen:?} begins"
    );
    let event = events.loader_errors()[0].0;
    assert_eq!(event.process, Some(events.process_of("load")));
    assert_eq!(event.parent, Some(called.event.seq));
}

fn folder_of(file: &Path) -> String {
    file.parent()
        .map(|folder| folder.display().to_string())
        .unwrap_or_default()
}

#[test]
fn a_missing_file_has_the_loaders_words() {
    if gate::engine(test_name!()) {
        one_failed_load(
            Path::new("/nowhere/libggml-cuda.so"),
            "SELF",
            "cannot open shared object file",
        );
    }
}

#[test]
fn a_missing_dependency_is_named_and_not_the_library_that_needs_it() {
    if gate::engine(test_name!()) {
        let words = "cannot open shared object file";
        the_loader_s_words_are_there(Fault::MissingDependency, ABSENT, words);
    }
}

#[test]
fn a_missing_dependency_of_a_dependency_is_named() {
    if gate::engine(test_name!()) {
        let words = "cannot open shared object file";
        the_loader_s_words_are_there(Fault::MissingDependencyBelow, ABSENT, words);
    }
}

#[test]
fn an_undefined_symbol_is_named() {
    if gate::engine(test_name!()) {
        let words = format!("undefined symbol: {UNDEFINED}");
        the_loader_s_words_are_there(Fault::UndefinedSymbol, "SELF", &words);
    }
}

#[test]
fn a_missing_version_is_named_with_the_file_that_lacks_it() {
    if gate::engine(test_name!()) {
        let object = "BESIDE/libvgputrace_versioned.so.1";
        the_loader_s_words_are_there(Fault::MissingVersion, object, "version `TWO' not found");
    }
}

#[test]
fn a_wrong_elf_class_has_the_loaders_words() {
    if gate::engine(test_name!()) {
        the_loader_s_words_are_there(Fault::WrongClass, "SELF", "wrong ELF class: ELFCLASS32");
    }
}

#[test]
fn a_wrong_machine_has_the_loaders_words() {
    // glibc passes over a file of another machine as if it were not there.
    if gate::engine(test_name!()) {
        let words = "cannot open shared object file";
        the_loader_s_words_are_there(Fault::WrongMachine, "SELF", words);
    }
}

#[test]
fn a_file_cut_in_its_headers_has_the_loaders_words() {
    if gate::engine(test_name!()) {
        the_loader_s_words_are_there(Fault::Empty, "SELF", "file too short");
        the_loader_s_words_are_there(Fault::Truncated(16), "SELF", "file too short");
        the_loader_s_words_are_there(Fault::Truncated(64), "SELF", "cannot read file data");
    }
}

#[test]
fn a_file_that_is_no_library_has_the_loaders_words() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    one_failed_load(folder.path(), "SELF", "cannot read file data");
    let file = folder.path().join("libggml-text.so");
    std::fs::write(&file, "This is no library.\n".repeat(100)).unwrap();
    one_failed_load(&file, "SELF", "invalid ELF header");
}

#[test]
fn a_library_that_the_user_may_not_read_has_the_loaders_words() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::Unreadable, folder.path(), "libggml-closed.so");
    let runs = folder.path().join("load");
    vgputrace_tests::libraries::copy(&program("load"), &runs);
    let record = trace(&runs).arg(&file).options(["--user", "nobody"]).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "failed\n");
    let events = &record.events;
    let error = events.error_in(&events.call_with("dlopen", "libggml-closed.so"));
    assert_eq!(error.err.and_then(Errno::name), Some("EACCES"), "{error:?}");
    assert_eq!(text(&error.object), file.display().to_string());
    assert_eq!(events.exec_of("load").1.uid, [65534, 65534]);
}

#[test]
fn a_name_without_a_slash_has_the_loaders_words_and_the_places_that_were_searched() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let record = trace(program("load"))
        .arg(ABSENT)
        .env("LD_LIBRARY_PATH", folder.path())
        .run();
    record.ended_with(0);
    let events = &record.events;
    let called = events.call_with("dlopen", ABSENT);
    assert_eq!(text(&events.error_in(&called).object), ABSENT);
    let place = folder.path().join(ABSENT).display().to_string();
    events.one(
        events.opens(),
        "opens in LD_LIBRARY_PATH",
        &["open"],
        |(event, open)| {
            text(&open.path) == place
                && open.err.and_then(Errno::name) == Some("ENOENT")
                && event.parent == Some(called.event.seq)
        },
    );
}

#[test]
fn a_successful_load_has_its_handle_its_mapping_and_its_caller() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::None, folder.path(), "libggml-healthy.so");
    let record = trace(program("load")).arg(&file).run();
    record.ended_with(0);
    let events = &record.events;
    let called = events.call_with("dlopen", "libggml-healthy.so");
    assert!(called.succeeded(), "{}", events.story(DL));
    let (back, returned) = called.returned.unwrap();
    assert!(
        matches!(returned.result, Value::Hex(handle) if handle.0 != 0),
        "{returned:?}"
    );
    assert_eq!(
        back.duration.map(|spent| back.time - spent),
        Some(called.event.time)
    );
    assert!(events.errors_in(&called).is_empty());
    let from = called.call.from.as_ref().expect("a caller");
    assert_inside(from, &program("load"), "load_it");
    let of = called
        .call
        .of
        .as_ref()
        .expect("the object that provides dlopen");
    assert!(
        of.as_str().contains("libc.so.6") || of.as_str().contains("libdl"),
        "{of}"
    );
    events.one(
        events.maps(),
        "executable mappings",
        &["map"],
        |(event, map)| {
            text(&map.path) == file.display().to_string()
                && map.err.is_none()
                && event.parent == Some(called.event.seq)
        },
    );
}

#[test]
fn a_failure_before_main_has_the_loaders_words_and_exit_127() {
    if !gate::engine(test_name!()) {
        return;
    }
    let absent = library("absent", ABSENT, &soname(ABSENT));
    let target = trace(program_with("needs_absent", &[absent.as_os_str()]));
    assert_eq!(target.bare().shell_code(), 127);
    let record = target.run();
    record.ended_with(127);
    let events = &record.events;
    let all = events.loader_errors();
    assert_eq!(all.len(), 1, "{}", events.story(DL));
    let (event, error) = all[0];
    assert_eq!((text(&error.object), error.call), (ABSENT, None));
    assert_eq!(text(&error.text), "cannot open shared object file");
    assert_eq!(event.process, Some(events.process_of("needs_absent")));
    let err = events.written(2);
    assert!(
        err.contains("error while loading shared libraries"),
        "{err}"
    );
    assert_eq!(
        events.exit_of(events.process_of("needs_absent")).1.code,
        Some(127)
    );
}

#[test]
fn a_symbol_missed_while_a_function_is_bound_lazily_has_the_loaders_words() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = folder.path().join("libggml-lazy.so");
    vgputrace_tests::libraries::copy(
        &library("undefined", "libggml-lazy.so", &["-Wl,-z,lazy"]),
        &file,
    );
    let target = trace(program("load_init")).arg(&file).arg("lazy");
    let record = target.env("LD_LIBRARY_PATH", folder.path()).run();
    record.ended_with(127);
    let events = &record.events;
    let (_, error) = events.one(events.loader_errors(), "loader errors", DL, |_| true);
    assert_eq!(text(&error.text), format!("undefined symbol: {UNDEFINED}"));
    assert_eq!(text(&error.object), file.display().to_string());
    let init = events.calls("ggml_backend_init");
    assert_eq!(init.len(), 1, "{}", events.story(DL));
    assert!(init[0].returned.is_none(), "the process ended inside of it");
    assert!(init[0].unfinished.is_some(), "{}", events.story(DL));
}

#[test]
fn a_failed_preload_has_the_loaders_words_and_the_program_goes_on() {
    if !gate::engine(test_name!()) {
        return;
    }
    let record = trace(program("exit_with"))
        .arg("0")
        .env("LD_PRELOAD", "/nowhere/libshim.so")
        .run();
    record.ended_with(0);
    let events = &record.events;
    events.one(events.loader_errors(), "loader errors", DL, |(_, error)| {
        text(&error.object) == "/nowhere/libshim.so"
            && text(&error.text) == "cannot open shared object file"
            && error.call.is_none()
    });
    assert!(
        matches!(&events.outputs()[0].1.text, Seen::Yes(_)),
        "ld.so's own warning"
    );
}
