//! One program under both engines: what each recorded, in a form that can be compared.
//!
//! The recorder runs in a mount namespace of its own, on copies of the C library and its loader: breakpoints of the kernel
//! belong to a file, and those of another recording would take the traps of this one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::recorded::Recorded;
use crate::target::Target;

/// Kinds of events that are the recorder's own and say which engine it was (docs/ENGINES.md).
const OWN: [&str; 4] = ["note", "late_library", "end", "frame"];
/// Events of a process rather than of one of its threads: which thread tells them is the engine's choice.
const OF_PROCESS: [&str; 4] = ["exit", "signal", "library", "compat"];
/// What no two runs have in common: times, raw numbers, places in the trace.
const CHANGING: [&str; 13] = [
    "dt", "dur", "up", "late", "tid", "pid", "from_pid", "to_pid", "call", "error", "port", "peer",
    "inode",
];

/// A program recorded by each engine.
#[derive(Debug)]
pub struct Pair {
    /// By programs in the kernel.
    pub ebpf: Recorded,
    /// By stops.
    pub ptrace: Recorded,
}

/// Records a program by both engines and asserts that they say the same, and that the program did.
///
/// # Panics
/// When they do not.
#[track_caller]
pub fn same_under_both(target: &Target) -> Pair {
    let folder = crate::open_folder();
    let private = private_library(folder.path());
    let pair = Pair {
        ebpf: by(target, "ebpf", &private, &Target::run),
        ptrace: by(target, "ptrace", &private, &Target::run),
    };
    for record in [&pair.ebpf, &pair.ptrace] {
        let losses = record.events.losses();
        assert!(losses.is_empty(), "records were lost: {losses:?}");
    }
    let end = |record: &Recorded| (record.code(), without_numbers(&record.outcome.out()));
    assert_eq!(
        end(&pair.ebpf),
        end(&pair.ptrace),
        "the program itself: eBPF, then ptrace"
    );
    let (ebpf, ptrace) = (normalised(&pair.ebpf), normalised(&pair.ptrace));
    let only = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter()
            .filter(|line| !other.contains(line))
            .cloned()
            .collect()
    };
    let (missing, more) = (only(&ebpf, &ptrace), only(&ptrace, &ebpf));
    assert!(
        missing.is_empty() && more.is_empty(),
        "only by eBPF:\n{}\nonly by ptrace:\n{}",
        missing.join("\n"),
        more.join("\n")
    );
    assert_eq!(ebpf.len(), ptrace.len(), "the same events, as often");
    pair
}

/// Records a program by one engine, with a C library and a loader that no other recording has breakpoints in.
///
/// # Panics
/// When it cannot be recorded.
#[must_use]
#[track_caller]
pub fn alone(target: &Target, engine: &str) -> Recorded {
    let folder = crate::open_folder();
    by(
        target,
        engine,
        &private_library(folder.path()),
        &Target::run,
    )
}

/// The same of a target that goes on until there is a file: `end` is made when the trace, as far as it is written, `has` what is
/// looked for, however slow the machine is.
///
/// # Panics
/// When it cannot be recorded, or the trace does not get it.
#[must_use]
#[track_caller]
pub fn alone_until(
    target: &Target,
    engine: &str,
    end: &Path,
    has: &dyn Fn(&crate::Events) -> bool,
) -> Recorded {
    let folder = crate::open_folder();
    by(target, engine, &private_library(folder.path()), &|target| {
        let _ = std::fs::remove_file(end);
        let mut running = target.start();
        let path = running.trace_path().to_owned();
        running.wait_until("what is looked for", |_| {
            let events = crate::recorded::read(&path).ok()?;
            (has(&events) || met_probes(&events)).then_some(())
        });
        if let Err(why) = std::fs::write(end, "") {
            panic!("{}: {why}", end.display());
        }
        running.record()
    })
}

