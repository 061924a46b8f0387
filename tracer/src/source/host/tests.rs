use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use proptest::prelude::*;

use super::{clock, read};
use crate::event::Text;

fn put(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path.trim_start_matches('/'));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn machine() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "/proc/sys/kernel/osrelease", "6.18.0-test\n");
    put(
        root,
        "/etc/os-release",
        "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
    );
    put(root, "/sys/devices/system/cpu/online", "0-3,8\n");
    put(
        root,
        "/proc/meminfo",
        "MemTotal:       24576000 kB\nMemFree: 1 kB\n",
    );
    put(
        root,
        "/proc/modules",
        "nvidia_uvm 1 0 - Live 0x0\nnvidia 2 1 nvidia_uvm, Live 0x0\next4 3 0 - Live 0x0\nvgpu_stub 1 0 - Live 0x0\n",
    );
    put(root, "/sys/module/nvidia/version", "570.86.10\n");
    put(
        root,
        "/proc/driver/nvidia/version",
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.10\nGCC version: 12\n",
    );
    for (address, class, ids) in [
        ("0000:00:05.0", "0x030200\n", ["0x10de\n", "0x2331\n"]),
        ("0000:00:02.0", "0x030000\n", ["0x1234\n", "0x1111\n"]),
        ("0000:00:03.0", "0x020000\n", ["0x1af4\n", "0x1000\n"]),
    ] {
        let device = format!("/sys/bus/pci/devices/{address}");
        put(root, &format!("{device}/class"), class);
        put(root, &format!("{device}/vendor"), ids[0]);
        put(root, &format!("{device}/device"), ids[1]);
    }
    let device = root.join("sys/bus/pci/devices/0000:00:05.0");
    symlink("../../../../bus/pci/drivers/nvidia", device.join("driver")).unwrap();
    for node in [
        "/dev/nvidia0",
        "/dev/nvidiactl",
        "/dev/nvidia-caps/nvidia-cap1",
    ] {
        put(root, node, "");
    }
    put(root, "/dev/dri/renderD128", "");
    put(root, "/dev/dri/by-path/pci-x", "");
    put(root, "/dev/null", "");
    let mode = std::fs::Permissions::from_mode(0o660);
    std::fs::set_permissions(root.join("dev/dri/renderD128"), mode).unwrap();
    let mut libc = vec![0x7f; 300 * 1024];
    libc.extend_from_slice(
        b"\0GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\nCopyright\0",
    );
    put(root, "/lib/x86_64-linux-gnu/libc.so.6", libc);
    folder
}

#[test]
fn a_machine_with_gpus_is_described_from_its_files() {
    let folder = machine();
    let host = read(folder.path());
    assert_eq!(host.kernel.as_str(), "6.18.0-test");
    assert_eq!(host.os, Some(Text::from("Debian GNU/Linux 12 (bookworm)")));
    assert_eq!(
        host.libc,
        Some(Text::from("glibc 2.36 (Debian GLIBC 2.36-9+deb12u10)"))
    );
    assert_eq!((host.cpus, host.memory), (5, 24_576_000 * 1024));
    assert!(!host.pci_unseen);
    let gpus: Vec<_> = host
        .gpus
        .iter()
        .map(|gpu| [&gpu.address, &gpu.ids, &gpu.class].map(Text::as_str))
        .collect();
    assert_eq!(
        gpus,
        [
            ["0000:00:02.0", "1234:1111", "0300"],
            ["0000:00:05.0", "10de:2331", "0302"]
        ]
    );
    assert_eq!(host.gpus[0].driver, None);
    assert_eq!(host.gpus[1].driver, Some(Text::from("nvidia")));
    let nodes: Vec<_> = host.nodes.iter().map(|node| node.path.as_str()).collect();
    assert_eq!(
        nodes,
        [
            "/dev/dri/renderD128",
            "/dev/nvidia-caps/nvidia-cap1",
            "/dev/nvidia0",
            "/dev/nvidiactl"
        ]
    );
    assert_eq!(host.nodes[0].mode, 0o660);
    let modules: Vec<_> = host.modules.keys().map(String::as_str).collect();
    assert_eq!(modules, ["nvidia", "nvidia_uvm", "vgpu_stub"]);
    assert_eq!(host.modules["nvidia"], Some(Text::from("570.86.10")));
    assert_eq!(host.modules["nvidia_uvm"], None);
    assert!(host.nvidia.unwrap().as_str().ends_with("570.86.10"));
}

#[test]
fn an_empty_machine_says_that_the_bus_was_not_seen() {
    let folder = tempfile::tempdir().unwrap();
    let host = read(folder.path());
    assert!(host.pci_unseen && host.gpus.is_empty() && host.nodes.is_empty());
    assert_eq!((host.libc, host.os, host.nvidia), (None, None, None));
}

#[test]
fn a_bus_without_gpus_is_not_an_unseen_bus() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        "/sys/bus/pci/devices/0000:00:03.0/class",
        "0x020000\n",
    );
    let host = read(folder.path());
    assert!(!host.pci_unseen && host.gpus.is_empty());
}

#[test]
fn musl_is_recognised_by_its_loader() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "/lib/ld-musl-x86_64.so.1", "");
    assert_eq!(read(folder.path()).libc, Some(Text::from("musl")));
}

#[test]
fn a_banner_across_two_pieces_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for lead in [super::libc::PIECE - 3, super::libc::PIECE - 30] {
        let mut bytes = vec![b'x'; lead];
        bytes.extend_from_slice(b"GNU C Library (X) stable release version 2.41.\n");
        put(folder.path(), "/lib64/libc.so.6", bytes);
        assert_eq!(read(folder.path()).libc, Some(Text::from("glibc 2.41 (X)")));
    }
}

#[test]
fn a_fifo_in_the_place_of_a_file_does_not_stop_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("etc")).unwrap();
    let path = folder.path().join("etc/os-release");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert_eq!(read(folder.path()).os, None);
}

#[test]
fn this_machine_is_read_without_trouble() {
    let host = read(Path::new("/"));
    assert!(!host.kernel.is_empty() && host.cpus > 0 && host.memory > 0);
    let pair = clock();
    assert!(pair.boot.0 > 0 && pair.wall.0 > 1_600_000_000_000_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_content_is_survived(bytes: Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "/proc/sys/kernel/osrelease", "/etc/os-release", "/proc/meminfo", "/proc/modules",
            "/sys/devices/system/cpu/online", "/proc/driver/nvidia/version", "/lib64/libc.so.6",
            "/sys/bus/pci/devices/x/class", "/sys/bus/pci/devices/x/vendor",
        ] {
            put(folder.path(), path, &bytes);
        }
        let _ = read(folder.path());
    }
}
