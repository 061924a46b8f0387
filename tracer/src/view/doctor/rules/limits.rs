//! Is there enough of what a recording takes, and what do others pay?

use super::super::super::amount;
use super::super::{About, Finding, Level};
use crate::event::doctor::Facts;

/// Descriptors beside those of probes: trace, ring, tracepoints, signals, and files being read.
const OWN_FILES: u64 = 128;
/// Links of one probed file: entries, `ret` sites, returns; and the file itself, kept open while it is read.
const FILES_EACH: u64 = 4;
/// Room for a trace of a few bootstraps, and for the engine beside its ring, in bytes.
const ROOM: u64 = 64 << 20;

pub(in super::super) fn check(facts: &Facts, all: &mut Vec<Finding>) {
    let limits = &facts.limits;
    let mut problem = |id, sentence: String, command: Option<String>| {
        let finding = Finding::new(id, About::Limits, Level::Problem, sentence);
        all.push(Finding { command, ..finding });
    };
    let need = limits
        .files_to_probe
        .unwrap_or(0)
        .saturating_mul(FILES_EACH)
        .saturating_add(OWN_FILES);
    if let [Some(soft), hard] = limits.open_files
        && soft < need
    {
        let allowed = hard.is_none_or(|hard| hard >= need);
        problem(
            "limits-open-files",
            format!(
                "a recording of this Ollama may open {} files at a time, and {} are allowed",
                amount::count(need),
                amount::count(soft)
            ),
            allowed.then(|| format!("ulimit -n {need}")),
        );
    }
    if let (Some(limit), Some(used)) = (limits.group_memory, limits.group_memory_used) {
        let left = limit.saturating_sub(used);
        if left < limits.ring.saturating_add(ROOM) {
            problem(
                "limits-memory",
                format!(
                    "the control group has {} of memory left, and a recording takes {} for its ring alone",
                    amount::size(left),
                    amount::size(limits.ring)
                ),
                None,
            );
        }
    }
    if !limits.folder_writable {
        all.push(Finding::new(
            "limits-folder",
            About::Limits,
            Level::Note,
            "no file can be made in the current folder: say where the trace goes with -o FILE",
        ));
    } else if let Some(free) = limits.folder_free.filter(|free| *free < ROOM) {
        problem(
            "limits-disk",
            format!(
                "the current folder has {} left; a recording stops when its disk is full: take another place with -o FILE",
                amount::size(free)
            ),
            None,
        );
    }
    cost(facts, all);
}

fn cost(facts: &Facts, all: &mut Vec<Finding>) {
    let finding = |sentence: String| Finding::new("cost", About::Cost, Level::Note, sentence);
    all.push(match facts.cost {
        Some(cost) => finding(format!(
            "while a recording runs, each system call of every other process takes {} ns longer ({} instead of {}; \
             medians of {} rounds of getppid, measured here); docs/EFFECTS.md has the rest",
            cost.added(),
            cost.attached,
            cost.bare,
            cost.rounds
        )),
        None => finding(
            "while a recording runs, each system call of every other process takes in the order of a hundred nanoseconds longer \
             (docs/EFFECTS.md); to measure it here, for half a second:"
                .to_owned(),
        )
        .so("sudo vgputrace doctor --measure"),
    });
}
