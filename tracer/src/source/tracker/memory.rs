//! Executable mappings of a process, and where an address is.

use std::collections::BTreeMap;

use vgputrace_ebpf::wire::head::PIECE;
use vgputrace_ebpf::wire::{Data, Sys};

use super::{Tracker, Wish};
use crate::event::call::Site;
use crate::event::library::{Map, Unmap};
use crate::event::{Errno, Hex, Kind, Seen, Text, Why};
use crate::source::screen;

/// What is known of a file that can be mapped, without reading it again.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Lowest and highest virtual address of its segments.
    pub span: (u64, u64),
    /// PT_INTERP.
    pub interpreter: Option<String>,
    /// Virtual address of its program headers (AT_PHDR minus this is the load address).
    pub headers: u64,
}

/// Reads images and symbols; the recorder keeps what was read.
pub trait ImageReader: Send {
    /// The layout of a file as the process `tgid` sees it; `None` when it cannot be read.
    fn image(&mut self, tgid: u32, path: &str) -> Option<Image>;

    /// The virtual address of an offset in a file.
    fn address(&mut self, tgid: u32, path: &str, offset: u64) -> Option<u64>;

    /// Bytes of a file by their virtual address; fewer when its segment ends before.
    fn bytes(&mut self, tgid: u32, path: &str, address: u64, length: usize) -> Option<Vec<u8>>;

    /// The process is new, has another program now, or has ended: its root may be another one. `foreign`: its mount
    /// namespace, where that is not the recorder's.
    fn renewed(&mut self, _tgid: u32, _foreign: Option<u32>) {}

    /// The nearest symbol at or below a virtual address, `name+0x12`.
    fn symbol(&mut self, tgid: u32, path: &str, address: u64) -> Option<String>;
}

/// An executable mapping.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) length: u64,
    /// Offset in the file; `None` for a whole image put there by the kernel at exec.
    pub(super) offset: Option<u64>,
    pub(super) path: Seen<Text>,
    /// When it was made, in nanoseconds.
    pub(super) since: u64,
}

impl Tracker {
    /// mmap of a file with PROT_EXEC. `path` is the kernel's own, of the descriptor.
    pub(super) fn mapped(&mut self, tgid: u32, tid: u32, time: u64, sys: &Sys) {
        let (path, inode) = self.pending_path(tgid, tid, sys.start);
        let path = path.unwrap_or(Seen::No(Why::Gone));
        let err = Errno::from_result(sys.result);
        let address = sys.result.cast_unsigned();
        let map = Map {
            path: path.clone(),
            inode,
            address: err.is_none().then_some(Hex(address)),
            length: Hex(sys.args[1]),
            offset: Hex(sys.args[5]),
            err,
            already: false,
        };
        self.tell(tgid, tid, time, None, Kind::Map(map));
        if let Some(path) = path.whole() {
            let path = path.as_str().to_owned();
            self.story.wishes.push(Wish::Library { path, tgid });
        }
        if err.is_none() {
            let mapping = Mapping {
                length: sys.args[1],
                offset: Some(sys.args[5]),
                path,
                since: time,
            };
            self.known(tgid).maps.insert(address, mapping);
        }
    }

    /// munmap: told only when it takes an executable mapping of a file away.
    pub(super) fn unmapped(&mut self, tgid: u32, tid: u32, time: u64, sys: &Sys) {
        if sys.result != 0 {
            return;
        }
        let (start, end) = (sys.args[0], sys.args[0].saturating_add(sys.args[1]));
        let maps = &mut self.known(tgid).maps;
        let gone: Vec<u64> = overlapping(maps, start, end);
        for address in gone {
            let Some(mapping) = self.known(tgid).maps.remove(&address) else {
                continue;
            };
            let unmap = Unmap {
                path: mapping.path,
                address: Hex(address),
            };
            self.tell(tgid, tid, time, None, Kind::Unmap(unmap));
        }
    }

