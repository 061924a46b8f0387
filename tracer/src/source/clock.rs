//! The clock of a recording.

use rustix::time::{ClockId, clock_gettime};

/// CLOCK_BOOTTIME in nanoseconds: what every event is stamped with.
#[must_use]
pub fn boottime() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
