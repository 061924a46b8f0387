//! What `check` found, as text and as JSON.

mod json;
mod text;

pub use json::json;
pub use text::text;

use crate::discover::model::{At, Era, Evidence};

/// How this Ollama looks for devices, in a few words.
fn era(era: Era) -> &'static str {
    match era {
        Era::Runner => "discovers by runners, as 0.12 to 0.24 do",
        Era::LlamaServer => "discovers by llama-server, as 0.30 and later do",
        Era::Ggml | Era::Unknown => "how it discovers is not known",
    }
}

/// Where a fact was seen.
fn place(evidence: &Evidence) -> String {
    match &evidence.at {
        At::File(path) => path.as_str().to_owned(),
        At::Event(seq) => seq.to_string(),
        At::Line(number) => format!("line {number}"),
        At::Host => "this machine".to_owned(),
    }
}
