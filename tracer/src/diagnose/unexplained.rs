//! Verdicts where no rule speaks: what is known all the same, what is not, and what would settle it.

use super::advice;
use super::case::{Case, Family, path_of};
use super::explanation::{BackendVerdict, Finding, Verdict};
use super::judge::verdict;
use super::rules;
use super::words::base;
use crate::discover::Model;
use crate::discover::model::{End, Era, Evidence, Level, Origin, Outcome};
use crate::event::Text;

fn unknown(case: &Case<'_>, finding: Finding) -> BackendVerdict {
    BackendVerdict {
        to_settle: advice::settle(case.model, Some(case.name)),
        ..verdict(case, Verdict::Unknown, vec![finding])
    }
}

fn tried_seen<'a>(case: &Case<'a>) -> Vec<&'a Evidence> {
    case.attempts
        .iter()
        .flat_map(|attempt| {
            attempt
                .seen
                .iter()
                .chain(attempt.failure_line.iter())
                .chain(
                    attempt
                        .answer
                        .iter()
                        .filter_map(|answer| answer.seen.as_ref()),
                )
        })
        .collect()
}

/// A device of the final list whose line strace cut before the folder: it came from a folder that was tried for its library.
pub(super) fn device_of_some_folder(case: &Case<'_>) -> Option<BackendVerdict> {
    if case.model.origin != Origin::Strace || case.attempts.is_empty() {
        return None;
    }
    let library = match case.family() {
        Family::Cuda => "CUDA",
        Family::Rocm => "ROCm",
        Family::Vulkan => "Vulkan",
        Family::Other => return None,
    };
    let device = case.model.devices.iter().find(|device| {
        device.dirs.is_empty()
            && device.library.as_str() == library
            && !device.fields.contains_key(&Text::from("libdirs"))
    })?;
    let kind = |name: &str| name.split('_').next().map(str::to_owned);
    let own = kind(case.name);
    let alone = case
        .model
        .attempts
        .iter()
        .all(|attempt| attempt.dir.as_str() == case.name || kind(attempt.dir.as_str()) != own);
    if alone {
        return Some(verdict(case, Verdict::Used, Vec::new()));
    }
    let finding = rules::NO_REASON
        .found(format!(
            "A {library} device is in the final list; whether it is one of {} is cut off (strace -s 4096 shows it).",
            case.name
        ))
        .likely()
        .proof(device.seen.as_ref());
    Some(unknown(case, finding))
}

/// The exit code of a process that failed, and what it said last.
fn last_words<'a>(case: &Case<'a>) -> Option<(u8, &'a str)> {
    case.deciding().find_map(|child| match &child.end {
        End::Exit(code, _) if *code != 0 => {
            let words = child.said.last()?.text.as_str().trim();
            (!words.is_empty()).then_some((*code, words))
        }
        _ => None,
    })
}

/// Tried, no device, and nothing that says why.
pub(super) fn no_reason(case: &Case<'_>) -> BackendVerdict {
    if case.model.origin == Origin::Log {
        let level = rules::level_name(case.model.blind.log_level.unwrap_or(Level::Info));
        let again = match (case.model.era, case.model.blind.log_level) {
            (Era::Runner, Some(Level::Trace)) => {
                "a backend that is loaded says so at this level and a crash too, so the load itself failed, in silence"
            }
            (Era::Runner, _) => {
                "Ollama prints no reason for a failed load at any level, and one for a crash at TRACE only"
            }
            _ => {
                "below OLLAMA_DEBUG=2 Ollama prints no reason as long as the driver itself answers"
            }
        };
        let sentence = last_words(case).map_or_else(
            || format!("{} was tried and gave no device. Why, this log ({level} level) cannot tell: {again}.", case.name),
            |(code, words)| format!("{} was tried, and its process ended with exit code {code} and the words \"{words}\"; more this log ({level} level) cannot tell.", case.name),
        );
        let finding = rules::LOG_CANNOT_TELL
            .found(sentence)
            .proof(tried_seen(case))
            .proof(case.model.cpu_only.as_ref());
        return unknown(case, finding);
    }
    let loads: Vec<String> = case
        .loads()
        .map(|(_, load)| base(path_of(load)).to_owned())
        .collect();
    let loaded = if case.loaded() {
        format!(
            " {} was loaded.",
            loads.first().map_or("The backend", String::as_str)
        )
    } else if loads.is_empty() && case.absence_is_certain() {
        " No backend was opened.".to_owned()
    } else {
        given_up(case)
    };
    let finding = rules::NO_REASON
        .found(format!(
            "{} was tried and gave no device; the recording does not show why.{loaded}",
            case.name
        ))
        .likely()
        .proof(tried_seen(case));
    unknown(case, finding)
}

/// What strace shows of a load that needs nothing which is missing as a file: how it ended is not in it.
fn given_up(case: &Case<'_>) -> String {
    let open = case
        .loads()
        .find(|(_, load)| load.outcome == Outcome::Unknown && load.missing.is_empty());
    match open.filter(|_| case.model.origin == Origin::Strace) {
        Some((_, load)) => format!(
            " {} was opened and mapped, and no file that it needs was looked for in vain. Symbols and their versions the loader compares without a call of the system: whether it took the library, strace cannot show.",
            base(path_of(load))
        ),
        None => String::new(),
    }
}

