//! A layout under both engines: the same verdicts, and the same events of each role.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vgputrace::diagnose::{Explanation, explain};

use super::facts::{self, verdicts};
use super::record::{Recording, recording_by};
use super::{read, roles, server};
use crate::parity::{strip, without_numbers};
use crate::recorded::plain_bytes;

/// Kinds of events that are compared: what a process asked and was answered, and how it ended.
const COMPARED: [&str; 11] = [
    "exec",
    "exec_failed",
    "exit",
    "open",
    "stat",
    "access",
    "list",
    "call",
    "return",
    "loader_error",
    "library",
];

/// Records a layout by both engines under the stand-ins, and asserts that the second sees what the layout expects and what
/// the first sees. Recordings of other tests are taken.
///
/// # Panics
/// With all differences.
#[track_caller]
pub fn same_under_both(test: &str, name: &str) {
    let layout = match read(name) {
        Ok(layout) => layout,
        Err(why) => panic!("{why}"),
    };
    for era in layout.eras.iter().copied() {
        let standin = server::standin(era);
        let by = |engine| recording_by(test, name, &layout, &standin, engine);
        let (Some(ebpf), Some(ptrace)) = (by(None), by(Some("ptrace"))) else {
            return;
        };
        let mut wrong = facts::wrong(&layout.expect, era, &ptrace.events);
        wrong.extend(verdicts::wrong(&layout.expect, era, &ptrace.path));
        wrong.extend(other_verdicts(&ebpf, &ptrace));
        wrong.extend(other_events(&ebpf, &ptrace));
        assert!(
            wrong.is_empty(),
            "{name}, {era:?}, by ptrace:\n- {}\n{}",
            wrong.join("\n- "),
            ptrace.path.display()
        );
    }
}

/// Every backend that the two recordings judge differently.
fn other_verdicts(ebpf: &Recording, ptrace: &Recording) -> Vec<String> {
    let told = |recording: &Recording| match verdicts::model(&recording.path) {
        Ok(model) => judged(&explain(&model)),
        Err(why) => vec![why],
    };
    let (mut by_ebpf, mut ptrace) = (told(ebpf), told(ptrace));
    if is_late(ebpf) {
        // What it did not see from the beginning it does not call certain.
        for lines in [&mut by_ebpf, &mut ptrace] {
            for line in lines {
                *line = line.replace(" certain ", " likely ");
            }
        }
    }
    let ebpf = by_ebpf;
    if ebpf == ptrace {
        return Vec::new();
    }
    vec![format!("explain says {ptrace:?}, by eBPF {ebpf:?}")]
}

/// Backend, verdict, and rule, certainty and object of each cause, without what changes from run to run.
fn judged(explanation: &Explanation) -> Vec<String> {
    let lines = judged_exactly(explanation);
    lines.iter().map(|line| without_numbers(line)).collect()
}

/// Backend, verdict, and rule, certainty and object of each cause.
pub(super) fn judged_exactly(explanation: &Explanation) -> Vec<String> {
    let backends = explanation.backends.iter();
    let line = |backend: &vgputrace::diagnose::BackendVerdict| {
        let causes = backend.findings.iter().map(|finding| {
            let object = finding
                .missing_object
                .as_ref()
                .map_or("", |one| one.as_str());
            let object = object.rsplit('/').next().unwrap_or(object);
            format!(" {} {} {object}", finding.rule, finding.certainty.name())
        });
        format!(
            "{} {}{}",
            backend.name,
            backend.verdict.name(),
            causes.collect::<String>()
        )
    };
    backends.map(line).collect()
}

/// The recording says that a library got its probes after it had been mapped: first calls into it may be missing, which cannot
/// happen by ptrace (docs/ENGINES.md).
pub(super) fn is_late(ebpf: &Recording) -> bool {
    !ebpf.events.of_kind("late_library").is_empty()
}

