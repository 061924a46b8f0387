//! Pieces of logs that hold the telling words and not the lines around them, which would say of which folder they are; and logs
//! at INFO, which count the looks at folders without their names.

use crate::discover::Model;
use crate::discover::model::{Child, DriverCall, Era, Evidence, Level, Origin};
use crate::discover::role::Role;

use super::super::advice;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::old_discovery::{meaning, remedy_of};
use super::start_lost;

pub(super) static RULES: &[&Rule] = &[&FIRST_CALL, &LOOK_ENDED, &NAMELESS, &NO_USABLE];

static FIRST_CALL: Rule = Rule {
    id: "VG208",
    stage: Stage::Source,
    title: "A GPU's runtime refused its first call",
    story: "ggml asks CUDA or ROCm for the number of devices before all else, and prints \"failed to initialize CUDA\" with the runtime's words when that fails. People paste that line without those around it, which would name the folder. The words mean the same without them.",
    proof: "The words of ggml_cuda_init, and no look or load that they are of.",
    remedy: &["See what the driver says by itself:", "$ nvidia-smi"],
    rows: &["reports B", "reports C"],
    check: Check::General(first_call),
};

/// ROCm has no device: its nodes, or the rights to them.
const ROCM: &[&str] = &[
    "See whether the card's nodes are there, and open to the user of the service (a container needs --device /dev/kfd --device /dev/dri):",
    "$ ls -l /dev/kfd /dev/dri; id ollama",
];

/// Codes that leave no other reading of the words.
const PLAIN: [i64; 6] = [34, 35, 100, 802, 803, 804];

/// The failed count of a process about which no backend's paragraph tells.
fn refused<'a>(model: &'a Model, child: &'a Child) -> Option<&'a DriverCall> {
    let counts = |call: &&DriverCall| {
        let name = call.function.as_str();
        call.failed && (name == "cudaGetDeviceCount" || name == "hipGetDeviceCount")
    };
    let told = match &child.role {
        // Its loads name a folder.
        Role::Program => !child.loads.is_empty() || !child.inits.is_empty(),
        Role::Model { .. } => model
            .models
            .iter()
            .any(|start| start_lost::is_lost(model, start)),
        _ => false,
    };
    child.calls.iter().find(counts).filter(|_| !told)
}

fn first_call(model: &Model) -> Vec<Finding> {
    if model.origin != Origin::Log || !model.attempts.is_empty() || !model.devices.is_empty() {
        return Vec::new();
    }
    let mut all = model.children.iter();
    let Some((child, call)) = all.find_map(|child| Some((child, refused(model, child)?))) else {
        return Vec::new();
    };
    let function = call.function.as_str();
    let code = call.code.map(|code| code.to_string());
    let means = code.as_deref().map_or_else(
        || "this error is none of those that are usual here".to_owned(),
        |code| meaning(function, code).to_owned(),
    );
    let number = code
        .as_deref()
        .map_or_else(String::new, |code| format!(" ({code})"));
    let file = child.inits.iter().map(|init| init.file.as_str());
    let mut file = file.filter(|file| file.contains("ggml-cuda") || file.contains("ggml-hip"));
    let of = file
        .next()
        .map_or_else(String::new, |file| format!(" for {file}"));
    let words = child.said.iter().filter(|said| {
        let text = said.text.as_str();
        text.contains("_init: failed to initialize ")
    });
    let hip = function.starts_with("hip");
    vec![
        FIRST_CALL
            .found(format!(
                "{function} says \"{}\"{number}{of}: {means}.",
                call.result
            ))
            .certain_if(call.code.is_some_and(|code| PLAIN.contains(&code)))
            .proof(words.map(|said| &said.seen))
            .do_all(match code.as_deref() {
                _ if hip => ROCM,
                Some("35") => &["Update NVIDIA's driver, or use a backend for an older CUDA (cuda_v12 in place of cuda_v13):", "$ nvidia-smi"],
                code => remedy_of(code.unwrap_or_default()),
            }),
    ]
}

static LOOK_ENDED: Rule = Rule {
    id: "VG209",
    stage: Stage::Source,
    title: "A look at the devices ended with an error, of which folder is not told",
    story: "From 0.30 on Ollama runs llama-server --list-devices for each folder, and says how it ended in the line \"failure during llama-server GPU discovery\". OLLAMA_LIBRARY_PATH in the same line names the folder; people paste the error alone.",
    proof: "The error of llama-server --list-devices, and no look that it is of.",
    remedy: &["Find the whole line, which names the folder in OLLAMA_LIBRARY_PATH."],
    rows: &["reports P"],
    check: Check::General(look_ended),
};

fn look_ended(model: &Model) -> Vec<Finding> {
    const WORDS: &str = "--list-devices failed: ";
    let named = model
        .attempts
        .iter()
        .any(|attempt| attempt.failure_line.is_some());
    let line = model
        .lines
        .iter()
        .find(|line| line.message.as_str().contains(WORDS));
    let Some(line) = line.filter(|_| !named) else {
        return Vec::new();
    };
    let rest = line
        .message
        .as_str()
        .split_once(WORDS)
        .map_or("", |(_, rest)| rest);
    let end = rest.split(['"', '\\', '\n']).next().unwrap_or_default();
    let status = end
        .split_once(": The ")
        .map_or(end, |(status, _)| status)
        .trim();
    let means = MEANINGS
        .iter()
        .find(|(words, _)| status.contains(words))
        .map_or("", |(_, means)| *means);
    vec![
        LOOK_ENDED
            .found(format!(
                "llama-server --list-devices, with which Ollama looks at a folder, ended with {status}{means}; of which folder, these words do not say."
            ))
            .proof(line.seen.as_ref())
            .do_all(LOOK_ENDED.remedy)
            .so("Update the GPU's driver and Ollama; if it stays, leave the folder out that ends so (OLLAMA_LLM_LIBRARY names the only one that is used)."),
    ]
}

