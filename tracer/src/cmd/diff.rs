//! `diff`: where a bad run stops being like a good one.

use std::path::{Path, PathBuf};

use super::explain::source;
use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::diagnose::explain;
use crate::diff::{Answer, Key, Run, Stage, diff};
use crate::discover::Model;
use crate::view::diff::{Names, json, markdown, text};

/// Exit code when the runs differ.
const DIFFERENT: u8 = 1;

/// What to compare, and how to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// A trace or a log of the run that was as it should be.
    pub good: PathBuf,
    /// Of the one that was not.
    pub bad: PathBuf,
    /// How.
    pub form: Form,
    /// Kinds, roles and names that do not count.
    pub ignore: Vec<String>,
    /// Verdicts only.
    pub gate: bool,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One screen; with `all` everything.
    Text {
        /// What only follows, too.
        all: bool,
    },
    /// One JSON object.
    Json,
    /// For an issue report.
    Markdown,
}

/// Compares, on standard output.
///
/// # Errors
/// One of them cannot be read, or holds nothing that could be compared.
pub fn run(props: &Props) -> Result<u8, Report> {
    let (good, bad) = (read(&props.good)?, read(&props.bad)?);
    let (before, after) = (explain(&good), explain(&bad));
    let ignored = |key: &Key| {
        (props.gate && key.stage != Stage::Verdict)
            || props
                .ignore
                .iter()
                .any(|what| what == key.stage.name() || *what == key.role || *what == key.name)
    };
    let answer = diff(
        Run {
            model: &good,
            explanation: &before,
        },
        Run {
            model: &bad,
            explanation: &after,
        },
        &ignored,
    );
    let mut out = StandardOutput::new();
    out.write(told(&answer, props).as_bytes())?;
    out.finish()?;
    Ok(if answer.same { 0 } else { DIFFERENT })
}

fn told(answer: &Answer, props: &Props) -> String {
    let names = Names {
        good: props.good.display().to_string(),
        bad: props.bad.display().to_string(),
    };
    match props.form {
        Form::Text { all } => text(answer, &names, all, terminal::standard_output()),
        Form::Json => json(answer, &names),
        Form::Markdown => markdown(answer, &names),
    }
}

/// The model of one side, which must hold a discovery.
fn read(path: &Path) -> Result<Model, Report> {
    let model = source::file(path)?;
    if model.server.is_none() && model.children.is_empty() && model.lines.is_empty() {
        return Err(Report::new(format!(
            "cannot compare {}: it holds no Ollama and no program that loads ggml",
            path.display()
        ))
        .help("record one with: sudo vgputrace run --until discovery -o FILE -- ollama serve"));
    }
    Ok(model)
}
