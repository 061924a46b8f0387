//! What was read of mapped files, kept by path and mount namespace: layout and symbols, for the tracker.

use std::collections::HashMap;

use super::library::symbol::Symbols;
use super::library::{self, Root};
use super::place::{Doors, Place, Whose};
use super::tracker::{Image, ImageReader};

/// Files kept at most; a program that maps more begins anew.
const KEPT: usize = 4_096;

/// Reads files through the root of the process that mapped them.
#[derive(Default)]
pub struct Images {
    kept: HashMap<Place, HashMap<String, Option<Kept>>>,
    count: usize,
    doors: Doors,
    /// Where each process is, as it was asked for first.
    places: HashMap<u32, Place>,
    /// Mount namespaces that are not the recorder's, by process.
    foreign: HashMap<u32, u32>,
}

struct Kept {
    file: library::Image,
    /// Read once: the tracker asks for it at every call, and the interpreter's name stands in the file.
    layout: Option<Image>,
    symbols: Option<Symbols>,
}

impl Images {
    fn get(&mut self, tgid: u32, path: &str) -> Option<&mut Kept> {
        if self.count >= KEPT {
            self.kept.clear();
            self.count = 0;
        }
        let whose = Whose {
            tgid,
            foreign: self.foreign.get(&tgid).copied(),
        };
        if !self.places.contains_key(&tgid) {
            let view = self.doors.view(whose)?;
            self.places.insert(tgid, view.place().clone());
        }
        let place = self.places.get(&tgid)?;
        if !self.kept.contains_key(place) {
            self.kept.insert(place.clone(), HashMap::new());
        }
        let files = self.kept.get_mut(place)?;
        if !files.contains_key(path) {
            let file = self.doors.view(whose)?.reachable(path);
            let opened = library::Image::open(&file, &Root::default()).ok();
            let kept = opened.map(|file| Kept {
                layout: layout(&file),
                file,
                symbols: None,
            });
            files.insert(path.to_owned(), kept);
            self.count += 1;
        }
        files.get_mut(path)?.as_mut()
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
    fn renewed(&mut self, tgid: u32, foreign: Option<u32>) {
        self.places.remove(&tgid);
        match foreign {
            Some(namespace) => _ = self.foreign.insert(tgid, namespace),
            None => _ = self.foreign.remove(&tgid),
        }
    }

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
