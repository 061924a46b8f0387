//! What each system call of an untraced process pays while a recording runs, measured here and now.
//!
//! This process is not in the traced set, so its own getppid shows what bystanders pay. Rounds without the tracepoints
//! are taken before and after those with them, and medians are compared, so that a busy machine disturbs little.

use crate::event::doctor::Cost;
use crate::source::clock::boottime;
use crate::source::ebpf::kernel::Kernel;
use crate::source::ebpf::{Error, load};

/// Rounds without tracepoints on either side, and half of the rounds with them.
const ROUNDS: usize = 7;
/// Nanoseconds of one round: 28 rounds make about half a second.
const ROUND: u64 = 16_000_000;
/// Calls between two looks at the clock.
const CALLS: u64 = 2_000;

/// Measures.
///
/// # Errors
/// The kernel refuses a program.
pub(super) fn cost(kernel: &Kernel, sizes: load::Sizes) -> Result<Cost, Error> {
    let mut bare: Vec<u64> = (0..ROUNDS).map(|_| round()).collect();
    let mut ebpf = load::load_all(kernel, sizes, false)?;
    load::attach_tracepoints(&mut ebpf, kernel)?;
    let attached: Vec<u64> = (0..2 * ROUNDS).map(|_| round()).collect();
    drop(ebpf);
    bare.extend((0..ROUNDS).map(|_| round()));
    Ok(Cost {
        bare: median(bare),
        attached: median(attached),
        rounds: 2 * ROUNDS as u64,
    })
}

/// Nanoseconds of one call.
fn round() -> u64 {
    let begin = boottime();
    let mut calls = 0_u64;
    loop {
        for _ in 0..CALLS {
            std::hint::black_box(rustix::process::getppid());
        }
        calls += CALLS;
        let spent = boottime().saturating_sub(begin);
        if spent >= ROUND {
            return spent / calls;
        }
    }
}

fn median(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(0)
}
