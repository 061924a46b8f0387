//! Chance that can be repeated: a generator with a seed, and how many rounds a test is to make.

/// A generator of numbers (xorshift64*); the same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From a number of one's own; the variable `VGPUTRACE_SEED` changes all of them.
    #[must_use]
    pub fn new(own: u64) -> Self {
        let seed = variable("VGPUTRACE_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
        Self((seed ^ own.wrapping_mul(0xbf58_476d_1ce4_e5b9)) | 1)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number().checked_rem(limit).unwrap_or(0)
    }
}

/// How many times: the number in the variable `name`, else `usual`.
#[must_use]
pub fn rounds(name: &str, usual: u64) -> u64 {
    variable(name).unwrap_or(usual)
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
