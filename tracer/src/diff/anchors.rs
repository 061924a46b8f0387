//! Events of two runs that are the same event: what a viewer locks two columns together with.

use super::Run;
use super::facts::gather;
use crate::discover::model::At;

/// Numbers of events that tell the same fact, good side and bad side, both growing.
#[must_use]
pub fn anchors(good: Run<'_>, bad: Run<'_>) -> Vec<(u64, u64)> {
    let eras_differ = good.model.era != bad.model.era;
    let [one, two] = [good, bad].map(|run| gather(run, eras_differ));
    let event = |facts: &super::Facts, key| {
        let seen = facts.facts.get(key)?.evidence.as_ref()?;
        match seen.at {
            At::Event(seq) => Some(seq.0),
            _ => None,
        }
    };
    let mut pairs: Vec<(u64, u64)> = one
        .facts
        .keys()
        .filter_map(|key| Some((event(&one, key)?, event(&two, key)?)))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    growing(&pairs)
}

/// The longest choice in which both numbers grow. Time: n log n.
fn growing(pairs: &[(u64, u64)]) -> Vec<(u64, u64)> {
    // `ends[n]` is the pair that a choice of n+1 pairs ends with, the smallest there is; `before` is the one before each.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let at = |index: usize| pairs.get(index).copied().unwrap_or_default();
    for (index, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| at(*end).1 < pair.1 && at(*end).0 < pair.0);
        before.push(
            length
                .checked_sub(1)
                .and_then(|last| ends.get(last))
                .copied(),
        );
        match ends.get_mut(length) {
            Some(end) if pair.1 < at(*end).1 => *end = index,
            Some(_) => {}
            None => ends.push(index),
        }
    }
    let mut chosen = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        chosen.push(at(index));
        next = before.get(index).copied().flatten();
    }
    chosen.reverse();
    chosen
}

#[cfg(test)]
mod tests {
    use super::growing;

    #[test]
    fn both_numbers_grow_and_as_many_pairs_as_can_be_are_kept() {
        assert_eq!(growing(&[]), []);
        assert_eq!(
            growing(&[(1, 2), (2, 9), (3, 4), (4, 5)]),
            [(1, 2), (3, 4), (4, 5)]
        );
        let kept = growing(&[(1, 1), (1, 2), (2, 2), (3, 1), (5, 9)]);
        assert_eq!(kept, [(1, 1), (2, 2), (5, 9)]);
    }
}
