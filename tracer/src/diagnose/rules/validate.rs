//! The second look at each device (pass 2), and what the server checks about it.

use crate::discover::model::{Attempt, End, Evidence, Line, Origin};

use super::super::advice::RESTART;
use super::super::case::{Case, Family, is_deciding};
use super::super::explanation::Finding;
use super::super::judge::reasons;
use super::super::rule::{Check, Rule, Stage};

pub(super) static RULES: &[&Rule] = &[
    &ARCHITECTURE,
    &NOT_SELECTED,
    &ROCBLAS,
    &SECOND_LATE,
    &SECOND_FAILED,
];

/// Second looks that gave no device.
fn failed<'a>(case: &Case<'a>) -> Vec<&'a Attempt> {
    case.second
        .iter()
        .copied()
        .filter(|attempt| {
            match &attempt.answer {
                Some(answer) => answer.devices.is_empty(),
                // A log tells no devices of a second look that went well.
                None => case.model.origin != Origin::Log || attempt.failure_line.is_some(),
            }
        })
        .collect()
}

/// The server's line about it.
fn dropped<'a>(case: &Case<'a>) -> Vec<&'a Evidence> {
    case.lines("filtering device which didn't fully initialize")
        .into_iter()
        .filter_map(|line| line.seen.as_ref())
        .collect()
}

/// The device that was dropped, by its address where there are others.
fn which_device(case: &Case<'_>) -> String {
    let lines = case.lines("filtering device which didn't fully initialize");
    match lines.as_slice() {
        [one] if case.reported().len() > 1 => one
            .field("pci_id")
            .filter(|address| !address.is_empty())
            .map_or_else(
                || "One device".to_owned(),
                |address| format!("The device at {address}"),
            ),
        _ => "The device".to_owned(),
    }
}

static ARCHITECTURE: Rule = Rule {
    id: "VG140",
    stage: Stage::Validate,
    title: "The backend is not compiled for this card",
    story: "Until 0.24 the second runner (GGML_CUDA_INIT=1) asserts that the card's compute capability is exactly one of those the backend was compiled for. When it is not, the runner aborts and the device is dropped, with one DEBUG line that gives no \
reason. A driver that reports 0.0 fails in every folder.",
    proof: "The assertion's words in the second runner.",
    remedy: &[
        "Use a backend compiled for this card: another folder (cuda_v12 for older cards) or a newer release.",
    ],
    rows: &[
        "runner 43",
        "stack 40",
        "stack 32",
        "reports H",
        "runner 49",
        "llama-server 32",
    ],
    check: Check::Backend(architecture),
};

fn architecture(case: &Case<'_>) -> Vec<Finding> {
    let second = case.second_look();
    const WORDS: &str = "ggml was not compiled with support for this arch";
    let mut said: Vec<&Evidence> = second.saying(WORDS).collect();
    // In a piece of a log the words stand without the start of the process that said them.
    if said.is_empty() && second.children.is_empty() && !case.second.is_empty() {
        let lines = case.model.lines.iter();
        let words = lines.filter(|line| line.message.as_str().contains(WORDS));
        said.extend(words.filter_map(|line| line.seen.as_ref()));
    }
    if said.is_empty() {
        return Vec::new();
    }
    let compute = case.reported().iter().find_map(|device| device.compute);
    let which = compute.map_or_else(String::new, |(major, minor)| {
        format!(" (compute capability {major}.{minor})")
    });
    let zero = compute == Some((0, 0));
    let mut finding = ARCHITECTURE
        .found(format!(
            "{} was found and dropped: the backend in {} is not compiled for its architecture{which}.{}",
            which_device(case),
            case.name,
            if zero { " 0.0 is no capability of any card: the driver or runtime reports its properties wrongly." } else { "" }
        ))
        .proof(said)
        .proof(dropped(case));
    if zero {
        finding = finding.so("The runtime that stands in for NVIDIA's fills cudaDeviceProp by another layout; compute capability belongs at 0x168 and 0x16c.");
    } else {
        finding = finding.so("Use a folder compiled for this card (cuda_v12 covers 5.0 to 9.0 and 12.0; cuda_v13 7.5 and newer), or a newer release of Ollama.");
    }
    vec![finding.so(RESTART)]
}

static NOT_SELECTED: Rule = Rule {
    id: "VG141",
    stage: Stage::Validate,
    title: "The driver does not know the device by its id",
    story: "In the second look the server narrows the driver down with CUDA_VISIBLE_DEVICES (the UUID until 0.24, the ordinal from 0.30 on). A MIG slice, or a driver that made the UUID up, does not accept it: error 100 or no device.",
    proof: "The second process, its CUDA_VISIBLE_DEVICES and the driver's answer.",
    remedy: &[
        "The driver must accept the ids that it reports; for MIG set CUDA_VISIBLE_DEVICES=MIG-... yourself.",
        "$ nvidia-smi -L",
    ],
    rows: &["runner 44", "llama-server 31", "reports I"],
    check: Check::Backend(not_selected),
};

