//! `explain`: one verdict for each backend, from a trace or a log.

mod folder;
mod here;
mod newest;
pub(super) mod source;
mod stamped;

use std::path::PathBuf;

use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::diagnose::{Explanation, explain, rules};
use crate::discover::Model;
use crate::view::explain::{page, story, to_json, to_markdown, write};

/// What to explain, and how to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// A trace, a log or a folder, `-` for standard input; the newest log found here when absent.
    pub input: Option<PathBuf>,
    /// Only this backend.
    pub backend: Option<String>,
    /// How.
    pub form: Form,
    /// The page of one rule.
    pub code: Option<String>,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table and paragraphs.
    Text,
    /// The same with the whole story.
    Verbose,
    /// One JSON object.
    Json,
    /// For an issue report.
    Markdown,
}

/// Explains, on standard output.
///
/// # Errors
/// The input cannot be read, or is neither a trace nor a log; there is no such rule or backend.
pub fn run(props: &Props) -> Result<u8, Report> {
    let text = match &props.code {
        Some(code) => of_rule(code)?,
        None => of_input(props)?,
    };
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    Ok(0)
}

/// The page of a rule, or the list of all.
fn of_rule(code: &str) -> Result<String, Report> {
    if code == "all" {
        return Ok(rules::with_pages()
            .map(|rule| format!("{}  {:8}  {}\n", rule.id, rule.stage.name(), rule.title))
            .collect());
    }
    rules::by_id(code).map(page).ok_or_else(|| {
        Report::new(format!("there is no rule {code}"))
            .help("`vgputrace explain --code all` lists them")
    })
}

fn of_input(props: &Props) -> Result<String, Report> {
    let backend = props.backend.as_deref();
    let model = match &props.input {
        Some(path) if path.as_os_str() == "-" => source::standard_input()?,
        Some(path) if path.is_dir() => return folder::tell(path, backend, props.form),
        Some(path) => source::file(path)?,
        None => return here::tell(backend, props.form),
    };
    of_model(&model, backend, props.form)
}

/// The explanation of a model, of one backend where one is named.
fn of_model(model: &Model, backend: Option<&str>, form: Form) -> Result<String, Report> {
    let mut explanation = explain(model);
    if let Some(name) = backend {
        only(&mut explanation, name)?;
    }
    Ok(told(&explanation, model, form))
}

fn told(explanation: &Explanation, model: &Model, form: Form) -> String {
    let looks = terminal::standard_output();
    match form {
        Form::Text => write(explanation, looks),
        Form::Verbose => format!("{}\n{}", write(explanation, looks), story(model, looks)),
        Form::Json => to_json(explanation),
        Form::Markdown => to_markdown(explanation, model),
    }
}

/// Leaves one backend.
fn only(explanation: &mut Explanation, name: &str) -> Result<(), Report> {
    let names: Vec<String> = explanation
        .backends
        .iter()
        .map(|backend| backend.name.as_str().to_owned())
        .collect();
    explanation
        .backends
        .retain(|backend| backend.name.as_str() == name);
    explanation
        .devices
        .retain(|device| device.dir.as_str() == name);
    if explanation.backends.is_empty() {
        return Err(Report::new(format!("there is no backend {name} here"))
            .help(format!("there are: {}", names.join(", "))));
    }
    Ok(())
}
