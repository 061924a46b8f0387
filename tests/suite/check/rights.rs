//! What takes rights from files, and programs that have more than their user: their loader ignores LD_LIBRARY_PATH.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::process::Command;

use super::image::{Answer, Image, LLAMA, RUNNER, run};
use vgputrace_tests::libraries::Fault;
use vgputrace_tests::mounted::Mounted;
use vgputrace_tests::{gate, test_name};

#[test]
fn a_tree_mounted_noexec_is_told() {
    if !gate::root(test_name!()) {
        return;
    }
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    image.backend(Fault::None, "cuda_v12");
    for (options, rules) in [
        ("size=64m", vec![]),
        ("size=64m,noexec", vec!["VG309", "VG311"]),
    ] {
        let Some(mounted) = Mounted::new(options) else {
            return gate::skip(test_name!(), "mount(8) is not allowed");
        };
        let copied = Command::new("cp")
            .args(["-a", "-T"])
            .arg(image.at(""))
            .arg(mounted.path())
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        let outcome = run(mounted.path(), &["--json"]);
        let value: serde_json::Value = serde_json::from_str(&outcome.out()).unwrap_or_default();
        let general = value["general"].as_array().into_iter().flatten();
        let found: Vec<&str> = general.filter_map(|one| one["rule"].as_str()).collect();
        assert_eq!(found, rules, "{options} {value}");
    }
}

/// A library is missing, and why the loader does not look where it lies.
fn is_ignored(answer: &Answer) -> bool {
    let rules = answer.rules();
    let has = |rule: &&str| rules.iter().any(|one| one == rule);
    ["VG320", "VG326"].iter().all(has)
}

#[test]
fn a_program_with_more_rights_than_its_user_gets_no_library_path() {
    if !gate::root(test_name!()) {
        return;
    }
    let Some(image) = Image::of(RUNNER, test_name!()) else {
        return;
    };
    let runtime = image.needing("cuda_v12", "libcudart.so.12", &[]);
    image.install(&runtime, "usr/local/lib/ollama/cuda_v12", "libcudart.so.12");
    image.unit("[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\n");
    let program = image.at("usr/local/bin/ollama");
    let set = |owner: [u32; 2], mode: u32| {
        chown(&program, Some(owner[0]), Some(owner[1])).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).unwrap();
        image.check()
    };
    let plain = set([0, 0], 0o755);
    assert!(
        plain.rules().is_empty() && plain.warned().is_empty(),
        "{plain}"
    );
    for secure in [set([0, 0], 0o4755), set([0, 0], 0o2755)] {
        assert!(is_ignored(&secure), "{secure}");
    }
    // A service may be started so that the bits give nothing.
    let unit = "[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\n";
    for (more, given) in [
        ("NoNewPrivileges=yes\n", false),
        ("NoNewPrivileges=no\n", true),
    ] {
        image.unit(&format!("{unit}{more}"));
        let answer = set([0, 0], 0o4755);
        assert_eq!(is_ignored(&answer), given, "{more}: {answer}");
    }
    image.unit(unit);
    // The user's own rights are no more than it has.
    for own in [set([998, 997], 0o6755), set([0, 0], 0o2745)] {
        assert!(own.rules().is_empty() && own.warned().is_empty(), "{own}");
    }
    let given = Command::new("setcap")
        .arg("cap_net_bind_service=+ep")
        .arg(&program)
        .status();
    if !given.is_ok_and(|status| status.success()) {
        gate::skip(
            test_name!(),
            "setcap is missing or the file system keeps no capabilities",
        );
        return;
    }
    let capable = image.check();
    assert!(is_ignored(&capable), "{capable}");
    assert!(
        capable.finding("VG326")["remedy"]
            .to_string()
            .contains("setcap -r"),
        "{capable}"
    );
    image.unit("[Service]\nExecStart=/usr/local/bin/ollama serve\n");
    let root = image.check();
    assert!(root.rules().is_empty(), "{root}");
}

/// From 0.30 on llama-server loads the backends, with what Ollama gives it; Ollama's own rights take away what the service
/// gives.
#[test]
fn of_two_programs_each_has_a_loader_of_its_own() {
    const UNIT: &str = "[Service]\nExecStart=/usr/local/bin/ollama serve\nUser=ollama\n";
    if !gate::root(test_name!()) {
        return;
    }
    let Some(image) = Image::of(LLAMA, test_name!()) else {
        return;
    };
    let runtime = image.needing("cuda_v12", "libcudart.so.12", &[]);
    let (beside, elsewhere) = ("usr/local/lib/ollama/cuda_v12", "opt/cuda");
    let programs = ["usr/local/bin/ollama", "usr/local/lib/ollama/llama-server"];
    let check = |modes: [u32; 2], unit: &str| {
        image.unit(&format!("{UNIT}{unit}"));
        for (program, mode) in programs.iter().zip(modes) {
            let program = image.at(program);
            chown(&program, Some(0), Some(0)).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        image.check()
    };
    let about = |answer: &Answer, program: &str| {
        let finding = answer.finding("VG326").to_string();
        assert!(
            finding.contains(&format!("/{program} has set-user-id")),
            "{finding}"
        );
    };
    image.install(&runtime, beside, "libcudart.so.12");
    let plain = check([0o755, 0o755], "");
    assert!(
        plain.rules().is_empty() && plain.warned().is_empty(),
        "{plain}"
    );
    let loader = check([0o755, 0o4755], "");
    assert!(is_ignored(&loader), "{loader}");
    about(&loader, programs[1]);
    // The server's own loader takes nothing away from what Ollama itself hands on.
    let server = check([0o4755, 0o755], "");
    assert_eq!(
        (server.code, server.warned()),
        (0, vec!["VG326".to_owned()]),
        "{server}"
    );
    about(&server, programs[0]);
    // It does so with the folder that the service names.
    std::fs::remove_file(image.at(beside).join("libcudart.so.12")).unwrap();
    image.install(&runtime, elsewhere, "libcudart.so.12");
    let variable = "Environment=LD_LIBRARY_PATH=/opt/cuda\n";
    let plain = check([0o755, 0o755], variable);
    assert!(plain.rules().is_empty(), "{plain}");
    let server = check([0o4755, 0o755], variable);
    assert!(is_ignored(&server), "{server}");
    about(&server, programs[0]);
    // Nothing is missing: it is said, and is no finding.
    image.backend(Fault::None, "cuda_v12");
    let loader = check([0o755, 0o4755], "");
    assert_eq!(
        (loader.code, loader.warned()),
        (0, vec!["VG326".to_owned()]),
        "{loader}"
    );
    about(&loader, programs[1]);
}
