//! `vgputrace show`.

use std::path::PathBuf;

use crate::cmd::show::{Form, Props};

/// Options of `show`; what the command does is said at `Command::Show`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Filters (words beside each other must all hold):
  kind:open,stat        of these kinds; functions count: kind:dlopen, kind:ggml_*
  proc:p3, proc:p3.1    in this process, or this program of it
  pid:1234              in the process with this pid
  role:runner[cuda_v12] in a process that is this to Ollama's discovery: server, list, probe[cuda_v13]...
  name:llama-server     in processes with this in their name
  cublas, \"two words\"   that hold this text, in any case; text:failed for a word of this language
  /lib(cuda|nvidia)/    that match this regular expression
  failed                that report a failure
  time:1.2s..1.5s       in this part of the recording; time:..500ms, time:2s..
  seq:100..200          with these numbers (--numbers shows them)
  or, not X, (...)      as they say; -X after `--` is the same as not X

Exit codes:
  0  read, damaged parts included (they are named on standard error)
  2  the trace or the filter cannot be read

Examples:
  vgputrace show --summary run.vgt
  vgputrace show run.vgt kind:dlopen,loader_error
  vgputrace show --calls run.vgt name:llama-server
  vgputrace show run.vgt failed not kind:stat
  vgputrace show --json run.vgt libcuda | jq -r .open.path")]
pub struct Args {
    /// The trace.
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Show only what this says; see below.
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,

    /// One JSON object on each line, as in the trace, but each standing alone; with --summary one for all.
    #[arg(long)]
    json: bool,

    /// Only the drivers' diary: calls of GPU drivers, runtimes and ggml with arguments, results and what errors mean.
    /// Requests of device nodes in a row are one line; with --numbers each has its own.
    #[arg(long, conflicts_with_all = ["json", "summary"])]
    calls: bool,

    /// Sum the recording up on one screen.
    #[arg(
        long,
        conflicts_with_all = ["filter", "kind", "process", "text", "time", "failures", "numbers"]
    )]
    summary: bool,

    /// Only these kinds, separated by commas; names of functions too. The same as kind:KIND.
    #[arg(short, long, value_name = "KIND")]
    kind: Vec<String>,

    /// Only this process: p3, p3.1, a pid, or part of its name. May be repeated.
    #[arg(short, long, value_name = "PROCESS")]
    process: Vec<String>,

    /// Only what holds this text, in any case. May be repeated; all must hold.
    #[arg(short, long, value_name = "TEXT")]
    text: Vec<String>,

    /// Only this part of the recording: 1.2s..1.5s, ..500ms, 2s..
    #[arg(long, value_name = "FROM..TO")]
    time: Option<String>,

    /// Only failures.
    #[arg(short, long)]
    failures: bool,

    /// Show the number of each event.
    #[arg(short, long, conflicts_with = "json")]
    numbers: bool,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            trace: self.trace,
            form: match (self.summary, self.json) {
                (false, false) if self.calls => Form::Calls,
                (false, false) => Form::Text,
                (false, true) => Form::Json,
                (true, false) => Form::Summary,
                (true, true) => Form::JsonSummary,
            },
            numbers: self.numbers,
            filter: self.filter.join(" "),
            kinds: self.kind,
            processes: self.process,
            texts: self.text,
            time: self.time,
            failures: self.failures,
        }
    }
}
