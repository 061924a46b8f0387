//! `ab`: one command recorded twice, as it is and with other variables, and where the two runs part.
//!
//! Each recording is a `vgputrace run` of its own: two sessions of the engine in one process would share signals, limits and
//! threads.

use std::ffi::OsString;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::diff::{Form, told};
use super::explain::source;
use super::standard_output::StandardOutput;
use super::{Report, terminal};
use crate::diagnose::explain;
use crate::diff::{Run, diff, other_reason};
use crate::view::diff::{Names, change};
use crate::view::escape;

/// Exit code when the runs differ, as of `diff`.
const DIFFERENT: u8 = 1;
/// How long a signal may go unnoticed.
const PAUSE: Duration = Duration::from_millis(20);
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
    let stops = Stops::new().map_err(|error| cannot(&error))?;
    record(props, &plain, false, &stops)?;
    record(props, &changed, true, &stops)?;
    answer(props, &plain, &changed)
}

/// Ctrl-C and SIGTERM: the recording that goes on ends by itself and is kept, and there is nothing to compare.
struct Stops {
    /// The terminal has told the recorder, too.
    interrupted: Arc<AtomicBool>,
    /// The recorder has to be told.
    terminated: Arc<AtomicBool>,
}

impl Stops {
    fn new() -> std::io::Result<Self> {
        let stops = Self {
            interrupted: Arc::default(),
            terminated: Arc::default(),
        };
        flag::register(SIGINT, Arc::clone(&stops.interrupted))?;
        flag::register(SIGTERM, Arc::clone(&stops.terminated))?;
        Ok(stops)
    }

    /// Waits for a recorder.
    fn wait(&self, recorder: &mut Child) -> std::io::Result<ExitStatus> {
        let mut told = false;
        loop {
            if let Some(status) = recorder.try_wait()? {
                return Ok(status);
            }
            if !told && self.terminated.load(Ordering::Relaxed) {
                told = true;
                // It may have ended in this moment.
                let pid = i32::try_from(recorder.id()).map_err(std::io::Error::other)?;
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
            sleep(PAUSE);
        }
    }

    fn came(&self) -> bool {
        [&self.interrupted, &self.terminated].map(|one| one.load(Ordering::Relaxed)) != [false; 2]
    }
}

fn answer(props: &Props, plain: &Path, changed: &Path) -> Result<u8, Report> {
    let (one, two) = (source::file(plain)?, source::file(changed)?);
    source::comparable(&one, plain)?;
    source::comparable(&two, changed)?;
    let (before, after) = (explain(&one), explain(&two));
    let answer = diff(Run::new(&one, &before), Run::new(&two, &after), &|_| false);
    let names = Names {
        good: format!("{} (as it is)", plain.display()),
        bad: format!("{} ({})", changed.display(), what(props)),
    };
    let mut text = String::new();
    if matches!(props.form, Form::Text { .. }) {
        let what = escape::text(&what(props)).into_owned();
        let reason = other_reason(&before, &after);
        if answer.verdict_changes.is_empty() && reason.is_none() {
            text += &format!("{what} makes no difference to any verdict\n\n");
        }
        let changes = answer.verdict_changes.iter();
        let reason = reason.iter().filter(|_| answer.verdict_changes.is_empty());
        for one in changes.chain(reason) {
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

fn cannot(error: &std::io::Error) -> Report {
    Report::new("cannot record").because(error)
}

/// Records one run until its discovery is over. What the command and the recorder say is kept for the case that it fails.
fn record(props: &Props, trace: &Path, changed: bool, stops: &Stops) -> Result<(), Report> {
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
    let mut recorder = command
        .arg("--")
        .args(&props.command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(words.try_clone().map_err(|error| cannot(&error))?)
        .spawn()
        .map_err(|error| cannot(&error))?;
    let status = stops.wait(&mut recorder).map_err(|error| cannot(&error))?;
    if stops.came() {
        let report = Report::new("stopped before both runs were recorded: nothing is compared");
        let kept = format!("what there is of it: {}", trace.display());
        return Err(if trace.exists() {
            report.detail(&kept)
        } else {
            report
        });
    }
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
