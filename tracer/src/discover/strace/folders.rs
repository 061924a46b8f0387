//! The folder that a child was started for, from where it searched: strace shows no variables.

use std::collections::BTreeMap;

use super::argument;
use super::line::What;
use super::order::Entry;
use super::tree::Tree;
use crate::discover::events::base;

/// Folders that the loader itself looks for below each folder of a search (glibc until 2.36, sysdeps/x86_64/dl-hwcap.h).
const HARDWARE: [&str; 6] = [
    "glibc-hwcaps",
    "tls",
    "haswell",
    "xeon_phi",
    "avx512_1",
    "x86_64",
];
/// Programs that are looked at.
const MOST: usize = 4_096;

/// The library folder and the folder below it, by the number of the line that executes the program.
pub(super) type Searched = BTreeMap<u64, (String, String)>;

/// A program that may be a child of a discovery.
struct Program {
    line: u64,
    /// Its own folder, where llama-server has its libraries.
    own: String,
    runner: bool,
}

/// What each child searched.
pub(super) fn searched(lines: &[Entry<'_>], tree: &Tree) -> Searched {
    let mut running: BTreeMap<u32, Program> = BTreeMap::new();
    let mut found = Searched::new();
    for entry in lines {
        let (name, arguments) = match entry.what {
            What::Call(call) => (call.name, call.arguments),
            What::Begun(name, arguments) => (name, arguments),
            _ => continue,
        };
        let leader = tree.leader(entry.tid);
        match name {
            "execve" if running.len() < MOST => {
                if let Some(program) = program(entry.number, arguments) {
                    running.insert(leader, program);
                }
            }
            "open" | "openat" => {
                let Some(program) = running.get(&leader) else {
                    continue;
                };
                let path = argument::split(arguments)
                    .into_iter()
                    .find_map(argument::text);
                let path = path.and_then(|path| path.whole().cloned());
                let Some(path) = path else { continue };
                let folder = arguments.contains("O_DIRECTORY");
                let pair = if program.runner {
                    of_runner(path.as_str(), folder)
                } else {
                    below(&program.own, path.as_str())
                };
                if let Some(pair) = pair {
                    // A runner walks the library folder first and its own folder after that; a search ends in the first.
                    if program.runner || !found.contains_key(&program.line) {
                        found.insert(program.line, pair);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn program(line: u64, arguments: &str) -> Option<Program> {
    let parts = argument::split(arguments);
    let path = parts.iter().find_map(|part| argument::text(part))?;
    let path = path.value()?.as_str().to_owned();
    // Decoded: with -xx each letter is an escape.
    let words = parts.iter().find_map(|part| argument::list(part));
    let runner = words.is_some_and(|(words, _)| words.iter().any(|word| word == b"runner"));
    if !runner && !base(&path).starts_with("llama-server") {
        return None;
    }
    let own = path.rsplit_once('/').map_or("", |(own, _)| own).to_owned();
    Some(Program { line, own, runner })
}

/// A folder below `lib/ollama` that is walked.
fn of_runner(path: &str, folder: bool) -> Option<(String, String)> {
    let (library, name) = path.trim_end_matches('/').rsplit_once('/')?;
    (folder && library.ends_with("lib/ollama") && !name.is_empty())
        .then(|| (library.to_owned(), format!("{library}/{name}")))
}

/// A file that is looked for in a folder below the program's own.
fn below(own: &str, path: &str) -> Option<(String, String)> {
    let rest = path.strip_prefix(own)?.strip_prefix('/')?;
    let (folder, file) = rest.split_once('/')?;
    let plain = !own.is_empty() && !file.contains('/') && !HARDWARE.contains(&folder);
    plain.then(|| (own.to_owned(), format!("{own}/{folder}")))
}
