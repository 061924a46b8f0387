//! The real ggml loader and the real CUDA backend on a machine without a driver: which object was missing, where it
//! was looked for, and that ggml said nothing.

use std::path::Path;

use vgputrace::event::call::Value;
use vgputrace::event::{Errno, Seen};
use vgputrace_tests::events::text;
use vgputrace_tests::npm::{self, pretend::pretend};
use vgputrace_tests::programs::program;
use vgputrace_tests::{Recorded, Target, gate, open_folder, test_name, trace};

const STORY: &[&str] = &["call", "return", "unfinished", "loader_error", "output"];

fn load_all(loader: &Path, folder: &Path) -> Target {
    trace(program("ggml_load"))
        .arg(loader)
        .arg(folder)
        .in_folder("/")
}

/// The CUDA backend's dlopen failed for want of this object, which was looked for beside the backend; the CPU backend
/// is there, and ggml wrote nothing about CUDA.
#[track_caller]
fn cuda_lacks(record: &Recorded, folder: &Path, missing: &str) {
    record.ended_with(0);
    assert_eq!(
        record.outcome.out(),
        "CPU\n",
        "the program itself sees the CPU only"
    );
    let events = &record.events;
    let backend = folder.join("libggml-cuda.so").display().to_string();
    let called = events.call_with("dlopen", &backend);
    assert!(called.failed(), "{}", events.story(STORY));
    let error = events.error_in(&called);
    assert_eq!(
        (text(&error.object), text(&error.text)),
        (missing, "cannot open shared object file")
    );
    let from = called
        .call
        .from
        .as_ref()
        .and_then(|site| site.object.as_ref())
        .expect("a caller");
    assert!(
        from.as_str().contains("/libggml."),
        "ggml asks, not the program: {from}"
    );

    let place = folder.join(missing).display().to_string();
    let looked = events.opens().into_iter().any(|(event, open)| {
        text(&open.path) == place
            && open.err.and_then(Errno::name) == Some("ENOENT")
            && event.parent == Some(called.event.seq)
    });
    assert!(looked, "{place} was tried\n{}", events.story(&["open"]));
    let all = events.libraries();
    let (_, facts) = events.one(all, "facts with a closure", &["library"], |(_, library)| {
        library.path.as_str() == backend && library.closure.is_some()
    });
    assert!(facts.needed.contains(&missing.into()), "{:?}", facts.needed);
    let closure = facts.closure.as_ref().expect("a closure");
    let nowhere: Vec<&str> = closure
        .objects
        .iter()
        .filter(|one| one.file.is_none())
        .map(|one| one.name.as_str())
        .collect();
    assert!(nowhere.contains(&missing), "{nowhere:?}");
    assert_eq!(
        nowhere.contains(&"libcuda.so.1"),
        !Path::new(DRIVER).exists(),
        "{nowhere:?}"
    );

    let words = format!("{}{}", events.written(1), events.written(2));
    assert!(
        !words.to_lowercase().contains("cuda"),
        "ggml is silent here: {words}"
    );
    assert!(
        log_texts(record)
            .iter()
            .all(|line| !line.to_lowercase().contains("cuda"))
    );
}

/// Where Debian and Ubuntu keep a driver; with one the real backend would load.
const DRIVER: &str = "/usr/lib/x86_64-linux-gnu/libcuda.so.1";

/// ggml's log text as ggml makes it.
fn log_texts(record: &Recorded) -> Vec<String> {
    let calls = record.events.calls("ggml_log_callback_default");
    let strings = calls
        .iter()
        .filter_map(|called| called.string().map(str::to_owned));
    strings.collect()
}

#[test]
fn the_real_backend_as_it_stands_misses_the_cuda_runtime() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    let record = load_all(&loader, folder.path()).run();
    cuda_lacks(&record, folder.path(), "libcudart.so.13");
}