/// Every event that one recording has of a role and the other has not.
fn other_events(ebpf: &Recording, ptrace: &Recording) -> Vec<String> {
    let late = is_late(ebpf);
    let (ebpf, mut ptrace) = (by_role(ebpf), by_role(ptrace));
    // Functions that end with a jump come back by ptrace alone; they answer nothing.
    let only_there = |event: &String| {
        let is_return = event.starts_with("{\"return\"");
        let is_void = is_return && event.contains("\"result\":{\"name\":\"void\"}");
        is_void || late && (is_return || event.starts_with("{\"call\""))
    };
    for (role, events) in &mut ptrace {
        let known = ebpf.get(role);
        events.retain(|one| !only_there(one) || known.is_some_and(|known| known.contains(one)));
    }
    let mut wrong = Vec::new();
    for (role, events) in &ebpf {
        let empty = BTreeSet::new();
        let other = ptrace.get(role).unwrap_or(&empty);
        wrong.extend(
            events
                .difference(other)
                .map(|one| format!("{role} only by eBPF: {one}")),
        );
        wrong.extend(
            other
                .difference(events)
                .map(|one| format!("{role} only by ptrace: {one}")),
        );
    }
    wrong
}

/// The different events of each role, without what changes from run to run. As sets: how often a server asks and in which
/// order its threads do is chance.
fn by_role(recording: &Recording) -> BTreeMap<String, BTreeSet<String>> {
    let roles = roles::roles(&recording.events);
    let role_of = |number: &str| {
        let number = number
            .strip_prefix('p')?
            .split('.')
            .next()?
            .parse::<u32>()
            .ok()?;
        let mut known = roles.iter();
        known
            .find(|(_, numbers)| numbers.contains(&number))
            .map(|(role, _)| role.clone())
    };
    let root = root(recording);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let bytes = plain_bytes(&recording.path);
    for line in String::from_utf8_lossy(&bytes).lines().skip(1) {
        let line = shim_folder(&line.replace(&root, "{root}"));
        let Ok(Value::Object(mut event)) = serde_json::from_str(&line) else {
            continue;
        };
        // The facts of a file are told once, at whichever process came to it first.
        let role = if event.contains_key("library") {
            Some("files".to_owned())
        } else {
            event.get("p").and_then(Value::as_str).and_then(role_of)
        };
        let Some(role) = role else {
            continue;
        };
        if !COMPARED.iter().any(|kind| event.contains_key(*kind)) {
            continue;
        }
        event.remove("p");
        for changing in ["inode", "mtime", "env", "cwd"] {
            for body in event.values_mut().filter_map(Value::as_object_mut) {
                body.remove(changing);
            }
        }
        strip(&mut event);
        if role == "files" && !is_below_root(&event) {
            // What a debugger brings, which ggml does not start under ptrace.
            continue;
        }
        let events = found.entry(role).or_default();
        if let Some(list) = event.get("list") {
            // In as many calls as it takes, in the order of the disk.
            let names = list
                .get("names")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            events
                .extend(names.map(|name| without_numbers(&format!("{} has {name}", list["path"]))));
            continue;
        }
        if event.contains_key("open") && line.contains("/sys/devices/system/cpu/") {
            // glibc's malloc asks how many processors there are when two threads meet in it.
            continue;
        }
        let shown = without_numbers(&Value::Object(event).to_string());
        events.insert(shown);
    }
    found
}

/// The folder that the layout was laid out in: the server's program is in its `bin`.
fn root(recording: &Recording) -> String {
    let execs = recording.events.execs();
    let mut roots = execs.iter().filter_map(|(_, exec)| {
        let exe = crate::events::text(&exec.exe);
        exe.strip_suffix("/bin/ollama").map(str::to_owned)
    });
    roots.next().unwrap_or_else(|| "/no root".to_owned())
}

/// The facts of a file that belongs to the layout.
fn is_below_root(event: &serde_json::Map<String, Value>) -> bool {
    let path = event.get("library").and_then(|library| library.get("path"));
    path.and_then(Value::as_str)
        .is_some_and(|path| path.starts_with("{root}/"))
}

/// Without what is random in the name of the folder that `run --shim` makes.
fn shim_folder(line: &str) -> String {
    const START: &str = "/vgpu-run-";
    let mut pieces = line.split(START);
    let mut shown = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
        shown.push_str(START);
        shown.push_str(rest);
    }
    shown
}
