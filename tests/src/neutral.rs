//! "Nothing changes for anybody": the same program bare, traced, and as an untraced neighbour of a trace whose target
//! has mapped the same libraries.

use std::path::Path;

use rustix::process::Signal;

use crate::programs::program;
use crate::target::{Outcome, Target, trace};

/// Runs a program in the three ways; status, standard output and standard error must be the same, byte for byte.
/// `held` are libraries that the neighbour's target maps too; libc it always does.
///
/// # Panics
/// When a run differs, or when the program differs from itself with no recorder about.
#[track_caller]
pub fn unchanged(target: &Target, held: &[&Path]) -> Outcome {
    let bare = target.bare();
    same(
        &bare,
        &target.bare(),
        "bare",
        "bare again: the tracee itself is not steady",
    );
    let record = target.run();
    same(&bare, &record.outcome, "bare", "traced");
    let mut neighbour = trace(program("hold")).args(held).start();
    neighbour.wait_for("ready");
    let beside = target.bare();
    neighbour.signal(Signal::TERM);
    let held = neighbour.record();
    assert!(
        !held.events.0.is_empty(),
        "the neighbour was traced meanwhile"
    );
    same(&bare, &beside, "bare", "beside a trace");
    same(&bare, &target.bare(), "bare", "after all traces");
    bare
}

#[track_caller]
fn same(one: &Outcome, two: &Outcome, first: &str, second: &str) {
    let words = |outcome: &Outcome| {
        format!(
            "code {}\n{}{}",
            outcome.shell_code(),
            outcome.out(),
            outcome.err()
        )
    };
    let equal = one.shell_code() == two.shell_code()
        && one.stdout == two.stdout
        && one.stderr == two.stderr;
    assert!(
        equal,
        "--- {first}\n{}--- {second}\n{}",
        words(one),
        words(two)
    );
}
