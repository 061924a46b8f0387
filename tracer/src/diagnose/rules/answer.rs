//! The process worked, and its answer did not reach the server or makes no sense.

use crate::discover::model::{End, Evidence};
use crate::event::Errno;

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&ERROR, &NONSENSE, &UNREACHED, &NO_REASON];

static ERROR: Rule = Rule {
    id: "VG130",
    stage: Stage::Answer,
    title: "The runner answered with an error",
    story: "Until 0.24 the server asks the runner by HTTP. A status other than 200 means no devices, and one INFO line gives the text.",
    proof: "The answer's status and body.",
    remedy: &["The body names what the runner could not do."],
    rows: &["runner 17", "runner 42"],
    check: Check::Backend(error),
};

fn error(case: &Case<'_>) -> Vec<Finding> {
    if super::spawn_temporary::is_temporary(case) {
        return Vec::new();
    }
    let answer = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .find(|answer| answer.status.is_some_and(|status| status != 200));
    let lines: Vec<&Evidence> = case
        .failure_lines()
        .filter(|line| line.text.as_str().contains("runner error: "))
        .collect();
    let text = match (answer, lines.first()) {
        (Some(answer), _) => answer
            .error
            .as_ref()
            .map_or_else(String::new, |error| error.as_str().to_owned()),
        (None, Some(line)) => line
            .text
            .as_str()
            .split_once("runner error: ")
            .map_or_else(String::new, |(_, rest)| {
                rest.split('"').next().unwrap_or(rest).to_owned()
            }),
        (None, None) => return Vec::new(),
    };
    let foreign = answer.is_some_and(|answer| answer.status == Some(404));
    let what = if foreign {
        "what answered at its port does not know the question (404): another service has the port, or the program is no runner"
            .to_owned()
    } else {
        format!("it answered with an error: {}", text.trim())
    };
    vec![
        ERROR
            .found(format!(
                "The runner for {} gave no devices: {what}.",
                case.name
            ))
            .certain_if(!foreign)
            .proof(answer.and_then(|answer| answer.seen.as_ref()))
            .proof(lines)
            .do_all(ERROR.remedy)
            .so(RESTART),
    ]
}

static NONSENSE: Rule = Rule {
    id: "VG131",
    stage: Stage::Answer,
    title: "The answer could not be read",
    story: "What came back is no list of devices: cut off, or from another service that has the port. The server warns \"unmarshal encode response\" and asks until its time is up.",
    proof: "The bytes of the answer.",
    remedy: &[
        "Restart Ollama; see who listens on the local ports.",
        "$ sudo ss -ltnp",
    ],
    rows: &["runner 42"],
    check: Check::Backend(nonsense),
};

fn nonsense(case: &Case<'_>) -> Vec<Finding> {
    let bad: Vec<&Evidence> = case
        .attempts
        .iter()
        .filter_map(|attempt| attempt.answer.as_ref())
        .filter(|answer| answer.unreadable && answer.devices.is_empty())
        .filter_map(|answer| answer.seen.as_ref())
        .collect();
    let warned: Vec<&Evidence> = case
        .lines("unmarshal encode response")
        .iter()
        .filter_map(|line| line.seen.as_ref())
        .collect();
    if bad.is_empty() || warned.is_empty() {
        return Vec::new();
    }
    vec![
        NONSENSE
            .found(format!(
                "The answer of the process for {} is no list of devices.",
                case.name
            ))
            .proof(bad)
            .proof(warned)
            .do_all(NONSENSE.remedy),
    ]
}

static UNREACHED: Rule = Rule {
    id: "VG132",
    stage: Stage::Answer,
    title: "The server cannot reach the runner",
    story: "Until 0.24 the server asks the runner on 127.0.0.1. A network namespace whose loopback is down, a policy route or a security module can forbid that. The server asks every 10 ms until 30 seconds are over and then says \"failed to finish discovery before timeout\", as for a runner that hangs.",
    proof: "connect of the server to the runner's port failed with an error that does not go away by waiting; or the runner listened until it was killed, and no connection came.",
    remedy: &[
        "Open the loopback for the service:",
        "$ ip addr show lo; ip rule; sudo nft list ruleset",
        "$ systemctl show ollama -p PrivateNetwork -p RestrictAddressFamilies -p IPAddressDeny -p SocketBindDeny",
    ],
    rows: &["runner 16"],
    check: Check::Backend(unreached),
};

/// Connects of the server to this folder's runners that failed for good.
fn refused_connects<'a>(case: &Case<'a>) -> Vec<(Errno, &'a Evidence)> {
    case.deciding()
        .filter(|child| child.answer.is_none())
        .flat_map(|child| &child.refused)
        .filter(|(_, seen)| {
            let text = seen.text.as_str();
            text.starts_with("connect ") && text.ends_with(" by the server")
        })
        .map(|(err, seen)| (*err, seen))
        .collect()
}

/// The server could not ask, so that no answer came is no fault of the process.
pub(super) fn is_unreached(case: &Case<'_>) -> bool {
    !refused_connects(case).is_empty() || unasked(case).is_some()
}

/// A runner that listened, to which no connection came until the server gave it up.
fn unasked<'a>(case: &Case<'a>) -> Option<(&'a Evidence, Option<&'a Evidence>)> {
    let whole = !case.model.blind.began_late && case.model.blind.lost.is_empty();
    case.deciding().filter(|_| whole).find_map(|child| {
        let listens = child.unasked.as_ref()?;
        match &child.end {
            End::KilledByServer {
                before_answer: true,
                seen,
                ..
            } => Some((listens, seen.as_ref())),
            _ => None,
        }
    })
}

fn unreached(case: &Case<'_>) -> Vec<Finding> {
    let all = refused_connects(case);
    let Some((err, first)) = all.first() else {
        let Some((listens, killed)) = unasked(case) else {
            return Vec::new();
        };
        let address = listens.text.as_str().trim_start_matches("listen ");
        return vec![
            UNREACHED
                .found(format!(
                    "The runner for {} listened at {address} until its time was up, and the server's question never came: something between them forbids the connection (a filter of system calls, a firewall of the loopback, a security module).",
                    case.name
                ))
                .object(address)
                .likely()
                .proof([listens])
                .proof(killed)
                .proof(case.failure_lines())
                .do_all(UNREACHED.remedy)
                .so("$ systemctl show ollama -p SystemCallFilter")
                .so(RESTART),
        ];
    };
    let address = first
        .text
        .as_str()
        .trim_start_matches("connect ")
        .trim_end_matches(" by the server");
    vec![
        UNREACHED
            .found(format!(
                "The server could not ask the runner for {}: its connect to {address} failed ({err}) until its time was up.",
                case.name
            ))
            .object(address)
            .proof(all.iter().map(|(_, seen)| *seen))
            .proof(case.failure_lines())
            .do_all(UNREACHED.remedy)
            .so(RESTART),
    ]
}

pub(in super::super) static NO_REASON: Rule = Rule {
    id: "VG139",
    stage: Stage::Answer,
    title: "Tried, no device, and the recording does not show why",
    story: "The processes for the folder were seen, they gave no device, and nothing in the recording is a reason that a rule knows.",
    proof: "The attempt and its empty answer.",
    remedy: &[
        "Record once more with every call:",
        "$ sudo vgputrace run --until discovery -- ollama serve",
    ],
    rows: &[],
    check: Check::Given,
};
