//! How much of a device's memory is in use.

use crate::code::Code;

/// Sizes are counted in whole pages of the host, which is what an allocation takes.
pub const PAGE: u64 = 4096;

/// Bytes in use of a fixed number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    total: u64,
    used: u64,
}

impl Quota {
    /// `occupied` bytes belong to others from the start.
    #[must_use]
    pub const fn new(total: u64, occupied: u64) -> Self {
        let used = if occupied < total { occupied } else { total };
        Self { total, used }
    }

    /// All there is.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// What is left.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.total - self.used
    }

    /// Takes whole pages for `bytes` and says how many bytes those are.
    ///
    /// # Errors
    /// [`Code::INVALID_VALUE`] for nothing, [`Code::OUT_OF_MEMORY`] for more than is left.
    pub fn take(&mut self, bytes: u64) -> Result<u64, Code> {
        if bytes == 0 {
            return Err(Code::INVALID_VALUE);
        }
        let taken = bytes
            .checked_next_multiple_of(PAGE)
            .ok_or(Code::OUT_OF_MEMORY)?;
        if taken > self.free() {
            return Err(Code::OUT_OF_MEMORY);
        }
        self.used += taken;
        Ok(taken)
    }

    /// Gives back what `take` took.
    pub const fn give_back(&mut self, taken: u64) {
        self.used = self.used.saturating_sub(taken);
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGE, Quota};
    use crate::code::Code;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_taken_is_missing_until_it_is_given_back(sizes in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut quota = Quota::new(1 << 40, 1 << 30);
            let before = quota;
            let mut taken = Vec::new();
            for size in sizes {
                let free = quota.free();
                match quota.take(size % (1 << 41)) {
                    Ok(bytes) => {
                        prop_assert_eq!(quota.free() + bytes, free);
                        taken.push(bytes);
                    }
                    Err(_) => prop_assert_eq!(quota.free(), free),
                }
            }
            for bytes in taken {
                quota.give_back(bytes);
            }
            prop_assert_eq!(quota, before);
        }
    }

    #[test]
    fn the_last_page_can_be_taken_and_no_more() {
        let mut quota = Quota::new(2 * PAGE, PAGE);
        assert_eq!(quota.take(u64::MAX), Err(Code::OUT_OF_MEMORY));
        assert_eq!(quota.take(0), Err(Code::INVALID_VALUE));
        assert_eq!(quota.take(1), Ok(PAGE));
        assert_eq!(quota.take(1), Err(Code::OUT_OF_MEMORY));
    }
}
