//! Control groups, units and containers: real groups of version 2 that the test makes, with the names that systemd and the
//! engines would give them. Neither is needed.

use std::path::Path;
use std::process::Command;

use vgputrace_tests::groups::{start_in, tree};
use vgputrace_tests::{Events, test_name};

use super::{Attached, explained};

fn ended(program: &'static str) -> impl Fn(&Events) -> bool {
    move |events| {
        let numbers = events
            .execs_of(program)
            .into_iter()
            .map(|(event, _)| event.process);
        let mut exits = numbers.filter(|process| {
            events
                .exits()
                .iter()
                .any(|(exit, _)| exit.process == *process)
        });
        exits.next().is_some()
    }
}

#[test]
fn members_of_a_group_are_recorded_those_that_run_and_those_that_come() {
    let Some(tree) = tree(test_name!(), "vgputrace-group") else {
        return;
    };
    let inner = tree.group("inner/deeper");
    let mut first = start_in(&inner, "/bin/sleep", "60");
    let in_place = || std::fs::read_to_string(format!("/proc/{}/comm", first.id()));
    while in_place().is_ok_and(|name| name.trim() != "sleep") {}
    let mut attached = Attached::start(&["--cgroup", &tree.top.to_string_lossy()]);
    start_in(&inner, "/bin/cat", "/etc/hostname")
        .wait()
        .unwrap();
    Command::new("/bin/ls").arg("/").output().unwrap();
    attached.until("the end of cat", ended("cat"));
    let (outcome, events) = attached.stop();
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    assert!(events.exec_of("sleep").1.already);
    assert!(!events.exec_of("cat").1.already);
    assert!(
        events.execs_of("ls").is_empty(),
        "a program outside of the group"
    );
}

#[test]
fn a_unit_is_followed_over_the_end_of_its_group() {
    let Some(tree) = tree(test_name!(), "vgputrace-unit") else {
        return;
    };
    let unit = format!("vgputrace-suite-{}.service", std::process::id());
    let group = tree.group(&format!("system.slice/{unit}"));
    let mut first = start_in(&group, "/bin/sleep", "60");
    let in_place = || std::fs::read_to_string(format!("/proc/{}/comm", first.id()));
    while in_place().is_ok_and(|name| name.trim() != "sleep") {}
    let mut attached = Attached::start(&["--unit", unit.trim_end_matches(".service")]);
    first.kill().unwrap();
    first.wait().unwrap();
    // systemd makes the group anew: another number, the same name.
    std::fs::remove_dir(&group).expect("an empty group");
    std::fs::create_dir(&group).expect("a new group");
    start_in(&group, "/bin/cat", "/etc/hostname")
        .wait()
        .unwrap();
    attached.until("the end of cat", ended("cat"));
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let (_, exec) = events.exec_of("sleep");
    let name = exec
        .cgroup
        .as_ref()
        .map(|path| path.as_str().ends_with(&unit));
    assert_eq!((exec.already, name), (true, Some(true)), "{exec:?}");
    assert!(!events.exec_of("cat").1.already);
}

#[test]
fn a_container_is_found_by_the_beginning_of_its_id_in_the_name_of_its_group() {
    let Some(tree) = tree(test_name!(), "vgputrace-container") else {
        return;
    };
    let id = format!("{:08x}", std::process::id()).repeat(8);
    let group = tree.group(&format!("machine.slice/libpod-{id}.scope/container"));
    let mut first = start_in(&group, "/bin/sleep", "60");
    let in_place = || std::fs::read_to_string(format!("/proc/{}/comm", first.id()));
    while in_place().is_ok_and(|name| name.trim() != "sleep") {}
    let mut attached = Attached::start(&["--container", &id[..12], "--next"]);
    start_in(&group, "/bin/cat", "/etc/hostname")
        .wait()
        .unwrap();
    attached.until("the end of cat", ended("cat"));
    let (outcome, events) = attached.stop();
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    assert!(events.execs_of("sleep").is_empty(), "what runs is left out");
    assert!(!events.exec_of("cat").1.already);
}

