//! `diff`: where a bad run stops being like a good one.

use std::path::{Path, PathBuf};

use super::explain::source;
use super::project::Project;
use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::diagnose::{Verdict, explain};
use crate::diff::{Answer, Key, Rule, Run, Stage, VerdictChange, diff};
use crate::discover::Model;
use crate::discover::model::Era;
use crate::view::diff::{Names, json, markdown, text};
use crate::view::{Looks, escape};

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
    pub ignore: Vec<Rule>,
    /// Verdicts and the keys of the project file only.
    pub gate: bool,
    /// The project file; the nearest one when absent.
    pub project: Option<PathBuf>,
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
    let project = Project::find(props.project.as_deref())?;
    let [good, bad] = sides(&props.good, &props.bad)?;
    related(props, [&good, &bad])?;
    warn_of_holes(props, [&good, &bad]);
    let (before, after) = (explain(&good), explain(&bad));
    let ignored = |key: &Key| {
        let named = |rules: &[Rule]| rules.iter().any(|rule| rule.picks(key));
        let gated = key.stage == Stage::Verdict || named(&project.gate);
        (props.gate && !gated) || named(&props.ignore) || named(&project.ignore)
    };
    let answer = diff(Run::new(&good, &before), Run::new(&bad, &after), &ignored);
    let names = Names {
        good: props.good.display().to_string(),
        bad: props.bad.display().to_string(),
    };
    let text = told(&answer, &names, props.form, terminal::standard_output());
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    warn_of_order(props, &answer);
    Ok(if answer.same { 0 } else { DIFFERENT })
}

/// The answer in one of its forms.
pub(super) fn told(answer: &Answer, names: &Names, form: Form, looks: Looks) -> String {
    match form {
        Form::Text { all } => text(answer, names, all, looks),
        Form::Json => json(answer, names),
        Form::Markdown => markdown(answer, names),
    }
}

/// The models of both sides.
///
/// # Errors
/// One of them cannot be read, or holds nothing that could be compared.
pub(super) fn sides(good: &Path, bad: &Path) -> Result<[Model; 2], Report> {
    // Each on a processor of its own: a trace of millions of events takes seconds.
    let (good, bad) = std::thread::scope(|scope| {
        let bad = scope.spawn(|| read(bad));
        (read(good), bad.join())
    });
    let failed = || Err(Report::new("reading the second side failed"));
    Ok([good?, bad.unwrap_or_else(|_| failed())?])
}

/// Both are of one kind.
///
/// # Errors
/// One is of an Ollama and the other of a program that loads ggml by itself: they have no process in common.
fn related(props: &Props, models: [&Model; 2]) -> Result<(), Report> {
    let own = models.map(|model| model.era == Era::Ggml);
    if own[0] == own[1] {
        return Ok(());
    }
    let words = |own: bool| {
        if own {
            "a program that loads ggml by itself"
        } else {
            "an Ollama"
        }
    };
    Err(Report::new(format!(
        "cannot compare {} with {}: the one shows {}, the other {}",
        props.good.display(),
        props.bad.display(),
        words(own[0]),
        words(own[1])
    ))
    .help("each by itself: vgputrace explain FILE"))
}

/// Says which side shows less than a whole run: what it does not show is not compared.
fn warn_of_holes(props: &Props, models: [&Model; 2]) {
    for (path, model) in [&props.good, &props.bad].into_iter().zip(models) {
        let what = if model.blind.damaged {
            "is damaged"
        } else if model.blind.cut && !model.finished {
            "ends before the discovery was over"
        } else if !model.blind.lost.is_empty() {
            "lost records"
        } else {
            continue;
        };
        let name = path.display().to_string();
        say(&format!(
            "vgputrace: {} {what}: what it does not show is not compared\n",
            escape::text(&name)
        ));
    }
}

/// Says that the sides may be the wrong way round, where the bad run alone uses a backend.
fn warn_of_order(props: &Props, answer: &Answer) {
    let used = |side: Option<Verdict>| side == Some(Verdict::Used);
    let better = |one: &VerdictChange| used(one.bad) && !used(one.good);
    let worse = |one: &VerdictChange| used(one.good) && !used(one.bad);
    let changes = &answer.verdict_changes;
    if !changes.iter().any(better) || changes.iter().any(worse) {
        return;
    }
    let [good, bad] = [&props.good, &props.bad].map(|path| path.display().to_string());
    say(&format!(
        "vgputrace: the second run is the better one; the other way round: vgputrace diff {} {}\n",
        escape::text(&bad),
        escape::text(&good)
    ));
}

#[expect(
    clippy::print_stderr,
    reason = "the answer alone is on standard output"
)]
fn say(text: &str) {
    eprint!("{text}");
}

/// The model of one side, which must hold a discovery.
fn read(path: &Path) -> Result<Model, Report> {
    let model = source::file(path)?;
    source::comparable(&model, path)?;
    Ok(model)
}
