//! Programs with a root of their own: a mount, user or pid namespace over an overlay, as a container has, and a mere chroot.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use vgputrace::event::Kind;
use vgputrace_tests::events::text;
use vgputrace_tests::libraries::copy;
use vgputrace_tests::programs::program;
use vgputrace_tests::{Events, gate, open_folder, test_name};

use super::Attached;

/// A root with a program, its loader and its C library, and nothing else; the loader's and library's paths in it.
fn root_of(folder: &Path, name: &str) -> Vec<PathBuf> {
    let file = program("works_on");
    let output = Command::new("ldd").arg(&file).output().expect("ldd");
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let libraries: Vec<PathBuf> = listed
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from)
        .collect();
    assert!(libraries.len() >= 2, "{listed}");
    for library in &libraries {
        let place = folder.join(library.strip_prefix("/").expect("a whole path"));
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        copy(&std::fs::canonicalize(library).expect("a library"), &place);
    }
    copy(&file, &folder.join(name));
    for inner in ["old", "data"] {
        std::fs::create_dir_all(folder.join(inner)).expect("a folder");
    }
    libraries
}

/// A container of the program: namespaces over an overlay of `FOLDER/lower`.
#[track_caller]
fn boxed(folder: &Path, name: &str) -> Child {
    let script = "set -e; cd \"$1\"; mkdir -p upper merged; mount -t tmpfs none upper; mkdir upper/up upper/work; \
        mount -t overlay none -o lowerdir=lower,upperdir=upper/up,workdir=upper/work merged; \
        cd merged; pivot_root . old; exec \"/$2\" /data";
    let started = Command::new("unshare")
        .args([
            "--mount",
            "--pid",
            "--fork",
            "--uts",
            "--kill-child",
            "/bin/sh",
            "-c",
            script,
            "sh",
        ])
        .arg(folder)
        .arg(name)
        .stdout(std::process::Stdio::null())
        .spawn();
    started.expect("unshare")
}

#[test]
fn a_second_container_of_one_image_is_told_once_like_the_first() {
    let test = test_name!();
    if !gate::root(test) || !gate::engine(test) || !gate::tool(test, "unshare", "--version") {
        return;
    }
    let folder = open_folder();
    let lower = folder.path().join("lower");
    std::fs::create_dir(&lower).expect("a folder");
    let name = format!("again-{}", std::process::id());
    root_of(&lower, &name);
    let mut attached = Attached::start(&["--name", &name]);
    let processes = |events: &Events| {
        let failed = events.loader_errors();
        let mut processes: Vec<_> = failed.iter().map(|(event, _)| event.process).collect();
        processes.sort();
        processes.dedup();
        processes.len()
    };
    for count in 1..=2 {
        let mut container = boxed(folder.path(), &name);
        attached.until("failed loads", |events| processes(events) >= count);
        container.kill().unwrap();
        container.wait().unwrap();
    }
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let story = events.story(&["exec", "call", "return", "unfinished", "late_library"]);
    assert_eq!(events.execs_of(&name).len(), 2, "{story}");
    // A call that was told twice would be inside itself.
    let calls = events.calls("dlopen");
    let inner = calls.iter().find(|call| call.event.parent.is_some());
    assert!(inner.is_none(), "{story}");
}

/// The failed load is told by the C library of that root: probes are on its own files.
#[track_caller]
fn load_failed_there(events: &Events, name: &str) {
    let (event, _) = events.exec_of(name);
    let missed = events.loader_errors();
    let told = missed.iter().any(|(error, what)| {
        error.process == event.process && text(&what.object).contains("not-there")
    });
    assert!(
        told,
        "{}",
        events.story(&["exec", "map", "late_library", "loader_error"])
    );
}

