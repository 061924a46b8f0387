//! What a trace keeps of the files of a failed load, so that it can be explained on another machine.

use std::path::Path;

use vgputrace::event::library::Library;
use vgputrace_tests::libraries::{ABSENT, Fault, UNDEFINED, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, gate, open_folder, test_name, trace};

#[track_caller]
fn failed_load(fault: Fault, folder: &Path) -> Recorded {
    let file = place(fault, folder, "libggml-facts.so");
    let record = trace(program("load")).arg(&file).run();
    record.ended_with(0);
    assert_eq!(record.outcome.out(), "failed\n");
    record
}

/// The facts about the library, with its closure.
#[track_caller]
fn explained(record: &Recorded) -> &Library {
    let all = record.events.libraries();
    record
        .events
        .one(
            all,
            "facts with a closure",
            &["library", "loader_error"],
            |(_, library)| {
                library.path.as_str().ends_with("/libggml-facts.so") && library.closure.is_some()
            },
        )
        .1
}

#[test]
fn a_missing_dependency_has_the_places_where_it_was_looked_for() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let record = failed_load(Fault::MissingDependencyBelow, folder.path());
    let library = explained(&record);
    assert!(
        library.needed.contains(&"libvgputrace_middle.so".into()),
        "{library:?}"
    );
    assert_eq!(library.runpath, Some("$ORIGIN".into()));
    let closure = library.closure.as_ref().expect("a closure");
    let missing: Vec<_> = closure
        .objects
        .iter()
        .filter(|one| one.file.is_none())
        .collect();
    assert_eq!(missing.len(), 1, "{closure:?}");
    assert_eq!(missing[0].name.as_str(), ABSENT);
    assert!(
        missing[0].by.as_str().ends_with("libvgputrace_middle.so"),
        "{missing:?}"
    );
    let beside = folder.path().join(ABSENT).display().to_string();
    let tried: Vec<(&str, &str)> = missing[0]
        .tried
        .iter()
        .map(|one| (one.file.as_str(), one.via.as_str()))
        .collect();
    assert!(tried.contains(&(beside.as_str(), "runpath")), "{tried:?}");
    assert!(tried.iter().any(|(_, via)| *via == "default"), "{tried:?}");
    let error = record.events.loader_errors()[0].0.seq;
    assert_eq!(closure.error, Some(error));
}

#[test]
fn an_undefined_symbol_is_in_the_closure_and_defined_ones_are_not() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let record = failed_load(Fault::UndefinedSymbol, folder.path());
    let library = explained(&record);
    let closure = library.closure.as_ref().expect("a closure");
    assert_eq!(closure.missing_symbols, [UNDEFINED.into()], "{closure:?}");
    assert!(
        closure.objects.iter().all(|one| one.file.is_some()),
        "{closure:?}"
    );
    let undefined = library
        .undefined
        .as_ref()
        .and_then(|all| all.whole())
        .expect("references");
    assert!(undefined.contains(&UNDEFINED.into()), "{undefined:?}");
}

#[test]
fn a_missing_version_is_in_the_closure_with_who_needs_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let record = failed_load(Fault::MissingVersion, folder.path());
    let library = explained(&record);
    let needs = ["libvgputrace_versioned.so.1".into(), "TWO".into()];
    assert!(library.needs_versions.contains(&needs), "{library:?}");
    let closure = library.closure.as_ref().expect("a closure");
    assert_eq!(closure.missing_versions.len(), 1, "{closure:?}");
    let [object, file, version] = &closure.missing_versions[0];
    assert!(object.as_str().ends_with("libggml-facts.so"), "{object}");
    assert!(
        file.as_str().ends_with("libvgputrace_versioned.so.1"),
        "{file}"
    );
    assert_eq!(version.as_str(), "TWO");
}

#[test]
fn a_file_of_another_machine_says_so_where_the_loader_only_says_not_found() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let record = failed_load(Fault::WrongMachine, folder.path());
    let all = record.events.libraries();
    let (_, library) = record
        .events
        .one(all, "facts", &["library"], |(_, library)| {
            library.path.as_str().ends_with("/libggml-facts.so")
        });
    assert_eq!(library.machine, Some(183));
    assert!(library.problem.is_some(), "{library:?}");
}
