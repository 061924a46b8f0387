//! Ranges of addresses with something known of each: allocations, reservations, mappings, registered host memory.

use std::collections::BTreeMap;

/// Ranges that do not overlap, by their first address.
#[derive(Clone, Debug)]
pub struct Regions<T> {
    by_start: BTreeMap<u64, Region<T>>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Region<T> {
    /// First address.
    pub start: u64,
    /// How many bytes, at least one.
    pub bytes: u64,
    /// What is known of it.
    pub of: T,
}

impl<T> Default for Regions<T> {
    fn default() -> Self {
        Self {
            by_start: BTreeMap::new(),
        }
    }
}

impl<T> Regions<T> {
    /// Adds a range; false when it is empty, goes past the last address, or meets another one.
    pub fn insert(&mut self, start: u64, bytes: u64, of: T) -> bool {
        let Some(end) = start.checked_add(bytes).filter(|end| *end > start) else {
            return false;
        };
        if self.meeting(start, end).next().is_some() {
            return false;
        }
        self.by_start.insert(start, Region { start, bytes, of });
        true
    }

    /// The range that begins exactly here.
    #[must_use]
    pub fn at(&self, start: u64) -> Option<&Region<T>> {
        self.by_start.get(&start)
    }

    /// The range that begins exactly here.
    pub fn at_mut(&mut self, start: u64) -> Option<&mut Region<T>> {
        self.by_start.get_mut(&start)
    }

    /// Takes the range out that begins exactly here.
    pub fn remove(&mut self, start: u64) -> Option<Region<T>> {
        self.by_start.remove(&start)
    }

    /// The range with this address.
    #[must_use]
    pub fn holding(&self, address: u64) -> Option<&Region<T>> {
        let (_, region) = self.by_start.range(..=address).next_back()?;
        (address - region.start < region.bytes).then_some(region)
    }

    /// The ranges that have something in common with `start..end`.
    pub fn meeting(&self, start: u64, end: u64) -> impl Iterator<Item = &Region<T>> {
        let first = self.holding(start).map_or(start, |region| region.start);
        let (first, end) = (first.min(end), end);
        self.by_start.range(first..end).map(|(_, region)| region)
    }

    /// True when every byte of `start..start+bytes` lies in ranges for which `fits` holds, one directly behind the other.
    pub fn covers(&self, start: u64, bytes: u64, fits: impl Fn(&T) -> bool) -> bool {
        let Some(end) = start.checked_add(bytes) else {
            return false;
        };
        let mut next = start;
        while next < end {
            let Some(region) = self.holding(next).filter(|region| fits(&region.of)) else {
                return false;
            };
            next = region.start + region.bytes;
        }
        true
    }

    /// Takes all of them out.
    pub fn drain(&mut self) -> impl Iterator<Item = Region<T>> + use<T> {
        std::mem::take(&mut self.by_start).into_values()
    }

    /// Takes those out for which `goes` holds.
    pub fn take_if(&mut self, goes: impl Fn(&T) -> bool) -> Vec<Region<T>> {
        let starts: Vec<u64> = self
            .by_start
            .values()
            .filter(|region| goes(&region.of))
            .map(|region| region.start)
            .collect();
        starts
            .into_iter()
            .filter_map(|start| self.by_start.remove(&start))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Regions;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranges_never_overlap_and_every_byte_is_found(ranges in prop::collection::vec((0_u64..200, 0_u64..40), 0..40)) {
            let mut regions = Regions::default();
            let mut owner = [None; 256];
            for (index, (start, bytes)) in ranges.into_iter().enumerate() {
                let cells = owner.get_mut(start as usize..(start + bytes) as usize).unwrap();
                let is_free = bytes > 0 && cells.iter().all(Option::is_none);
                prop_assert_eq!(regions.insert(start, bytes, index), is_free);
                if is_free {
                    cells.fill(Some(index));
                }
            }
            for (address, expected) in owner.iter().enumerate() {
                prop_assert_eq!(regions.holding(address as u64).map(|region| region.of), *expected);
            }
            for start in 0..200_usize {
                let whole = owner[start..start + 50].iter().all(Option::is_some);
                prop_assert_eq!(regions.covers(start as u64, 50, |_| true), whole);
            }
        }
    }

    #[test]
    fn the_end_of_the_addresses_is_no_trap() {
        let mut regions = Regions::default();
        assert!(!regions.insert(u64::MAX, 2, ()));
        assert!(regions.insert(u64::MAX - 1, 1, ()));
        assert!(regions.holding(u64::MAX).is_none());
        assert!(!regions.covers(u64::MAX - 1, 5, |()| true));
    }
}
