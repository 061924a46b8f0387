//! `explain` without an argument: what can be known of the Ollama of this machine with no run and no rights. Its newest
//! log, then what is installed (as `check` tells it), and at the end the one command that settles the rest.

use std::path::Path;

use super::{Form, newest, of_model};
use crate::cmd::{Report, check, terminal};
use crate::event::tree::Facts;
use crate::source::advice;
use crate::view;

/// Tells it. JSON has the explanation of the log alone, in its one shape.
///
/// # Errors
/// There is neither a log nor an Ollama, or no log where the answer is JSON or about one backend; no such backend.
pub(super) fn tell(backend: Option<&str>, form: Form) -> Result<String, Report> {
    let log = newest::log();
    let of_log = form == Form::Json || backend.is_some();
    let mut text = match log {
        Ok(model) => of_model(&model, backend, form)?,
        Err(report) if of_log => {
            return Err(report.help("what is installed: vgputrace check --json"));
        }
        Err(report) => return without_log(report, form),
    };
    if !of_log {
        installed(&mut text, form);
    }
    Ok(text)
}

/// There is no log: what is installed is all that can be told, if anything is.
fn without_log(report: Report, form: Form) -> Result<String, Report> {
    let mut text = String::from("No log of Ollama was found here that tells of a discovery.\n");
    if installed(&mut text, form) {
        return Ok(text);
    }
    Err(report.detail(
        "and no Ollama either: no unit ollama.service, none on PATH or where it usually is",
    ))
}

/// What is installed, and the command; whether there is anything.
fn installed(text: &mut String, form: Form) -> bool {
    let (facts, answer) = check::look(Path::new("/"), None);
    let Some(answer) = answer else {
        return false;
    };
    let fence = if form == Form::Markdown { "```\n" } else { "" };
    let looks = match form {
        Form::Markdown => view::Looks::default(),
        _ => terminal::standard_output(),
    };
    let title = match form {
        Form::Markdown => "### What is installed",
        _ => "What is installed here",
    };
    let page = view::check::text(&facts, &answer, looks);
    text.push_str(&format!("\n{title}\n\n{fence}{page}{fence}"));
    let (words, command) = record(&facts);
    text.push_str(&format!(
        "\nThis command settles the rest, since a recording leaves nothing out{words}:\n{fence}    {command}\n{fence}"
    ));
    true
}

/// The command that records a start of this Ollama: as its unit or container starts it, where there is one. Words before it
/// say what else it needs.
fn record(facts: &Facts) -> (String, String) {
    let plain = |command: String| (String::new(), command);
    if let Some(apart) = facts.server.apart.as_ref().filter(|apart| apart.own_root) {
        let engines = ["docker", "podman"];
        let engine = apart.engine.as_ref().map_or("", |engine| engine.as_str());
        return match &apart.container {
            Some(id) if engines.contains(&engine) => {
                plain(format!("sudo vgputrace attach --restart --container {id}"))
            }
            _ => (
                format!(
                    " (it waits: have process {} ended and its server started anew, as it was started before)",
                    apart.pid
                ),
                "sudo vgputrace attach --name ollama --until discovery".to_owned(),
            ),
        };
    }
    if !facts.server.unit_files.is_empty() {
        return plain("sudo vgputrace run --like-unit ollama.service".to_owned());
    }
    let program = facts.ollama.as_ref().map(|ollama| ollama.program.as_str());
    let server = [program.unwrap_or("ollama"), "serve"];
    plain(format!(
        "sudo vgputrace run --until discovery -- {}",
        advice::command_line(&server)
    ))
}
