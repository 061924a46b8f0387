//! Release, machine, and what the server was started with.

use std::borrow::Cow;

use super::{Facts, era, given};
use crate::diff::fact::{Absence, Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::Model;
use crate::discover::model::{Child, Era, Origin, Server};
use crate::event::process::EnvVar;

/// Variables that say nothing about a backend: where the user stood, how he looks.
const NOISE: [&str; 12] = [
    "_",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "OLLAMA_HOST",
    "OLLAMA_MODELS",
    "TERM",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SUDO_COMMAND",
    "LS_COLORS",
    "WINDOWID",
];

/// Facts about release, machine and server.
pub(super) fn gather(model: &Model, facts: &mut Facts) {
    if let Some(version) = &model.version {
        let fact = Fact::new(Value::plain(version.as_str())).where_absent(Absence::SaysNothing);
        facts.add(Stage::Release, "server", "version", fact);
    }
    if model.era != Era::Unknown {
        // It follows from the version, where that is known. A server that started nothing discovered in a way that was not seen.
        let fact = Fact::new(Value::plain(era(model.era)))
            .derived()
            .where_absent(Absence::SaysNothing)
            .seen(model.era_seen.as_ref());
        facts.add(Stage::Release, "server", "discovery", fact);
    }
    machine(model, facts);
    if let Some(recorder) = &model.recorder {
        for (name, value) in [
            ("vgputrace", Some(&recorder.tool)),
            ("engine", Some(&recorder.engine)),
            ("recorded calls", recorder.calls.as_ref()),
        ] {
            if let Some(value) = value {
                let fact = Fact::new(Value::plain(value.as_str()));
                facts.add(Stage::Machine, "recorder", name, fact);
            }
        }
    }
    server(model, facts);
}

fn machine(model: &Model, facts: &mut Facts) {
    let Some(host) = &model.host else { return };
    let mut add = |name: &str, value: String| {
        facts.add(
            Stage::Machine,
            "machine",
            name,
            Fact::new(Value::plain(value)),
        );
    };
    if !host.pci_unseen {
        for gpu in &host.gpus {
            let driver = gpu
                .driver
                .as_ref()
                .map_or("no driver", |name| name.as_str());
            add(
                &format!("GPU {}", gpu.address),
                format!("{} with {driver}", gpu.ids),
            );
        }
    }
    for (module, version) in &host.modules {
        let version = version.as_ref().map_or("loaded", |text| text.as_str());
        add(&format!("kernel module {module}"), version.to_owned());
    }
    for node in &host.nodes {
        add(
            node.path.as_str(),
            format!(
                "mode {:o} of {}:{}",
                node.mode & 0o7777,
                node.owner[0],
                node.owner[1]
            ),
        );
    }
    if let Some(nvidia) = &host.nvidia {
        add("NVIDIA kernel driver", nvidia.as_str().to_owned());
    }
    for (name, value) in [
        ("kernel", Some(&host.kernel)),
        ("C library", host.libc.as_ref()),
    ] {
        if let Some(value) = value {
            let fact = Fact::new(Value::plain(value.as_str()));
            facts.add(Stage::Machine, "recorder", name, fact);
        }
    }
}

fn server(model: &Model, facts: &mut Facts) {
    let Some(server) = &model.server else { return };
    facts.roles.insert("server".to_owned());
    if server.env_whole {
        facts.environments.insert("server".to_owned());
    }
    let seen = server.seen.as_ref();
    // Every process has one of each, whether it was seen or not.
    let mut add = |name: &str, value: String| {
        let fact = Fact::new(Value::plain(value))
            .seen(seen)
            .where_absent(Absence::SaysNothing);
        facts.add(Stage::Setting, "server", name, fact);
    };
    if !server.exe.is_empty() {
        add("program", server.exe.as_str().to_owned());
    }
    if !server.argv.is_empty() {
        let words = server.argv.iter().skip(1).map(|word| word.as_str());
        add("arguments", words.collect::<Vec<_>>().join(" "));
    }
    if let Some(group) = &server.cgroup {
        let unit = unit(group.as_str()).unwrap_or("none");
        add("unit", unit.to_owned());
    }
    if model.origin == Origin::Trace && !server.argv.is_empty() {
        add("loader", given::trust(server.secure).to_owned());
    }
    if !server.cwd.is_empty() {
        let fact = Fact::new(Value::plain(folder_of(model, server))).seen(seen);
        facts.add(
            Stage::Setting,
            "server",
            "working directory",
            fact.linked(["current path".to_owned()])
                .where_absent(Absence::SaysNothing),
        );
    }
    for (name, id) in [("user id", server.uid), ("group id", server.gid)] {
        let Some(id) = id else { continue };
        // Whom a permission keeps out.
        let fact = Fact::new(Value::plain(id.to_string())).seen(seen);
        let fact = fact
            .linked(["EACCES", "EPERM"].map(str::to_owned))
            .where_absent(Absence::SaysNothing);
        facts.add(Stage::Setting, "server", name, fact);
    }
    for variable in server.env.iter().filter(|one| !is_noise(one)) {
        let fact = Fact::new(value_of(variable))
            .seen(seen)
            .linked(variable.v.iter().map(|value| value.as_str().to_owned()));
        facts.add(Stage::Setting, "server", variable.k.as_str(), fact);
    }
}

/// Where the server stands. A folder that is gone still has its name in the kernel.
fn folder_of(model: &Model, server: &Server) -> String {
    let cwd = server.cwd.as_str();
    let says_so = |child: &Child| {
        let mut said = child.said.iter();
        said.any(|said| said.text.as_str().contains("cannot get current path"))
    };
    let gone = server.library_dir.no_cwd.is_some() || model.children.iter().any(says_so);
    if gone && !cwd.ends_with("(deleted)") {
        format!("{cwd}, which is gone")
    } else {
        cwd.to_owned()
    }
}

/// A variable that is no cause of anything.
pub(super) fn is_noise(variable: &EnvVar) -> bool {
    // A fault of `run --shim` is told by what the virtual GPU does, not by the recorder's own file.
    let own = variable.k.as_str() == "VGPU_CONFIG"
        && variable
            .v
            .as_ref()
            .is_some_and(|file| matches!(normal::place(file.as_str()), Cow::Owned(_)));
    own || NOISE.contains(&variable.k.as_str())
}

/// Its value; of one that is withheld the length.
pub(super) fn value_of(variable: &EnvVar) -> Value {
    match (&variable.v, variable.len) {
        (Some(value), _) => Value::plain(value.as_str()),
        (None, Some(length)) => Value::plain(format!("withheld, {length} bytes")),
        (None, None) => Value::plain("withheld"),
    }
}

/// The systemd unit of a control group: `/system.slice/ollama.service`.
#[must_use]
pub fn unit(cgroup: &str) -> Option<&str> {
    cgroup
        .rsplit('/')
        .find(|part| part.ends_with(".service") || part.ends_with(".scope"))
        .filter(|part| part.ends_with(".service"))
}
