//! What was read of mapped files, kept by path: layout and symbols, for the tracker.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::library::symbol::Symbols;
use super::library::{self, Root};
use super::tracker::{Image, ImageReader};

/// Files kept at most; a program that maps more begins anew.
const KEPT: usize = 4_096;

/// Reads files through the root of the process that mapped them.
#[derive(Default)]
pub struct Images {
    kept: HashMap<String, Option<Kept>>,
}

struct Kept {
    file: library::Image,
    /// Read once: the tracker asks for it at every call, and the interpreter's name stands in the file.
    layout: Option<Image>,
    symbols: Option<Symbols>,
}

/// The root that a process sees. While it shares ours, that is `/`, which outlives it: a look through `/proc/PID/root`
/// fails half-way when the process is killed. A process that is gone is taken for one that shared ours.
#[must_use]
pub fn root_of(tgid: u32) -> Root {
    let link = |pid: &str, name: &str| std::fs::read_link(format!("/proc/{pid}/{name}")).ok();
    let process = tgid.to_string();
    let elsewhere = link(&process, "ns/mnt")
        .is_some_and(|space| link("self", "ns/mnt") != Some(space))
        || link(&process, "root").is_some_and(|root| link("self", "root") != Some(root));
    if elsewhere {
        Root::new(format!("/proc/{tgid}/root"))
    } else {
        Root::default()
    }
}

/// A path of the trace as this process can open it.
#[must_use]
pub fn reachable(tgid: u32, path: &str) -> PathBuf {
    root_of(tgid).outside(Path::new(path))
}

impl Images {
    fn get(&mut self, tgid: u32, path: &str) -> Option<&mut Kept> {
        if self.kept.len() >= KEPT {
            self.kept.clear();
        }
        if !self.kept.contains_key(path) {
            let opened = library::Image::open(&reachable(tgid, path), &Root::default()).ok();
            let kept = opened.map(|file| Kept {
                layout: layout(&file),
                file,
                symbols: None,
            });
            self.kept.insert(path.to_owned(), kept);
        }
        self.kept.get_mut(path)?.as_mut()
    }
}

fn layout(file: &library::Image) -> Option<Image> {
    Some(Image {
        span: file.span(),
        headers: file.headers_address()?,
        interpreter: file.interpreter().map(|path| path.as_str().to_owned()),
    })
}

impl ImageReader for Images {
    fn image(&mut self, tgid: u32, path: &str) -> Option<Image> {
        self.get(tgid, path)?.layout.clone()
    }

    fn address(&mut self, tgid: u32, path: &str, offset: u64) -> Option<u64> {
        self.get(tgid, path)?.file.address_of(offset)
    }

    fn bytes(&mut self, tgid: u32, path: &str, address: u64, length: usize) -> Option<Vec<u8>> {
        self.get(tgid, path)?.file.bytes_at(address, length as u64)
    }

    fn symbol(&mut self, tgid: u32, path: &str, address: u64) -> Option<String> {
        let kept = self.get(tgid, path)?;
        let symbols = kept
            .symbols
            .get_or_insert_with(|| Symbols::read(&kept.file).unwrap_or_default());
        // Behind the end of the nearest one there is something without a name.
        let nearest = symbols
            .nearest(address)
            .filter(|nearest| nearest.size == 0 || nearest.distance <= nearest.size)?;
        Some(match nearest.distance {
            0 => nearest.name.as_str().to_owned(),
            distance => format!("{}+{distance:#x}", nearest.name),
        })
    }
}
