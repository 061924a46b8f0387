//! From an event of one recording to the one at the same place of the other.

/// Places that are the same in both, growing, from the begin on.
#[derive(Clone, Debug)]
pub(super) struct Locked {
    anchors: Vec<(u64, u64)>,
}

impl Locked {
    /// `anchors` grow on both sides; what does not is left out.
    pub(super) fn new(anchors: &[(u64, u64)]) -> Self {
        let mut kept = vec![(0, 0)];
        for (good, bad) in anchors {
            if kept
                .last()
                .is_some_and(|last| last.0 < *good && last.1 < *bad)
            {
                kept.push((*good, *bad));
            }
        }
        Self { anchors: kept }
    }

    /// The number of the event on the bad side.
    pub(super) fn to_bad(&self, good: u64) -> u64 {
        self.place(good, |pair| pair)
    }

    /// The number of the event on the good side.
    pub(super) fn to_good(&self, bad: u64) -> u64 {
        self.place(bad, |(good, bad)| (bad, good))
    }

    /// Between two anchors in proportion, behind the last one step by step.
    fn place(&self, from: u64, turned: impl Fn((u64, u64)) -> (u64, u64)) -> u64 {
        let next = self.anchors.partition_point(|pair| turned(*pair).0 <= from);
        let at = |index: usize| self.anchors.get(index).map(|pair| turned(*pair));
        let (here, there) = next.checked_sub(1).and_then(at).unwrap_or_default();
        let past = from - here;
        let Some((to_here, to_there)) = at(next) else {
            return there.saturating_add(past);
        };
        let (width, other) = (u128::from(to_here - here), u128::from(to_there - there));
        let moved = u128::from(past) * other / width.max(1);
        there.saturating_add(u64::try_from(moved).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::Locked;

    #[test]
    fn anchors_meet_and_what_lies_between_follows_in_proportion() {
        let locked = Locked::new(&[(10, 20), (5, 30), (20, 40)]);
        assert_eq!(locked.to_bad(10), 20);
        assert_eq!(locked.to_good(20), 10);
        assert_eq!(locked.to_bad(15), 30);
        assert_eq!(locked.to_good(30), 15);
        assert_eq!(locked.to_bad(5), 10);
        // Behind the last one both go on alike.
        assert_eq!(locked.to_bad(23), 43);
        assert_eq!(Locked::new(&[]).to_bad(7), 7);
    }
}