/// The server ended because it was told to.
fn was_told_to_end(case: &Case<'_>) -> bool {
    let server = case.model.server.as_ref();
    case.model.ends_with_server() && server.is_some_and(|server| server.told_to_end.is_some())
}

pub(super) fn not_over(case: &Case<'_>) -> BackendVerdict {
    let told = rules::cut_short(case);
    let what = match case.model.origin {
        _ if !told.is_empty() || was_told_to_end(case) => {
            "The server was told to end (SIGTERM, Ctrl-C, the end of a recording) before the discovery was over"
        }
        // Its lines may be cut before the words that tell, and Ctrl-C ends the server with strace.
        Origin::Strace => "This strace does not show that the discovery was over",
        _ if case.model.ends_with_server() => "Ollama itself ended before the discovery was over",
        Origin::Log => "The log ends before the discovery was over",
        Origin::Trace => "The recording ends before the discovery was over",
    };
    let open: Vec<&Evidence> = case
        .children
        .iter()
        .filter_map(|child| child.hanging.as_ref())
        .collect();
    let waits = open.first().map_or_else(String::new, |seen| {
        format!(" It was waiting in {}.", seen.text)
    });
    let finding = rules::NOT_OVER
        .found(format!(
            "{what}; what became of {} is open.{waits}{}",
            case.name,
            given_up(case)
        ))
        .likely()
        .proof(told)
        .proof(tried_seen(case))
        .proof(open);
    unknown(case, finding)
}

pub(super) fn no_filter_seen(case: &Case<'_>) -> Finding {
    let finding = rules::NO_FILTER_SEEN
        .found(format!("A device of {} was found and is not in the final list; which filter removed it was not seen.", case.name))
        .likely()
        .proof(tried_seen(case));
    // The lines were asked for already, and there is none.
    if is_at_debug(case.model) {
        return finding.so("The server wrote its lines of DEBUG, and none is about a filter: see which device stands in the list in its place (a second copy of the backend gives the same card again).");
    }
    finding.do_all(rules::NO_FILTER_SEEN.remedy)
}

/// The server was asked for its lines of DEBUG: by the log itself, or by the variable (envconfig.LogLevel: a truth or a number).
fn is_at_debug(model: &Model) -> bool {
    if let Some(level) = model.blind.log_level {
        return level <= Level::Debug;
    }
    let value = model.server_variable("OLLAMA_DEBUG");
    let value = value.map_or("", |value| value.as_str().trim_matches(['"', '\'', ' ']));
    match value.parse::<i64>() {
        Ok(number) => number > 0,
        Err(_) => matches!(value, "t" | "T" | "true" | "TRUE" | "True"),
    }
}

/// A folder that was neither seen nor asked for.
pub(super) fn not_listed(case: &Case<'_>) -> BackendVerdict {
    let listing = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.library_dir.names.as_ref());
    let seen = case
        .model
        .server
        .as_ref()
        .and_then(|server| server.library_dir.seen.as_ref());
    let library = advice::library_dir(case.model);
    if listing.is_some_and(|names| !names.iter().any(|name| name.as_str() == case.name)) {
        let finding = rules::NOT_SHIPPED
            .found(format!(
                "{} is not installed: {library} has no folder of that name.",
                case.name
            ))
            .object(format!("{library}/{}", case.name))
            .certain_if(case.absence_is_certain())
            .proof(seen)
            .do_all(rules::NOT_SHIPPED.remedy);
        return verdict(case, Verdict::Absent, vec![finding]);
    }
    let alone = case
        .model
        .attempts
        .iter()
        .find(|attempt| attempt.pass == 1 && attempt.dir.as_str() == "cpu");
    let known = case
        .model
        .blind
        .log_level
        .is_none_or(|level| level <= Level::Debug);
    let server = case.model.server.as_ref();
    let lost = server.is_some_and(|server| server.library_dir.is_program_unknown());
    if let (Some(attempt), true, None) = (alone.filter(|_| !lost), known, case.folder) {
        // An attempt without a folder is made only when no folder is a candidate (discover/runner.go): one that is closed
        // to the server, or empty, is none either.
        let finding = rules::NOT_SHIPPED
            .found(format!("{} is not installed, or not where or as the server can see it: it met no folder with a backend below {library} and looked at the CPU alone.", case.name))
            .object(format!("{library}/{}", case.name))
            .likely()
            .proof(attempt.seen.as_ref())
            .so("See whether the folder is there and open to the user of the service; if it is not there:")
            .so(format!("$ ls -la {library} {library}/{}", case.name))
            .do_all(rules::NOT_SHIPPED.remedy);
        return verdict(case, Verdict::Absent, vec![finding]);
    }
    let finding = rules::NOT_MENTIONED
        .found(format!("Nothing here names {}: it is not installed, or the server cannot see it, or this was not logged.", case.name))
        .likely();
    let mut verdict = unknown(case, finding);
    verdict
        .to_settle
        .insert(0, "See whether the folder is there:".to_owned());
    verdict.to_settle.insert(1, format!("$ ls -l {library}"));
    verdict
}
