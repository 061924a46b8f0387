//! `vgputrace diff`.

use std::path::PathBuf;

use crate::cmd::diff::{Form, Props};
use crate::diff::Rule;

/// Options of `diff`; what the command does is said at `Command::Diff`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Pids, ports, addresses, times, free memory, and the order of folders and
threads never count as differences.

A project keeps its rules in vgputrace.toml:
  [ignore]
  rules = [\"words\", \"setting:OLLAMA_KEEP_ALIVE\"]
  [gate]
  keys = [\"setting:LD_*\", \"file:libcuda.so.1\"]

Exit codes:
  0  the same
  1  different
  2  one of them cannot be read, or they cannot be compared

Examples:
  vgputrace diff good.vgt bad.vgt
  vgputrace diff --json good.vgt bad.vgt | jq -r .first_divergence.sentence
  vgputrace diff monday.log today.vgt
  vgputrace diff good.strace bad.strace
  vgputrace diff --ignore words --ignore machine good.vgt bad.vgt")]
pub struct Args {
    /// The run that was as it should be: a trace, a log, or a text of strace -f (with -ff the prefix of its files).
    #[arg(value_name = "GOOD")]
    good: PathBuf,

    /// The run that was not.
    #[arg(value_name = "BAD")]
    bad: PathBuf,

    /// All differences, those that only follow from others too.
    #[arg(long)]
    all: bool,

    /// One JSON object; docs/diff.schema.json describes it.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// For an issue report.
    #[arg(long)]
    markdown: bool,

    /// Leave differences of this kind (setting, folder, file, load, call, words ...), role or name out, or KIND:NAME; a *
    /// stands for any text. May be repeated.
    #[arg(long, value_name = "WHAT", value_parser = Rule::new)]
    ignore: Vec<Rule>,

    /// Compare the verdicts of the backends only, and what [gate] of the project file names.
    #[arg(long)]
    gate: bool,

    /// Rules of the project [default: vgputrace.toml in this folder or the nearest one above].
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            good: self.good,
            bad: self.bad,
            form: match (self.json, self.markdown) {
                (true, _) => Form::Json,
                (_, true) => Form::Markdown,
                _ => Form::Text { all: self.all },
            },
            ignore: self.ignore,
            gate: self.gate,
            project: self.project,
        }
    }
}
