//! Made trees, and what is found in them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::{Question, RootAccounts, gather};
use crate::event::tree::{EnvironmentOf, Facts};
use crate::source::user::Accounts as _;

fn made(files: &[(&str, &[u8])]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    root
}

fn facts(root: &Path) -> Facts {
    gather(&Question {
        root,
        program: Some(Path::new("/usr/bin/ollama")),
        library_dir: None,
        cwd: Path::new("/"),
        caller: Vec::new(),
        accounts: &RootAccounts::read(root),
    })
}

#[test]
fn a_word_across_two_pieces_of_the_program_is_found() {
    let word = b"gpu-discover";
    for before in [
        0,
        (1 << 20) - 20,
        (1 << 20) - 12,
        (1 << 20) - 5,
        1 << 20,
        3 << 20,
    ] {
        let mut program = vec![b'x'; before];
        program.extend_from_slice(word);
        program.extend([b'y'; 100]);
        let root = made(&[("usr/bin/ollama", &program)]);
        let markers = facts(root.path()).ollama.unwrap().markers;
        assert!(
            markers.llama_server && !markers.runner && markers.whole,
            "{before}"
        );
    }
}

#[test]
fn each_era_has_its_own_list_of_places() {
    for (word, folder, found) in [
        (
            "--ollama-engine",
            "usr/lib/ollama/cuda_v12",
            "/usr/lib/ollama",
        ),
        ("--ollama-engine", "usr/bin/lib/ollama/cuda_v12", "/usr/bin"),
        (
            "--ollama-engine",
            "usr/bin/build/lib/ollama/x",
            "/usr/bin/build/lib/ollama",
        ),
        (
            "gpu-discover",
            "usr/bin/lib/ollama/cuda_v12",
            "/usr/bin/lib/ollama",
        ),
        (
            "gpu-discover",
            "dist/linux-amd64/lib/ollama/x",
            "/dist/linux-amd64/lib/ollama",
        ),
    ] {
        let root = made(&[("usr/bin/ollama", word.as_bytes())]);
        fs::create_dir_all(root.path().join(folder)).unwrap();
        let tree = facts(root.path()).ollama.unwrap().tree;
        assert_eq!(tree.path.as_str(), found, "{word} {folder}");
    }
    // A plain file in the place of the folder wins in the first era only.
    for (word, found) in [
        ("--ollama-engine", "/usr/lib/ollama"),
        ("gpu-discover", "/usr/bin"),
    ] {
        let root = made(&[("usr/bin/ollama", word.as_bytes()), ("usr/lib/ollama", b"")]);
        assert_eq!(facts(root.path()).ollama.unwrap().tree.path.as_str(), found);
    }
}

#[test]
fn the_file_for_ggml_backend_path_is_the_first_in_order_of_name() {
    let tree = "usr/lib/ollama/cuda_v12";
    let name = |file: &str| format!("{tree}/{file}");
    let files = [
        "libggml-base.so",
        "libggml-CPU-x.so",
        "libggml-hip.so.1",
        "libggml-cuda.txt",
        "my-ggml-a.so",
    ];
    let names: Vec<String> = files.iter().map(|file| name(file)).collect();
    let mut all: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    all.push(("usr/bin/ollama", b"gpu-discover"));
    let root = made(&all);
    let ollama = facts(root.path()).ollama.unwrap();
    let folder = &ollama.tree.folders[0];
    let chosen = folder.backend_path.as_ref().unwrap().as_str();
    assert_eq!(chosen, "/usr/lib/ollama/cuda_v12/libggml-hip.so.1");
    assert!(folder.seen);
}

