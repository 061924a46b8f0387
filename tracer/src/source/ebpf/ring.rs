//! The ring of records and the counters of lost ones.

use std::os::fd::{AsFd, BorrowedFd};

use aya::Ebpf;
use aya::maps::{HashMap, MapData, MapError, PerCpuArray, RingBuf};
use vgputrace_ebpf::wire::head::lost;

use super::Error;
use crate::source::record::Record;
use crate::source::slow::InFlight;

/// The reading end of the ring.
pub struct Ring {
    ring: RingBuf<MapData>,
}

/// Records taken at once before other work gets its turn.
const BATCH: usize = 4_096;

impl Ring {
    /// Takes the ring out of the loaded object.
    ///
    /// # Errors
    /// The object has none.
    pub fn take(ebpf: &mut Ebpf) -> Result<Self, Error> {
        let map = ebpf.take_map("RECORDS").ok_or(Error::Missing("RECORDS"))?;
        let ring = RingBuf::try_from(map).map_err(|source| Error::Map {
            map: "RECORDS",
            source: Box::new(source),
        })?;
        Ok(Self { ring })
    }

    /// Hands over what is waiting, at most a batch. Returns how many records there were and how many of them could not
    /// be read.
    pub fn drain(&mut self, mut each: impl FnMut(Record)) -> (usize, u64) {
        let mut bad = 0;
        for count in 0..BATCH {
            let Some(bytes) = self.ring.next() else {
                return (count, bad);
            };
            match Record::decode(&bytes) {
                Some(record) => each(record),
                None => bad += 1,
            }
        }
        (BATCH, bad)
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ring.as_fd()
    }
}

/// Records lost so far, by cause: ring full, table full, scratch in use.
///
/// # Errors
/// The object has no counters.
pub fn lost_so_far(ebpf: &Ebpf) -> Result<[u64; lost::COUNT as usize], Error> {
    let mut sums = [0; lost::COUNT as usize];
    for (index, sum) in (0..).zip(&mut sums) {
        *sum = counter(ebpf, "LOST", index)?;
    }
    Ok(sums)
}

/// Calls of probed functions by processes that are not traced.
///
/// # Errors
/// The object has no counter.
pub fn passed_by_others(ebpf: &Ebpf) -> Result<u64, Error> {
    counter(ebpf, "OTHERS", 0)
}

/// The sum of a counter over all processors.
fn counter(ebpf: &Ebpf, name: &'static str, index: u32) -> Result<u64, Error> {
    let map = ebpf.map(name).ok_or(Error::Missing(name))?;
    let wrong = |source| Error::Map {
        map: name,
        source: Box::new(source),
    };
    let counters: PerCpuArray<_, u64> = PerCpuArray::try_from(map).map_err(wrong)?;
    Ok(counters.get(&index, 0).map_err(wrong)?.iter().sum())
}

/// Lets the kernel side follow a process.
///
/// # Errors
/// The table is full or missing.
pub fn follow(ebpf: &mut Ebpf, tgid: u32) -> Result<(), Error> {
    traced(ebpf)?.insert(&tgid, &0, 0).map_err(wrong("TRACED"))
}

/// As [`follow`], for a process that may be followed already, since its parent is. True when it was not.
///
/// # Errors
/// The table is full or missing.
pub fn follow_new(ebpf: &mut Ebpf, tgid: u32) -> Result<bool, Error> {
    /// `BPF_NOEXIST` (include/uapi/linux/bpf.h).
    const NEW: u64 = 1;
    const EEXIST: i32 = 17;
    let mut traced = traced(ebpf)?;
    match traced.insert(&tgid, &0, NEW) {
        Ok(()) => Ok(true),
        Err(MapError::SyscallError(error)) if error.io_error.raw_os_error() == Some(EEXIST) => {
            Ok(false)
        }
        Err(source) => Err(wrong("TRACED")(source)),
    }
}

/// Lets the kernel side leave a process alone; that it is gone is no error.
///
/// # Errors
/// The table is missing.
pub fn leave(ebpf: &mut Ebpf, tgid: u32) -> Result<(), Error> {
    let _ = traced(ebpf)?.remove(&tgid);
    Ok(())
}

fn traced(ebpf: &mut Ebpf) -> Result<HashMap<&mut MapData, u32, u64>, Error> {
    let map = ebpf.map_mut("TRACED").ok_or(Error::Missing("TRACED"))?;
    HashMap::try_from(map).map_err(wrong("TRACED"))
}

fn wrong(map: &'static str) -> impl Fn(MapError) -> Error {
    move |source| Error::Map {
        map,
        source: Box::new(source),
    }
}

/// The system calls that are in flight now.
///
/// # Errors
/// The table is missing.
pub fn in_flight(ebpf: &Ebpf) -> Result<Vec<InFlight>, Error> {
    let map = ebpf.map("IN_FLIGHT").ok_or(Error::Missing("IN_FLIGHT"))?;
    let wrong = |source| Error::Map {
        map: "IN_FLIGHT",
        source: Box::new(source),
    };
    let table: HashMap<_, u64, [u64; 8]> = HashMap::try_from(map).map_err(wrong)?;
    let mut calls: Vec<InFlight> = table
        .iter()
        .flatten()
        .map(|(thread, call)| InFlight {
            tgid: (thread >> 32) as u32,
            tid: thread as u32,
            start: call[0],
            nr: call[1] as u32,
        })
        .collect();
    calls.sort_unstable_by_key(|call| (call.start, call.tid));
    Ok(calls)
}
