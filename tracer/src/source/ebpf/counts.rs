//! The kernel side's table of counted calls: read about once a second and when a process has ended.

use std::collections::BTreeMap;

use aya::Ebpf;
use aya::maps::HashMap;
use vgputrace_ebpf::wire::{Count, CountKey, Record};

use super::Error;
use crate::event::Event;
use crate::source::tracker::Tracker;

/// Words of a count as the table holds it.
const WORDS: usize = Count::SIZE / 8;

/// What was told of each count.
#[derive(Default)]
pub struct Counts {
    told: BTreeMap<(u32, u32), Count>,
}

impl Counts {
    /// Appends what was counted since the last time, of all processes or of one that has ended, whose counts then go.
    ///
    /// # Errors
    /// The table is missing.
    pub fn tell(
        &mut self,
        ebpf: &mut Ebpf,
        tracker: &mut Tracker,
        time: u64,
        ended: Option<u32>,
        events: &mut Vec<Event>,
    ) -> Result<(), Error> {
        let map = ebpf.map_mut("COUNTS").ok_or(Error::Missing("COUNTS"))?;
        let wrong = |source| Error::Map {
            map: "COUNTS",
            source: Box::new(source),
        };
        let mut table: HashMap<_, u64, [u64; WORDS]> = HashMap::try_from(map).map_err(wrong)?;
        let mut found: Vec<(CountKey, Count)> = table
            .iter()
            .flatten()
            .filter_map(|(key, words)| Some((key_of(key), count_of(words)?)))
            .filter(|(key, _)| ended.is_none_or(|tgid| key.tgid == tgid))
            .collect();
        found.sort_by_key(|(key, _)| (key.tgid, key.function));
        for (key, count) in found {
            let before = (key.tgid, key.function);
            if let Some(event) = tracker.counted(time, key, &count, self.told.get(&before)) {
                events.push(event);
            }
            if ended.is_some() {
                self.told.remove(&before);
                let _ = table.remove(&number_of(key));
            } else if count.calls > 0 {
                self.told.insert(before, count);
            }
        }
        Ok(())
    }
}

fn key_of(number: u64) -> CountKey {
    let [a, b, c, d, e, f, g, h] = number.to_ne_bytes();
    CountKey {
        tgid: u32::from_ne_bytes([a, b, c, d]),
        function: u32::from_ne_bytes([e, f, g, h]),
    }
}

fn number_of(key: CountKey) -> u64 {
    let [a, b, c, d] = key.tgid.to_ne_bytes();
    let [e, f, g, h] = key.function.to_ne_bytes();
    u64::from_ne_bytes([a, b, c, d, e, f, g, h])
}

fn count_of(words: [u64; WORDS]) -> Option<Count> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    Count::read(&bytes).map(|(count, _)| count)
}

#[cfg(test)]
mod tests {
    use super::{key_of, number_of};

    #[test]
    fn a_key_reads_back() {
        let key = key_of(number_of(super::CountKey {
            tgid: 4711,
            function: 12,
        }));
        assert_eq!((key.tgid, key.function), (4711, 12));
    }
}
