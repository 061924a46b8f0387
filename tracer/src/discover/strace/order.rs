//! The lines of all files in one order: by time where every line has one, else a child's file where its parent made it.

use std::collections::{BTreeMap, BTreeSet};

use super::argument;
use super::line::{self, What};
use super::{File, tree};

/// Nanoseconds of half a day: a time of day that goes back by more has passed midnight.
const HALF_A_DAY: u64 = 12 * 3_600 * 1_000_000_000;

/// A line in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    /// Its number, from 1: in a single file that of the file's line.
    pub(super) number: u64,
    /// The thread; 0 where nothing names it.
    pub(super) tid: u32,
    /// Nanoseconds; where strace gave no time, its number.
    pub(super) time: u64,
    /// What it tells.
    pub(super) what: What<'a>,
}

/// All lines of all files.
pub(super) fn lines(files: &[File]) -> Vec<Entry<'_>> {
    let each: Vec<Vec<Entry<'_>>> = files.iter().map(of_file).collect();
    let mut all = if each.len() < 2 {
        each.into_iter().next().unwrap_or_default()
    } else if each.iter().flatten().all(|entry| entry.time > 0) {
        let mut all: Vec<Entry<'_>> = each.into_iter().flatten().collect();
        all.sort_by_key(|entry| entry.time);
        number(&mut all);
        all
    } else {
        let mut all = nested(each);
        number(&mut all);
        all
    };
    for entry in &mut all {
        if entry.time == 0 {
            entry.time = entry.number;
        }
    }
    all
}

fn number(all: &mut [Entry<'_>]) {
    for (at, entry) in all.iter_mut().enumerate() {
        entry.number = at as u64 + 1;
    }
}

fn of_file(file: &File) -> Vec<Entry<'_>> {
    let (mut days, mut last) = (0_u64, 0_u64);
    let mut entries = Vec::new();
    for (at, text) in file.text.lines().enumerate() {
        let (head, rest) = line::head(text);
        let mut time = head.time.unwrap_or(0);
        if head.time.is_some() {
            if last > time.saturating_add(HALF_A_DAY) {
                days += 2 * HALF_A_DAY;
            }
            last = time;
            time += days;
        }
        let what = line::what(rest);
        if what != What::Other {
            entries.push(Entry {
                number: at as u64 + 1,
                tid: head.pid.or(file.pid).unwrap_or(0),
                time,
                what,
            });
        }
    }
    entries
}

/// Files without times: the file of a thread stands where its parent's line gives its number.
fn nested(each: Vec<Vec<Entry<'_>>>) -> Vec<Entry<'_>> {
    let mut files: BTreeMap<u32, Vec<Entry<'_>>> = BTreeMap::new();
    for file in each {
        let tid = file.first().map_or(0, |entry| entry.tid);
        files.entry(tid).or_default().extend(file);
    }
    let children: BTreeSet<u32> = files.values().flatten().filter_map(made).collect();
    let mut order: Vec<u32> = files.keys().copied().collect();
    order.sort_by_key(|tid| children.contains(tid));
    let mut all = Vec::new();
    for root in order {
        let mut open: Vec<std::vec::IntoIter<Entry<'_>>> = Vec::new();
        open.extend(files.remove(&root).map(Vec::into_iter));
        while let Some(file) = open.last_mut() {
            match file.next() {
                Some(entry) => {
                    all.push(entry);
                    let child = made(&entry).and_then(|tid| files.remove(&tid));
                    open.extend(child.map(Vec::into_iter));
                }
                None => drop(open.pop()),
            }
        }
    }
    all
}

/// The thread that a line made.
fn made(entry: &Entry<'_>) -> Option<u32> {
    let (name, result) = match entry.what {
        What::Call(call) => (call.name, call.result),
        What::Resumed(name, rest) => (name, rest.rsplit_once("= ")?.1),
        _ => return None,
    };
    if !tree::MAKES.contains(&name) {
        return None;
    }
    let number = argument::result(result)?.ok()?;
    u32::try_from(number).ok().filter(|tid| *tid > 0)
}
