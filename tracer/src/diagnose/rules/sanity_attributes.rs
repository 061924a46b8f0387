//! Attributes of a device that no card has: a driver that answers with another attribute's value, or with a default.

use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use crate::discover::model::{DriverCall, Evidence};

pub(super) static RULES: &[&Rule] = &[&ATTRIBUTES];

static ATTRIBUTES: Rule = Rule {
    id: "VG218",
    stage: Stage::Device,
    title: "The driver reports attributes that no card has",
    story: "Backends and runtimes choose their kernels by cuDeviceGetAttribute: 1,024 threads a block, warps of 32, and from Volta on more than 48 KiB of shared memory on request. A driver that answers otherwise is found all the same; the first model \
then aborts (mmq_x_best=0) or its launches are refused.",
    proof: "The attribute and the value that the driver gave.",
    remedy: &[
        "The driver must answer with the values of the card that it reports (CUDA C Programming Guide, \"Technical Specifications per Compute Capability\").",
    ],
    rows: &["stack 34", "stack 54"],
    check: Check::Warning(attributes),
};

const PREFIX: &str = "CU_DEVICE_ATTRIBUTE_";

/// Attribute and value of a call that succeeded.
fn told(call: &DriverCall) -> Option<(&str, i64)> {
    if call.function.as_str() != "cuDeviceGetAttribute" || call.code != Some(0) {
        return None;
    }
    let value = |name: &str| {
        let found = call.values.iter().find(|(known, _)| known.as_str() == name);
        found.map(|(_, value)| value.as_str())
    };
    let attribute = value("attrib")?.split(' ').next()?;
    let attribute = attribute.strip_prefix(PREFIX)?;
    Some((attribute, value("pi")?.parse().ok()?))
}

/// What is wrong with a value, for a device of this generation (major compute capability; 0 when not known).
fn wrong(attribute: &str, value: i64, major: i64) -> Option<String> {
    match attribute {
        "MAX_THREADS_PER_BLOCK" if value != 1024 && (value > 1024 || major >= 2) => {
            Some(format!("{value} threads a block, not 1024"))
        }
        "WARP_SIZE" if value != 32 => Some(format!("warps of {value} threads, not 32")),
        "MAX_SHARED_MEMORY_PER_BLOCK_OPTIN" if value <= 48 << 10 && major >= 7 => Some(format!(
            "{value} bytes of shared memory on request, which cards of compute capability {major}.x have more of"
        )),
        _ => None,
    }
}

fn attributes(case: &Case<'_>) -> Vec<Finding> {
    let all: Vec<(&DriverCall, &str, i64)> = case
        .calls()
        .filter_map(|(_, call)| told(call).map(|(attribute, value)| (call, attribute, value)))
        .collect();
    let major = all
        .iter()
        .filter(|(_, attribute, _)| *attribute == "COMPUTE_CAPABILITY_MAJOR")
        .map(|(_, _, value)| *value)
        .min()
        .unwrap_or(0);
    let mut words: Vec<String> = Vec::new();
    let mut seen: Vec<Evidence> = Vec::new();
    let mut file = None;
    for (call, attribute, value) in all {
        let Some(what) = wrong(attribute, value, major).filter(|what| !words.contains(what)) else {
            continue;
        };
        words.push(what);
        seen.push(Evidence {
            at: case.model.at(call.seq),
            text: format!("cuDeviceGetAttribute({attribute}) = {value}").into(),
        });
        file = file.or(call.of.as_ref());
    }
    let Some(first) = words.first() else {
        return Vec::new();
    };
    let mut finding = ATTRIBUTES
        .found(format!(
            "The driver reports what no card has: {first}. Kernels that are chosen by it fail."
        ))
        .proof(&seen)
        .do_all(ATTRIBUTES.remedy);
    if let Some(file) = file {
        finding = finding.object(file.clone());
    }
    finding.missing = words.into_iter().map(Into::into).collect();
    vec![finding]
}
