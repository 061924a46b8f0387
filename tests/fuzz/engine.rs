//! Runs a target on changed inputs until its time is over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use vgputrace_tests::chance::{Chance, rounds};
use vgputrace_tests::workspace;

use crate::mutate::mutated;

/// No input of a few kilobytes may take this long, on a busy machine and without optimisation.
const LONGEST: Duration = Duration::from_secs(20);
/// Inputs do not grow beyond this, in bytes.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The corpus of a target: the files of its folder, in the order of their names.
#[track_caller]
pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let entries = std::fs::read_dir(&folder).expect("a folder for each target");
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{}", folder.display());
    let read = |file| std::fs::read(file).expect("a file of the corpus");
    files.iter().map(read).collect()
}

/// Feeds the inputs as they are, then changed ones until the time is over.
#[track_caller]
pub(crate) fn run(target: &str, inputs: &[Vec<u8>], body: impl Fn(&[u8])) {
    let ends = Instant::now() + Duration::from_secs(rounds("VGPUTRACE_FUZZ_SECONDS", 3));
    let mut chance = Chance::new(inputs.len() as u64);
    let mut count = 0_u64;
    let mut slowest = Duration::ZERO;
    for input in inputs {
        one(target, input, &body, &mut slowest);
    }
    while Instant::now() < ends {
        let input = mutated(inputs, &mut chance);
        one(target, &input, &body, &mut slowest);
        count += 1;
    }
    println_of(&format!(
        "{target}: {count} inputs, the slowest took {slowest:?}"
    ));
    assert!(count > 0, "there was time for one input at least");
}

#[expect(clippy::print_stdout, reason = "what a long run by hand has done")]
fn println_of(words: &str) {
    println!("{words}");
}

#[track_caller]
fn one(target: &str, input: &[u8], body: &impl Fn(&[u8]), slowest: &mut Duration) {
    let began = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| body(input)));
    let took = began.elapsed();
    *slowest = took.max(*slowest);
    if result.is_err() || took > LONGEST {
        let kept = keep(target, input);
        panic!("{target}: broken after {took:?} by {}", kept.display());
    }
}

fn keep(target: &str, input: &[u8]) -> PathBuf {
    let folder = workspace().join("target/fuzz");
    let _ = std::fs::create_dir_all(&folder);
    let mark = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |mark, byte| {
        (mark ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let path = folder.join(format!("{target}-{mark:016x}"));
    let _ = std::fs::write(&path, input);
    path
}
