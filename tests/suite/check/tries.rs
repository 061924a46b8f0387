//! The command `vgputrace try`: every error of a load, a signal, a hang, as whom, and like whom.

use std::path::Path;

use serde_json::Value;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::{Outcome, binary, gate, open_folder, test_name, trace, workspace};

/// A recording of a 0.16 that tried `cuda_v12`, made with a backend that refers to a symbol nobody defines.
const TRACE: &str = "tests/corpus/traces/runner-undefined-symbol.vgt";

fn attempt(library: &Path, role: &str, options: &[&str]) -> (Outcome, Value) {
    let like = format!("{}:{role}", workspace().join(TRACE).display());
    let outcome = trace(binary().unwrap_or_default())
        .arg("try")
        .arg(library)
        .args(["--json", "--like", &like])
        .args(options)
        .bare();
    let value = serde_json::from_str(&outcome.out()).unwrap_or_default();
    (outcome, value)
}

#[test]
fn the_loaders_words_and_all_that_is_missing_are_told() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let folder = open_folder();
    for (fault, outcome, words, missing) in [
        (Fault::None, "loaded", "", ""),
        (
            Fault::MissingDependency,
            "refused",
            "libvgputrace_absent.so.9",
            "libvgputrace_absent.so.9",
        ),
        (
            Fault::UndefinedSymbol,
            "refused",
            "vgputrace_defined_nowhere",
            "vgputrace_defined_nowhere",
        ),
        (Fault::MissingVersion, "refused", "TWO", "TWO"),
        (Fault::NotElf, "refused", "file too short", ""),
    ] {
        let library = place(fault, folder.path(), "libggml-cuda.so");
        let (ran, value) = attempt(&library, "runner[cuda_v12]", &["--user", "0:0"]);
        assert_eq!(value["outcome"], outcome, "{fault:?} {value} {}", ran.err());
        assert_eq!(ran.shell_code(), i32::from(outcome != "loaded"));
        let error = value["error"].as_str().unwrap_or_default();
        assert!(error.contains(words), "{fault:?} {error}");
        assert!(
            value["missing"].to_string().contains(missing),
            "{fault:?} {value}"
        );
        assert!(
            value["like"]
                .as_str()
                .unwrap_or_default()
                .starts_with("runner[cuda_v12] pass 1")
        );
    }
}

#[test]
fn the_recorded_search_path_takes_effect() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let folder = open_folder();
    let library = place(Fault::None, folder.path(), "libggml-cuda.so");
    let (_, value) = attempt(&library, "runner[cuda_v12]", &["--user", "0:0"]);
    let path = value["environment"]["LD_LIBRARY_PATH"].as_str();
    assert!(
        path.is_some_and(|path| path.ends_with("/cuda_v12")),
        "{value}"
    );
    assert_eq!(value["symbols"][0], "ggml_backend_init", "{value}");
}

#[test]
fn a_crash_and_a_hang_are_told_and_not_shared() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let folder = open_folder();
    let crash = place(Fault::ConstructorCrash, folder.path(), "libggml-crash.so");
    let (ran, value) = attempt(&crash, "runner[cuda_v12]", &["--user", "0:0"]);
    assert_eq!(
        (ran.shell_code(), &value["outcome"]),
        (1, &Value::from("signal")),
        "{value}"
    );
    assert_eq!(value["signal"], "SIGSEGV", "{value}");
    let hang = place(Fault::ConstructorHang, folder.path(), "libggml-hang.so");
    let (ran, value) = attempt(
        &hang,
        "runner[cuda_v12]",
        &["--user", "0:0", "--timeout", "1"],
    );
    assert_eq!(
        (ran.shell_code(), &value["outcome"]),
        (1, &Value::from("timeout")),
        "{value}"
    );
}

