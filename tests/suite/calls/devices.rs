//! Device nodes of GPUs: who opened them, what was asked, and the kernel's answer.

use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use vgputrace::event::{Errno, Hex};
use vgputrace_tests::events::text;
use vgputrace_tests::programs::program;
use vgputrace_tests::{gate, open_folder, test_name, trace};

/// A character device under this name; major 1 is the kernel's own memory devices, 195 NVIDIA's.
#[track_caller]
fn node(folder: &Path, name: &str, major: u32, minor: u32) -> PathBuf {
    let path = folder.join(name);
    let mode = Mode::from_raw_mode(0o666);
    let made = mknodat(
        CWD,
        &path,
        FileType::CharacterDevice,
        mode,
        makedev(major, minor),
    );
    assert!(made.is_ok(), "mknod {}: {made:?}", path.display());
    path
}

#[test]
fn an_ioctl_on_a_gpu_node_is_told_with_its_errno_and_one_on_another_file_is_not() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    // /dev/null answers every ioctl with ENOTTY.
    let known = node(folder.path(), "nvidiactl", 1, 3);
    let other = node(folder.path(), "null", 1, 3);
    let record = trace(program("asks_node"))
        .arg("1")
        .args([&known, &other])
        .run();
    record.ended_with(0);
    let said = record.outcome.out();
    assert_eq!(said.matches("ioctl: ").count(), 2, "{said}");
    let events = &record.events;
    let asked = events.ioctls();
    assert_eq!(asked.len(), 1, "{}", events.story(&["ioctl"]));
    let (_, ioctl) = asked[0];
    assert_eq!(text(&ioctl.path), known.display().to_string());
    assert_eq!(ioctl.request, Hex(0xc048_46d2));
    assert_eq!(ioctl.err.and_then(Errno::name), Some("ENOTTY"));
}

#[test]
fn a_node_without_a_driver_behind_it_is_told_with_its_errno() {
    if !gate::root(test_name!()) {
        return;
    }
    if Path::new("/sys/module/nvidia").exists() {
        gate::skip(test_name!(), "this machine has NVIDIA's module");
        return;
    }
    let folder = open_folder();
    let path = node(folder.path(), "nvidia0", 195, 0);
    let record = trace(program("asks_node")).arg("1").arg(&path).run();
    record.ended_with(0);
    let opens = record.events.opens();
    let place = path.display().to_string();
    let found = opens.iter().find(|(_, open)| text(&open.path) == place);
    let err = found.and_then(|(_, open)| open.err).and_then(Errno::name);
    assert_eq!(err, Some("ENXIO"), "{}", record.events.story(&["open"]));
}

#[test]
fn failed_requests_are_all_told_however_many_there_are() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let path = node(folder.path(), "kfd", 1, 3);
    let record = trace(program("asks_node")).arg("3000").arg(&path).run();
    record.ended_with(0);
    assert_eq!(record.events.ioctls().len(), 3_000);
}
