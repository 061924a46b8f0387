//! The last words of a recording, and the exit code.

use std::path::Path;

use super::Props;
use super::live::{Outcomes, Why, exit_code};
use super::watch::Status;
use crate::cmd::{Report, terminal};
use crate::view::escape;
use crate::view::summary::{File, Page};

/// Says what was recorded and hands the target's exit code on.
///
/// # Errors
/// A trace that could not be written to its end, when the target did well otherwise: nobody should miss that.
pub(in crate::cmd) fn finish(props: &Props, path: &Path, outcomes: Outcomes) -> Result<u8, Report> {
    let size = outcomes.written.as_ref().map_or_else(
        || std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        |written| written.bytes,
    );
    let file = File {
        path: path.display().to_string(),
        size: Some(size),
        warnings: Vec::new(),
    };
    if props.json {
        out(&outcomes.summary.to_json(&file));
    } else if !props.quiet {
        if let Some(verdicts) = &outcomes.verdicts {
            verdicts.finish(
                path,
                props.like_unit.as_deref(),
                props.virtual_gpu.is_some(),
            );
        }
        say(&Page::write(
            &outcomes.summary,
            &file,
            terminal::standard_error(),
        ));
    }
    let ours = outcomes.status != Some(Status::Unknown);
    if outcomes.left > 0 && outcomes.why != Why::Interrupted && ours {
        say(&format!(
            "vgputrace: {} of the command still running; the recording ended without waiting for it\n",
            crate::view::amount::of(outcomes.left as u64, "process")
        ));
    }
    if let Some(error) = &outcomes.trouble {
        say(&format!("{}\n", Report::from_error(error)));
    }
    Ok(exit_code(outcomes.why, outcomes.status))
}

#[expect(
    clippy::print_stderr,
    reason = "the summary is for the user; standard output is the target's"
)]
fn say(text: &str) {
    eprint!("{text}");
}

#[expect(clippy::print_stderr, reason = "standard output is the target's")]
fn out(text: &str) {
    eprintln!("{}", escape::json(text));
}