#[test]
fn the_real_backend_with_a_pretend_runtime_misses_the_driver() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    if Path::new(DRIVER).exists() {
        gate::skip(test_name!(), "this machine has a driver");
        return;
    }
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    pretend(&parts.backend(), "libcudart.so.13", folder.path());
    pretend(&parts.backend(), "libcublas.so.13", folder.path());
    let record = load_all(&loader, folder.path()).run();
    cuda_lacks(&record, folder.path(), "libcuda.so.1");
}

#[test]
fn the_real_backend_with_pretend_runtime_and_driver_loads_and_its_calls_are_there() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    for soname in ["libcudart.so.13", "libcublas.so.13", "libcuda.so.1"] {
        pretend(&parts.backend(), soname, folder.path());
    }
    let target = load_all(&loader, folder.path());
    let bare = target.bare();
    let record = target.run();
    record.ended_with(0);
    assert_eq!(record.outcome, bare, "stdout, stderr and status as bare");
    assert_eq!(bare.out(), "CUDA\nCPU\n");
    let events = &record.events;
    let backend = folder.path().join("libggml-cuda.so").display().to_string();
    assert!(
        events.call_with("dlopen", &backend).succeeded(),
        "{}",
        events.story(STORY)
    );
    let inner = events.one(
        events.calls("ggml_backend_cuda_reg"),
        "registrations",
        STORY,
        |_| true,
    );
    assert!(inner.succeeded(), "{}", events.story(STORY));
    let registered = events.calls("ggml_backend_register");
    assert!(registered.len() <= 2, "{}", events.story(STORY));
    let all = events.one(
        events.calls("ggml_backend_load_all_from_path"),
        "loads",
        STORY,
        |_| true,
    );
    assert!(all.returned.is_some(), "{}", events.story(STORY));
}

#[test]
fn a_backend_named_by_ggml_backend_path_is_not_silent_and_its_words_are_there_as_ggml_makes_them() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    let backend = folder.path().join("libggml-cuda.so");
    let record = load_all(&loader, folder.path())
        .env("GGML_BACKEND_PATH", &backend)
        .run();
    record.ended_with(0);
    let line = format!(
        "load_backend: failed to load {}: libcudart.so.13: cannot open shared object file: No such file or directory\n",
        backend.display()
    );
    assert!(
        record.events.written(2).contains(&line),
        "{}",
        record.events.story(STORY)
    );
    assert!(
        log_texts(&record).contains(&line),
        "{}",
        record.events.story(STORY)
    );
}

#[test]
fn the_real_scan_lists_the_library_folder_with_all_its_names() {
    if !gate::engine(test_name!()) {
        return;
    }
    let Some(parts) = npm::parts(test_name!()) else {
        return;
    };
    let folder = open_folder();
    let loader = parts.lay_out(folder.path());
    std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
    let record = load_all(&loader, folder.path()).run();
    record.ended_with(0);
    let events = &record.events;
    let lists = events.lists();
    let full: Vec<_> = lists
        .iter()
        .filter(|(_, list)| list.path == Seen::Yes(folder.path().display().to_string().into()))
        .filter(|(_, list)| list.entries > 0)
        .collect();
    // libggml of b10361 scans a folder once for each of 15 backend names.
    assert_eq!(full.len(), 15, "{}", events.story(&["list"]));
    for (_, list) in full {
        for name in ["libggml-cuda.so", "libggml-base.so"] {
            assert!(list.names.contains(&name.into()), "{:?}", list.names);
        }
        // A folder of nobody's: it may be somebody's home, so only ggml's own names are told.
        assert!(
            !list.names.contains(&"notes.txt".into()),
            "{:?}",
            list.names
        );
        assert!(list.withheld >= 1 && !list.cut);
    }
    let score = events.calls("ggml_backend_score");
    assert!(
        score.len() >= 10,
        "every CPU variant is scored\n{}",
        events.story(STORY)
    );
    let results = score
        .iter()
        .filter_map(|called| called.returned.map(|(_, back)| &back.result));
    assert!(
        results
            .into_iter()
            .all(|result| matches!(result, Value::Int(_)))
    );
}