/// Ends of a process: exceptions of Windows (ntstatus.h), signals, the loader's own end.
const MEANINGS: [(&str, &str); 6] = [
    ("0xc0000005", ", an access to memory that is not its own"),
    (
        "segmentation fault",
        ", an access to memory that is not its own",
    ),
    ("0xc0000135", ", for a DLL that it needs is not there"),
    (
        "0xc000001d",
        ", an instruction that this processor does not have",
    ),
    (
        "illegal instruction",
        ", one that this processor does not have",
    ),
    (
        "exit status 127",
        ", the loader's end where a library is missing",
    ),
];

static NAMELESS: Rule = Rule {
    id: "VG219",
    stage: Stage::Source,
    title: "Folders were looked at, and this log has neither names nor reasons",
    story: "From 0.12.4 to 0.24 a log at INFO has a line \"starting runner\" for each look at a folder, and no word of which folder it was or why it gave no device. With no device after all of them any cause fits: a library that is missing, a driver that does not answer, a card that no backend is built for.",
    proof: "Lines \"starting runner\", the final list with the CPU alone, and nothing of a folder.",
    remedy: &[
        "A recording of one start settles it:",
        "$ sudo vgputrace run --until discovery --like-unit ollama.service",
    ],
    rows: &["runner 20"],
    check: Check::General(nameless),
};

fn nameless(model: &Model) -> Vec<Finding> {
    let mute = model.attempts.iter().all(|attempt| {
        attempt.dir.is_empty() && attempt.failure_line.is_none() && attempt.answer.is_none()
    });
    let silent = model
        .children
        .iter()
        .all(|child| child.calls.is_empty() && child.loads.is_empty() && child.crashes.is_empty());
    let at_info = model
        .blind
        .log_level
        .is_some_and(|level| level >= Level::Info);
    let Some(cpu) = model.cpu_only.as_ref().filter(|_| model.devices.is_empty()) else {
        return Vec::new();
    };
    let count = model.attempts.len();
    if model.era != Era::Runner || count == 0 || !(mute && silent && at_info) {
        return Vec::new();
    }
    let seen = model
        .attempts
        .iter()
        .filter_map(|attempt| attempt.seen.as_ref());
    let proof: Vec<&Evidence> = seen.chain([cpu]).collect();
    let mut finding = NAMELESS
        .found(format!(
            "Ollama looked at {count} folder{} and got no device; a log at INFO says neither which these were nor why.",
            if count == 1 { "" } else { "s" }
        ))
        .proof(proof);
    finding.remedy = advice::settle(model, None);
    vec![
        finding
            .so("Without it, the log of a start with OLLAMA_DEBUG=2 tells more:")
            .so("$ sudo systemctl edit ollama   # Environment=OLLAMA_DEBUG=2"),
    ]
}

static NO_USABLE: Rule = Rule {
    id: "VG220",
    stage: Stage::Source,
    title: "llama.cpp found no usable GPU",
    story: "llama.cpp says that --gpu-layers is ignored when none of its backends can take layers: it was built without a GPU's backend, none lies beside it, or the one it has found no device. Since spring 2026 its server says so too when it starts other servers itself; with a device in the same log that is noise.",
    proof: "Its warning, and no device in the same log.",
    remedy: &[
        "See which devices the program has:",
        "$ llama-server --list-devices",
        "With none: build it with a GPU's backend (cmake -DGGML_CUDA=ON, -DGGML_HIP=ON or -DGGML_VULKAN=ON) or take a release that has one, with the backend's file beside the program.",
    ],
    rows: &["reports A"],
    check: Check::General(no_usable),
};

fn no_usable(model: &Model) -> Vec<Finding> {
    const WORDS: [&str; 2] = [
        "no usable GPU found",
        "not compiled with GPU offload support",
    ];
    let says = |words: &str| {
        let lines = model.lines.iter();
        lines
            .filter(|line| line.message.as_str().contains(words))
            .find_map(|line| line.seen.as_ref())
    };
    let Some(seen) = WORDS.iter().find_map(|words| says(words)) else {
        return Vec::new();
    };
    let counted = |call: &DriverCall| {
        !call.failed
            && call
                .values
                .iter()
                .any(|(name, count)| name.as_str() == "count" && count.as_str() != "0")
    };
    let found = model
        .children
        .iter()
        .any(|child| child.calls.iter().any(counted));
    if found || !model.devices.is_empty() || model.origin != Origin::Log {
        return Vec::new();
    }
    let info = says("system_info: ").filter(|seen| {
        ["CUDA :", "ROCm :", "SYCL :", "Metal :"]
            .iter()
            .all(|name| !seen.text.as_str().contains(name))
    });
    let alone = if info.is_some() {
        " Its system_info names the CPU alone."
    } else {
        ""
    };
    vec![
        NO_USABLE
            .found(format!(
                "llama.cpp found no usable GPU, so that the number of layers for it is ignored: no backend of a GPU is in the program or beside it, or the one that is has no device.{alone}"
            ))
            .likely()
            .proof([seen])
            .proof(info)
            .do_all(NO_USABLE.remedy),
    ]
}
