//! The summary as one JSON object on one line, for programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::{errno, escape};
use super::{Class, File, LoadFailure, Summary};
use crate::event::call::Because;
use crate::event::{Proc, Text};

impl Summary {
    /// One line. Paths and texts are in the written form of `event::Text`, times in nanoseconds since the
    /// recording began.
    #[must_use]
    pub fn to_json(&self, file: &File) -> String {
        let value = json!({
            "trace": {"path": file.path, "size": file.size, "warnings": file.warnings},
            "command": self.header.as_ref().map(|header| &header.command),
            "complete": self.end.is_some(),
            "ended": self.end.as_ref().map(|end| &end.why),
            "status": self.end.as_ref().and_then(|end| end.status),
            "events": self.events,
            "nanoseconds": self.last,
            "kinds": self.kinds,
            "loss": named(&self.loss),
            "lost": self.end.as_ref().map(|end| end.lost),
            "probes": self.end.as_ref().and_then(|end| end.probes),
            "calls_of_others": self.end.as_ref().and_then(|end| end.others),
            "late": self.late,
            "notes": self.notes,
            "processes": self.process_list(),
            "folders": self.folder_list(),
            "loaded": self.library_list(true),
            "given_back": self.library_list(false),
            "failed": self.failed_list(),
            "crashes": self.crash_list(),
            "hangs": self.hang_list(),
        });
        let mut line = escape::json(&value.to_string()).into_owned();
        line.push('\n');
        line
    }

    fn process_list(&self) -> Value {
        let list = self.processes.known.iter().map(|(number, process)| {
            let program = process.programs.last();
            json!({
                "process": format!("p{number}.{}", process.generation),
                "pid": process.pid,
                "parent": process.parent.map(|parent| format!("p{parent}")),
                "program": program.map(|program| &program.0),
                "arguments": program.map(|program| &program.1),
                "begin": process.begin,
                "end": process.end,
                "code": process.code,
                "signal": process.signal,
            })
        });
        list.collect()
    }

    fn folder_list(&self) -> Value {
        let listed = self.folders.listed.iter().map(|(path, folder)| {
            json!({
                "path": path,
                "backends": folder.names,
                "processes": names(&folder.processes),
            })
        });
        let variables = self.folders.variables.iter().map(|((name, value), processes)| {
            json!({"variable": name, "value": value, "processes": names(processes)})
        });
        listed.chain(variables).collect()
    }

    fn library_list(&self, kept: bool) -> Value {
        let groups = Class::ALL.iter().flat_map(|class| {
            let groups = self.libraries.of(*class, kept).into_iter();
            groups.map(|(folder, group)| {
                json!({
                    "class": class.word(),
                    "folder": folder,
                    "files": group.names,
                    "processes": names(&group.processes),
                })
            })
        });
        groups.collect()
    }

    fn failed_list(&self) -> Value {
        let failures = &self.failures;
        let one = |what: &str, words: String, failure: &LoadFailure| {
            json!({
                "what": what,
                "words": words,
                "count": failure.count,
                "asked": failure.asked,
                "processes": names(&failure.processes),
            })
        };
        let with =
            |(path, err): &(Text, crate::event::Errno)| format!("{path}: {}", errno::words(*err));
        let libraries = failures
            .sorted()
            .into_iter()
            .map(|(words, failure)| one("library", words.clone(), failure));
        let symbols = failures
            .symbols
            .iter()
            .map(|(words, failure)| one("symbol", words.clone(), failure));
        let refused = failures
            .refused
            .iter()
            .map(|(key, failure)| one("mapping", with(key), failure));
        let programs = failures
            .programs
            .iter()
            .map(|(key, failure)| one("program", with(key), failure));
        let calls = failures.calls.iter().map(|((function, result), failure)| {
            one("call", format!("{function} = {result}"), failure)
        });
        libraries
            .chain(symbols)
            .chain(refused)
            .chain(programs)
            .chain(calls)
            .collect()
    }

    fn crash_list(&self) -> Value {
        let list = self.crashes.iter().map(|crash| {
            json!({
                "process": crash.process,
                "what": crash.what,
                "code": crash.code,
                "address": crash.address,
                "at": crash.at,
                "inside": crash.inside,
            })
        });
        list.collect()
    }

    fn hang_list(&self) -> Value {
        let list = self.hangs.iter().map(|hang| {
            let because: Because = hang.because;
            json!({
                "process": hang.process,
                "what": hang.what,
                "nanoseconds": hang.nanos,
                "because": because,
            })
        });
        list.collect()
    }
}

fn names(processes: &BTreeSet<Proc>) -> Vec<String> {
    processes.iter().map(ToString::to_string).collect()
}

fn named(counts: &std::collections::BTreeMap<Text, u64>) -> Value {
    let pairs = counts
        .iter()
        .map(|(name, count)| (name.as_str().to_owned(), Value::from(*count)));
    Value::Object(pairs.collect())
}
