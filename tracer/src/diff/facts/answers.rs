//! What processes answered to the server, and which devices it ended with.

use std::collections::BTreeMap;

use super::Facts;
use crate::diff::fact::{Absence, Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::Model;
use crate::discover::model::{Answer, Child, Device, End, Origin, Reported};
use crate::event::Text;

/// The fact about the answer of one process.
pub(super) fn of_child(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    if let Some(answer) = &child.answer {
        let fact = Fact::new(said(answer))
            .of_dir(dir)
            .seen(answer.seen.as_ref());
        facts.add(Stage::Answer, role, "answer", fact);
    }
}

/// What else an answer of a recording says: its status, and what the devices in it are.
pub(super) fn in_detail(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    let Some(answer) = &child.answer else { return };
    let mut add = |name: String, value: String| {
        let fact = Fact::new(Value::plain(value))
            .of_dir(dir)
            .derived()
            .where_absent(Absence::SaysNothing)
            .seen(answer.seen.as_ref());
        facts.add(Stage::Answer, role, name, fact);
    };
    if let Some(status) = answer.status {
        add("HTTP status".to_owned(), status.to_string());
    }
    for device in &answer.devices {
        add(format!("answer about {}", device.id), described(device));
    }
}

/// What a device is; how much of its memory is free is another number each time.
fn described(device: &Reported) -> String {
    let pair = |name: &str, pair: Option<(i64, i64)>| {
        pair.map(|(major, minor)| format!("{name} {major}.{minor}"))
    };
    let parts = [
        Some(device.name.as_str().to_owned()),
        pair("compute capability", device.compute),
        pair("driver", device.driver),
        device.pci_id.as_ref().map(|id| format!("at {id}")),
        device.total.map(|total| format!("{total} bytes")),
        device.integrated.then(|| "integrated".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// That the server ended before its discovery was over, where it did.
pub(super) fn of_end(model: &Model, facts: &mut Facts) {
    let Some(server) = model.server.as_ref().filter(|_| !model.finished) else {
        return;
    };
    let (value, seen) = match &server.end {
        End::Unknown => return,
        End::Exit(code, seen) => (format!("exit {code}"), seen),
        End::KilledByServer { seen, .. } => ("killed".to_owned(), seen),
        End::OutOfMemory(seen) => ("killed for lack of memory".to_owned(), seen),
        End::Signal { name, seen, .. } => (name.as_str().to_owned(), seen),
    };
    let fact = Fact::new(Value::plain(value)).seen(seen.as_ref());
    facts.add(
        Stage::End,
        "server",
        "end before its discovery was over",
        fact,
    );
}

/// The devices of the server's final list. A log need not reach it.
pub(super) fn of_server(model: &Model, facts: &mut Facts) {
    if !model.finished || model.server.is_none() || model.origin == Origin::Strace {
        return;
    }
    let mut devices: Vec<String> = model.devices.iter().map(listed).collect();
    devices.sort_unstable();
    let seen = model.devices.iter().find_map(|device| device.seen.as_ref());
    let (value, seen) = if devices.is_empty() {
        ("no GPU".to_owned(), model.cpu_only.as_ref())
    } else {
        (devices.join(", "), seen)
    };
    let fact = Fact::new(Value::plain(value))
        .where_absent(Absence::SaysNothing)
        .seen(seen);
    facts.add(Stage::Answer, "server", "final list", fact);
    models(model, facts);
}

/// Where models went. Which model it is nobody says; one with as many layers, started as often before, is the same.
fn models(model: &Model, facts: &mut Facts) {
    let mut starts: BTreeMap<u32, u32> = BTreeMap::new();
    for start in &model.models {
        let Some((part, whole)) = start.offloaded else {
            continue;
        };
        let times = starts.entry(whole).or_insert(0);
        *times += 1;
        let role = match *times {
            1 => format!("model of {whole} layers"),
            times => format!("model of {whole} layers, start {times}"),
        };
        let fact = Fact::new(Value::plain(format!("{part} of {whole}")))
            .where_absent(Absence::SaysNothing)
            .seen(start.seen.as_ref());
        facts.add(Stage::Answer, &role, "layers on a GPU", fact);
        if let Some(asked) = start.num_gpu {
            let fact = Fact::new(Value::plain(asked.to_string()))
                .where_absent(Absence::SaysNothing)
                .seen(start.seen.as_ref());
            facts.add(Stage::Setting, &role, "num_gpu", fact);
        }
    }
}

/// A device as the final list has it, without its free memory.
fn listed(device: &Device) -> String {
    let field = |name: &str| {
        let value = device.fields.get(&Text::from(name));
        value.filter(|value| !value.is_empty())
    };
    let more = [
        "compute",
        "description",
        "driver",
        "pci_id",
        "type",
        "total",
    ];
    let more = more
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", field(name)?)));
    std::iter::once(format!("{} {}", device.library, device.id))
        .chain(more)
        .collect::<Vec<_>>()
        .join(" ")
}

fn said(answer: &Answer) -> Value {
    if answer.unreadable {
        return Value::plain("could not be read");
    }
    if let Some(error) = &answer.error {
        return Value::shown(normal::text(error.as_str()), error.as_str());
    }
    if answer.devices.is_empty() {
        return Value::plain("no device");
    }
    let mut devices: Vec<String> = answer
        .devices
        .iter()
        .map(|device| format!("{} {} {}", device.library, device.id, device.name))
        .collect();
    devices.sort_unstable();
    Value::plain(devices.join(", "))
}
