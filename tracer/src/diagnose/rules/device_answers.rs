//! Who answered for the driver: a preloaded library in its place, or the runtime without asking it.

use crate::discover::model::{Child, DriverCall, Evidence};

use super::super::advice::{self, RESTART};
use super::super::case::Case;
use super::super::drivers::{COUNTING, trouble};
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::device_codes::said;
use super::device_none::counts_none;
use super::preload::is_preloaded;

pub(super) static RULES: &[&Rule] = &[&BY_PRELOAD, &UNASKED];

static BY_PRELOAD: Rule = Rule {
    id: "VG106",
    stage: Stage::Device,
    title: "A preloaded library answers in the driver's place",
    story: "The loader looks into preloaded libraries first. One that defines cuInit, cuDeviceGetCount or cudaGetDeviceCount is called in place of the driver's or runtime's own function, in every process that inherits \
LD_PRELOAD. What it says is then taken for the driver's word, though the driver that lies there was not asked.",
    proof: "The call that told of no device was one into a preloaded file, and the driver's or runtime's own file was mapped in that process too.",
    remedy: &[
        "Compare with a start without the preload; if it is meant to be the driver, its answer is its own.",
    ],
    rows: &[],
    check: Check::Backend(by_preload),
};

/// Calls that told of no device: an error, or a count of none.
fn empty_handed<'a>(case: &Case<'a>) -> Vec<(&'a Child, &'a DriverCall)> {
    case.calls()
        .filter(|(_, call)| {
            let failed = call.failed && COUNTING.contains(&call.function.as_str());
            failed || counts_none(call)
        })
        .collect()
}

/// The file in whose place a preloaded one answered.
fn own_file<'a>(child: &'a Child, call: &DriverCall, of: &str) -> Option<&'a str> {
    let start = match call.api.as_str() {
        "cuda" => "libcuda.so",
        "cudart" => "libcudart.so",
        "hip" => "libamdhip64.so",
        _ => return None,
    };
    let mut mapped = child.mapped.iter().map(|(path, _)| path.as_str());
    mapped.find(|path| *path != of && base(path).starts_with(start))
}

/// Calls into a preloaded file that did not pass the question on, with that file and the one it stood before.
fn answered<'a>(case: &Case<'a>) -> Vec<(&'a DriverCall, &'a str, &'a str)> {
    let all = empty_handed(case);
    let mut found = Vec::new();
    for (child, call) in &all {
        let Some(of) = call.of.as_ref().map(|of| of.as_str()) else {
            continue;
        };
        if !is_preloaded(case.model, child, of) {
            continue;
        }
        // The same question to another file, inside this one, is what it passes on.
        let passed_on = all.iter().any(|(_, other)| {
            other.function == call.function && other.of != call.of && other.seq > call.seq
        });
        if let Some(own) = own_file(child, call, of).filter(|_| !passed_on) {
            found.push((*call, of, own));
        }
    }
    found
}

/// The driver's word was not its own, or it was not asked.
pub(super) fn is_of_others(case: &Case<'_>) -> bool {
    !answered(case).is_empty() || asked_nobody(case).is_some()
}

fn by_preload(case: &Case<'_>) -> Vec<Finding> {
    let all = answered(case);
    let hidden = !super::device::hiding(case).is_empty();
    let Some((call, of, own)) = all.first().copied() else {
        return Vec::new();
    };
    if hidden || !case.reported().is_empty() {
        return Vec::new();
    }
    let answer = if call.failed {
        format!("it says {}", call.result)
    } else {
        "it counts no device".to_owned()
    };
    vec![
        BY_PRELOAD
            .found(format!(
                "{of}, which is preloaded (LD_PRELOAD), answers {} in place of {own}: {answer}.",
                call.function
            ))
            .object(of)
            .certain_if(case.absence_is_certain())
            .proof(&all.iter().map(|(call, ..)| case.call_seen(call)).collect::<Vec<_>>())
            .so("Start Ollama once without the preload and compare:")
            .so(advice::record_without(case.model, "LD_PRELOAD"))
            .so(format!(
                "If {of} is meant to be the driver, the answer is its own: see its log and settings."
            )),
    ]
}

static UNASKED: Rule = Rule {
    id: "VG107",
    stage: Stage::Device,
    title: "The CUDA runtime answered without asking the driver",
    story: "libcudart counts devices by asking the driver: cuInit, cuDeviceGetCount. One that gives an error before its first call of the driver speaks for itself: a runtime that stands in for NVIDIA's, is damaged, or cannot reach what it works \
with. (35 is another case: the runtime did not get hold of the driver, or finds it too old.)",
    proof: "cudaGetDeviceCount failed, and that process made no call of the driver.",
    remedy: &["Use the release's own libcudart, or see what the runtime of your own wants."],
    rows: &[],
    check: Check::Backend(unasked),
};

/// The runtime did not get hold of the driver, or found it too old (driver_types.h, cudaErrorInsufficientDriver).
const NO_DRIVER: i64 = 35;

/// The failed count of a runtime that had not called the driver.
fn asked_nobody<'a>(case: &Case<'a>) -> Option<(&'a DriverCall, &'a str)> {
    let (child, call) = case.deciding().find_map(|child| {
        let count =
            |call: &&DriverCall| call.function.as_str() == "cudaGetDeviceCount" && call.failed;
        Some((child, child.calls.iter().find(count)?))
    })?;
    let file = call.of.as_ref()?.as_str();
    let asked = child.calls.iter().any(|call| call.api.as_str() == "cuda");
    let own_word = base(file).starts_with("libcudart") && call.code != Some(NO_DRIVER);
    (own_word && !asked && case.absence_is_certain()).then_some((call, file))
}

fn unasked(case: &Case<'_>) -> Vec<Finding> {
    let (Some((call, file)), Some(trouble)) = (asked_nobody(case), trouble(case)) else {
        return Vec::new();
    };
    if !case.reported().is_empty() || !answered(case).is_empty() {
        return Vec::new();
    }
    let seen: Vec<Evidence> = vec![case.call_seen(call)];
    vec![
        UNASKED
            .found(format!(
                "{file} gave the error by itself, without one call of the driver: {}.",
                said(&trouble)
            ))
            .object(file)
            .proof(&seen)
            .so("If that runtime is one of your own, the code is its own answer: see its log and settings.")
            .so("If it should be the release's own file, see whose it is and install it anew:")
            .so(format!("$ ls -lL {file}; readelf -n {file} | grep -i build"))
            .so(RESTART),
    ]
}
