//! A server that never begins: what LD_PRELOAD brings into it ends it in the loader or in a constructor, and `explain` names
//! the file, whose it is and what it lacks.

use std::path::Path;

use vgputrace::diagnose::{Certainty, Finding, explain};
use vgputrace_tests::libraries::{ABSENT, Fault, UNDEFINED, copy, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, outline, test_name, trace};

/// What is said of a server into which this is preloaded.
#[track_caller]
fn told(preload: &Path) -> Finding {
    let folder = preload.parent().expect("it is in a folder");
    let server = folder.join("ollama");
    copy(&program("exit_with"), &server);
    // The variable is the server's alone: the recorder would not begin either.
    let variable = format!("LD_PRELOAD={}", preload.display());
    let record = trace(&server)
        .arg("serve")
        .options(["--env", variable.as_str()])
        .run();
    let mut all = explain(&outline::model(&record.path)).general;
    let at = all.iter().position(|finding| finding.rule == "VG207");
    let finding = all.swap_remove(at.unwrap_or_else(|| panic!("{all:?}")));
    let file = preload.display().to_string();
    assert_eq!(finding.certainty, Certainty::Certain, "{finding:?}");
    assert!(
        finding.sentence.contains(&file) && finding.sentence.contains("LD_PRELOAD"),
        "{finding:?}"
    );
    assert!(
        finding.sentence.contains("before its first line"),
        "{finding:?}"
    );
    assert!(!finding.evidence.is_empty(), "{finding:?}");
    finding
}

fn object(finding: &Finding) -> &str {
    let object = finding.missing_object.as_ref();
    object.map_or("", vgputrace::event::Text::as_str)
}

#[test]
fn a_preloaded_library_that_lacks_a_symbol_is_named_with_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::UndefinedSymbol, folder.path(), "libpre.so");
    let finding = told(&file);
    assert_eq!(object(&finding), UNDEFINED);
    assert!(finding.sentence.contains("127"), "{finding:?}");
}

#[test]
fn a_preloaded_library_that_needs_another_is_named_with_it() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::MissingDependency, folder.path(), "libpre.so");
    assert_eq!(object(&told(&file)), ABSENT);
}

#[test]
fn a_constructor_that_crashes_is_named_with_file_and_function() {
    if !gate::engine(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::ConstructorCrash, folder.path(), "libpre.so");
    let finding = told(&file);
    assert_eq!(object(&finding), file.display().to_string());
    for words in ["SIGSEGV", "writes_to_null", "offset 0x"] {
        assert!(finding.sentence.contains(words), "{words}: {finding:?}");
    }
}
