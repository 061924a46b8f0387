//! `vgputrace run`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::amount;
use crate::cmd::run::{self, Props, Until};

/// Smallest trace that holds more than its own header.
const SMALLEST: u64 = 64 * 1024;

/// Options of `run`; what the command does is said at `Command::Run`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    override_usage = "vgputrace run [OPTIONS] -- CMD...\n       vgputrace run [OPTIONS] --like-unit UNIT [-- CMD...]",
    after_help = "\
Exit codes:
  that of the command; 128 + N if signal N ended it; 0 after --until
  124  --timeout was reached
  125  vgputrace itself failed, or was called wrongly
  126  the command cannot be executed
  127  the command was not found

Examples:
  sudo vgputrace run -- ollama serve
  sudo vgputrace run --tui -- ollama serve
  sudo vgputrace run --until discovery -o cuda.vgt -- ollama serve
  sudo vgputrace run --like-unit ollama.service
  sudo vgputrace run --user ollama --env OLLAMA_DEBUG=2 --timeout 30s -- ollama serve
  sudo vgputrace run --shim --until discovery -- ollama serve
  sudo vgputrace run --shim --fault cublas-version-node --until discovery -- ollama serve
  sudo vgputrace run --until 'model loaded|error' -- ./llama-server -m tiny.gguf"
)]
pub struct Args {
    /// Write the trace to this file, which must not exist [default: a dated name in this folder].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// End the command after this time: 250ms, 30s, 5m, 1h.
    #[arg(long, value_name = "DUR", value_parser = amount::duration)]
    timeout: Option<Duration>,

    /// End the command when discovery is over, or when a line of its output matches a regular expression.
    ///
    /// `discovery`: the server has written its `inference compute` lines, its discovery children are gone and half
    /// a second was quiet; without Ollama, ggml has loaded its backends.
    #[arg(long, value_name = "discovery|PATTERN", value_parser = until)]
    until: Option<Until>,

    /// Run the command as this user, with all groups of that user.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// Set a variable for the command. May be repeated.
    #[arg(long, value_name = "K=V", value_parser = OsStringValueParser::new().try_map(assignment))]
    env: Vec<(OsString, OsString)>,

    /// Remove a variable for the command. May be repeated.
    #[arg(long, value_name = "K", value_parser = OsStringValueParser::new().try_map(variable))]
    unset: Vec<OsString>,

    /// Which values of environment variables are recorded.
    ///
    /// Names of secrets (KEY, TOKEN, SECRET, PASS, CRED, AUTH) are never recorded with their value.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = EnvValues::Listed)]
    env_values: EnvValues,

    /// Stop recording at this size of the trace; the command goes on.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = trace_size)]
    max_size: u64,

    /// Show the recording while it is made, as `replay` does; q or Ctrl-C ends the command.
    ///
    /// The command gets a terminal of its own; its output is shown in Log, and nothing is typed into it.
    #[arg(long)]
    tui: bool,

    /// No progress and no summary; errors and warnings only.
    #[arg(short, long)]
    quiet: bool,

    /// Print the summary as one line of JSON.
    #[arg(long)]
    json: bool,

    /// How to record.
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    engine: Engine,

    /// Run the command as a systemd unit would: its environment, user and working directory.
    ///
    /// Without CMD its ExecStart is run, on a free port, and stopped when discovery is over.
    #[arg(long, value_name = "UNIT")]
    like_unit: Option<String>,

    /// Which functions of GPU drivers and runtimes are recorded; every process that maps their files pays for the probes.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Calls::Discovery)]
    calls: Calls,

    /// Give the command the virtual GPU of FILE (vgpu.toml), or of the usual configuration: its libraries stand in front of all others.
    ///
    /// As root by mounts that only this run sees, else by LD_PRELOAD. No file of the system or of Ollama is changed.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    shim: Option<Option<PathBuf>>,

