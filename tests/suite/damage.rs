//! What happens to a recorder in the field: killed at any moment, stopped, out of disk, swamped.
//!
//! How often: `VGPUTRACE_KILLS` (50 unless set), `VGPUTRACE_ROUNDS` of everything else (3 unless set). Moments and sizes
//! come from `VGPUTRACE_SEED`. `VGPUTRACE_LIBRARIES` (50 unless set, 5,000 at most) is the number of different libraries that
//! share five thousand loads.

mod amount;
mod disk;
mod killed;
mod ollama;
mod stopped;
mod together;

use std::path::PathBuf;

use vgputrace_tests::chance::rounds;
use vgputrace_tests::libraries::{Fault, place};
use vgputrace_tests::programs::program;
use vgputrace_tests::{Events, Target, trace};

fn usual_rounds() -> u64 {
    rounds("VGPUTRACE_ROUNDS", 3)
}

/// A bootstrap of `children` children that loads the healthy library and fails on one that is not there.
fn bootstrap(healthy: &PathBuf, children: u32, word: &str) -> Target {
    trace(program("damage_bootstrap"))
        .arg(healthy)
        .arg("/nowhere/libggml-missing.so")
        .arg(children.to_string())
        .arg(word)
}

fn healthy(folder: &tempfile::TempDir) -> PathBuf {
    place(Fault::None, folder.path(), "libggml-healthy.so")
}

/// Records that the trace says were lost.
fn lost(events: &Events) -> u64 {
    let told: u64 = events.losses().iter().map(|(_, loss)| loss.count).sum();
    told
}

/// The most memory that a process has used, in KiB (VmHWM of /proc); 0 once it is gone.
fn most_memory(pid: u32) -> u64 {
    std::fs::read_to_string(format!("/proc/{pid}/status"))
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().strip_suffix("kB")?.trim().parse().ok()
        })
        .unwrap_or(0)
}
