use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{Named, Names};

fn id(digit: char) -> String {
    format!("{digit}bcd").repeat(16)
}

fn write(root: &Path, file: &str, text: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn docker(root: &Path, data: &str, id: &str, name: &str) {
    let text = format!(
        r#"{{"StreamConfig":{{}},"State":{{"Running":false}},"ID":"{id}","Name":"/{name}"}}"#
    );
    write(
        root,
        &format!("{data}/containers/{id}/config.v2.json"),
        &text,
    );
}

fn found(root: &Path, name: &str) -> Vec<Named> {
    Names::new(root, name).look()
}

fn named(id: &str, engine: &'static str) -> Named {
    Named {
        id: id.to_owned(),
        engine,
    }
}

#[test]
fn each_engine_writes_names_down_its_own_way() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    assert!(!Names::new(root, "ollama").has_engine());
    docker(root, "var/lib/docker", &id('a'), "ollama");
    docker(root, "var/lib/docker", &id('e'), "other");
    let list = format!(
        r#"[{{"id":"{}","names":["web"],"image":"x"}},{{"id":"{}","names":["alias","ollama"],"created":"2026"}}]"#,
        id('f'),
        id('b')
    );
    write(
        root,
        "home/x/.local/share/containers/storage/vfs-containers/containers.json",
        &list,
    );
    let volatile = format!(r#"[{{"id":"{}","names":["ollama"]}}]"#, id('c'));
    let storage = "var/lib/containers/storage/overlay-containers";
    write(
        root,
        &format!("{storage}/volatile-containers.json"),
        &volatile,
    );
    write(
        root,
        "var/lib/nerdctl/1935db59/names/default/ollama",
        &id('d'),
    );
    let all = [
        named(&id('a'), "docker"),
        named(&id('b'), "podman"),
        named(&id('c'), "podman"),
        named(&id('d'), "nerdctl"),
    ];
    assert_eq!(found(root, "ollama"), all);
    assert_eq!(found(root, "web"), [named(&id('f'), "podman")]);
    assert_eq!(found(root, "oll"), []);
    assert!(Names::new(root, "ollama").has_engine());
}

#[test]
fn folders_that_the_settings_name_are_looked_at_too() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(
        root,
        "etc/docker/daemon.json",
        r#"{"data-root":"/srv/docker","debug":true}"#,
    );
    docker(root, "srv/docker", &id('a'), "ollama");
    let settings = "# as distributions have it\n[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/storage\"\n";
    write(root, "etc/containers/storage.conf", settings);
    let list = format!(r#"[{{"id":"{}","names":["ollama"]}}]"#, id('b'));
    write(
        root,
        "srv/storage/overlay-containers/containers.json",
        &list,
    );
    let both = [named(&id('a'), "docker"), named(&id('b'), "podman")];
    assert_eq!(found(root, "ollama"), both);
}

#[test]
fn a_name_that_goes_to_another_container_is_seen_with_the_next_look() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let mut names = Names::new(root, "ollama");
    assert_eq!(names.look(), []);
    docker(root, "var/lib/docker", &id('a'), "ollama");
    assert_eq!(names.look(), [named(&id('a'), "docker")]);
    assert_eq!(names.look(), [named(&id('a'), "docker")], "read before");
    // As `docker compose` does it: the new one is there under another name, the old one goes, the new one is renamed.
    docker(root, "var/lib/docker", &id('b'), "aabbccdd_ollama");
    assert_eq!(names.look(), [named(&id('a'), "docker")]);
    fs::remove_dir_all(root.join("var/lib/docker/containers").join(id('a'))).unwrap();
    assert_eq!(names.look(), []);
    docker(root, "var/lib/docker", &id('b'), "ollama");
    assert_eq!(names.look(), [named(&id('b'), "docker")]);
}

#[test]
fn what_is_no_id_and_no_name_is_nothing() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    docker(root, "var/lib/docker", "../../etc", "ollama");
    write(
        root,
        "var/lib/nerdctl/1935db59/names/default/ollama",
        "no id",
    );
    write(root, "var/lib/nerdctl/1935db59/secret", &id('a'));
    assert_eq!(found(root, "ollama"), []);
    assert_eq!(found(root, "../../secret"), []);
    assert_eq!(found(root, ""), []);
}

proptest! {
    #[test]
    fn any_bytes_in_their_files_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for file in [
            "var/lib/docker/containers/x/config.v2.json",
            "var/lib/containers/storage/overlay-containers/containers.json",
            "var/lib/nerdctl/1935db59/names/default/ollama",
            "etc/docker/daemon.json",
            "etc/containers/storage.conf",
        ] {
            write(root, file, "");
            fs::write(root.join(file), &bytes).unwrap();
        }
        prop_assert_eq!(found(root, "ollama"), []);
    }
}