fn not_selected(case: &Case<'_>) -> Vec<Finding> {
    let second = case.second_look();
    let Some(trouble) = super::super::drivers::trouble(&second)
        .filter(|trouble| matches!(trouble.code, Some(100 | 101)))
    else {
        return Vec::new();
    };
    let device = failed(case)
        .iter()
        .find_map(|attempt| attempt.device.clone());
    let Some(device) = device else {
        return Vec::new();
    };
    vec![
        NOT_SELECTED
            .found(format!(
                "The device was found; asked for by its id ({device} in CUDA_VISIBLE_DEVICES) the same driver says \"{}\".",
                trouble.words
            ))
            .object(device)
            .proof(&trouble.seen)
            .proof(failed(case).iter().filter_map(|attempt| attempt.seen.as_ref()))
            .proof(dropped(case))
            .so("See by which ids the driver knows its devices:")
            .so("$ nvidia-smi -L")
            .so("For a MIG slice set its own id (CUDA_VISIBLE_DEVICES=MIG-...); a driver of your own must accept every id that it reports."),
    ]
}

/// What helps where rocBLAS has no kernels for a card.
pub(super) const OTHER_TARGET: &[&str] = &[
    "rocBLAS has nothing for this card. See the card's target, and try the nearest supported one (HSA_OVERRIDE_GFX_VERSION):",
    "$ rocminfo | grep gfx; ls /usr/local/lib/ollama/rocm*/rocblas/library | grep -o 'gfx[0-9a-f]*' | sort -u",
    "$ sudo systemctl edit ollama   # Environment=HSA_OVERRIDE_GFX_VERSION=10.3.0",
    "Vulkan is the other way for such a card.",
];

static ROCBLAS: Rule = Rule {
    id: "VG142",
    stage: Stage::Validate,
    title: "rocBLAS has nothing for this AMD card",
    story: "In the second look rocBLAS is initialised; for a gfx target without kernels it aborts. The device is dropped with a DEBUG line.",
    proof: "\"initializing rocBLAS on device\" without \"rocBLAS initialized\", and the abort.",
    remedy: &[
        "Try the nearest supported target:",
        "$ sudo systemctl edit ollama   # Environment=HSA_OVERRIDE_GFX_VERSION=10.3.0",
    ],
    rows: &["runner 45", "reports M"],
    check: Check::Backend(rocblas),
};

fn rocblas(case: &Case<'_>) -> Vec<Finding> {
    let second = case.second_look();
    let begun: Vec<&Evidence> = second.saying("initializing rocBLAS on device").collect();
    let done = second.saying("rocBLAS initialized").next().is_some();
    let server: Vec<&Evidence> = case
        .lines("dropping ROCm device")
        .into_iter()
        .filter_map(|line| line.seen.as_ref())
        .collect();
    // A process that was killed while it waited did not abort.
    let late = !late(case, &second).is_empty();
    if case.family() != Family::Rocm || (begun.is_empty() || done || late) && server.is_empty() {
        return Vec::new();
    }
    let target = case
        .lines("dropping ROCm device")
        .into_iter()
        .find_map(|line| line.field("gfx"))
        .map_or_else(String::new, |gfx| format!(" {gfx}"));
    vec![
        ROCBLAS
            .found(format!("The AMD card was found and dropped: rocBLAS has no kernels for its gfx target{target}."))
            .proof(begun)
            .proof(server)
            .proof(dropped(case))
            .so("See the card's target, and try the nearest supported one:")
            .so("$ rocminfo | grep gfx; ls /usr/local/lib/ollama/rocm*/rocblas/library | grep -o 'gfx[0-9a-f]*' | sort -u")
            .so("Vulkan is the other way for such a card.")
            .so(RESTART),
    ]
}

static SECOND_LATE: Rule = Rule {
    id: "VG143",
    stage: Stage::Validate,
    title: "The second look took too long",
    story: "All devices are looked at in parallel, within 30 seconds together. Many cards, or a driver that initialises slowly, do not make it and are dropped.",
    proof: "The server killed the second process before it answered.",
    remedy: &[
        "Let the driver stay initialised:",
        "$ sudo nvidia-smi -pm 1",
    ],
    rows: &["runner 46"],
    check: Check::Backend(second_late),
};

/// What shows that a second look ran out of time: the server's SIGKILL to the process that decides, or its line.
fn late<'a>(case: &Case<'a>, second: &Case<'a>) -> Vec<&'a Evidence> {
    let killed = second
        .children
        .iter()
        .filter(|child| !second.answered() || is_deciding(child))
        .filter_map(|child| match &child.end {
            End::KilledByServer {
                before_answer: true,
                seen,
                ..
            } => seen.as_ref(),
            _ => None,
        });
    let lines = case
        .second
        .iter()
        .filter_map(|attempt| attempt.failure_line.as_ref())
        .filter(|line| {
            let text = line.text.as_str();
            text.contains("before timeout") || text.contains("deadline exceeded")
        });
    killed.chain(lines).collect()
}

