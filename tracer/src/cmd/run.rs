//! `run`: start a command, record it, sum it up.

pub(in crate::cmd) mod diagnostics;
pub(in crate::cmd) mod engine;
pub(in crate::cmd) mod finish;
mod front;
mod last_good;
pub(in crate::cmd) mod live;
pub(in crate::cmd) mod output;
pub(in crate::cmd) mod progress;
mod screen;
mod target;
pub(in crate::cmd) mod verdicts;
mod virtual_gpu;
pub(in crate::cmd) mod watch;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Report;
use super::report::RECORDER;
use crate::event::Text;
use crate::event::host::Header;
use crate::source::discovery_end::{self, DiscoveryEnd};
use crate::source::hold::{self, Hold};
pub use crate::source::plan::Calls;
use crate::source::session::Session;
use crate::source::{clock, host};
use crate::sys::spawn;
use crate::trace::{self, Writer};
use crate::view::summary::Summary;

use diagnostics::diagnostics;
use front::Side;
use live::{Limits, Live, Outcomes, Why};
use progress::Progress;
use screen::Screen;
use target::Target;
use verdicts::Verdicts;
pub use virtual_gpu::Wanted;
use watch::{Child, Signals};

/// What to run and how to record it.
#[derive(Clone, Debug)]
pub struct Props {
    /// Where the trace goes; a dated name when absent.
    pub output: Option<PathBuf>,
    /// When to end the command.
    pub timeout: Option<Duration>,
    /// Until what is seen.
    pub until: Option<Until>,
    /// As whom the command runs.
    pub user: Option<String>,
    /// Variables to set, in order.
    pub set_env: Vec<(OsString, OsString)>,
    /// Variables to remove.
    pub unset_env: Vec<OsString>,
    /// Record the values of all variables but secrets.
    pub all_env_values: bool,
    /// Size of the trace at which recording stops, in bytes.
    pub max_size: u64,
    /// The viewer while it is recorded.
    pub tui: bool,
    /// No progress, no summary.
    pub quiet: bool,
    /// The summary as JSON.
    pub json: bool,
    /// How to record.
    pub engine: Engine,
    /// Imitate this systemd unit.
    pub like_unit: Option<String>,
    /// Which functions of drivers are recorded.
    pub calls: Calls,
    /// Whoever opens a library that is not probed yet waits until it is.
    pub hold: bool,
    /// The shim's virtual GPU for the command.
    pub virtual_gpu: Option<Wanted>,
    /// How much the recorder says about itself.
    pub verbose: u8,
    /// Command and arguments; empty only with `like_unit`.
    pub command: Vec<OsString>,
}

/// What ends a recording before the command does.
#[derive(Clone, Debug)]
pub enum Until {
    /// Ollama or ggml has decided which backends to use.
    Discovery,
    /// A line of output matches.
    Pattern(regex::Regex),
}

/// How to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The best that is possible here.
    Auto,
    /// eBPF, or not at all.
    Ebpf,
    /// ptrace: no rights needed.
    Ptrace,
}

/// Runs and records. Gives the exit code of the command.
///
/// # Errors
/// The recorder's own failures (125), or a command that cannot be executed (126, 127).
pub fn run(props: Props) -> Result<u8, Report> {
    diagnostics(props.verbose);
    watch::block().map_err(|error| trouble("cannot watch signals", &error))?;
    let split = props.tui.then(front::split).transpose();
    let side = split.map_err(|error| trouble("cannot make a process for the viewer", &error))?;
    if let Some(Side::Front(code)) = side {
        return Ok(code);
    }
    let mut target = target::target(&props)?;
    target.command.open_files = raise_open_files();
    // Before anything is opened or started: what the command sees may be other files than now.
    let wanted = props.virtual_gpu.as_ref();
    let _virtual_gpu = wanted
        .map(|wanted| virtual_gpu::begin(wanted, &mut target))
        .transpose()?;
    let screen = props.tui.then(|| Screen::new(&mut target)).transpose()?;
    let (session, why) = engine::session(&props, &mut target)?;
    let (path, owner) = output::place(&props)?;
    let header = header(&props, &target, &session, why);
    let options = trace::Options {
        owner,
        max_size: Some(props.max_size),
        ..trace::Options::default()
    };
    let writer = Writer::create(&path, &header, options).map_err(|error| output::report(&error))?;
    let group = match side {
        Some(Side::Recorder(group)) => Some(group),
        _ => None,
    };
    let viewer = screen.map(|screen| screen.show(&path, group)).transpose()?;
    let recorded = record(&props, target, session, writer, header);
    if let Some(viewer) = viewer {
        let over = recorded
            .as_ref()
            .is_ok_and(|outcomes| outcomes.why != Why::Interrupted);
        viewer.wait(!over);
    }
    match recorded {
        Ok(outcomes) => finish::finish(&props, &path, outcomes),
        Err(report) => {
            // Nothing ran, so there is nothing to keep.
            let _ = std::fs::remove_file(&path);
            Err(report)
        }
    }
}