#[test]
fn a_program_in_a_container_is_recorded_with_its_own_c_library() {
    let test = test_name!();
    if !gate::root(test) || !gate::engine(test) || !gate::tool(test, "unshare", "--version") {
        return;
    }
    let folder = open_folder();
    let lower = folder.path().join("lower");
    std::fs::create_dir(&lower).expect("a folder");
    let name = format!("boxed-{}", std::process::id());
    let libraries = root_of(&lower, &name);
    for (file, text) in [
        ("etc/os-release", "PRETTY_NAME=\"A container\"\n"),
        ("dev/nvidia0", ""),
    ] {
        let file = lower.join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    }
    let mut attached = Attached::start(&["--name", &name]);
    let mut boxed = boxed(folder.path(), &name);
    attached.until("a failed load", |events| !events.loader_errors().is_empty());
    let (outcome, events) = attached.stop();
    boxed.kill().unwrap();
    boxed.wait().unwrap();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let (event, exec) = events.exec_of(&name);
    assert_eq!(
        text(&exec.exe),
        format!("/{name}"),
        "as the container has it"
    );
    assert!(exec.mount_namespace.is_some() && !exec.already, "{exec:?}");
    let mut roots = events.0.iter().rev().filter_map(|event| match &event.kind {
        Kind::Root(facts) => Some(facts),
        _ => None,
    });
    let root = roots.next().expect("facts about its root");
    assert_eq!(Some(root.mount_namespace), exec.mount_namespace);
    assert_eq!(root.os.as_ref().map(|os| os.as_str()), Some("A container"));
    let nodes: Vec<&str> = root.nodes.iter().map(|node| node.path.as_str()).collect();
    assert_eq!(nodes, ["/dev/nvidia0"]);
    let libc = libraries.iter().find(|path| path.ends_with("libc.so.6"));
    let libc = libc.expect("a C library").to_string_lossy().into_owned();
    let mut maps = events.maps().into_iter();
    assert!(maps.any(|(map, body)| map.process == event.process && text(&body.path) == libc));
    let (_, facts) = events
        .libraries()
        .into_iter()
        .find(|(_, facts)| facts.path.as_str() == libc)
        .expect("facts about its C library");
    assert!(
        facts.build_id.is_some() && facts.problem.is_none(),
        "{facts:?}"
    );
    load_failed_there(&events, &name);
}

#[test]
fn a_program_below_a_root_of_its_own_is_recorded_with_the_paths_of_the_system() {
    let test = test_name!();
    if !gate::root(test) || !gate::engine(test) || !gate::tool(test, "chroot", "--version") {
        return;
    }
    let folder = open_folder();
    let name = format!("rooted-{}", std::process::id());
    root_of(folder.path(), &name);
    let mut attached = Attached::start(&["--name", &name]);
    let mut rooted = Command::new("chroot")
        .arg(folder.path())
        .args([&format!("/{name}"), "/data"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("chroot");
    attached.until("a failed load", |events| !events.loader_errors().is_empty());
    let (outcome, events) = attached.stop();
    std::fs::write(folder.path().join("data/stop"), "").expect("a file");
    assert_eq!(
        rooted.wait().unwrap().code(),
        Some(5),
        "it goes on to its end"
    );
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let (_, exec) = events.exec_of(&name);
    let whole = folder.path().join(&name).to_string_lossy().into_owned();
    assert_eq!(text(&exec.exe), whole);
    assert_eq!(exec.mount_namespace, None);
    load_failed_there(&events, &name);
}

#[test]
fn an_installation_is_checked_through_the_root_of_a_process() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "chroot", "--version") {
        return;
    }
    let folder = open_folder();
    root_of(folder.path(), "waits");
    copy(&program("sleeps"), &folder.path().join("waits"));
    let tree = folder.path().join("usr/local/lib/ollama/cuda_v12");
    std::fs::create_dir_all(&tree).expect("a folder");
    std::fs::write(tree.join("libggml-cuda.so"), "no library").expect("a file");
    let bin = folder.path().join("usr/local/bin");
    std::fs::create_dir_all(&bin).expect("a folder");
    copy(&program("sleeps"), &bin.join("ollama"));
    let mut child = Command::new("chroot")
        .arg(folder.path())
        .arg("/waits")
        .spawn()
        .expect("chroot");
    let exe = || std::fs::read_link(format!("/proc/{}/exe", child.id()));
    while exe().is_ok_and(|path| !path.ends_with("waits")) {}
    let checked = Command::new(vgputrace_tests::binary().expect("a built vgputrace"))
        .args(["check", "--root", &format!("/proc/{}/root", child.id())])
        .output()
        .expect("check");
    child.kill().unwrap();
    child.wait().unwrap();
    let words = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert_eq!(checked.status.code(), Some(1), "{words}");
    assert!(words.contains("cuda_v12"), "{words}");
}