fn second_late(case: &Case<'_>) -> Vec<Finding> {
    let second = case.second_look();
    let killed = late(case, &second);
    if killed.is_empty() {
        return Vec::new();
    }
    let hanging: Vec<&Evidence> = second
        .children
        .iter()
        .filter_map(|child| child.hanging.as_ref())
        .collect();
    let open = hanging.first().map_or_else(String::new, |seen| {
        format!(" It was waiting in {}.", seen.text)
    });
    vec![
        SECOND_LATE
            .found(format!("The device was found; the second look at it gave no answer in time and was killed.{open}"))
            .proof(killed)
            .proof(hanging)
            .proof(dropped(case))
            .do_all(SECOND_LATE.remedy)
            .so(RESTART),
    ]
}

static SECOND_FAILED: Rule = Rule {
    id: "VG144",
    stage: Stage::Validate,
    title: "The second look at the device failed",
    story: "A device that was found is looked at once more, alone. Whatever can go wrong in the first look can do so here; the server says only \"filtering device which didn't fully initialize\", at DEBUG.",
    proof: "The second process and what it saw.",
    remedy: &["See the reason in the sentence."],
    rows: &["runner 47", "llama-server 31"],
    check: Check::Backend(second_failed),
};

fn second_failed(case: &Case<'_>) -> Vec<Finding> {
    let specific = [&ARCHITECTURE, &NOT_SELECTED, &ROCBLAS, &SECOND_LATE]
        .iter()
        .any(|rule| match rule.check {
            Check::Backend(check) => !check(case).is_empty(),
            _ => false,
        });
    let failed = failed(case);
    let lines = dropped(case);
    if specific || (failed.is_empty() && lines.is_empty()) {
        return Vec::new();
    }
    let second = case.second_look();
    let inner = reasons(
        &second,
        &[
            Stage::Spawn,
            Stage::Load,
            Stage::Init,
            Stage::Device,
            Stage::Answer,
        ],
    );
    match inner.into_iter().next() {
        Some(inner) => vec![
            Finding {
                rule: SECOND_FAILED.id,
                stage: SECOND_FAILED.stage.name(),
                sentence: format!(
                    "The device was found, and the second look at it failed: {}",
                    inner.sentence
                ),
                ..inner
            }
            .proof(lines),
        ],
        None if second.children.is_empty() && not_started(case).is_some() => vec![
            SECOND_FAILED
                .found(format!(
                    "{} was found, and no process could be made for the second look at it: {}.",
                    device_of(case),
                    not_started(case)
                        .and_then(|line| line.field("error"))
                        .unwrap_or("the server's line has no reason")
                ))
                .proof(not_started(case).and_then(|line| line.seen.as_ref()))
                .proof(lines)
                .so("For \"too many open files\" raise LimitNOFILE=, for \"resource temporarily unavailable\" TasksMax= or LimitNPROC=:")
                .so(super::super::advice::EDIT_SETTINGS)
                .so(RESTART),
        ],
        None => vec![
            SECOND_FAILED
                .found(format!(
                    "{} was found, and the second look at it, alone, gave none; why was not seen.",
                    device_of(case)
                ))
                .likely()
                .proof(lines)
                .proof(failed.iter().filter_map(|attempt| attempt.seen.as_ref()))
                .so("The second look's own words are shown at OLLAMA_DEBUG=2, or by a recording:")
                .so(super::super::advice::record(case.model)),
        ],
    }
}

/// The server's line about a runner that it could not start (discover/runner.go); the first look had its runner.
fn not_started<'a>(case: &Case<'a>) -> Option<&'a Line> {
    let first = case.children.iter().any(|child| child.process.is_some());
    case.model
        .lines
        .iter()
        .find(|line| {
            line.message
                .as_str()
                .starts_with("failed to start runner to discovery GPUs")
        })
        .filter(|_| first)
}

/// What is known of the device: `NVIDIA GeForce GTX 970M (compute capability 5.2)`.
fn device_of(case: &Case<'_>) -> String {
    let line = case
        .lines("verifying if device is supported")
        .into_iter()
        .next();
    let reported = case.reported().into_iter().next();
    let name = line
        .and_then(|line| line.field("description"))
        .or_else(|| reported.map(|device| device.name.as_str()))
        .filter(|name| !name.is_empty())
        .map_or_else(|| "The device".to_owned(), str::to_owned);
    let compute = line
        .and_then(|line| line.field("compute").map(str::to_owned))
        .or_else(|| {
            reported
                .and_then(|device| device.compute)
                .map(|(major, minor)| format!("{major}.{minor}"))
        });
    compute.map_or_else(
        || name.clone(),
        |compute| format!("{name} (compute capability {compute})"),
    )
}
