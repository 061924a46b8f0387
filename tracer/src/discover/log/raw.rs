//! What a child says in its own words: ggml, the dynamic loader, the drivers' callers, Go's crash handler.
//!
//! In: one line without its end. Out: loads, starts of backends, calls, crashes and the answer of a list, added to the
//! [`Child`]. The same words come from pipes that the server passes on (OLLAMA_DEBUG=2), from the `stderr` of
//! `native GPU discovery failed`, and from a ggml program. One cause is said several times: it is added once.

mod calls;
mod devices;
mod load;

use std::sync::LazyLock;

use regex::Regex;

use crate::discover::model::{Child, Crash, Evidence, Said};
use crate::discover::role::Role;
use crate::event::{Hex, Text};

/// Most lines of one child that are kept.
const MOST_SAID: usize = 300;

/// Prefix of llama.cpp's logger (common/log.cpp): time since start, level, and a name of five letters at most.
static PREFIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\d+\.\d\d\.\d{3}\.\d{3} [DIWE] (?:[a-z]{1,5} +[a-z_]+: )?").ok()
});

/// Stacks and registers of a Go crash: hundreds of lines that name nothing.
static DUMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:\t|goroutine \d|created by |r[a-z0-9]+ +0x|[cfg]s +0x|[\w./-]+\.(?:\(\*?\w+\)\.)?[\w.-]+\(.*\)$|runtime\.)").ok()
});

/// The signals that Go's handler names.
const SIGNALS: &[&str] = &[
    "SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS",
];

/// Whether llama.cpp's logger wrote the line.
pub(super) fn has_prefix(line: &str) -> bool {
    PREFIX.as_ref().is_some_and(|prefix| prefix.is_match(line))
}

/// Whether it is a line of a list of devices, or its head.
pub(super) fn is_of_list(line: &str) -> bool {
    line == devices::HEAD || devices::is_entry(line)
}

/// The process came to its end, whether its last line was read or not.
pub(super) fn ended(child: &mut Child) {
    devices::ended(child);
}

/// Whether the text tells a fact, and not only words.
pub(super) fn tells(text: &str, seen: &Evidence) -> bool {
    let mut child = Child::new(Role::Other);
    hear(&mut child, text, seen);
    !(child.loads.is_empty()
        && child.calls.is_empty()
        && child.loader_words.is_empty()
        && child.crashes.is_empty())
}

/// Takes what a line says of a load that failed, for a child whose loads were seen and not how they ended.
pub(in crate::discover) fn hear_of_load(child: &mut Child, line: &str, seen: &Evidence) {
    load::ended(child, behind_prefix(line), seen);
}

fn behind_prefix(line: &str) -> &str {
    let prefix = PREFIX.as_ref().and_then(|prefix| prefix.find(line));
    let end = prefix.map_or(0, |found| found.end());
    line.get(end..).unwrap_or(line)
}

/// Takes one line of a child.
pub(super) fn hear(child: &mut Child, line: &str, seen: &Evidence) {
    let crashed = !child.crashes.is_empty();
    if crashed && DUMP.as_ref().is_none_or(|dump| dump.is_match(line)) {
        return;
    }
    if child.said.len() < MOST_SAID {
        child.said.push(Said {
            text: Text::from(line),
            seen: seen.clone(),
        });
    }
    let said = behind_prefix(line);
    let _ = load::hear(child, said, seen)
        || devices::hear(child, line)
        || crash(child, said, seen)
        || calls::hear(child, said, seen);
}

/// `SIGSEGV: segmentation violation`, then `PC=0x7e.. m=0 sigcode=1 addr=0x0` (runtime/signal_unix.go).
fn crash(child: &mut Child, said: &str, seen: &Evidence) -> bool {
    if let Some((signal, _)) = said.split_once(": ")
        && SIGNALS.contains(&signal)
    {
        child.crashes.push(Crash {
            signal: Text::from(signal),
            address: None,
            at: None,
            inside: Vec::new(),
            constructor: None,
            seen: seen.clone(),
        });
        return true;
    }
    let Some(crash) = child
        .crashes
        .last_mut()
        .filter(|_| said.starts_with("PC=0x"))
    else {
        return false;
    };
    crash.address = said
        .split_once(" addr=0x")
        .and_then(|(_, digits)| u64::from_str_radix(digits.trim(), 16).ok())
        .map(Hex);
    true
}

#[cfg(test)]
mod tests;
