//! What the loader did, how the backend started, and what drivers answered.

use std::collections::BTreeMap;

use super::Facts;
use crate::diff::fact::{Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::model::{Child, Load, Missing, Outcome};
use crate::event::Text;

/// Calls of one function that are compared one by one; those after it are the business of a running model.
const CALLS_EACH: u32 = 32;

/// Facts about loads, starts of backends and driver calls.
pub(super) fn gather(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    for load in &child.loads {
        let name = normal::base(load.asked.as_str());
        if name.starts_with("libggml-cpu") {
            continue;
        }
        let fact = Fact::new(outcome(load))
            .of_dir(dir)
            .seen(load.seen.as_ref())
            .linked(words(load))
            .stemming_from([name]);
        facts.add(Stage::Load, role, format!("load of {name}"), fact);
    }
    for words in &child.loader_words {
        let text = normal::text(words.text.as_str());
        let fact = Fact::new(Value::shown(text, words.text.as_str()))
            .of_dir(dir)
            .seen(Some(&words.seen))
            .linked([words.object.as_str().to_owned()]);
        facts.add(
            Stage::Load,
            role,
            format!("loader error for {}", words.object),
            fact,
        );
    }
    for init in &child.inits {
        let name = normal::base(init.file.as_str());
        if name.starts_with("libggml-cpu") {
            continue;
        }
        let value = if init.no_symbol {
            "is not in the file"
        } else if init.unfinished {
            "never came back"
        } else if init.null {
            "returned NULL"
        } else if init.score == Some(0) {
            "was not asked, the score is 0"
        } else {
            "returned a backend"
        };
        let fact = Fact::new(Value::plain(value))
            .of_dir(dir)
            .seen(init.seen.as_ref())
            .linked(["ggml_backend_init".to_owned(), name.to_owned()])
            .stemming_from([name]);
        facts.add(
            Stage::Call,
            role,
            format!("ggml_backend_init of {name}"),
            fact,
        );
    }
    calls(child, role, dir, facts);
}

/// The nth call of a function, its result and outputs. Which thread called first says nothing.
fn calls(child: &Child, role: &str, dir: &Text, facts: &mut Facts) {
    let mut counted: BTreeMap<&str, u32> = BTreeMap::new();
    for call in &child.calls {
        let count = counted.entry(call.function.as_str()).or_default();
        *count += 1;
        if *count > CALLS_EACH {
            continue;
        }
        let result = if call.took.is_none() && call.result.is_empty() {
            "never came back".to_owned()
        } else {
            call.result.as_str().to_owned()
        };
        let mut same = result.clone();
        for (name, value) in &call.values {
            // Free memory is another one in each run; that there is none is not.
            let memory = matches!(name.as_str(), "free" | "bytes_free" | "used");
            if memory && value.as_str() == "0" && name.as_str() != "used" {
                same.push_str(&format!(", {name}=0"));
            } else if !memory {
                same.push_str(", ");
                same.push_str(&normal::text(&format!("{name}={value}")));
            }
        }
        let shown = same.clone();
        let name = match *count {
            1 => call.function.as_str().to_owned(),
            more => format!("{} (call {more})", call.function),
        };
        let fact = Fact::new(Value::shown(same, shown))
            .of_dir(dir)
            .linked([call.function.as_str().to_owned(), result])
            .stemming_from(call.of.as_ref().map(|of| normal::base(of.as_str())))
            .stemming_from(library(call.function.as_str()))
            .seen(Some(&crate::discover::model::Evidence::event(
                call.seq,
                call.function.clone(),
            )));
        facts.add(Stage::Call, role, name, fact);
    }
}

/// The library that a function belongs to, by the beginning of its name.
fn library(function: &str) -> Option<&'static str> {
    const LIBRARIES: [(&str, &str); 5] = [
        ("cuda", "libcudart.so"),
        ("cublas", "libcublas.so"),
        ("cu", "libcuda.so"),
        ("nvml", "libnvidia-ml.so"),
        ("vk", "libvulkan.so"),
    ];
    let mut all = LIBRARIES.into_iter();
    let found = all.find(|(prefix, _)| function.starts_with(prefix));
    found.map(|(_, library)| library)
}

fn outcome(load: &Load) -> Value {
    match load.outcome {
        Outcome::Loaded => Value::plain("worked"),
        Outcome::Died => Value::plain("never came back: the process ended in it"),
        Outcome::Hanging => Value::plain("never came back: it hung"),
        Outcome::Unknown => Value::plain("has no known result"),
        Outcome::Failed => {
            let first = load.words.first();
            let text = first.map_or_else(String::new, |words| {
                format!("{}: {}", words.object, words.text)
            });
            let mut missing: Vec<String> = load.missing.iter().map(lack).collect();
            missing.sort_unstable();
            // A log has the loader's words with those of the C library behind them.
            let words = text.trim_end_matches(": No such file or directory");
            let same = format!("fails {} {}", normal::text(words), missing.join(" "));
            let shown = if text.is_empty() {
                "fails".to_owned()
            } else {
                format!("fails ({text})")
            };
            Value::shown(same, shown)
        }
    }
}

fn lack(missing: &Missing) -> String {
    match missing {
        Missing::Library { name, .. } | Missing::Symbol { name, .. } => name.as_str().to_owned(),
        Missing::Version { version, file, .. } => format!("{version} in {file}"),
        Missing::Unfit { file, problem } => format!("{file} {problem}"),
    }
}

fn words(load: &Load) -> Vec<String> {
    let asked = std::iter::once(normal::base(load.asked.as_str()).to_owned());
    let objects = load
        .words
        .iter()
        .map(|words| words.object.as_str().to_owned());
    asked
        .chain(objects)
        .chain(load.missing.iter().map(lack))
        .collect()
}
