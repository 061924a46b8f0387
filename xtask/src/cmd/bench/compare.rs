//! `./x bench diff`: how long `vgputrace diff` takes for two long traces, and in how much memory. Prints a table; docs/DIFF.md has one.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::release_build;
use crate::{machine, step};

/// Events of each trace, what it may take, and how many MB; no limit of memory for the longest.
const SIZES: [(u64, f64, Option<u64>); 2] = [(1_000_000, 3.0, Some(500)), (10_000_000, 40.0, None)];
/// To see that everything works.
const FEW: [(u64, f64, Option<u64>); 1] = [(50_000, 3.0, Some(500))];
/// Times each is compared; the shortest counts, for other work on the machine only adds.
const ROUNDS: usize = 3;
/// Between two looks at the memory.
const LOOK: Duration = Duration::from_millis(10);

/// Measures and prints.
///
/// # Errors
/// One sentence: which step failed.
#[expect(clippy::print_stdout, reason = "the table is what the user asked for")]
pub(super) fn run(root: &Path, quick: bool) -> anyhow::Result<()> {
    release_build(root, "long-trace")?;
    let target = machine::target(root);
    let folder = target.join("bench-diff");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    println!("| two traces of | time | most memory | target |\n| --- | --- | --- | --- |");
    for (events, seconds, memory) in if quick { &FEW[..] } else { &SIZES[..] } {
        let traces = ["good", "bad"].map(|side| folder.join(format!("{side}-{events}.vgt")));
        for trace in traces.iter().filter(|trace| !trace.exists()) {
            let mut make = Command::new(target.join("release/long-trace"));
            make.arg(trace).arg(events.to_string());
            step::must("a long trace", "some seconds", &mut make)?;
        }
        let mut best: Option<(Duration, u64)> = None;
        for _ in 0..ROUNDS {
            let mut diff = Command::new(target.join("release/vgputrace"));
            let once = watched(diff.arg("diff").args(&traces))?;
            best = Some(best.map_or(once, |best| best.min(once)));
        }
        let Some((time, most)) = best else {
            bail!("nothing was measured");
        };
        let limit = memory.map_or_else(String::new, |memory| format!(", {memory} MB"));
        println!(
            "| {events} events | {:.1} s | {most} MB | {seconds} s{limit} |",
            time.as_secs_f64()
        );
    }
    Ok(())
}

/// Runs a comparison to its end: how long it took, and the most memory that was resident, in MB.
fn watched(command: &mut Command) -> anyhow::Result<(Duration, u64)> {
    let begun = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        most = most.max(kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024);
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        std::thread::sleep(LOOK);
    };
    // The two are equal.
    if !ended.success() {
        bail!("the comparison ended with {ended}");
    }
    Ok((begun.elapsed(), most))
}
