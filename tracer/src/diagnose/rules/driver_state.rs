//! What the driver's code says about its state: busy, not ready, broken.

use super::super::advice::{DISCOVERS_ONCE, RESTART};
use super::super::case::{Case, Family};
use super::super::drivers::trouble;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::device::has_gpu;
use super::device_codes::{by, is_explained, of_code, of_its_own, said, sought};

pub(super) static RULES: &[&Rule] = &[&BUSY, &NOT_READY, &BROKEN, &OTHER_CODE];

static BUSY: Rule = Rule {
    id: "VG114",
    stage: Stage::Device,
    title: "The device is busy or out of memory",
    story: "Another process has the card for itself (exclusive compute mode), or its memory is used up, at the moment when Ollama asks. Ollama asks once.",
    proof: "The call came back with 46 or 2.",
    remedy: &["See who uses the card:", "$ nvidia-smi"],
    rows: &["runner 32", "runner 47"],
    check: Check::Backend(busy),
};

fn busy(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[46, 2]) else {
        return Vec::new();
    };
    vec![
        BUSY.found(format!(
            "The card was not free when Ollama asked for it: {}.",
            said(&trouble)
        ))
        .proof(&trouble.seen)
        .so("See who uses it and its compute mode:")
        .so("$ nvidia-smi; nvidia-smi -q -d COMPUTE")
        .so("$ sudo nvidia-smi -c DEFAULT")
        .so(DISCOVERS_ONCE)
        .so(RESTART),
    ]
}

static NOT_READY: Rule = Rule {
    id: "VG115",
    stage: Stage::Device,
    title: "The driver is not ready yet",
    story: "On machines with NVSwitch the fabric manager must run before CUDA does (802); with MPS its daemon must answer (805). A service that starts before them finds no device and does not ask again.",
    proof: "The call came back with 802 or 805.",
    remedy: &[
        "Start the service that is missing, and Ollama after it:",
        "$ sudo systemctl enable --now nvidia-fabricmanager",
    ],
    rows: &["runner 32", "runner 53"],
    check: Check::Backend(not_ready),
};

fn not_ready(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[802, 805]) else {
        return Vec::new();
    };
    let daemon = if trouble.code == Some(802) {
        "nvidia-fabricmanager"
    } else {
        "the MPS control daemon"
    };
    vec![
        NOT_READY
            .found(format!(
                "The driver was not ready when Ollama started, {daemon} did not answer: {}.",
                said(&trouble)
            ))
            .object(daemon)
            .proof(&trouble.seen)
            .do_all(NOT_READY.remedy)
            .so("Have Ollama start after it:")
            .so(format!(
                "{}   # After=nvidia-fabricmanager.service under [Unit]",
                super::super::advice::EDIT_UNIT
            ))
            .so(RESTART),
    ]
}

static BROKEN: Rule = Rule {
    id: "VG116",
    stage: Stage::Device,
    title: "The driver does not come up",
    story: "999, 3 or 304: nvidia_uvm is not loaded or stuck (after suspend), its node is missing in the container, or a seccomp filter forbids what the driver does.",
    proof: "cuInit or cudaGetDeviceCount came back with one of these codes.",
    remedy: &[
        "Load nvidia_uvm anew:",
        "$ sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
    ],
    rows: &[
        "runner 32",
        "llama-server 18",
        "stack 24",
        "reports D",
        "reports E",
        "reports G",
    ],
    check: Check::Backend(broken),
};

fn broken(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) = of_code(case, &[999, 3, 304]) else {
        return Vec::new();
    };
    let nvidia = case.family() == Family::Cuda;
    let missing = case.model.host.as_ref().filter(|host| {
        // Without NVIDIA's own module the driver is none of NVIDIA's, and needs no other module of it.
        nvidia
            && has_gpu(case) == Some(true)
            && host.modules.contains_key("nvidia")
            && !host.modules.contains_key("nvidia_uvm")
    });
    let finding = BROKEN
        .found(format!(
            "The driver{} does not come up: {}.{}",
            by(&trouble),
            said(&trouble),
            if missing.is_some() {
                " The kernel module nvidia_uvm is not loaded."
            } else {
                ""
            }
        ))
        .object(if missing.is_some() {
            "nvidia_uvm".to_owned()
        } else {
            trouble.file.clone().unwrap_or_default()
        })
        .proof(&trouble.seen)
        .proof(sought(case));
    let own = of_its_own(case).unwrap_or_else(|| {
        "If the driver is one of your own, the code is its own answer: see its log.".to_owned()
    });
    // Without a card there is no module of NVIDIA's either.
    if has_gpu(case) == Some(false) {
        return vec![finding.so(own).so(RESTART)];
    }
    vec![
        finding
            .so("See what the kernel says, and load nvidia_uvm anew (usual after suspend):")
            .so("$ sudo dmesg | grep -i nvrm | tail; lsmod | grep nvidia_uvm")
            .so("$ sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm")
            .so("In a container: /dev/nvidia-uvm must be there when it starts.")
            .so(own)
            .so(RESTART),
    ]
}

static OTHER_CODE: Rule = Rule {
    id: "VG117",
    stage: Stage::Device,
    title: "The driver answered with an error",
    story: "The backend works and the driver's answer to the first questions was an error that no other rule knows.",
    proof: "The call and its code.",
    remedy: &[
        "Look the code up in CUDA's list of errors; see what the driver says by itself:",
        "$ nvidia-smi",
    ],
    rows: &["runner 32"],
    check: Check::Backend(other_code),
};

const KNOWN: [i64; 13] = [100, 101, 35, 803, 804, 34, 46, 2, 802, 805, 999, 3, 304];

fn other_code(case: &Case<'_>) -> Vec<Finding> {
    let Some(trouble) =
        trouble(case).filter(|trouble| trouble.code.is_none_or(|code| !KNOWN.contains(&code)))
    else {
        return Vec::new();
    };
    if !case.reported().is_empty() || is_explained(case) {
        return Vec::new();
    }
    vec![
        OTHER_CODE
            .found(format!(
                "The backend of {} works, and its driver{} gave an error: {}.",
                case.name,
                by(&trouble),
                said(&trouble)
            ))
            .object(trouble.file.clone().unwrap_or_default())
            .proof(&trouble.seen)
            .proof(sought(case))
            .do_lines(of_its_own(case).into_iter().collect())
            .so("See what the driver says by itself:")
            .so("$ nvidia-smi; sudo dmesg | grep -i nvrm | tail")
            .so(RESTART),
    ]
}
