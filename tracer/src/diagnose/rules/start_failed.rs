//! A model that could not be loaded or run, by the words of its process or of the server.

mod causes;

use crate::discover::Model;
use crate::discover::model::{Evidence, ModelStart};

use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::start;
use causes::{CAUSES, Cause};

pub(super) static RULES: &[&Rule] = &[&FAILED];

static FAILED: Rule = Rule {
    id: "VG167",
    stage: Stage::Model,
    title: "The model could not be loaded or run",
    story: "That a GPU was found says nothing about a model: its process loads the backend anew, asks for memory and reads the file. What goes wrong there is an HTTP error for the client; the cause stands in lines of ggml, llama.cpp or the server.",
    proof: "The words of the process or the server, such as \"error loading model\", \"cudaMalloc failed\", \"Load failed\".",
    remedy: &["The words name what failed; each has its own remedy."],
    rows: &["reports H"],
    check: Check::Start(failed),
};

/// Words after which the model does not run.
const ENDS: &[&str] = &[
    "error loading model",
    "unable to load model",
    "failed to load model",
    "process has terminated",
    "no longer running",
    "llama runner stopped with error",
    "error loading llama server",
    "Load failed",
    "NewLlamaServer failed",
    "timed out waiting for llama",
    "unable to create llama context",
    "model failed to load",
    "terminated\" error=\"exit status",
    "requires more system memory",
    "CUDA error",
    "ROCm error",
    "CUBLAS_STATUS",
    "DeviceLostError",
];

/// Longest piece of the words that a sentence quotes, in characters.
const LONGEST: usize = 160;

/// The lines that are known of this start.
fn lines<'a>(model: &'a Model, start: &'a ModelStart) -> Vec<&'a Evidence> {
    let child = start.child.and_then(|child| model.children.get(child));
    let said = child.map_or(&[][..], |child| child.said.as_slice());
    start
        .seen
        .iter()
        .chain(&start.reasons)
        .chain(said.iter().map(|said| &said.seen))
        .collect()
}

/// It failed, so what is on the GPU is no question.
pub(super) fn is_failed(model: &Model, start: &ModelStart) -> bool {
    failed(model, start).is_some()
}

fn failed(model: &Model, start: &ModelStart) -> Option<Finding> {
    let lines = lines(model, start);
    let (cause, seen, quote) = CAUSES.iter().find_map(|cause| told(cause, &lines))?;
    // What a process met and survived is no failure.
    let ended = |line: &&&Evidence| ENDS.iter().any(|words| line.text.as_str().contains(words));
    let end = lines.iter().find(ended).copied();
    let runs = start.offloaded.is_some_and(|(done, _)| done > 0);
    if end.is_none() && runs {
        return None;
    }
    // With its process known, the crash tells more: the call and the function.
    let of_runtime = |line: &&Evidence| {
        let text = line.text.as_str();
        text.contains("CUDA error") || text.contains("ROCm error")
    };
    if lines.iter().any(of_runtime) && start::crashed(model, start).is_some() {
        return None;
    }
    let beside = if cause.beside_gpu {
        " The GPU has no part in it."
    } else {
        ""
    };
    let more = context(model, cause, &lines);
    let finding = FAILED
        .found(format!(
            "The model could not be loaded or run: {} (\"{quote}\").{more}{beside}",
            cause.says
        ))
        .certain_if(cause.certain && end.is_some())
        .proof([seen])
        .proof(end)
        .proof(&start.reasons);
    Some(finding.do_all(cause.remedy))
}

/// The line that tells a cause, and its words.
fn told<'a>(
    cause: &'static Cause,
    lines: &[&'a Evidence],
) -> Option<(&'static Cause, &'a Evidence, String)> {
    lines.iter().find_map(|line| {
        let text = line.text.as_str();
        let at = cause
            .words
            .iter()
            .filter_map(|words| text.find(words))
            .min()?;
        let rest = text.get(at..)?;
        let end = rest.find(['\n', '"']).unwrap_or(rest.len());
        let words: String = rest.get(..end)?.chars().take(LONGEST).collect();
        Some((
            cause,
            *line,
            words.trim_end_matches(['"', ' ', '.', '}']).to_owned(),
        ))
    })
}

/// What else the lines tell about this cause: the size that was asked for, why Metal did not compile, the context.
fn context(model: &Model, cause: &Cause, lines: &[&Evidence]) -> String {
    let texts = || lines.iter().map(|line| line.text.as_str());
    if cause.says.starts_with("Metal") && texts().any(|text| text.contains("static_assert failed"))
    {
        return " The GPU code of this release does not compile on this Mac.".to_owned();
    }
    if !cause.says.contains("memory") || cause.beside_gpu {
        return String::new();
    }
    let asked = texts().find_map(|text| {
        let (_, rest) = text.split_once("allocating ")?;
        let (size, rest) = rest.split_once(" on device ")?;
        let device = rest.split(':').next()?;
        Some(format!(" It asked for {size} on device {device}."))
    });
    let context = model.lines.iter().rev().find_map(|line| {
        let request = line
            .field("request")
            .filter(|_| line.message.as_str() == "load")?;
        let number = |name: &str| {
            request
                .split_once(name)?
                .1
                .split(' ')
                .next()?
                .parse::<u64>()
                .ok()
        };
        Some((number("KvSize:")?, number("Parallel:")?))
    });
    let context = context
        .filter(|(size, _)| *size > 32_768)
        .map(|(size, parallel)| {
            format!(" It was to hold a context of {size} tokens ({parallel} requests at once).")
        });
    asked.unwrap_or_default() + &context.unwrap_or_default()
}
