//! Is anything of a recorder still in the kernel? Compares the loaded BPF programs with those that a living recorder
//! holds, so that it can be asked while other recordings run.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::programs::program;

/// The kernel frees programs a moment after the last descriptor is gone.
const PATIENCE: u32 = 500;
const TICK: Duration = Duration::from_millis(20);

/// Waits until every program of the recorder that is loaded is held by a living recorder, and by nobody else.
///
/// # Panics
/// When one stays for ten seconds.
#[track_caller]
pub fn nothing_is_left_behind() {
    let mut left = BTreeSet::new();
    for _ in 0..PATIENCE {
        // First what is loaded, then who holds it: a recording that begins meanwhile does no harm.
        let loaded = loaded();
        let held = held();
        left = loaded.difference(&held).copied().collect();
        if left.is_empty() {
            return;
        }
        std::thread::sleep(TICK);
    }
    panic!("BPF programs without a recorder are still loaded: {left:?}");
}

/// Ids of the recorder's programs, by their names; none where the kernel does not tell.
#[track_caller]
fn loaded() -> BTreeSet<u32> {
    let listed = match Command::new(program("bpf_programs")).output() {
        Ok(listed) => String::from_utf8_lossy(&listed.stdout).into_owned(),
        Err(error) => panic!("bpf_programs: {error}"),
    };
    listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, name)| name.starts_with("on_"))
        .filter_map(|(id, _)| id.parse().ok())
        .collect()
}

/// Ids of programs that a process whose name begins with `vgputrace` holds, itself or through a link.
fn held() -> BTreeSet<u32> {
    let mut ids = BTreeSet::new();
    for process in folder("/proc") {
        let name = std::fs::read_to_string(format!("{process}/comm")).unwrap_or_default();
        if !name.starts_with("vgputrace") {
            continue;
        }
        for descriptor in folder(&format!("{process}/fdinfo")) {
            let facts = std::fs::read_to_string(descriptor).unwrap_or_default();
            let id = facts.lines().find_map(|line| line.strip_prefix("prog_id:"));
            ids.extend(id.and_then(|id| id.trim().parse::<u32>().ok()));
        }
    }
    ids
}

/// Waits until no process with this variable in its environment is left.
///
/// # Panics
/// When one stays for ten seconds.
#[track_caller]
pub fn no_process_is_left(variable: &str) {
    let mut left = Vec::new();
    for _ in 0..PATIENCE {
        left = folder("/proc");
        left.retain(|process| {
            let environ = std::fs::read(format!("{process}/environ")).unwrap_or_default();
            environ
                .split(|byte| *byte == 0)
                .any(|one| one == variable.as_bytes())
        });
        if left.is_empty() {
            return;
        }
        std::thread::sleep(TICK);
    }
    panic!("processes with {variable} are still there: {left:?}");
}

fn folder(path: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .collect()
}