#[track_caller]
fn by(
    target: &Target,
    engine: &str,
    private: &[OsString],
    run: &dyn Fn(&Target) -> Recorded,
) -> Recorded {
    let target = target
        .clone()
        .recorder_under(private)
        .options(["--engine", engine]);
    // A library without a copy (musl's) may have probes of a recording beside this one, and ptrace says so: then once more.
    for _ in 0..20 {
        let record = run(&target);
        if !met_probes(&record.events) {
            return record;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    run(&target)
}

/// Breakpoints could not stand because another recording's probes stood there.
#[must_use]
pub fn met_probes(events: &crate::Events) -> bool {
    let losses = events.losses();
    losses
        .iter()
        .any(|(_, loss)| loss.cause.as_str() == "breakpoint")
}

/// The events of a trace thread by thread, in the order of each thread, without what changes from run to run.
#[must_use]
pub fn normalised(record: &Recorded) -> Vec<String> {
    let mut threads: BTreeMap<(String, u64), Vec<String>> = BTreeMap::new();
    let bytes = record.plain_bytes();
    for line in bytes.split(|byte| *byte == b'\n').skip(1) {
        let Ok(Value::Object(mut event)) = serde_json::from_slice(line) else {
            continue;
        };
        if OWN.iter().any(|kind| event.contains_key(*kind)) {
            continue;
        }
        let process = event.get("p").and_then(Value::as_str).unwrap_or_default();
        let process = process.split('.').next().unwrap_or_default().to_owned();
        let shared = OF_PROCESS.iter().any(|kind| event.contains_key(*kind));
        let tid = event.get("tid").and_then(Value::as_u64).unwrap_or(0);
        let thread = (process, if shared { 0 } else { tid });
        if event.contains_key("library") {
            // Looked up a moment later, when the process may run another program already.
            event.remove("p");
        }
        strip(&mut event);
        let line = Value::Object(event).to_string();
        threads.entry(thread).or_default().push(line);
    }
    let mut lines = Vec::new();
    for ((process, tid), mut events) in threads {
        if tid == 0 {
            events.sort();
        }
        // Each line with its place, so that order counts; a thread is known by how it begins.
        let first = events.first().cloned().unwrap_or_default();
        let begins: String = first.chars().take(60).collect();
        lines.extend(
            events
                .iter()
                .enumerate()
                .map(|(place, line)| format!("{process} {begins} {place}: {line}")),
        );
    }
    lines.sort();
    lines
}

/// A text without its numbers: programs print process ids.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' if shown.ends_with('#') => {}
            '0'..='9' => shown.push('#'),
            letter => shown.push(letter),
        }
    }
    shown
}

/// Takes away what changes from run to run.
pub(crate) fn strip(object: &mut serde_json::Map<String, Value>) {
    // An event about a call has its body under the name that in others is the number of that event.
    object.retain(|key, value| value.is_object() || !CHANGING.contains(&key.as_str()));
    if let Some(Value::String(text)) = object.get_mut("text") {
        let shown = without_numbers(text);
        // A process id can have a digit more in one of the two runs; the length is that of the text as it is shown here.
        let gone = (text.len() - shown.len()) as u64;
        *text = shown;
        if let Some(length) = object.get_mut("length") {
            *length = length
                .as_u64()
                .map(|length| length.saturating_sub(gone))
                .into();
        }
    }
    object.values_mut().for_each(strip_value);
}

fn strip_value(value: &mut Value) {
    match value {
        Value::Object(object) => strip(object),
        Value::Array(list) => list.iter_mut().for_each(strip_value),
        Value::String(text) => {
            let digits = text.strip_prefix("0x").unwrap_or_default();
            // Addresses; flags and offsets are shorter.
            if digits.len() > 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                *text = "0x...".to_owned();
            }
        }
        _ => {}
    }
}

/// A command that runs another with a C library and a loader of its own. They are copies in `folder`.
///
/// # Panics
/// When they cannot be copied.
#[track_caller]
pub(crate) fn private_library(folder: &Path) -> Vec<OsString> {
    let mut script = String::new();
    for (number, file) in shared_files().iter().enumerate() {
        let copy = folder.join(format!("{number}.so"));
        crate::libraries::copy(file, &copy);
        script += &format!("mount --bind {} {} && ", copy.display(), file.display());
    }
    // The shell's own variable, which the program would not have.
    script += "unset PWD && exec \"$@\"";
    ["unshare", "-m", "sh", "-c", &script, "sh"]
        .map(OsString::from)
        .to_vec()
}

/// The C library and the loader of this process.
pub(crate) fn shared_files() -> Vec<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut files: Vec<PathBuf> = maps
        .lines()
        .filter_map(|line| line.find('/').and_then(|at| line.get(at..)))
        .filter(|path| path.contains("/libc.so.") || path.contains("/ld-linux"))
        .map(PathBuf::from)
        .collect();
    files.sort();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::strip_value;

    fn stripped(mut value: Value) -> Value {
        strip_value(&mut value);
        value
    }

    #[test]
    fn a_process_id_with_a_digit_more_is_no_difference_and_a_byte_more_is_one() {
        let output = |text: &str, length: u64| {
            stripped(json!({"output": {"fd": 1, "text": text, "length": length}}))
        };
        let four = output("child 9999 code 3\n", 18);
        assert_eq!(four, output("child 10000 code 3\n", 19));
        assert_ne!(four, output("child 9999 code 3\n", 19));
        assert_ne!(four, output("child 9999 code 3 \n", 19));
    }

    #[test]
    fn what_is_called_is_compared_and_which_event_it_was_is_not() {
        let call = |function: &str| stripped(json!({"call": {"fn": function}, "tid": 7}));
        assert_ne!(call("dlopen"), call("dlsym"));
        let back = |seq: u64| stripped(json!({"return": {"call": seq, "fn": "dlopen"}}));
        assert_eq!(back(3), back(4));
    }
}
