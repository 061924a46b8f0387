//! The static binary on systems with another C library: glibc from before 2.34, whose `dlopen` is in libdl.so.2, and from
//! after 2.39, where ld.so alone signals errors. Their files are Debian's; the kernel is this one.

use vgputrace_tests::events::calls::sentence;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::statics::{Root, debian, needed, older_program};
use vgputrace_tests::{gate, open_folder, test_name};

const DL: &[&str] = &[
    "exec",
    "exit",
    "library",
    "call",
    "return",
    "loader_error",
    "loss",
    "note",
];
const ENGINES: [&str; 2] = ["ebpf", "ptrace"];
const NO_FILE: &str = ": cannot open shared object file: No such file or directory";

/// A root over a release, with a program of this suite as `/load` and a library that needs one that is not there.
fn root(test: &str, release: &str) -> Option<Root> {
    let (binary, below) = (needed(test)?, debian(test, release)?);
    let older = debian(test, "bullseye")?;
    let root = Root::over(&binary, Some(below));
    std::fs::create_dir(root.own("sys")).expect("a new folder");
    root.put(&older_program(&older, "load"), "load");
    let folder = open_folder();
    let lacks = place(Fault::MissingDependency, folder.path(), "libggml-lacks.so");
    root.put(&lacks, "opt/libggml-lacks.so");
    Some(root)
}

/// Records loads that fail, and one that works, by both engines; `provider` is the file whose `dlopen` is called.
#[track_caller]
fn loads_are_told(test: &str, release: &str, provider: &str) {
    for engine in ENGINES {
        let Some(root) = root(test, release) else {
            return;
        };
        let (absent, lacks) = ("/nowhere/libx.so", "/opt/libggml-lacks.so");
        let words = [
            "--engine",
            engine,
            "--",
            "/load",
            absent,
            lacks,
            "libgcc_s.so.1",
        ];
        let (output, events) = root.record(&words);
        let story = format!("{release} {engine}\n{}\n{output:?}", events.story(DL));
        assert_eq!(output.status.code(), Some(0), "{story}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said, "failed\nfailed\nloaded\n", "{story}");
        let calls = events.calls("dlopen");
        let [first, second, third] = &calls[..] else {
            panic!("{story}");
        };
        assert!(
            first.failed() && second.failed() && third.succeeded(),
            "{story}"
        );
        assert_eq!(
            sentence(events.error_in(first)),
            format!("{absent}{NO_FILE}"),
            "{story}"
        );
        let told = sentence(events.error_in(second));
        assert!(
            told.ends_with(NO_FILE) && !told.starts_with(lacks),
            "{told}\n{story}"
        );
        let of = first.call.of.as_ref().map_or("", |of| of.as_str());
        assert!(of.contains(provider), "{of}\n{story}");
        assert!(events.losses().is_empty(), "{story}");
    }
}

#[test]
fn loads_by_libdl_are_told_on_glibc_2_31() {
    loads_are_told(test_name!(), "bullseye", "/libdl");
}

#[test]
fn loads_are_told_where_only_the_loader_signals_errors() {
    loads_are_told(test_name!(), "trixie", "/libc.so.6");
}

#[test]
fn commands_of_an_older_release_are_recorded() {
    let test = test_name!();
    for engine in ENGINES {
        let (Some(binary), Some(older)) = (needed(test), debian(test, "bullseye")) else {
            return;
        };
        let root = Root::over(&binary, Some(older));
        std::fs::create_dir(root.own("sys")).expect("a new folder");
        let words = [
            "--engine",
            engine,
            "--",
            "/bin/sh",
            "-c",
            "ls /nowhere; exit 6",
        ];
        let (output, events) = root.record(&words);
        let story = events.story(&["exec", "exit", "output", "loss"]);
        assert_eq!(output.status.code(), Some(6), "{story}\n{output:?}");
        assert_eq!(events.execs_of("ls").len(), 1, "{story}");
        assert!(
            events.written(2).contains("cannot access '/nowhere'"),
            "{story}"
        );
    }
}

#[test]
fn the_virtual_gpu_that_is_handed_out_loads_on_an_older_release() {
    let test = test_name!();
    let (Some(binary), Some(older)) = (needed(test), debian(test, "bullseye")) else {
        return;
    };
    if std::env::var_os("VGPUTRACE_STATIC").is_none() {
        gate::skip(
            test,
            "its libraries are for this system alone in this build (./x dist --test tries it)",
        );
        return;
    }
    let root = Root::over(&binary, Some(older.clone()));
    root.put(&older_program(&older, "load"), "load");
    let installed = root.run(&["/vgputrace", "shim", "install", "/opt/gpu"]);
    assert!(installed.status.success(), "{installed:?}");
    let libraries = [
        "libcuda.so.1",
        "libnvidia-ml.so.1",
        "libcudart.so.12",
        "libcublas.so.13",
    ];
    for library in libraries.map(|name| format!("/opt/gpu/{name}")) {
        // With its folder on the search path, as `shim env` says: libcublas needs libcublasLt.
        let load = format!("LD_LIBRARY_PATH=/opt/gpu exec /load {library}");
        let said = root.run(&["/bin/sh", "-c", &load]);
        assert_eq!(
            String::from_utf8_lossy(&said.stdout),
            "loaded\n",
            "{library}: {said:?}"
        );
    }
}
