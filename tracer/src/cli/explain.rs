//! `vgputrace explain`.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::cmd::explain::{Form, Props};
use crate::diagnose::rules;

/// Options of `explain`; what the command does is said at `Command::Explain`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Verdicts:
  used      a device of it is in the server's final list
  filtered  a device came out and was removed
  failed    tried, and no device came out
  skipped   seen by the server, and passed over by a rule
  absent    the server never saw a candidate
  unknown   the trace or log cannot tell; what would settle it is said

Exit codes:
  0  explained, an unknown verdict included
  2  nothing to explain could be read

Examples:
  vgputrace explain run.vgt
  vgputrace explain server.log
  vgputrace explain /usr/local/lib/ollama
  vgputrace explain ollama.strace
  journalctl -u ollama -o cat | vgputrace explain -
  vgputrace explain run.vgt --backend cuda_v12 --verbose
  vgputrace explain run.vgt --json | jq -r '.backends[] | [.name, .verdict, .cause] | @tsv'
  vgputrace explain --code VG052")]
pub struct Args {
    /// A trace or a log, - for standard input; or a folder (Ollama's libraries, an installation, a mounted system), told as
    /// `check` tells it. Without it the newest log of the Ollama found here, what `check` says of it, and the command that
    /// settles the rest.
    #[arg(value_name = "TRACE|LOG|DIR")]
    input: Option<PathBuf>,

    /// Only this backend: the base name of its folder, such as cuda_v12.
    #[arg(short, long, value_name = "NAME")]
    backend: Option<String>,

    /// One JSON object; its form is docs/explain.schema.json.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Text for an issue report: with log, listing of the library folder and versions.
    #[arg(long)]
    markdown: bool,

    /// The whole story too: every process, what it loaded, asked and answered.
    #[arg(short, long, conflicts_with_all = ["json", "markdown"])]
    verbose: bool,

    /// Print the page of one rule, such as VG052 or, of `check`, VG320; `all` for the list.
    #[arg(long, value_name = "ID", value_parser = Ids, hide_possible_values = true, conflicts_with_all = ["input", "backend", "json", "markdown", "verbose"])]
    code: Option<String>,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            input: self.input,
            backend: self.backend,
            form: match (self.json, self.markdown, self.verbose) {
                (true, _, _) => Form::Json,
                (_, true, _) => Form::Markdown,
                (_, _, true) => Form::Verbose,
                _ => Form::Text,
            },
            code: self.code,
        }
    }
}

/// Any word; the ids that have a page are known to the shell's completion.
#[derive(Clone)]
struct Ids;

impl TypedValueParser for Ids {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let pages = rules::with_pages().map(|rule| PossibleValue::new(rule.id).help(rule.title));
        Some(Box::new(pages.chain([PossibleValue::new("all")])))
    }
}
