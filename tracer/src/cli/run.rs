//! `vgputrace run`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};

use super::amount;
use super::recording::Recording;
use crate::cmd::run::{self, Props, Until};

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

    /// Show the recording while it is made, as `replay` does; q or Ctrl-C ends the command.
    ///
    /// The command gets a terminal of its own; its output is shown in Log, where the keyboard can be given to it.
    #[arg(long)]
    tui: bool,

    /// Run the command as a systemd unit would: its environment, user and working directory.
    ///
    /// Without CMD its ExecStart is run, on a free port, and stopped when discovery is over.
    #[arg(long, value_name = "UNIT")]
    like_unit: Option<String>,

    /// Give the command the virtual GPU of FILE (vgpu.toml), or of the usual configuration: its libraries stand in front of all others.
    ///
    /// As root by mounts that only this run sees, else by LD_PRELOAD. No file of the system or of Ollama is changed.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    shim: Option<Option<PathBuf>>,

    /// Let the virtual GPU fail like this; `vgputrace shim faults list` has the names. May be repeated.
    #[arg(long, value_name = "NAME", requires = "shim")]
    fault: Vec<String>,

    #[command(flatten)]
    recording: Recording,

    /// The command and its arguments.
    #[arg(
        value_name = "CMD",
        required_unless_present = "like_unit",
        trailing_var_arg = true
    )]
    command: Vec<OsString>,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            timeout: self.timeout,
            until: self.until,
            user: self.user,
            set_env: self.env,
            unset_env: self.unset,
            tui: self.tui,
            like_unit: self.like_unit,
            virtual_gpu: self.shim.map(|config| run::Wanted {
                config,
                faults: self.fault,
            }),
            command: self.command,
            ..self.recording.into_props()
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
