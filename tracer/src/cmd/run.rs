//! `run`: start a command, record it, sum it up.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::Report;
use super::report::RECORDER;

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
    /// No progress, no summary.
    pub quiet: bool,
    /// The summary as JSON.
    pub json: bool,
    /// How to record.
    pub engine: Engine,
    /// Imitate this systemd unit.
    pub like_unit: Option<String>,
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
}

/// Runs and records. Gives the exit code of the command.
///
/// # Errors
/// The recorder's own failures (125), or a command that cannot be executed (126, 127).
pub fn run(_props: Props) -> Result<u8, Report> {
    Err(Report::new("cannot record: not built yet").code(RECORDER))
}
