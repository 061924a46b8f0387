//! Logs of an Ollama before 0.12.4, which asked the drivers itself: what they say of why there is no GPU.

mod causes;

use crate::discover::Model;
use crate::discover::model::{Era, Evidence, Line, Origin};

use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use causes::CAUSES;
pub(super) use causes::{meaning, remedy_of};

pub(super) static RULES: &[&Rule] = &[&OLD_OLLAMA];

static OLD_OLLAMA: Rule = Rule {
    id: "VG204",
    stage: Stage::Source,
    title: "The log is of an Ollama before 0.12.4",
    story: "Before 0.12.4 the server itself asked NVML, the driver and the kernel, and printed what it met (\"cuInit err: 999\", \"amdgpu is not supported\", \"no nvidia devices detected\", \"compatible gpu libraries\"). The codes mean what they mean today.",
    proof: "Lines of that time.",
    remedy: &["Do what the cause asks for, or update Ollama and explain its new log."],
    rows: &[
        "reports C",
        "reports D",
        "reports E",
        "reports F",
        "reports G",
    ],
    check: Check::General(old_ollama),
};

/// Lines that only those versions print (discover/gpu.go, gpu/gpu.go, amd_linux.go).
const OLD: [&str; 14] = [
    "CUDA GPU is too old",
    "not listed in available servers",
    "server list inconsistent",
    "Invalid OLLAMA_LLM_LIBRARY",
    "failed to get device context",
    "no compatible GPUs were discovered",
    "no compatible gpu",
    "Discovered GPU libraries",
    "looking for compatible GPUs",
    "compatible gpu libraries",
    "unable to load cudart",
    "no nvidia devices detected",
    "amdgpu is not supported",
    "old CUDA driver detected",
];

/// What a server of that time says.
struct Told<'a> {
    rank: usize,
    /// That nothing was found, which is no cause where a GPU was.
    of_none: bool,
    words: String,
    seen: &'a Evidence,
    remedy: &'static [&'static str],
}

fn old_ollama(model: &Model) -> Vec<Finding> {
    if model.era != Era::Unknown || model.origin != Origin::Log {
        return Vec::new();
    }
    let is_old = |text: &str| {
        OLD.iter().any(|known| text.contains(known))
            || code(text).is_some_and(|(function, _)| is_of_driver(&function))
    };
    let lines: Vec<_> = model
        .lines
        .iter()
        .filter(|line| is_old(line.message.as_str()))
        .filter_map(|line| line.seen.as_ref())
        .collect();
    let absent = driver_not_found(model).filter(|_| model.devices.is_empty());
    if lines.is_empty() && absent.is_none() {
        return Vec::new();
    }
    // A package may have the backend beside the program's other libraries: no folder fits then, and it is loaded all the same.
    let loaded = model
        .models
        .iter()
        .any(|start| start.placed.weights_on_gpu || start.placed.layers_on_gpu > 0)
        || model.children.iter().any(|child| {
            let gpu = |name: &str| name.starts_with("CUDA") || name.starts_with("ROCm");
            child.registered.iter().any(|one| gpu(one.text.as_str()))
        });
    let told = model.lines.iter().filter_map(|line| telling(line, loaded));
    let told = told
        .filter(|told| model.devices.is_empty() || !told.of_none)
        .min_by_key(|told| told.rank);
    let told = match absent {
        // The release's own runtime says of no driver what it says of an old one.
        Some(seen) if told.as_ref().is_none_or(|told| told.of_none || told.words.contains(" gave 35,")) => Some(Told {
            rank: 0,
            of_none: true,
            words: "no libcuda was found at any of the places where it looked: no NVIDIA driver is installed, or none is in this container".to_owned(),
            seen,
            remedy: causes::NO_DRIVER,
        }),
        _ => told,
    };
    // With a GPU, and nothing to say of it, the age of the log is no news.
    if told.is_none() && !model.devices.is_empty() {
        return Vec::new();
    }
    let whose = if model
        .version
        .as_ref()
        .is_some_and(|version| is_newer(version.as_str()))
    {
        "The server itself asked the driver."
    } else {
        "This log is of an Ollama before 0.12.4, which asked the drivers itself."
    };
    let says = told
        .as_ref()
        .map_or_else(String::new, |told| format!(" It says: {}.", told.words));
    let finding = OLD_OLLAMA
        .found(format!("{whose}{says}"))
        .likely()
        .proof(told.as_ref().map(|told| told.seen))
        .proof(lines);
    let remedy = told.map_or(&[][..], |told| told.remedy);
    vec![if remedy.is_empty() {
        finding.do_all(OLD_OLLAMA.remedy)
    } else {
        finding.do_all(remedy)
    }]
}