#[test]
fn an_ollama_that_ran_already_is_explained_as_far_as_it_can_be_known() {
    let Some(tree) = tree(test_name!(), "vgputrace-late") else {
        return;
    };
    let folder = vgputrace_tests::open_folder();
    let server = folder.path().join("ollama");
    vgputrace_tests::libraries::copy(Path::new("/bin/sh"), &server);
    let unit = format!("vgputrace-late-{}.service", std::process::id());
    let group = tree.group(&format!("system.slice/{unit}"));
    // A shell called ollama with the argument "serve": it waits for its input, which stays open.
    std::fs::write(folder.path().join("serve"), "read line\n").expect("a script");
    let mut first = Command::new("/bin/sh")
        .args([
            "-c",
            "echo $$ > \"$1/cgroup.procs\" && exec \"$2\" serve",
            "sh",
        ])
        .arg(&group)
        .arg(&server)
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("a shell");
    let in_place = || std::fs::read_to_string(format!("/proc/{}/comm", first.id()));
    while in_place().is_ok_and(|name| name.trim() != "ollama") {}
    let attached = Attached::start(&["--unit", &unit]);
    let path = attached.trace.clone();
    let folder_of_trace = {
        let text = &path;
        attached.running.signal(rustix::process::Signal::INT);
        let outcome = attached.running.finish();
        assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
        explained(text)
    };
    first.kill().unwrap();
    first.wait().unwrap();
    for part in [
        "was running when the recording began",
        "--restart",
        "--like-unit",
        &unit,
    ] {
        let flat = folder_of_trace
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(flat.contains(part), "{part}: {folder_of_trace}");
    }
}

#[test]
fn a_unit_is_restarted_by_systemctl_and_its_new_start_recorded() {
    let Some(tree) = tree(test_name!(), "vgputrace-restart") else {
        return;
    };
    let unit = format!("vgputrace-again-{}.service", std::process::id());
    let group = tree.group(&format!("system.slice/{unit}"));
    let folder = vgputrace_tests::open_folder();
    // In the place of systemctl: it notes its words and starts a program in the group.
    let script = format!(
        "#!/bin/sh\necho \"$@\" > {words}\necho $$ > {group}/cgroup.procs\nexec /bin/cat /etc/hostname\n",
        words = folder.path().join("words").display(),
        group = group.display(),
    );
    let tool = folder.path().join("systemctl");
    vgputrace_tests::libraries::script(&tool, &script);
    let trace_path = folder.path().join("run.vgt");
    let start = |unit: &str, path: &std::ffi::OsStr| {
        vgputrace_tests::trace(vgputrace_tests::binary().expect("a built vgputrace"))
            .args([
                "attach",
                "--restart",
                "--timeout",
                "3s",
                "--unit",
                unit,
                "-o",
            ])
            .arg(&trace_path)
            .env("PATH", path)
            .bare()
    };
    let outcome = start(&unit, folder.path().as_os_str());
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    let words = std::fs::read_to_string(folder.path().join("words")).expect("words");
    assert_eq!(words.trim(), format!("restart -- {unit}"));
    let events = vgputrace_tests::recorded::read(&trace_path).expect("a trace");
    assert!(
        !events.exec_of("cat").1.already,
        "{}",
        events.story(&["exec"])
    );
    std::fs::remove_file(&trace_path).expect("the trace");
    // Without one it says so at once, and leaves no trace behind.
    let outcome = start(&unit, std::ffi::OsStr::new("/nowhere"));
    assert_eq!(outcome.shell_code(), 125, "{}", outcome.err());
    assert!(
        outcome.err().contains("cannot run systemctl restart"),
        "{}",
        outcome.err()
    );
    assert!(!trace_path.exists());
}
