//! What the loader does otherwise than usual: another namespace of libraries, a program with more rights than its caller, an image
//! as the file system of the program.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use vgputrace_tests::events::calls::sentence;
use vgputrace_tests::libraries::{Fault, copy, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::target::AS_NOBODY;
use vgputrace_tests::{Events, gate, open_folder, test_name, trace};

use super::{by_both, by_both_until, has_facts, is_loaded};

/// The user "nobody" of every distribution.
const NOBODY: u32 = 65534;

#[test]
fn loads_into_another_namespace_are_told() {
    if !gate::root(test_name!()) {
        return;
    }
    let folder = open_folder();
    let file = place(Fault::ConstructorOpens, folder.path(), "libggml-apart.so");
    let target = trace(program("load_namespace"))
        .arg(&file)
        .arg("/nowhere/libx.so")
        .env("VGPUTRACE_INNER", "/nowhere/libinner.so");
    by_both(&target, |record, story| {
        assert_eq!(record.outcome.out(), "loaded\nfailed\n", "{story}");
        let events = &record.events;
        let good = events.call_with("dlmopen", "libggml-apart.so");
        let bad = events.call_with("dlmopen", "/nowhere/libx.so");
        assert!(good.succeeded() && bad.failed(), "{story}");
        let told = sentence(events.error_in(&bad));
        assert!(told.starts_with("/nowhere/libx.so: cannot open"), "{story}");
        // Its constructor asks the C library of that namespace, another mapping of the same file.
        let inner = events.call_with("dlopen", "/nowhere/libinner.so");
        assert!(inner.failed(), "{story}");
        let constructor = &events.calls("set_up")[0];
        assert_eq!(inner.event.parent, Some(constructor.event.seq), "{story}");
    });
}

/// The program that says whether it was started with AT_SECURE, owned by root and with the bit of set-user-id.
fn set_user_id(folder: &std::path::Path) -> std::path::PathBuf {
    let file = folder.join("secure");
    copy(&program("secure"), &file);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o4755)).expect("its mode");
    file
}

#[test]
fn a_set_user_id_program_keeps_its_rights_below_a_recorder_that_is_root() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let target = trace(set_user_id(folder.path())).under(AS_NOBODY);
    let target = target.env("LD_LIBRARY_PATH", "/nowhere");
    by_both(&target, |record, story| {
        let said = record.outcome.out();
        assert!(
            said.starts_with("secure 1 uid 65534 euid 0\npath -"),
            "{said}\n{story}"
        );
        let (_, exec) = record.events.exec_of("secure");
        assert!(exec.secure, "{story}");
        assert_eq!(exec.uid, [NOBODY, 0], "{story}");
    });
}

#[test]
fn a_set_user_id_program_has_no_more_rights_below_a_recorder_without_any() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let (folder, open) = (open_folder(), open_folder());
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(open.path(), everybody).expect("an open folder");
    let target = trace(set_user_id(folder.path()))
        .env("LD_LIBRARY_PATH", "/nowhere")
        .recorder_under(AS_NOBODY)
        .output(open.path().join("run.vgt"));
    // The kernel gives no rights under a filter that a user has set; the run says so before it starts.
    let record = target.options(["--engine", "ptrace"]).talkative().run();
    let said = record.outcome.out();
    assert!(
        said.starts_with("secure 0 uid 65534 euid 65534\npath /nowhere"),
        "{said}"
    );
    assert!(!record.events.exec_of("secure").1.secure);
    let words = record.outcome.err();
    assert!(
        words.contains("setuid programs below it gain no rights"),
        "{words}"
    );
}

/// The same program with a capability of the file's; `None` where the file system keeps none.
fn capable(test: &str, folder: &std::path::Path) -> Option<std::path::PathBuf> {
    let file = folder.join("secure");
    copy(&program("secure"), &file);
    let set = Command::new("setcap")
        .arg("cap_net_raw=ep")
        .arg(&file)
        .output();
    if set.is_ok_and(|output| output.status.success()) {
        return Some(file);
    }
    gate::skip(
        test,
        "setcap is missing or the file system keeps no capabilities",
    );
    None
}

#[test]
fn a_program_with_file_capabilities_keeps_them_below_a_recorder_that_is_root() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let folder = open_folder();
    let Some(file) = capable(test, folder.path()) else {
        return;
    };
    let target = trace(file).under(AS_NOBODY);
    by_both(&target, |record, story| {
        let said = record.outcome.out();
        assert!(said.starts_with("secure 1 uid 65534 euid 65534"), "{said}");
        assert!(said.ends_with("CapEff:\t0000000000002000\n"), "{said}");
        assert!(record.events.exec_of("secure").1.secure, "{story}");
    });
}

