//! `ab`: one command recorded twice, as it is and with other variables, and where the two runs part.
//!
//! Each recording is a `vgputrace run` of its own: two sessions of the engine in one process would share signals, limits and
//! threads.

use std::ffi::OsString;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::diff::{Form, told};
use super::explain::source;
use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::diagnose::explain;
use crate::diff::{Run, diff};
use crate::view::diff::{Names, change};
use crate::view::escape;

/// Exit code when the runs differ, as of `diff`.
const DIFFERENT: u8 = 1;
/// Last bytes of what a recording that failed said.
const LAST_WORDS: i64 = 4_096;

/// What to record, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// Variables that the second run has, in order.
    pub set: Vec<(OsString, OsString)>,
    /// Variables that it lacks.
    pub unset: Vec<OsString>,
    /// As whom both run.
    pub user: Option<String>,
    /// Seconds after which each is ended.
    pub seconds: u64,
    /// The traces are `PREFIX-a.vgt` and `PREFIX-b.vgt`; a dated name when absent.
    pub output: Option<PathBuf>,
    /// How the answer is written.
    pub form: Form,
    /// Command and arguments.
    pub command: Vec<OsString>,
}

/// Records both, then compares, on standard output.
///
/// # Errors
/// One of them could not be recorded, or showed no discovery.
pub fn run(props: &Props) -> Result<u8, Report> {
    let prefix = props.output.clone().unwrap_or_else(|| {
        let time = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
        PathBuf::from(format!("vgputrace-ab-{time}"))
    });
    let of = |end: &str| {
        let mut path = prefix.clone().into_os_string();
        path.push(end);
        PathBuf::from(path)
    };
    let (plain, changed) = (of("-a.vgt"), of("-b.vgt"));
    record(props, &plain, false)?;
    record(props, &changed, true)?;
    answer(props, &plain, &changed)
}

fn answer(props: &Props, plain: &Path, changed: &Path) -> Result<u8, Report> {
    let (one, two) = (source::file(plain)?, source::file(changed)?);
    source::comparable(&one, plain)?;
    source::comparable(&two, changed)?;
    let (before, after) = (explain(&one), explain(&two));
    let run = |model, explanation| Run { model, explanation };
    let answer = diff(run(&one, &before), run(&two, &after), &|_| false);
    let names = Names {
        good: format!("{} (as it is)", plain.display()),
        bad: format!("{} ({})", changed.display(), what(props)),
    };
    let mut text = String::new();
    if matches!(props.form, Form::Text { .. }) {
        let what = escape::text(&what(props)).into_owned();
        if answer.verdict_changes.is_empty() {
            text += &format!("{what} makes no difference to any verdict\n\n");
        }
        for one in &answer.verdict_changes {
            text += &format!("{what}: {}\n\n", escape::text(&change(one)));
        }
    }
    text += &told(&answer, &names, props.form, terminal::standard_output());
    let mut out = StandardOutput::new();
    out.write(text.as_bytes())?;
    out.finish()?;
    Ok(if answer.same { 0 } else { DIFFERENT })
}

/// The change in words: `LD_PRELOAD unset, OLLAMA_DEBUG=1`.
fn what(props: &Props) -> String {
    let unset = props
        .unset
        .iter()
        .map(|name| format!("{} unset", name.to_string_lossy()));
    let set = props
        .set
        .iter()
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()));
    unset.chain(set).collect::<Vec<_>>().join(", ")
}

/// Records one run until its discovery is over. What the command and the recorder say is kept for the case that it fails.
fn record(props: &Props, trace: &Path, changed: bool) -> Result<(), Report> {
    let cannot = |error: &std::io::Error| Report::new("cannot record").because(error);
    let mut words = tempfile::tempfile().map_err(|error| cannot(&error))?;
    let own = std::env::current_exe().map_err(|error| cannot(&error))?;
    let mut command = Command::new(own);
    command
        .args(["run", "--quiet", "--until", "discovery", "--timeout"])
        .arg(format!("{}s", props.seconds))
        .arg("--output")
        .arg(trace);
    if let Some(user) = &props.user {
        command.args(["--user", user]);
    }
    if changed {
        for name in &props.unset {
            command.arg("--unset").arg(name);
        }
        for (name, value) in &props.set {
            let mut pair = name.clone();
            pair.push("=");
            pair.push(value);
            command.arg("--env").arg(pair);
        }
    }
    let status = command
        .arg("--")
        .args(&props.command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(words.try_clone().map_err(|error| cannot(&error))?)
        .status()
        .map_err(|error| cannot(&error))?;
    // The command's own code says nothing here: a program that ends by itself has shown its discovery or not.
    if trace.exists() {
        return Ok(());
    }
    Err(
        Report::new(format!("the command could not be recorded ({status})"))
            .detail(&last(&mut words)),
    )
}

fn last(words: &mut std::fs::File) -> String {
    let length = words.metadata().map_or(0, |metadata| metadata.len());
    let back = LAST_WORDS.min(i64::try_from(length).unwrap_or(LAST_WORDS));
    let mut bytes = Vec::new();
    let read = words
        .seek(SeekFrom::End(-back))
        .and_then(|_| words.read_to_end(&mut bytes));
    match read {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}
