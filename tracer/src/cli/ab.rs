//! `vgputrace ab`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};

use super::amount;
use super::run::{assignment, variable};
use crate::cmd::ab::Props;
use crate::cmd::diff::Form;

/// Options of `ab`; what the command does is said at `Command::Ab`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    override_usage = "vgputrace ab [OPTIONS] --unset K | --set K=V ... -- CMD...",
    after_help = "\
The first run is the command as it is, the second has the changes. Both traces
are kept: PREFIX-a.vgt and PREFIX-b.vgt.

Exit codes:
  0  the two runs are the same but for the change
  1  they differ
  2  one of them could not be recorded, or showed no discovery

Examples:
  sudo vgputrace ab --unset LD_PRELOAD -- ollama serve
  sudo vgputrace ab --set OLLAMA_LLM_LIBRARY=cuda_v12 -o /tmp/library -- ollama serve"
)]
pub struct Args {
    /// Set a variable for the second run. May be repeated.
    #[arg(long, value_name = "K=V", required_unless_present = "unset",
          value_parser = OsStringValueParser::new().try_map(assignment))]
    set: Vec<(OsString, OsString)>,

    /// Remove a variable for the second run. May be repeated.
    #[arg(long, value_name = "K", value_parser = OsStringValueParser::new().try_map(variable))]
    unset: Vec<OsString>,

    /// Run the command as this user, with all groups of that user.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,

    /// End each run after this time, when its discovery is not over before: 30s, 5m.
    #[arg(long, value_name = "DUR", default_value = "90s", value_parser = amount::duration)]
    timeout: Duration,

    /// Beginning of the traces' names [default: a dated name in this folder].
    #[arg(short, long, value_name = "PREFIX")]
    output: Option<PathBuf>,

    /// All differences, those that only follow from others too.
    #[arg(long)]
    all: bool,

    /// One JSON object; docs/diff.schema.json describes it.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// For an issue report.
    #[arg(long)]
    markdown: bool,

    /// The command and its arguments.
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            set: self.set,
            unset: self.unset,
            user: self.user,
            seconds: self.timeout.as_secs().max(1),
            output: self.output,
            form: match (self.json, self.markdown) {
                (true, _) => Form::Json,
                (_, true) => Form::Markdown,
                _ => Form::Text { all: self.all },
            },
            command: self.command,
        }
    }
}