#[test]
fn a_program_with_file_capabilities_has_none_below_a_recorder_without_rights() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "setpriv", "--version") {
        return;
    }
    let (folder, open) = (open_folder(), open_folder());
    let Some(file) = capable(test, folder.path()) else {
        return;
    };
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(open.path(), everybody).expect("an open folder");
    let target = trace(file)
        .recorder_under(AS_NOBODY)
        .output(open.path().join("run.vgt"));
    let record = target.options(["--engine", "ptrace"]).run();
    let said = record.outcome.out();
    // The kernel calls the start secure for the bit in the file alone (cap_bprm_creds_from_file).
    assert!(said.starts_with("secure 1 uid 65534 euid 65534"), "{said}");
    assert!(said.ends_with("CapEff:\t0000000000000000\n"), "{said}");
    assert!(record.events.exec_of("secure").1.secure);
}

#[test]
fn a_library_in_an_image_that_the_target_mounts_is_told() {
    let test = test_name!();
    let made =
        gate::tool(test, "mksquashfs", "-version") && gate::tool(test, "unshare", "--version");
    if !gate::root(test) || !made {
        return;
    }
    let folder = open_folder();
    let tree = folder.path().join("tree");
    std::fs::create_dir(&tree).expect("a folder");
    copy(&program("load_init"), &tree.join("load_init"));
    let _ = place(Fault::None, &tree, "libggml-packed.so");
    let image = folder.path().join("image");
    let packed = Command::new("mksquashfs")
        .arg(&tree)
        .arg(&image)
        .args(["-quiet", "-no-progress"])
        .output()
        .expect("mksquashfs");
    assert!(packed.status.success(), "{packed:?}");
    let mount = folder.path().join("mount");
    std::fs::create_dir(&mount).expect("a folder");
    // As AppImage (by FUSE) and snap do: the program runs from a read-only image. Somebody stays there until all is looked at.
    let script = "mount -t squashfs -o ro,loop \"$1\" \"$0\" && \"$0/load_init\" \"$0/libggml-packed.so\" && \
        until [ -e \"$2\" ]; do sleep 0.1; done";
    let end = folder.path().join("end");
    let target = trace("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(&mount)
        .arg(&image)
        .arg(&end);
    std::fs::write(&end, "").expect("a file");
    let outcome = target.bare();
    if outcome.shell_code() == 32 {
        let why = format!("no image can be mounted here: {}", outcome.err().trim());
        return gate::skip(test, &why);
    }
    by_both_until(
        &target,
        (&end, has_facts("libggml-packed.so")),
        |record, story| {
            assert!(record.outcome.out().contains("has init"), "{story}");
            is_loaded(record, "libggml-packed.so", story);
            let (_, exec) = record.events.exec_of("load_init");
            assert!(exec.mount_namespace.is_some(), "{story}");
        },
    );
}

#[test]
fn programs_of_a_root_that_has_musl_alone_are_told() {
    let test = test_name!();
    let tools = ["unshare", "chroot", "musl-gcc"];
    if !gate::root(test) || !tools.iter().all(|tool| gate::tool(test, tool, "--version")) {
        return;
    }
    // An Alpine's root: musl is its only C library.
    let folder = open_folder();
    for inner in ["lib", "opt", "data"] {
        std::fs::create_dir(folder.path().join(inner)).expect("a folder");
    }
    let musl = std::fs::canonicalize("/lib/ld-musl-x86_64.so.1").expect("musl's loader");
    copy(&musl, &folder.path().join("lib/ld-musl-x86_64.so.1"));
    let works = vgputrace_tests::programs::program_by("musl-gcc", "works_on", &["-rdynamic"]);
    copy(&works, &folder.path().join("opt/works"));
    // With eBPF its library gets its probes when it is seen, a moment too late for the first load.
    // So it asks again and again, until that is told.
    let script = "cd \"$0\" && { chroot . /opt/works /data || true; }";
    let target = trace("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(folder.path());
    let is_told = |events: &Events| {
        events.calls("dlopen").iter().any(|call| {
            let of = call.call.of.as_ref().map_or("", |of| of.as_str());
            call.failed() && of.ends_with("/lib/ld-musl-x86_64.so.1")
        })
    };
    let end = folder.path().join("data/stop");
    by_both_until(&target, (&end, is_told), |record, story| {
        assert_eq!(record.outcome.out(), "ready\n", "{story}");
        assert!(is_told(&record.events), "{story}");
    });
}
