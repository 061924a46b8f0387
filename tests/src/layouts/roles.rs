//! Which part of an Ollama's bootstrap a process plays, from its arguments and variables.
//!
//! | role | who |
//! |---|---|
//! | `server` | the process that the recorder started |
//! | `runner[DIR]` | `runner --ollama-engine --port N` without a model (0.12 to 0.24) |
//! | `start[DIR]`, `list[DIR]` | llama-server started as a server, and with `--list-devices` (from 0.30 on) |
//! | `probe[DIR]` | `gpu-discover --lib-dir A --lib-dir B` (from 0.30 on) |
//!
//! DIR is the base name of the backend's folder, `cpu` for none. ` pass 2` is added when GGML_CUDA_INIT is set: devices
//! that were found are tried again then. `child[DIR]` in a question means every role of a child for the folder.

use std::collections::BTreeMap;

use vgputrace::event::process::{Exec, Exit};
use vgputrace::event::{Event, Proc};

use super::Era;
use crate::Events;
use crate::events::text;

/// The processes of each role, by number, in the order they were started.
#[must_use]
pub fn roles(events: &Events) -> BTreeMap<String, Vec<u32>> {
    let mut roles: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let execs = events.execs();
    let server = execs.first().and_then(|(event, _)| event.process);
    for (event, exec) in execs {
        let Some(process) = event.process else {
            continue;
        };
        let role = if Some(process.number) == server.map(|one| one.number) {
            Some("server".to_owned())
        } else {
            role(exec)
        };
        if let Some(role) = role {
            let numbers = roles.entry(role).or_default();
            if !numbers.contains(&process.number) {
                numbers.push(process.number);
            }
        }
    }
    roles
}

/// The role names of one era that a name in a fact stands for; none when it belongs to the other era.
#[must_use]
pub fn meant(name: &str, era: Era) -> Vec<String> {
    let of_era: &[&str] = match era {
        Era::Runner => &["runner"],
        Era::LlamaServer => &["start", "list", "probe"],
    };
    if name == "server" {
        return vec![name.to_owned()];
    }
    let (word, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    if word == "child" {
        return of_era.iter().map(|one| format!("{one}{rest}")).collect();
    }
    let known = of_era.contains(&word);
    known.then(|| name.to_owned()).into_iter().collect()
}

/// Who played what and how it ended, one a line, for messages.
#[must_use]
pub fn table(events: &Events) -> String {
    let mut lines = Vec::new();
    for (role, numbers) in roles(events) {
        for number in numbers {
            let end = exit_of(events, number)
                .map_or_else(|| "no end".to_owned(), |exit| format!("{exit:?}"));
            lines.push(format!("p{number} {role}: {end}"));
        }
    }
    lines.join("\n")
}

/// The end of a process.
#[must_use]
pub fn exit_of(events: &Events, number: u32) -> Option<&Exit> {
    events
        .exits()
        .into_iter()
        .find(|(event, _)| is_of(event, number))
        .map(|(_, exit)| exit)
}

/// The event belongs to this process, in any of its generations.
#[must_use]
pub fn is_of(event: &Event, number: u32) -> bool {
    event.process.is_some_and(|one: Proc| one.number == number)
}

fn role(exec: &Exec) -> Option<String> {
    let argv: Vec<&str> = exec.argv.value()?.iter().map(|one| one.as_str()).collect();
    let has = |word: &str| argv.contains(&word);
    let backend = variable(exec, "GGML_BACKEND_PATH");
    let folder_of = |path: Option<&str>| {
        let folder = path.and_then(|path| path.rsplit('/').nth(1));
        folder.map_or_else(|| "cpu".to_owned(), str::to_owned)
    };
    let (word, folder) = if has("--model") {
        return None;
    } else if has("gpu-discover") {
        let folders: Vec<&str> = argv
            .windows(2)
            .filter(|pair| pair[0] == "--lib-dir")
            .map(|pair| pair[1])
            .collect();
        ("probe", last_of_several(&folders))
    } else if has("--list-devices") {
        ("list", folder_of(backend))
    } else if has("--ollama-engine") {
        let folders = variable(exec, "OLLAMA_LIBRARY_PATH").unwrap_or_default();
        (
            "runner",
            last_of_several(&folders.split(':').collect::<Vec<_>>()),
        )
    } else if has("--port") && has("--verbose") {
        ("start", folder_of(backend))
    } else {
        return None;
    };
    let pass = if variable(exec, "GGML_CUDA_INIT").is_some() {
        " pass 2"
    } else {
        ""
    };
    Some(format!("{word}[{folder}]{pass}"))
}

/// The first folder is Ollama's own; a last one after it is the backend's.
fn last_of_several(folders: &[&str]) -> String {
    match folders {
        [_, .., last] => last
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(last),
        _ => "cpu",
    }
    .to_owned()
}

fn variable<'a>(exec: &'a Exec, name: &str) -> Option<&'a str> {
    let variables = exec.env.value()?;
    let found = variables.iter().find(|one| one.k.as_str() == name)?;
    found.v.as_ref().map(|value| value.as_str())
}

/// The executable that a process ran at last.
#[must_use]
pub fn exe_of(events: &Events, number: u32) -> String {
    let execs = events.execs();
    let last = execs.iter().rfind(|(event, _)| is_of(event, number));
    last.map_or_else(String::new, |(_, exec)| text(&exec.exe).to_owned())
}