    /// Let the virtual GPU fail like this; `vgputrace shim faults list` has the names. May be repeated.
    #[arg(long, value_name = "NAME", requires = "shim")]
    fault: Vec<String>,

    /// Let every opening of a driver, runtime or backend that is not known yet wait until it is probed, so that no first call
    /// is missed; needs CAP_SYS_ADMIN and slows openings down on the whole machine.
    #[arg(long)]
    hold: bool,

    /// Say more about what the recorder does; twice for the probes' own diagnostics.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,

    /// The command and its arguments.
    #[arg(
        value_name = "CMD",
        required_unless_present = "like_unit",
        trailing_var_arg = true
    )]
    command: Vec<OsString>,
}

/// Which values are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EnvValues {
    /// Those that decide about libraries and GPUs (LD_*, OLLAMA_*, GGML_*, CUDA_* and so on).
    Listed,
    /// All but those of secrets.
    All,
}

/// Which functions of drivers are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Calls {
    /// None: the loader's and ggml's only.
    None,
    /// Those that decide whether a GPU is used.
    Discovery,
    /// All of CUDA's driver and NVML, launches and copies too.
    All,
}

/// How to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// The best that this machine allows.
    Auto,
    /// Programs in the kernel; needs Linux 6.6 or newer.
    Ebpf,
    /// Stops of the command, without any rights; slower, and the command ends with the recorder.
    Ptrace,
}

impl From<Engine> for run::Engine {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Auto => Self::Auto,
            Engine::Ebpf => Self::Ebpf,
            Engine::Ptrace => Self::Ptrace,
        }
    }
}

impl From<Calls> for run::Calls {
    fn from(calls: Calls) -> Self {
        match calls {
            Calls::None => Self::None,
            Calls::Discovery => Self::Discovery,
            Calls::All => Self::All,
        }
    }
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            output: self.output,
            timeout: self.timeout,
            until: self.until,
            user: self.user,
            set_env: self.env,
            unset_env: self.unset,
            all_env_values: self.env_values == EnvValues::All,
            max_size: self.max_size,
            tui: self.tui,
            quiet: self.quiet,
            json: self.json,
            engine: self.engine.into(),
            like_unit: self.like_unit,
            calls: self.calls.into(),
            hold: self.hold,
            virtual_gpu: self.shim.map(|config| run::Wanted {
                config,
                faults: self.fault,
            }),
            verbose: self.verbose,
            command: self.command,
        }
    }
}

pub(super) fn until(text: &str) -> Result<Until, String> {
    if text == "discovery" {
        return Ok(Until::Discovery);
    }
    if text.is_empty() {
        return Err("`discovery`, or a regular expression such as 'inference compute'".to_owned());
    }
    regex::Regex::new(text)
        .map(Until::Pattern)
        .map_err(|error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().to_owned();
            format!(
                "no regular expression: {}",
                reason.trim_start_matches("error: ")
            )
        })
}

pub(super) fn trace_size(text: &str) -> Result<u64, String> {
    let bytes = amount::size(text)?;
    if bytes < SMALLEST {
        return Err("a trace needs at least 64KiB".to_owned());
    }
    Ok(bytes)
}

pub(super) fn assignment(text: OsString) -> Result<(OsString, OsString), String> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = text.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        Some(0) => Err("the name before `=` is missing".to_owned()),
        Some(at) => {
            let (name, value) = bytes.split_at(at);
            let value = value.get(1..).unwrap_or_default();
            Ok((
                OsString::from_vec(name.to_vec()),
                OsString::from_vec(value.to_vec()),
            ))
        }
        None => {
            Err("NAME=VALUE, such as OLLAMA_DEBUG=1; to remove a variable use --unset".to_owned())
        }
    }
}

pub(super) fn variable(text: OsString) -> Result<OsString, String> {
    use std::os::unix::ffi::OsStrExt;
    if text.is_empty() || text.as_bytes().contains(&b'=') {
        return Err("the name of a variable, without `=`".to_owned());
    }
    Ok(text)
}
