//! `show`: a trace as text, as JSON, or summed up. Reads one pass, with bounded memory.

mod source;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::event::Event;
use crate::view::filter::{Filter, FilterError, is_label};
use crate::view::lines::Lines;
use crate::view::scene::Scene;
use crate::view::summary::{File, Page, Summary};
use crate::view::text::Renderer;
use crate::view::{Looks, calls, escape, json};

use source::Source;

/// What to show of which trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// The trace.
    pub trace: PathBuf,
    /// How.
    pub form: Form,
    /// Event numbers in front of each line of text.
    pub numbers: bool,
    /// An expression of `view::filter`.
    pub filter: String,
    /// Values of `kind:`.
    pub kinds: Vec<String>,
    /// Processes: `p3`, `p3.1`, a pid, or part of a name; one must fit.
    pub processes: Vec<String>,
    /// Texts that must all be there.
    pub texts: Vec<String>,
    /// A value of `time:`.
    pub time: Option<String>,
    /// Failures only.
    pub failures: bool,
}

/// How a trace is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Aligned text.
    Text,
    /// The same of the drivers' diary alone.
    Calls,
    /// Self-contained JSON lines.
    Json,
    /// One screen.
    Summary,
    /// The summary as one JSON object.
    JsonSummary,
}

/// Shows a trace on standard output; damage is named on standard error.
///
/// # Errors
/// A trace or filter that cannot be read, or standard output that cannot be written.
pub fn run(props: &Props) -> Result<u8, Report> {
    let filter = filter(props)?;
    let mut source = source::open(&props.trace, filter.asks_for_roles())?;
    let mut out = StandardOutput::new();
    let shown = show(
        source.as_mut(),
        props,
        &filter,
        terminal::standard_output(),
        &mut |text| out.write(text.as_bytes()),
    )?;
    out.finish()?;
    for warning in source.warnings() {
        complain(&format!("warning: {}: {warning}", props.trace.display()));
    }
    if !shown {
        complain("no event of the trace matches");
    }
    Ok(0)
}

#[expect(clippy::print_stderr, reason = "the command's words for the user")]
fn complain(text: &str) {
    eprintln!("vgputrace: {}", escape::text(text));
}

/// The filter that expression and options ask for together.
fn filter(props: &Props) -> Result<Filter, Report> {
    let option = |name: &str, key: &str, value: &str| {
        Filter::term(key, value).map_err(|error| wrong(&format!("--{name}"), &error))
    };
    let mut all = vec![Filter::parse(&props.filter).map_err(|error| wrong("the filter", &error))?];
    if !props.kinds.is_empty() {
        all.push(option("kind", "kind", &props.kinds.join(","))?);
    }
    let processes = props.processes.iter().map(|value| {
        let rest = value.strip_prefix('p').unwrap_or_default();
        let key = if value.bytes().all(|byte| byte.is_ascii_digit()) {
            "pid"
        } else if rest.starts_with(|first: char| first.is_ascii_digit()) {
            "proc"
        } else {
            "name"
        };
        option("process", key, value)
    });
    let processes = processes.collect::<Result<Vec<_>, _>>()?;
    if !processes.is_empty() {
        all.push(Filter::Any(processes));
    }
    for text in &props.texts {
        all.push(option("text", "text", text)?);
    }
    if let Some(time) = &props.time {
        all.push(option("time", "time", time)?);
    }
    if props.failures {
        all.push(Filter::Failed);
    }
    // What is shown of a run without a real GPU says so, whatever else is asked for.
    Ok(Filter::Any(vec![Filter::All(all), Filter::Label]))
}

fn wrong(what: &str, error: &FilterError) -> Report {
    Report::new(format!("cannot read {what}: {error}"))
        .detail(&error.picture())
        .help(format!("allowed: {}", error.allowed))
}

/// Where text goes; false when nobody reads any more.
type Sink<'a> = &'a mut dyn FnMut(&str) -> Result<bool, Report>;

/// Shows a source. Returns false when there were events and the filter let none through.
fn show(
    source: &mut dyn Source,
    props: &Props,
    filter: &Filter,
    looks: Looks,
    sink: Sink<'_>,
) -> Result<bool, Report> {
    match props.form {
        Form::Text | Form::Calls => {
            let calls = props.form == Form::Calls;
            text(source, (props.numbers, calls), filter, looks, sink)
        }
        Form::Json => json_lines(source, filter, sink),
        Form::Summary | Form::JsonSummary => {
            let mut summary = Summary::new(source.header().cloned());
            while let Some(item) = source.next_item()? {
                summary.push(&item.event);
            }
            let file = File {
                path: props.trace.to_string_lossy().into_owned(),
                size: source.size(),
                warnings: source.warnings(),
            };
            sink(&match props.form {
                Form::JsonSummary => summary.to_json(&file),
                _ => Page::write(&summary, &file, looks),
            })?;
            Ok(true)
        }
    }
}

fn text(
    source: &mut dyn Source,
    (numbers, calls): (bool, bool),
    filter: &Filter,
    looks: Looks,
    sink: Sink<'_>,
) -> Result<bool, Report> {
    let origin = source.header().map(|header| header.clock.boot.0);
    let mut renderer = Renderer::new(origin, looks, numbers);
    renderer.roles(source.roles());
    if calls {
        renderer.only(calls::belongs);
    }
    let mut lines = Lines::default();
    let (mut ready, mut out): (Vec<Event>, String) = (Vec::new(), String::new());
    let (mut any, mut shown) = (false, false);
    loop {
        let item = source.next_item()?;
        let more = item.is_some();
        match item {
            Some(item) => lines.push(item.event, &mut ready),
            None => lines.finish(&mut ready),
        }
        for event in ready.drain(..) {
            any = true;
            shown |= renderer.event(&event, filter, &mut out) && !is_label(&event);
        }
        if !more {
            renderer.finish(&mut out);
        }
        if !out.is_empty() && !sink(&out)? {
            return Ok(true);
        }
        out.clear();
        if !more {
            return Ok(shown || !any);
        }
    }
}

fn json_lines(source: &mut dyn Source, filter: &Filter, sink: Sink<'_>) -> Result<bool, Report> {
    let encode = |error: serde_json::Error| Report::new("cannot write JSON").because(&error);
    let clock = source.header().map(|header| header.clock);
    let lines = json::Lines::new(clock);
    let mut scene = Scene::new(clock.map(|clock| clock.boot.0)).with_roles(source.roles());
    let mut out = String::new();
    if let Some(header) = source.header() {
        lines.header(header, &mut out).map_err(encode)?;
    }
    let (mut any, mut shown) = (false, false);
    while let Some(item) = source.next_item()? {
        any = true;
        scene.before(&item.event);
        if filter.matches(&item.event, &scene) {
            shown |= !is_label(&item.event);
            lines
                .event(&item.event, item.raw, &mut out)
                .map_err(encode)?;
        }
        scene.after(&item.event);
        if !out.is_empty() && !sink(&out)? {
            return Ok(true);
        }
        out.clear();
    }
    if !out.is_empty() {
        sink(&out)?;
    }
    Ok(shown || !any)
}
