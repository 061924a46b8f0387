//! `vgputrace expect`.

use std::path::PathBuf;

use crate::cmd::expect::{Expected, Props};
use crate::diagnose::Verdict;

/// Options of `expect`; what the command does is said at `Command::Expect`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Verdicts: used, filtered, failed, skipped, absent, unknown (`vgputrace explain
--help` says what they mean). A backend that a trace does not list is absent.

Exit codes:
  0  all verdicts are as expected
  1  one is not
  2  the trace or log cannot be read, or tells of no discovery

Examples:
  vgputrace expect run.vgt --verdict cuda_v12=used
  vgputrace expect run.vgt --verdict cuda_v13=used --verdict vulkan=skipped --json
  vgputrace expect server.log --verdict cuda_v12=used || vgputrace explain server.log")]
pub struct Args {
    /// A trace or a log.
    #[arg(value_name = "TRACE|LOG")]
    input: PathBuf,

    /// The verdict that a backend must have. May be repeated.
    #[arg(long, value_name = "NAME=VERDICT", required = true, value_parser = expected)]
    verdict: Vec<Expected>,

    /// One JSON object; docs/expect.schema.json describes it.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        Props {
            input: self.input,
            verdicts: self.verdict,
            json: self.json,
        }
    }
}

fn expected(text: &str) -> Result<Expected, String> {
    let all = Verdict::ALL.map(Verdict::name).join(", ");
    let (name, verdict) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("NAME=VERDICT, such as cuda_v12=used; verdicts are {all}"))?;
    let verdict = Verdict::ALL
        .into_iter()
        .find(|one| one.name() == verdict)
        .ok_or_else(|| format!("there is no verdict {verdict}; there are {all}"))?;
    Ok(Expected {
        name: name.to_owned(),
        verdict,
    })
}
