//! One address space: what is mapped executable in it, and the breakpoints that stand in it. Nothing of it reaches a file or
//! another process.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::unix::fs::FileExt;

use super::plans::{FilePlan, FilePoint};
use super::point::{INT3, LONGEST, Point, Role};

const PAGE: u64 = 4096;
/// Bytes of a place for a moved instruction.
const SLOT: u64 = 16;

/// A file's device and inode.
pub(super) type FileId = (u64, u64);

/// An executable mapping of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapped {
    /// Its length in bytes.
    pub(super) length: u64,
    /// Where in the file it begins.
    pub(super) offset: u64,
    /// The file.
    pub(super) file: FileId,
}

/// An address space, shared by the threads of a process and by a vfork child until it executes something.
pub(super) struct Space {
    /// `/proc/PID/mem`: text is written through it, which makes a copy of the page for this space alone.
    memory: Option<File>,
    maps: BTreeMap<u64, Mapped>,
    points: HashMap<u64, Point>,
    /// Places behind the end of a file's code, which nothing uses, for instructions that run elsewhere.
    slots: Vec<u64>,
}

impl Space {
    /// The memory of this thread, with nothing in it yet.
    pub(super) fn of(tid: u32) -> Self {
        let place = format!("/proc/{tid}/mem");
        Self {
            memory: File::options().read(true).write(true).open(place).ok(),
            maps: BTreeMap::new(),
            points: HashMap::new(),
            slots: Vec::new(),
        }
    }

    /// The copy that a fork made of it. With `others`, another thread may have had a breakpoint set after the copy was made,
    /// so each is looked at.
    pub(super) fn copied(&self, tid: u32, others: bool) -> Self {
        let copy = Self {
            maps: self.maps.clone(),
            points: self.points.clone(),
            slots: self.slots.clone(),
            ..Self::of(tid)
        };
        if others {
            for address in copy.points.keys() {
                copy.write(*address, &[INT3]);
            }
        }
        copy
    }

    /// Notes a mapping and sets the breakpoints of its file. Returns how many of all breakpoints of the space are not ours
    /// alone: the kernel's uprobes write the same byte, take the trap before it comes here, and take the byte away in the end.
    pub(super) fn map(&mut self, address: u64, mapped: Mapped, plan: &FilePlan) -> u64 {
        self.unmap(address, mapped.length);
        let gone = self.set_again();
        self.maps.insert(address, mapped);
        let end = address.saturating_add(mapped.length).next_multiple_of(PAGE);
        for text_end in &plan.text_ends {
            let Some(place) = text_end
                .checked_sub(mapped.offset)
                .and_then(|into| address.checked_add(into)?.checked_next_multiple_of(SLOT))
            else {
                continue;
            };
            if place + SLOT <= place.next_multiple_of(PAGE) && place + SLOT <= end {
                self.slots.push(place);
            }
        }
        gone + self.plant_all(address, mapped, &plan.points)
    }

    /// Sets breakpoints that a file got later, wherever it is mapped. Returns as [`Self::map`].
    pub(super) fn plant_later(&mut self, file: FileId, points: &[FilePoint]) -> u64 {
        let maps: Vec<(u64, Mapped)> = self.maps.iter().map(|(at, one)| (*at, *one)).collect();
        maps.into_iter()
            .filter(|(_, mapped)| mapped.file == file)
            .map(|(address, mapped)| self.plant_all(address, mapped, points))
            .sum()
    }

    fn plant_all(&mut self, address: u64, mapped: Mapped, points: &[FilePoint]) -> u64 {
        let mut foreign = 0;
        for point in points {
            let Some(into) = point
                .offset
                .checked_sub(mapped.offset)
                .filter(|into| *into < mapped.length)
            else {
                continue;
            };
            let place = address + into;
            let mut now = [0];
            self.read(place, &mut now);
            let others = now[0] == INT3 && point.bytes[0] != INT3;
            foreign += u64::from(others && !self.points.contains_key(&place));
            self.plant(place, point.role, &point.bytes);
        }
        foreign
    }

    /// Sets a breakpoint where a call comes back to.
    pub(super) fn plant_landing(&mut self, address: u64) {
        let mut bytes = [0; LONGEST];
        let length = self.read(address, &mut bytes);
        self.plant(
            address,
            Role::Landing,
            bytes.get(..length).unwrap_or_default(),
        );
    }

    /// Sets one breakpoint, or gives one that stands there another reason.
    fn plant(&mut self, address: u64, role: Role, bytes: &[u8]) {
        if let Some(point) = self.points.get_mut(&address) {
            if !point.roles.contains(&role) {
                point.roles.push(role);
            }
            return;
        }
        let Some(mut point) = Point::of(bytes, address) else {
            tracing::debug!(address, "no instruction to break at");
            return;
        };
        point.roles.push(role);
        if self.write(address, &[INT3]) {
            self.points.insert(address, point);
        }
    }

    /// Sets breakpoints again that somebody has taken away. Returns how many there were.
    fn set_again(&self) -> u64 {
        let gone = self.points.keys().filter(|address| {
            let mut now = [INT3];
            self.read(**address, &mut now) == 1 && now[0] != INT3
        });
        gone.map(|address| u64::from(self.write(*address, &[INT3])))
            .sum()
    }

    /// Forgets what stood in a range that is no longer mapped. Returns whether there was anything.
    pub(super) fn unmap(&mut self, start: u64, length: u64) {
        let end = start.saturating_add(length);
        if !self.touches(start, length) {
            return;
        }
        let outside = |at: u64| at < start || at >= end;
        self.maps
            .retain(|at, one| at.saturating_add(one.length) <= start || *at >= end);
        self.points.retain(|at, _| outside(*at));
        self.slots.retain(|at| outside(*at));
    }

    /// A mapping of a file's code lies in the range.
    pub(super) fn touches(&self, start: u64, length: u64) -> bool {
        self.maps
            .range(..start.saturating_add(length))
            .next_back()
            .is_some_and(|(at, one)| at.saturating_add(one.length) > start)
    }

    /// The breakpoint at an address.
    pub(super) fn point(&self, address: u64) -> Option<&Point> {
        self.points.get(&address)
    }

    /// Writes a point's instruction to a place where it can run instead. Returns the place and its length there.
    pub(super) fn move_out(&self, point: &Point) -> Option<(u64, u64)> {
        let here = point.instruction.ip();
        let mut places = self.slots.clone();
        places.sort_unstable_by_key(|place| place.abs_diff(here));
        places.into_iter().find_map(|place| {
            let bytes = point.moved(place)?;
            self.write(place, &bytes)
                .then_some((place, bytes.len() as u64))
        })
    }

    /// Takes the breakpoint's byte away for a moment, or puts it back.
    pub(super) fn show(&self, point: &Point, own: bool) {
        let byte = if own { point.bytes[0] } else { INT3 };
        self.write(point.instruction.ip(), &[byte]);
    }

    /// Reads a word of the space.
    pub(super) fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        (self.read(address, &mut bytes) == 8).then(|| u64::from_ne_bytes(bytes))
    }

    /// Writes to the space, whatever its protection. False when the range is not mapped.
    pub(super) fn write(&self, address: u64, bytes: &[u8]) -> bool {
        self.memory
            .as_ref()
            .is_some_and(|memory| memory.write_all_at(bytes, address).is_ok())
    }

    fn read(&self, address: u64, bytes: &mut [u8]) -> usize {
        self.memory
            .as_ref()
            .and_then(|memory| memory.read_at(bytes, address).ok())
            .unwrap_or(0)
    }
}
