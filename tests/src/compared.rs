//! Two models compared, as `diff` does it with two files.

use vgputrace::diagnose::explain;
use vgputrace::diff::{Answer, Key, Run, diff};
use vgputrace::discover::Model;

/// What differs. The stand-in has variables of its own, which no Ollama knows.
#[must_use]
pub fn models(good: &Model, bad: &Model) -> Answer {
    let (before, after) = (explain(good), explain(bad));
    diff(
        Run::new(good, &before),
        Run::new(bad, &after),
        &|key: &Key| key.name.starts_with("STANDIN_"),
    )
}
