//! Warnings and errors of the server itself, until its final list.

use super::{Facts, children};
use crate::diff::fact::{Fact, Stage, Value};
use crate::diff::normal;
use crate::discover::Model;
use crate::discover::model::{Level, Origin};

/// Lines that are compared.
const MAX_LINES: usize = 500;

/// How the server begins what it says about the lines of a brief start (llm/llama_server.go).
const OF_START: &str = "llama-server discovery:";

/// Facts about them. What comes after the final list is the business of models, which not every recording gets to.
pub(super) fn gather(model: &Model, facts: &mut Facts) {
    if model.server.is_none() || model.origin == Origin::Strace {
        return;
    }
    let discovery = model
        .lines
        .iter()
        .take_while(|line| line.message.as_str() != "inference compute");
    // Of a brief start that was too fast for its own lines the server says that it lacks one.
    let raced = model.children.iter().any(children::is_cut_short);
    let warnings = discovery
        .filter(|line| matches!(line.level, Level::Warn | Level::Error))
        .filter(|line| !(raced && line.message.as_str().starts_with(OF_START)));
    for line in warnings.take(MAX_LINES) {
        let Some(seen) = &line.seen else { continue };
        // That an attempt failed is told with the attempt.
        let told = model.attempts.iter().any(|attempt| {
            let line = attempt.failure_line.as_ref();
            line.is_some_and(|line| line.at == seen.at)
        });
        let name = normal::text(seen.text.as_str());
        if !told && !name.is_empty() {
            let fact = Fact::new(Value::shown("said", seen.text.as_str())).seen(Some(seen));
            facts.add(Stage::Words, "server", name, fact);
        }
    }
}
