//! `./x bench tui`: what the viewer costs on a trace of ten million events. Writes docs/PERFORMANCE_TUI.md, a document of its
//! own, so that neither bench overwrites the other's figures.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};

use super::release_build;
use crate::{machine, step};

/// Events of the trace, and of the one that only shows that everything works.
const EVENTS: u64 = 10_000_000;
const FEW: u64 = 200_000;
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Measures and reports.
///
/// # Errors
/// One sentence: which step failed.
#[expect(clippy::print_stdout, reason = "the table is what the user asked for")]
pub(super) fn run(root: &Path, quick: bool) -> anyhow::Result<()> {
    release_build(root, "viewer-figures")?;
    let target = machine::target(root);
    let events = if quick { FEW } else { EVENTS };
    let mut figures = Command::new(target.join("release/viewer-figures"));
    figures
        .arg(target.join("release/vgputrace"))
        .arg(target.join("bench-tui"))
        .arg(events.to_string())
        .current_dir(root);
    let outcome = step::run("figures", "some minutes", LIMIT, &mut figures)?;
    if !outcome.ok {
        bail!(
            "the figures ended with {}: {}",
            outcome.end,
            outcome.output.trim()
        );
    }
    let rows: Vec<&str> = outcome
        .output
        .lines()
        .filter(|line| line.starts_with('|'))
        .collect();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    let text = format!(
        "# Performance of the viewer\n\n\
         Written by `./x bench tui`; do not edit. Load average {load} at the end; times are those of one run.\n\n\
         How it is measured: the trace is made from the carried one, the work of a runner over and over, a new process every \
         few thousand events. The program is watched in a pseudo-terminal of 120 columns and 40 rows, from its start until words \
         stand on the screen; memory is that of /proc/PID/status (resident then, and the most). Frames are drawn into memory \
         by the same code, one for each key.\n\n\
         | what | figure |\n| --- | --- |\n{}\n",
        rows.join("\n")
    );
    println!("{text}");
    if !quick {
        let file = root.join("docs/PERFORMANCE_TUI.md");
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        step::say("bench: written to docs/PERFORMANCE_TUI.md");
    }
    Ok(())
}
