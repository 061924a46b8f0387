//! Rules as tables, pages and JSON as expected files.

mod changes;
mod machines;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Level, exit_code, findings, to_json, write};
use crate::event::Text;
use crate::event::doctor::{Driver, Facts};
use crate::event::host::Gpu;
use crate::event::library::Library;
use crate::view::Looks;

use changes::tree;
use machines::{everything, old_kernel, unprivileged};

#[test]
fn a_fine_machine_has_nothing_to_mend() {
    let found = findings(&everything());
    assert!(
        found.iter().all(|finding| finding.level < Level::Problem),
        "{found:#?}"
    );
    assert_eq!(exit_code(&found), 0);
}

#[test]
fn a_device_policy_that_lets_the_gpu_through_is_no_problem() {
    let mut facts = everything();
    facts.service.devices = vec![
        [Text::from("DevicePolicy"), Text::from("closed")],
        [Text::from("DeviceAllow"), Text::from("char-nvidia rw")],
    ];
    assert_eq!(exit_code(&findings(&facts)), 0);
}

#[test]
fn what_hangs_on_a_hostile_name_is_escaped_and_quoted() {
    let mut facts = everything();
    tree(&mut facts).folders[0].name = Text::from("a\u{1b}[31m';rm x");
    tree(&mut facts).folders[0].mode = Some(0);
    facts.drivers.push(Driver {
        name: Text::from("libcudart.so.\u{202e}12"),
        via: Text::from("cache"),
        file: Library::default(),
    });
    facts.host.gpus.push(Gpu {
        address: Text::from("\u{7}"),
        ..Gpu::default()
    });
    let found = findings(&facts);
    for looks in [
        Looks::default(),
        Looks {
            colour: false,
            unicode: true,
        },
    ] {
        let page = write(&facts, &found, looks);
        assert!(
            page.chars()
                .all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')),
            "{page:?}"
        );
    }
    let closed = found
        .iter()
        .find(|finding| finding.id == "tree-folder-closed")
        .unwrap();
    let command = closed.command.as_deref().unwrap();
    assert!(
        command.contains(r"';rm x'") && command.contains(r"'\''"),
        "{command}"
    );
    assert!(
        !to_json(&facts, &found)
            .trim_end()
            .chars()
            .any(char::is_control)
    );
}

#[test]
fn the_pages_of_three_machines_are_as_expected() {
    let signs = Looks {
        colour: false,
        unicode: true,
    };
    for (name, facts, looks) in [
        ("everything", everything(), signs),
        ("unprivileged", unprivileged(), signs),
        ("old_kernel", old_kernel(), Looks::default()),
    ] {
        insta::assert_snapshot!(name, write(&facts, &findings(&facts), looks));
    }
}

#[test]
fn the_json_has_the_same_keys_on_every_machine_and_they_are_stable() {
    let mut keys = BTreeSet::new();
    collect("", &json(&everything()), &mut keys);
    let listed: Vec<String> = keys.iter().cloned().collect();
    insta::assert_snapshot!("json_keys", listed.join("\n"));
    for facts in [unprivileged(), old_kernel(), Facts::default()] {
        let value = json(&facts);
        for key in ["doctor", "records", "exit_code", "rights", "findings"] {
            assert!(value.get(key).is_some(), "{key}");
        }
        let names = |value: &Value| -> Vec<String> {
            value["facts"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect()
        };
        assert_eq!(names(&value), names(&json(&everything())));
    }
}

fn json(facts: &Facts) -> Value {
    serde_json::from_str(&to_json(facts, &findings(facts))).unwrap()
}

/// Paths of all keys; elements of a list count as one.
fn collect(path: &str, value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = format!("{path}.{name}");
                collect(&path, value, keys);
                keys.insert(path);
            }
        }
        Value::Array(list) => {
            for value in list {
                collect(&format!("{path}[]"), value, keys);
            }
        }
        _ => {}
    }
}
