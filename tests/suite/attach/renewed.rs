//! A container that is removed and made anew has another id; who has the name is in the files of its engine, which this
//! test writes in docker's place, in a mount namespace where they are the recorder's /var/lib.

use std::fs;
use std::path::Path;

use vgputrace_tests::groups::{Tree, start_in, tree};
use vgputrace_tests::{Events, gate, open_folder, test_name};

use super::Attached;

const CONTAINERS: &str = "docker/containers";

/// An id of this test's own.
fn id(number: u32) -> String {
    format!("{number:x}{:07x}", std::process::id()).repeat(8)
}

/// What docker writes when it makes a container.
fn make(data: &Path, id: &str, name: &str) {
    let folder = data.join(CONTAINERS).join(id);
    fs::create_dir_all(&folder).expect("a folder");
    let text = format!(r#"{{"State":{{"Running":false}},"ID":"{id}","Name":"/{name}"}}"#);
    // At once, as docker does.
    let file = folder.join("config.v2.json");
    fs::write(folder.join("new"), text).expect("a file");
    fs::rename(folder.join("new"), file).expect("its name");
}

fn remove(data: &Path, id: &str) {
    fs::remove_dir_all(data.join(CONTAINERS).join(id)).expect("a folder");
}

/// The recorder says that another container has the name.
fn is_renewed(id: &str) -> impl Fn(&Events) -> bool {
    let short = id[..12].to_owned();
    move |events| {
        let notes = events.notes();
        notes.iter().any(|(_, note)| {
            note.id.as_str() == "container_renewed" && note.text.as_str().contains(&short)
        })
    }
}

/// A program has run from its first instruction.
fn has_started(program: &'static str) -> impl Fn(&Events) -> bool {
    move |events| {
        let execs = events.execs_of(program);
        execs.iter().any(|(_, exec)| !exec.already)
    }
}

fn attach(data: &Path) -> Attached {
    let script = "mount --bind \"$0\" /var/lib && exec \"$@\"";
    let data = data.to_string_lossy();
    let under = ["unshare", "-m", "sh", "-c", script, &data];
    Attached::start_under(
        &under,
        &["--container", "ollama", "--next", "--timeout", "10m"],
    )
}

fn group(tree: &Tree, id: &str) -> std::path::PathBuf {
    tree.group(&format!("system.slice/docker-{id}.scope"))
}

#[test]
fn a_container_that_is_made_anew_is_recorded_from_its_first_instruction() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "unshare", "--version") {
        return;
    }
    let Some(tree) = tree(test, "vgputrace-renewed") else {
        return;
    };
    let data = open_folder();
    let data = data.path();
    let (old, new) = (id(1), id(2));
    make(data, &old, "ollama");
    make(data, &id(3), "other");
    let mut attached = attach(data);
    remove(data, &old);
    make(data, &new, "ollama");
    attached.until("the new container", is_renewed(&new));
    let groups = [group(&tree, &old), group(&tree, &id(3)), group(&tree, &new)];
    for (group, program) in groups.iter().zip(["/bin/ls", "/bin/uname", "/bin/cat"]) {
        start_in(group, program, "--version")
            .wait()
            .expect("its end");
    }
    attached.until("a start in it", has_started("cat"));
    let (outcome, events) = attached.stop();
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    for stranger in ["ls", "uname"] {
        assert!(events.execs_of(stranger).is_empty(), "{stranger}");
    }
}

#[test]
fn a_container_that_is_not_there_yet_is_waited_for_by_its_name() {
    let test = test_name!();
    if !gate::root(test) || !gate::tool(test, "unshare", "--version") {
        return;
    }
    let Some(tree) = tree(test, "vgputrace-awaited") else {
        return;
    };
    let data = open_folder();
    let data = data.path();
    fs::create_dir_all(data.join(CONTAINERS)).expect("a folder");
    let mut attached = attach(data);
    let (late, next) = (id(4), id(5));
    // One that ran before its name was seen is told as what it is.
    let running = group(&tree, &late);
    let mut first = start_in(&running, "/bin/sleep", "60");
    let in_place = || fs::read_to_string(format!("/proc/{}/comm", first.id()));
    while in_place().is_ok_and(|name| name.trim() != "sleep") {}
    make(data, &late, "ollama");
    attached.until("the container", is_renewed(&late));
    remove(data, &late);
    make(data, &next, "ollama");
    attached.until("the next one", is_renewed(&next));
    start_in(&group(&tree, &next), "/bin/cat", "--version")
        .wait()
        .expect("its end");
    attached.until("a start in it", has_started("cat"));
    let (outcome, events) = attached.stop();
    first.kill().expect("a process");
    first.wait().expect("its end");
    assert_eq!(outcome.shell_code(), 0, "{}", outcome.err());
    assert!(events.exec_of("sleep").1.already);
    let notes = events.notes();
    let late: Vec<bool> = notes
        .iter()
        .filter(|(_, note)| note.id.as_str() == "container_renewed")
        .map(|(_, note)| note.text.as_str().contains("ran before it was seen"))
        .collect();
    assert_eq!(late, [true, false]);
}