/// Raises the recorder's limit of open files as far as it may: every probed file and every file that was read keeps some
/// open. Returns what the limit was, for the target.
pub(super) fn raise_open_files() -> Option<(u64, u64)> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let old = getrlimit(Resource::Nofile);
    let (soft, hard) = (old.current?, old.maximum?);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(hard),
            maximum: Some(hard),
        },
    )
    .ok()?;
    Some((soft, hard))
}

/// Starts the target under the engine and records it to its end.
fn record(
    props: &Props,
    target: Target,
    mut session: Session,
    writer: Writer,
    header: Header,
) -> Result<Outcomes, Report> {
    let until = until(props, target.until_discovery);
    // The child is made before the runtime, while this process has one thread.
    let held =
        spawn::hold(&target.command).map_err(|error| trouble("cannot start a process", &error))?;
    let cwd = target
        .command
        .cwd
        .clone()
        .or_else(|| std::env::current_dir().ok());
    let ended = session
        .follow(held.pid(), &cwd.unwrap_or_default().to_string_lossy())
        .map_err(|error| engine::report(&error))?;
    // Before the target runs, and after everything that this thread opens without being asked.
    let hold = (props.hold && matches!(session, Session::Ebpf(..)))
        .then(Hold::begin)
        .transpose()
        .map_err(|error| hold_report(&error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| trouble("cannot start the event loop", &error))?;
    runtime.block_on(async {
        let signals = Signals::new().map_err(|error| trouble("cannot watch signals", &error))?;
        let mut child = Child::new(held.pid(), ended)
            .map_err(|error| trouble("cannot watch the command", &error))?;
        if props.verbose >= 2
            && let Session::Ebpf(session, _) = &mut session
        {
            diagnostics::of_probes(session.ebpf_mut());
        }
        held.go()
            .map_err(|failed| output::start_report(&target.command, &failed))?;
        let now = clock::boottime();
        let silent = props.quiet || props.json || props.tui;
        let progress = Progress::new(!silent && watch::is_terminal(), now);
        let limits = Limits {
            timeout: props.timeout,
            until,
        };
        let verdicts = Verdicts::new(!props.quiet && !props.json, &header);
        let verdicts = verdicts.map(|verdicts| verdicts.later(props.tui));
        let summary = Summary::new(Some(header));
        let mut live = Live::new(session, writer, summary, limits, progress, verdicts);
        live.hold(hold);
        live.notes(&target.notes);
        live.record(&mut child, &signals)
            .await
            .map_err(|error| trouble("cannot record", &error))
    })
}

/// When the recording ends before the target does.
pub(super) fn until(props: &Props, or_discovery: bool) -> Option<(DiscoveryEnd, Why)> {
    match &props.until {
        Some(Until::Pattern(pattern)) => {
            let pattern = regex::bytes::Regex::new(pattern.as_str()).ok()?;
            Some((
                DiscoveryEnd::new(discovery_end::Until::Pattern(pattern)),
                Why::Pattern,
            ))
        }
        Some(Until::Discovery) => discovery(),
        None if or_discovery => discovery(),
        None => None,
    }
}

fn discovery() -> Option<(DiscoveryEnd, Why)> {
    Some((
        DiscoveryEnd::new(discovery_end::Until::Discovery),
        Why::Discovery,
    ))
}

fn header(props: &Props, target: &Target, session: &Session, why: Option<String>) -> Header {
    let uid = target.command.user.as_ref().map(|user| user.0);
    Header {
        vgputrace: trace::VERSION,
        tool: Text::from(env!("CARGO_PKG_VERSION")),
        engine: Text::from(session.engine()),
        engine_why: why.map(Text::from),
        calls: Some(Text::from(props.calls.name())),
        hold: props.hold,
        attached: None,
        like_unit: target.unit.as_deref().map(Text::from),
        command: target.shown.clone(),
        changed_env: target.changed.clone(),
        uid: uid.unwrap_or_else(|| rustix::process::getuid().as_raw()),
        sudo_uid: std::env::var("SUDO_UID")
            .ok()
            .and_then(|uid| uid.parse().ok()),
        clock: host::clock(),
        host: host::read(Path::new("/")),
    }
}

pub(super) fn hold_report(error: &hold::Error) -> Report {
    Report::new("openings cannot be held")
        .because(error)
        .help("--hold needs root (CAP_SYS_ADMIN) and a kernel with fanotify permission events; leave it out to record without")
        .code(RECORDER)
}

pub(super) fn trouble(what: &str, error: &(dyn std::error::Error + 'static)) -> Report {
    Report::new(what).because(error).code(RECORDER)
}