#[test]
fn another_user_is_named_and_may_not_read_what_is_closed() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let tool = folder.path().join("vgputrace");
    vgputrace_tests::libraries::copy(&binary().unwrap_or_default(), &tool);
    let library = place(Fault::Unreadable, folder.path(), "libggml-cuda.so");
    let like = workspace().join(TRACE);
    for (user, outcome) in [("65534:65534", "refused"), ("0:0", "loaded")] {
        let ran = trace(&tool)
            .arg("try")
            .arg(&library)
            .args(["--json", "--user", user, "--like"])
            .arg(&like)
            .bare();
        let value: Value = serde_json::from_str(&ran.out()).unwrap_or_default();
        assert_eq!(value["outcome"], outcome, "{user} {value} {}", ran.err());
        let id = user.split(':').next().unwrap_or_default();
        assert!(
            value["user"].as_str().unwrap_or_default().contains(id),
            "{value}"
        );
    }
}

#[test]
fn a_folder_gets_the_environment_that_its_ollama_would_give() {
    for (era, fault, outcome) in [
        (super::RUNNER, Fault::None, "loaded"),
        (super::LLAMA, Fault::MissingDependency, "refused"),
    ] {
        let Some(image) = super::Image::of(era, test_name!()) else {
            return;
        };
        let library = image.backend(fault, "cuda_v12");
        let ran = trace(binary().unwrap_or_default())
            .args([
                "try", "--json", "--dir", "cuda_v12", "--user", "0:0", "--bin",
            ])
            .arg(image.at("usr/local/bin/ollama"))
            .bare();
        let value: Value = serde_json::from_str(&ran.out()).unwrap_or_default();
        assert_eq!(value["outcome"], outcome, "{value} {}", ran.err());
        assert_eq!(value["library"], library.to_string_lossy().as_ref());
        let tree = image.at("usr/local/lib/ollama");
        let path = format!("{0}:{0}/cuda_v12", tree.display());
        let given = value["environment"]["LD_LIBRARY_PATH"].as_str();
        assert!(
            given.is_some_and(|given| given.starts_with(&path)),
            "{value}"
        );
    }
}

/// What is tried here has no more rights than its caller, so its loader heeds what that of Ollama's passes over.
#[test]
fn a_program_with_more_rights_than_its_caller_is_said_to_differ() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    if !gate::root(test_name!()) {
        return;
    }
    let Some(image) = super::Image::of(super::RUNNER, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "cuda_v12");
    let program = image.at("usr/local/bin/ollama");
    for (owner, mode, differs) in [(0, 0o755, false), (998, 0o4755, true)] {
        chown(&program, Some(owner), Some(owner)).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = trace(binary().unwrap_or_default())
            .args([
                "try", "--json", "--dir", "cuda_v12", "--user", "0:0", "--bin",
            ])
            .arg(&program)
            .bare();
        let value: Value = serde_json::from_str(&ran.out()).unwrap_or_default();
        let notes = value["notes"].to_string();
        assert_eq!(
            notes.contains("more rights than its caller"),
            differs,
            "{value} {}",
            ran.err()
        );
    }
}

#[test]
fn a_role_that_is_not_in_the_trace_is_2_and_the_others_are_named() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let (ran, _) = attempt(Path::new("/nowhere.so"), "runner[rocm]", &[]);
    assert_eq!(ran.shell_code(), 2);
    assert!(
        ran.err().contains("runner[cuda_v12] pass 1"),
        "{}",
        ran.err()
    );
}

#[test]
fn a_kind_of_role_is_enough_where_one_folder_has_it() {
    if binary().is_none() {
        return gate::skip(test_name!(), "no vgputrace binary");
    }
    let folder = open_folder();
    let library = place(Fault::None, folder.path(), "libggml-cuda.so");
    let (ran, value) = attempt(&library, "runner", &["--user", "0:0"]);
    let like = value["like"].as_str().unwrap_or_default();
    assert!(
        like.starts_with("runner[cuda_v12] pass 1"),
        "{value} {}",
        ran.err()
    );
    // A part of the word is no kind.
    let (ran, _) = attempt(&library, "run", &["--user", "0:0"]);
    assert_eq!(ran.shell_code(), 2);
    assert!(
        ran.err().contains("runner[cuda_v12] pass 1"),
        "{}",
        ran.err()
    );
}