/// `Searching for GPU library name=libcuda.so*`, then `discovered GPU libraries paths=[]` (0.1.38 to 0.11, at DEBUG).
fn driver_not_found(model: &Model) -> Option<&Evidence> {
    let (mut name, mut found) = ("", None);
    for line in &model.lines {
        let message = line.message.as_str();
        if message == "Searching for GPU library" {
            name = line.field("name").unwrap_or_default();
        } else if message == "discovered GPU libraries"
            && (name.starts_with("libcuda.so") || name.starts_with("nvcuda"))
        {
            let none = line.field("paths") == Some("[]");
            found = line.seen.as_ref().filter(|_| none);
        }
    }
    found
}

/// 0.12.4 or later.
fn is_newer(version: &str) -> bool {
    let mut numbers = version.split(['.', '-', '+']).map(str::parse::<u32>);
    let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
    (next(), next(), next()) >= (0, 12, 4)
}

/// A line that names a cause: its rank, its words with their meaning, where it stands, and what to do.
fn telling(line: &Line, loaded: bool) -> Option<Told<'_>> {
    let seen = line.seen.as_ref()?;
    let mut words = line.message.as_str().to_owned();
    for name in ["error", "gpu_type", "library", "compatible", "version"] {
        if let Some(value) = line.field(name).filter(|value| !words.contains(value)) {
            words.push_str(&format!(", {name} {value}"));
        }
    }
    let (rank, known) = CAUSES
        .iter()
        .enumerate()
        .find(|(_, cause)| words.contains(cause.words))?;
    // With libraries beside the program the line names them.
    if known.words == "compatible gpu libraries"
        && (line.field("compatible") != Some("[]") || loaded)
    {
        return None;
    }
    let (mut meant, mut remedy) = (known.means.to_owned(), known.remedy);
    if let Some((function, code)) = code(&words) {
        let function = if words.contains("cuda driver library init failure") {
            "cuInit"
        } else {
            function.as_str()
        };
        meant = format!("{function} gave {code}, {}", meaning(function, &code));
        remedy = remedy_of(&code);
    }
    let words = if meant.is_empty() {
        words
    } else {
        format!("\"{words}\": {meant}")
    };
    let none = ["no ", "amdgpu is not", "Discovered GPU libraries: []"];
    Some(Told {
        rank,
        of_none: none.iter().any(|words| known.words.starts_with(words)),
        words,
        seen,
        remedy,
    })
}

/// A function of a driver or of NVML, or what the server called one (gpu/gpu_info_*.c).
fn is_of_driver(function: &str) -> bool {
    ["cu", "nvml", "hip", "rocm", "vram", "library"]
        .iter()
        .any(|start| function.starts_with(start))
}

/// `cuInit err: 999`, `nvml vram init failure: 9`.
fn code(text: &str) -> Option<(String, String)> {
    let (before, after) = text
        .split_once(" err: ")
        .or_else(|| text.split_once("init failure: "))
        .or_else(|| {
            let (_, after) = text.split_once("failed to get device context ")?;
            Some(("cuCtxCreate", after))
        })?;
    let number: String = after.chars().take_while(char::is_ascii_digit).collect();
    let function = before
        .rsplit([' ', '"', '='])
        .find(|word| !word.is_empty())?;
    (!number.is_empty()).then(|| (function.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::is_newer;

    #[test]
    fn the_release_that_asks_through_runners_is_told_from_those_before() {
        for (version, newer) in [
            ("0.12.3", false),
            ("0.12.4", true),
            ("0.5.7-0-ga420a45-dirty", false),
            ("0.0.0", false),
            ("0.32.7", true),
            ("words", false),
        ] {
            assert_eq!(is_newer(version), newer, "{version}");
        }
    }
}