#[test]
fn the_users_of_another_root_are_those_of_its_files() {
    let root = made(&[
        (
            "etc/passwd",
            b"root:x:0:0::/root:/bin/sh\nbroken\nollama:x:998:997:a,b:/home:/bin/false\n:::\n",
        ),
        (
            "etc/group",
            b"root:x:0:\nrender:x:105:a,ollama\n\xff:x:x:\n",
        ),
    ]);
    let accounts = RootAccounts::read(root.path());
    let user = accounts.user_by_name("ollama").unwrap().unwrap();
    assert_eq!(
        (user.uid, user.gid, user.home.as_str()),
        (998, 997, "/home")
    );
    assert_eq!(accounts.groups_of("ollama", 997).unwrap(), [105, 997]);
    assert_eq!(accounts.group_by_name("render").unwrap(), Some(105));
    assert!(accounts.user_by_id(5).unwrap().is_none());
}

#[test]
fn variables_of_a_unit_carry_file_and_line_and_no_secret() {
    let root = made(&[
        ("usr/bin/ollama", b"--ollama-engine"),
        (
            "etc/systemd/system/ollama.service",
            b"[Service]\nExecStart=/usr/bin/ollama serve\nEnvironment=\"A=1\" OLLAMA_DEBUG=1\nEnvironment=OLLAMA_API_KEY=hush\n",
        ),
    ]);
    let found = facts(root.path());
    let server = &found.server;
    assert_eq!(server.source, EnvironmentOf::Unit("ollama.service".into()));
    let debug = server.variable("OLLAMA_DEBUG").unwrap();
    assert_eq!(debug.place(), "/etc/systemd/system/ollama.service:3");
    assert!(server.variable("OLLAMA_API_KEY").unwrap().value.is_none());
    assert!(!format!("{found:?}").contains("hush"));
}

#[test]
fn facts_of_the_machine_follow_no_link_out_of_the_root() {
    let outside = made(&[("secret", b"0x030000"), ("os", b"PRETTY_NAME=outside\n")]);
    let root = made(&[("usr/bin/ollama", b"--ollama-engine")]);
    let at = |path: &str| root.path().join(path);
    for folder in ["etc", "sys/bus/pci/devices/0000:00:01.0", "dev"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    symlink(outside.path().join("os"), at("etc/os-release")).unwrap();
    symlink(
        outside.path().join("secret"),
        at("sys/bus/pci/devices/0000:00:01.0/class"),
    )
    .unwrap();
    symlink(outside.path().join("secret"), at("dev/nvidia0")).unwrap();
    let host = facts(root.path()).host;
    assert!(
        host.os.is_none() && host.gpus.is_empty() && host.nodes.is_empty(),
        "{host:?}"
    );
}

/// The variables of a container are those of its first process; of a process that a shell there has left they are not.
#[test]
fn a_container_is_what_starts_its_first_process_and_no_other() {
    let of = |marked: bool, number: u32, first: &[u8]| {
        let status = format!("Uid:\t0\t0\t0\t0\nPPid:\t1\nNSpid:\t4711\t{number}\n");
        let root = made(&[
            ("usr/bin/ollama", b"--ollama-engine"),
            ("proc/1/status", b"PPid:\t0\nNSpid:\t4000\t1\n"),
            ("proc/1/environ", first),
            ("proc/7/cmdline", b"/usr/bin/ollama\0serve\0"),
            ("proc/7/environ", b"A=1\0"),
            ("proc/7/status", status.as_bytes()),
            ("proc/7/cgroup", b"0::/system.slice/docker-0.scope\n"),
        ]);
        symlink("../..", root.path().join("proc/7/root")).unwrap();
        symlink("../../usr/bin/ollama", root.path().join("proc/7/exe")).unwrap();
        if marked {
            fs::write(root.path().join(".dockerenv"), "").unwrap();
        }
        let server = facts(root.path()).server;
        assert_eq!(server.source, EnvironmentOf::Process(7));
        let group = server.cgroup.unwrap();
        assert_eq!(group.as_str(), "/system.slice/docker-0.scope");
        server.first_of_container
    };
    assert!(of(true, 1, b""), "it is the first");
    assert!(of(true, 7, b"A=1\0"), "tini started it");
    assert!(!of(true, 7, b"B=1\0"), "it was left behind");
    assert!(!of(true, 7, b""), "of the first nothing can be seen");
    assert!(!of(false, 1, b""), "no engine made the root");
}
