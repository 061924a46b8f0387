//! What the server checks about a device by itself: the backend's architectures, the driver's version (from 0.30 on).

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[&NOT_COMPILED, &OLD_FOR_V12, &OLD_FOR_SOME];

static NOT_COMPILED: Rule = Rule {
    id: "VG145",
    stage: Stage::Validate,
    title: "The card's compute capability is not among the backend's",
    story: "From 0.30 on the server compares the capability of the probe with the list ARCHS of the backend, and says so at INFO. cuda_v13 has none below 7.5; cuda_v12 then takes over.",
    proof: "The server's line.",
    remedy: &["Have the folder for this card installed (cuda_v12 for cards before Turing)."],
    rows: &["llama-server 23", "reports H"],
    check: Check::Backend(not_compiled),
};

fn not_compiled(case: &Case<'_>) -> Vec<Finding> {
    let lines = case.lines("skipping CUDA device");
    let Some(line) = lines.first() else {
        return Vec::new();
    };
    let cc = line.field("cc").map_or_else(|| "?".to_owned(), capability);
    let archs = line.field("archs").unwrap_or("?");
    if line
        .field("cc")
        .is_some_and(|cc| cc.bytes().all(|digit| matches!(digit, b'0' | b'.')))
    {
        return vec![
            NOT_COMPILED
                .found("The device was dropped because it reports compute capability 0.0, which no card has: the driver, or what stands in for it, does not answer cuDeviceGetAttribute (75 and 76) with the card's own.".to_owned())
                .object("compute capability")
                .proof(lines.iter().filter_map(|line| line.seen.as_ref()))
                .so("See what the driver says of the card, and whose driver answers:")
                .so("$ nvidia-smi --query-gpu=name,compute_cap --format=csv; ldconfig -p | grep libcuda.so.1")
                .so(RESTART),
        ];
    }
    vec![
        NOT_COMPILED
            .found(format!("The device has compute capability {cc}, and the backend in {} is compiled for {archs} only.", case.name))
            .proof(lines.iter().filter_map(|line| line.seen.as_ref()))
            .so("If another folder (cuda_v12) takes this card, nothing is to be done; else install it:")
            .so("$ curl -fsSL https://ollama.com/install.sh | sh")
            .so(RESTART),
    ]
}

static OLD_FOR_V12: Rule = Rule {
    id: "VG146",
    stage: Stage::Validate,
    title: "The driver is too old for cuda_v12",
    story: "From 0.30 on a driver below 550 (570 for cards below 7.0) is not used with the runtime in cuda_v12. One WARN line says so, with required_driver.",
    proof: "The server's line.",
    remedy: &["Update the driver to the version that is required."],
    rows: &["llama-server 24", "reports B"],
    check: Check::Backend(old_for_v12),
};

fn old_for_v12(case: &Case<'_>) -> Vec<Finding> {
    let lines: Vec<_> = case
        .model
        .lines
        .iter()
        .filter(|line| {
            line.message.as_str().starts_with("NVIDIA driver too old")
                && case.name.starts_with("cuda_v12")
        })
        .collect();
    let Some(line) = lines.first() else {
        return Vec::new();
    };
    let has = line.field("driver").unwrap_or("?");
    let wants = line.field("required_driver").unwrap_or("a newer one");
    vec![
        OLD_FOR_V12
            .found(format!("The device was found and dropped: its driver is {has}, and this release wants {wants} for cuda_v12."))
            .object("NVIDIA driver")
            .proof(lines.iter().filter_map(|line| line.seen.as_ref()))
            .so(format!("Update the NVIDIA driver to {wants}."))
            .so("Where the driver must stay, stay at Ollama 0.24 or before.")
            .so(RESTART),
    ]
}

/// `610` is 6.1.
fn capability(cc: &str) -> String {
    match cc.parse::<u32>() {
        Ok(number) if number >= 100 => format!("{}.{}", number / 100, number % 100 / 10),
        _ => cc.to_owned(),
    }
}

static OLD_FOR_SOME: Rule = Rule {
    id: "VG147",
    stage: Stage::Validate,
    title: "The NVIDIA driver is older than this release wants",
    story: "As VG146, in a log that does not name the folder.",
    proof: "The server's line.",
    remedy: &["Update the driver to the version that is required."],
    rows: &["llama-server 24", "reports B"],
    check: Check::General(old_for_some),
};

fn old_for_some(model: &crate::discover::Model) -> Vec<Finding> {
    let named = |name: &str| name.starts_with("cuda_v12");
    if model
        .folders
        .iter()
        .any(|folder| named(folder.name.as_str()))
        || model
            .attempts
            .iter()
            .any(|attempt| named(attempt.dir.as_str()))
    {
        return Vec::new();
    }
    let lines: Vec<_> = model
        .lines
        .iter()
        .filter(|line| line.message.as_str().starts_with("NVIDIA driver too old"))
        .collect();
    let Some(line) = lines.first() else {
        return Vec::new();
    };
    let has = line.field("driver").unwrap_or("?");
    let wants = line.field("required_driver").unwrap_or("a newer one");
    let device = line.field("device").unwrap_or("The device");
    vec![
        OLD_FOR_SOME
            .found(format!("{device} was found and dropped: its driver is {has}, and this release wants driver {wants}."))
            .object("NVIDIA driver")
            .proof(lines.iter().filter_map(|line| line.seen.as_ref()))
            .so(format!("Update the NVIDIA driver to {wants}."))
            .so("Where the driver must stay, stay at Ollama 0.24 or before.")
            .so(RESTART),
    ]
}
