//! `vgputrace attach`.

use std::path::PathBuf;
use std::time::Duration;

use super::amount;
use super::run::{Calls, Engine, EnvValues, trace_size, until};
use crate::cmd::attach::{Props, Way};
use crate::cmd::run::{self, Until};

/// Options of `attach`; what the command does is said at `Command::Attach`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("way").required(true).multiple(false),
    after_help = "\
Exit codes:
  0 recorded; 125 vgputrace itself failed, or there is no such target

Examples:
  sudo vgputrace attach --pid 4711
  sudo vgputrace attach --unit ollama.service --restart
  sudo vgputrace attach --name ollama --until discovery -o start.vgt
  sudo vgputrace attach --container ollama --next
  sudo vgputrace attach --cgroup /system.slice/ollama.service"
)]
pub struct Args {
    /// A process that runs, with all below it. Its start is over: what it loaded is told from /proc.
    #[arg(long, value_name = "N", group = "way", value_parser = clap::value_parser!(u32).range(1..))]
    pid: Option<u32>,

    /// The next starts of this program file, from their first instruction.
    #[arg(long, value_name = "PATH", group = "way")]
    exe: Option<PathBuf>,

    /// The next starts of any program with this name, in any container too.
    #[arg(long, value_name = "NAME", group = "way", value_parser = program_name)]
    name: Option<String>,

    /// The processes of a control group of version 2, now and later.
    #[arg(long, value_name = "PATH", group = "way")]
    cgroup: Option<PathBuf>,

    /// The processes of a systemd unit, over its restarts.
    #[arg(long, value_name = "UNIT", group = "way")]
    unit: Option<String>,

    /// The processes of a container of docker, podman or containerd, by name, id or the beginning of an id.
    #[arg(long, value_name = "NAME|ID", group = "way")]
    container: Option<String>,

    /// Every program that starts, and what has a backend or driver library mapped already.
    #[arg(long, group = "way")]
    all: bool,

    /// Have the unit or container started anew (systemctl, docker, podman), and record the start until discovery is over.
    #[arg(long, conflicts_with_all = ["pid", "exe", "name", "cgroup", "all"])]
    restart: bool,

    /// Leave out what runs; wait for the next start, and record it until discovery is over.
    #[arg(long, conflicts_with_all = ["pid", "restart"])]
    next: bool,

    /// Write the trace to this file, which must not exist [default: a dated name in this folder].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// End the recording after this time: 250ms, 30s, 5m, 1h.
    #[arg(long, value_name = "DUR", value_parser = amount::duration)]
    timeout: Option<Duration>,

    /// End the recording when discovery is over, or when a line of output matches a regular expression.
    #[arg(long, value_name = "discovery|PATTERN", value_parser = until)]
    until: Option<Until>,

    /// Which values of environment variables are recorded.
    ///
    /// Names of secrets (KEY, TOKEN, SECRET, PASS, CRED, AUTH) are never recorded with their value.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = EnvValues::Listed)]
    env_values: EnvValues,

    /// Stop recording at this size of the trace.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = trace_size)]
    max_size: u64,

    /// No progress and no summary; errors and warnings only.
    #[arg(short, long)]
    quiet: bool,

    /// Print the summary as one line of JSON.
    #[arg(long)]
    json: bool,

    /// How to record.
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    engine: Engine,

    /// Which functions of GPU drivers and runtimes are recorded; every process that maps their files pays for the probes.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Calls::Discovery)]
    calls: Calls,

    /// Let every opening of a driver, runtime or backend that is not known yet wait until it is probed, so that no first call
    /// is missed; needs CAP_SYS_ADMIN and slows openings down on the whole machine.
    #[arg(long)]
    hold: bool,

    /// Say more about what the recorder does; twice for the probes' own diagnostics.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        let way = if let Some(pid) = self.pid {
            Way::Pid(pid)
        } else if let Some(path) = self.exe {
            Way::Exe(path)
        } else if let Some(name) = self.name {
            Way::Name(name)
        } else if let Some(path) = self.cgroup {
            Way::Cgroup(path)
        } else if let Some(unit) = self.unit {
            Way::Unit(unit)
        } else if let Some(container) = self.container {
            Way::Container(container)
        } else {
            Way::All
        };
        Props {
            way,
            restart: self.restart,
            next: self.next,
            recording: run::Props {
                output: self.output,
                timeout: self.timeout,
                until: self.until,
                user: None,
                set_env: Vec::new(),
                unset_env: Vec::new(),
                all_env_values: self.env_values == EnvValues::All,
                max_size: self.max_size,
                tui: false,
                quiet: self.quiet,
                json: self.json,
                engine: self.engine.into(),
                like_unit: None,
                calls: self.calls.into(),
                hold: self.hold,
                virtual_gpu: None,
                verbose: self.verbose,
                command: Vec::new(),
            },
        }
    }
}

/// The kernel side compares 63 bytes of a name.
fn program_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('/') || text.len() > 63 {
        return Err(
            "the name of a program without its folder, at most 63 bytes; for one file use --exe"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}