    /// Puts the program and its loader, which the kernel maps at exec, into the table.
    pub(super) fn map_image(&mut self, tgid: u32, path: &str, base: u64, image: &Image) {
        let (low, high) = image.span;
        let mapping = Mapping {
            length: high - low.min(high),
            offset: None,
            path: Seen::Yes(Text::from(path)),
            since: 0,
        };
        self.known(tgid)
            .maps
            .insert(base.wrapping_add(low), mapping);
    }

    /// Where an address is: object, offset from its load address, and, when wanted, the nearest symbol.
    pub(super) fn site(&mut self, tgid: u32, address: u64, symbol: bool) -> Site {
        let bare = Site {
            object: None,
            offset: Hex(address),
            symbol: None,
        };
        let Some(process) = self.processes.get(&tgid) else {
            return bare;
        };
        let Some((start, mapping)) = process
            .maps
            .range(..=address)
            .next_back()
            .filter(|(start, mapping)| address - **start < mapping.length)
            .map(|(start, mapping)| (*start, mapping.clone()))
        else {
            return bare;
        };
        let Some(path) = mapping.path.value().map(|path| path.as_str().to_owned()) else {
            return bare;
        };
        let inside = address - start;
        let offset = match mapping.offset {
            Some(offset) => {
                let offset = offset.saturating_add(inside);
                self.images.address(tgid, &path, offset).unwrap_or(offset)
            }
            None => {
                let low = self
                    .images
                    .image(tgid, &path)
                    .map_or(0, |image| image.span.0);
                inside.saturating_add(low)
            }
        };
        let symbol = symbol
            .then(|| self.images.symbol(tgid, &path, offset))
            .flatten();
        Site {
            object: Some(screen::text(path.as_bytes())),
            offset: Hex(offset),
            symbol: symbol.map(Text::from),
        }
    }
}

/// A constant of a program or library stands within this distance of its code, in bytes.
const NEAR: u64 = 256 << 20;

impl Tracker {
    /// Bytes that the kernel side could not read because nobody had touched them: writing to /dev/null does not look at
    /// them. A constant that was never touched is what the file has.
    pub(super) fn constant(&mut self, tgid: u32, data: &Data) -> Option<Vec<u8>> {
        const EFAULT: i32 = -14;
        if data.length != EFAULT {
            return None;
        }
        let length = usize::try_from(data.wanted).ok()?.min(PIECE);
        let maps = &self.processes.get(&tgid)?.maps;
        let before = maps.range(..=data.address).next_back();
        let after = maps.range(data.address..).next();
        let near: Vec<(u64, Mapping)> = before
            .into_iter()
            .chain(after)
            .filter(|(start, _)| start.abs_diff(data.address) < NEAR)
            .map(|(start, mapping)| (*start, mapping.clone()))
            .collect();
        near.into_iter().find_map(|(start, mapping)| {
            let path = mapping.path.whole()?.as_str().to_owned();
            let low = self.images.image(tgid, &path)?.span.0;
            let base = match mapping.offset {
                Some(offset) => start.checked_sub(self.images.address(tgid, &path, offset)?)?,
                None => start.checked_sub(low)?,
            };
            let address = data.address.checked_sub(base)?;
            let bytes = self.images.bytes(tgid, &path, address, length)?;
            (bytes.len() == length).then_some(bytes)
        })
    }
}

/// Start addresses of the mappings that touch a range.
fn overlapping(maps: &BTreeMap<u64, Mapping>, start: u64, end: u64) -> Vec<u64> {
    let before = maps
        .range(..start)
        .next_back()
        .filter(|(at, mapping)| at.saturating_add(mapping.length) > start)
        .map(|(at, _)| *at);
    if start >= end {
        return Vec::new();
    }
    before
        .into_iter()
        .chain(maps.range(start..end).map(|(at, _)| *at))
        .collect()
}
