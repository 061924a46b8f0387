//! The backend works and its driver has no device, without an error.

use super::super::case::Case;
use super::super::drivers::trouble;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::words::base;
use super::device::hiding;
use crate::discover::model::{DriverCall, Evidence};

pub(super) static RULES: &[&Rule] = &[&NONE_COUNTED, &NO_DEVICE_TOLD];

static NONE_COUNTED: Rule = Rule {
    id: "VG103",
    stage: Stage::Device,
    title: "The driver works and has no device",
    story: "The count of devices succeeded and is 0: every card is hidden from this process, given to something else, or the driver that stands in for NVIDIA's has none configured.",
    proof: "cudaGetDeviceCount or cuDeviceGetCount came back with success and 0.",
    remedy: &[
        "See what the driver shows to the user of the service:",
        "$ sudo -u ollama nvidia-smi -L",
    ],
    rows: &["runner 36", "llama-server 21"],
    check: Check::Backend(none_counted),
};

/// It came back with success and counts no device.
pub(super) fn counts_none(call: &DriverCall) -> bool {
    let counts = matches!(
        call.function.as_str(),
        "cudaGetDeviceCount" | "hipGetDeviceCount" | "cuDeviceGetCount"
    );
    let zero = call
        .values
        .iter()
        .any(|(name, value)| name.as_str().contains("count") && value.as_str() == "0");
    counts && !call.failed && call.took.is_some() && zero
}

pub(super) fn none_counted_seen(case: &Case<'_>) -> Vec<Evidence> {
    let mut seen: Vec<Evidence> = case
        .calls()
        .filter(|(_, call)| counts_none(call))
        .map(|(_, call)| {
            let mut seen = case.call_seen(call);
            seen.text = format!("{}, count 0", seen.text).into();
            seen
        })
        .collect();
    seen.extend(case.saying("found 0 CUDA devices").cloned());
    seen.extend(case.saying("found 0 ROCm devices").cloned());
    seen.extend(case.saying("ggml_vulkan: No devices found").cloned());
    seen
}

fn none_counted(case: &Case<'_>) -> Vec<Finding> {
    let seen = none_counted_seen(case);
    if seen.is_empty()
        || trouble(case).is_some()
        || !hiding(case).is_empty()
        || !case.reported().is_empty()
        || super::device_answers::is_of_others(case)
    {
        return Vec::new();
    }
    let file = case
        .calls()
        .find(|(_, call)| call.function.as_str() == "cuInit")
        .and_then(|(_, call)| call.of.as_ref());
    let by = file.map_or_else(String::new, |file| format!(" ({file})"));
    vec![
        NONE_COUNTED
            .found(format!(
                "The backend of {} works, and its driver{by} counts no device.",
                case.name
            ))
            .proof(&seen)
            .so("See what the driver shows to the user of the service:")
            .so("$ sudo -u ollama nvidia-smi -L")
            .so("In a virtual machine: see whether the card was given to it at all:")
            .so("$ lspci -nn | grep -i '03[08]0\\|0302'"),
    ]
}

static NO_DEVICE_TOLD: Rule = Rule {
    id: "VG105",
    stage: Stage::Device,
    title: "The backend works and tells no device",
    story: "The library was loaded and started, and reported no device, without an error of a driver or runtime that was seen. \"loaded CUDA backend\" in a log means no more than that: it is printed with no device too.",
    proof: "The start of the backend, its registration and the empty answer.",
    remedy: &[
        "See what the driver shows to the user of the service:",
        "$ sudo -u ollama nvidia-smi -L",
    ],
    rows: &["runner 36", "llama-server 21", "stack 4"],
    check: Check::Backend(no_device_told),
};

fn no_device_told(case: &Case<'_>) -> Vec<Finding> {
    let registered: Vec<_> = case
        .inits()
        .filter(|(child, init)| init.registered && super::super::case::is_deciding(child))
        .collect();
    let Some((_, init)) = registered.first() else {
        return Vec::new();
    };
    let answered = case.attempts.iter().any(|attempt| {
        attempt.answer.as_ref().is_some_and(|answer| {
            answer.devices.is_empty() && !answer.unreadable && answer.error.is_none()
        })
    });
    let quiet =
        trouble(case).is_none() && none_counted_seen(case).is_empty() && hiding(case).is_empty();
    if !answered || !quiet || !case.reported().is_empty() {
        return Vec::new();
    }
    let file = base(init.file.as_str());
    let asked = case.calls().count();
    let driver = if asked == 0 {
        " It called no driver or runtime that was watched."
    } else {
        " No call of a driver or runtime failed."
    };
    vec![
        NO_DEVICE_TOLD
            .found(format!(
                "{file} was loaded and started, and it tells no device.{driver}"
            ))
            .object(file)
            .certain_if(case.absence_is_certain())
            .proof(registered.iter().filter_map(|(_, init)| init.seen.as_ref()))
            .proof(
                case.attempts
                    .iter()
                    .filter_map(|attempt| attempt.answer.as_ref())
                    .filter_map(|answer| answer.seen.as_ref()),
            )
            .so("See what the driver shows to the user of the service:")
            .so("$ sudo -u ollama nvidia-smi -L")
            .so("A backend of your own: see its count of devices."),
    ]
}
