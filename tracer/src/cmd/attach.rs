//! `attach`: record what somebody else starts, or has started. It goes on when the recording ends.

mod container;
mod restart;
mod target;
mod words;

use std::path::{Path, PathBuf};

use super::Report;
use super::report::{RECORDER, sentence};
use super::run::live::{Limits, Live, Outcomes};
use super::run::progress::Progress;
use super::run::verdicts::Verdicts;
use super::run::watch::{self, Child, Signals};
use super::run::{self, diagnostics, engine, finish, output};
use crate::event::Text;
use crate::event::host::Header;
use crate::source::hold::Hold;
use crate::source::session::Session;
use crate::source::user::SystemAccounts;
use crate::source::{clock, host, running};
use crate::trace::{self, Writer};
use crate::view::summary::Summary;

use target::Target;

/// What is recorded, and how.
#[derive(Clone, Debug)]
pub struct Props {
    /// Which processes.
    pub way: Way,
    /// What runs is started anew, so that its start is seen.
    pub restart: bool,
    /// What runs is left out: the next start is waited for.
    pub next: bool,
    /// How to record; the command is empty.
    pub recording: run::Props,
}

/// How processes are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// One that runs, with all below it.
    Pid(u32),
    /// The next starts of a program file.
    Exe(PathBuf),
    /// The next starts of any program with this name.
    Name(String),
    /// The members of a control group of version 2, now and later.
    Cgroup(PathBuf),
    /// The processes of a systemd unit.
    Unit(String),
    /// The processes of a container, by name or id.
    Container(String),
    /// Every program that starts, and whatever has a library of interest mapped.
    All,
}

/// Records until it is interrupted, or until the process has ended. The code is 0 when something was recorded.
///
/// # Errors
/// The target cannot be found; the recorder's own failures.
pub fn run(mut props: Props) -> Result<u8, Report> {
    let recording = &props.recording;
    diagnostics::diagnostics(recording.verbose);
    watch::block().map_err(|error| run::trouble("cannot watch signals", &error))?;
    let _ = run::raise_open_files();
    let mut target = target::find(&props)?;
    let (mut session, why) = session(&props)?;
    match &session {
        Session::Ebpf(..) => target::watch_files(&mut session, &target)?,
        // It sees no functions of processes that others have started.
        Session::Ptrace(_) => target.notes.push(words::cost(why.as_deref())),
    }
    // The name of the file is made from it.
    props.recording.command = vec![target.short.clone().into()];
    let (path, owner) = output::place(&props.recording)?;
    let header = header(&props, &target, &session, why);
    let options = trace::Options {
        owner,
        max_size: Some(props.recording.max_size),
        ..trace::Options::default()
    };
    let writer = Writer::create(&path, &header, options).map_err(|error| output::report(&error))?;
    match record(&props, &target, session, writer, header) {
        Ok(outcomes) => finish::finish(&props.recording, &path, outcomes),
        Err(report) => {
            // Nothing was recorded, so there is nothing to keep.
            let _ = std::fs::remove_file(&path);
            Err(report)
        }
    }
}

/// The engine. Waiting for a start needs eBPF.
fn session(props: &Props) -> Result<(Session, Option<String>), Report> {
    let recording = &props.recording;
    let report = |error| engine::report(&error);
    match recording.engine {
        run::Engine::Ebpf => Ok((engine::by_ebpf(recording).map_err(report)?, None)),
        run::Engine::Ptrace => Ok((engine::by_ptrace(recording).map_err(report)?, None)),
        run::Engine::Auto => match engine::by_ebpf(recording) {
            Ok(session) => Ok((session, None)),
            Err(error) if target::can_be_stopped(props) => {
                let why = sentence(&error);
                let session = engine::by_ptrace(recording).map_err(report)?;
                Ok((session, Some(why)))
            }
            Err(error) => Err(report(error)),
        },
    }
}

fn record(
    props: &Props,
    target: &Target,
    mut session: Session,
    writer: Writer,
    header: Header,
) -> Result<Outcomes, Report> {
    let recording = &props.recording;
    let mut events = Vec::new();
    let trouble = |error| engine::report(&error);
    let hold = (recording.hold && matches!(session, Session::Ebpf(..)))
        .then(Hold::begin)
        .transpose()
        .map_err(|error| run::hold_report(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| run::trouble("cannot start the event loop", &error))?;
    runtime.block_on(async {
        let signals =
            Signals::new().map_err(|error| run::trouble("cannot watch signals", &error))?;
        let mut child = match target.pid {
            Some(pid) => Child::of_others(pid).map_err(|_| target::gone(pid))?,
            None => Child::nobody(),
        };
        if recording.verbose >= 2
            && let Session::Ebpf(session, _) = &mut session
        {
            diagnostics::of_probes(session.ebpf_mut());
        }
        let joined = session
            .join(&target.members, &target.awaited, &mut events)
            .map_err(trouble)?;
        if target.pid.is_some() && joined == 0 {
            return Err(target::gone(target.pid.unwrap_or(0)));
        }
        let silent = recording.quiet || recording.json;
        if !silent {
            words::begun(target, joined, session.engine());
        }
        // Beside the recording, which takes what the new start tells meanwhile.
        let restart = target.restart.clone().map(restart::begin).transpose()?;
        let now = clock::boottime();
        let progress = Progress::new(!silent && watch::is_terminal(), now);
        let limits = Limits {
            timeout: recording.timeout,
            until: run::until(recording, target.until_discovery),
        };
        let verdicts = Verdicts::new(!silent, &header);
        let summary = Summary::new(Some(header));
        let mut live = Live::new(session, writer, summary, limits, progress, verdicts);
        live.hold(hold);
        // They are numbered already.
        live.begin_with(events);
        live.notes(&target.notes);
        if !target.awaited.is_empty() {
            live.on_exec(words::users());
        }
        if let Some(follower) = target.name.clone() {
            live.on_tick(follower.on_tick());
        }
        let outcomes = live
            .record(&mut child, &signals)
            .await
            .map_err(|error| run::trouble("cannot record", &error))?;
        match restart.and_then(restart::failed) {
            Some(report) => Err(report),
            None => Ok(outcomes),
        }
    })
}

fn header(props: &Props, target: &Target, session: &Session, why: Option<String>) -> Header {
    let own = rustix::process::getuid().as_raw();
    let first = target.members.first();
    let owner = first.and_then(|pid| running::owner(*pid, &SystemAccounts));
    Header {
        vgputrace: trace::VERSION,
        tool: Text::from(env!("CARGO_PKG_VERSION")),
        engine: Text::from(session.engine()),
        engine_why: why.map(Text::from),
        calls: Some(Text::from(props.recording.calls.name())),
        hold: props.recording.hold,
        attached: Some(Text::from(target.label.as_str())),
        uid: owner.map_or(own, |owner| owner.uid),
        sudo_uid: std::env::var("SUDO_UID")
            .ok()
            .and_then(|uid| uid.parse().ok()),
        clock: host::clock(),
        host: first.map_or_else(|| host::read(Path::new("/")), |pid| host::of_process(*pid)),
        ..Header::default()
    }
}

/// The recorder's own failure.
fn trouble(sentence: impl Into<String>) -> Report {
    Report::new(sentence).code(RECORDER)
}
