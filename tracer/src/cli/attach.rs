//! `vgputrace attach`.

use std::path::PathBuf;
use std::time::Duration;

use super::amount;
use super::recording::Recording;
use super::run::until;
use crate::cmd::attach::{Props, Way};
use crate::cmd::run::{self, Until};

/// Options of `attach`; what the command does is said at `Command::Attach`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("way").required(true).multiple(false),
    override_usage = "vgputrace attach [OPTIONS] --pid N\n       vgputrace attach [OPTIONS] --exe PATH | --name NAME | --cgroup PATH | --all\n       vgputrace attach [OPTIONS] [--restart | --next] --unit UNIT | --container NAME|ID",
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

    /// End the recording after this time: 250ms, 30s, 5m, 1h.
    #[arg(long, value_name = "DUR", value_parser = amount::duration)]
    timeout: Option<Duration>,

    /// End the recording when discovery is over, or when a line of output matches a regular expression.
    #[arg(long, value_name = "discovery|PATTERN", value_parser = until)]
    until: Option<Until>,

    #[command(flatten)]
    recording: Recording,
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
                timeout: self.timeout,
                until: self.until,
                ..self.recording.into_props()
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
