//! What was read of mapped files, kept by path and mount namespace: layout and symbols, for the tracker.

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
    kept: HashMap<Place, HashMap<String, Option<Kept>>>,
    count: usize,
    /// Where each process is, as it was asked for first.
    places: HashMap<u32, Place>,
}

struct Kept {
    file: library::Image,
    /// Read once: the tracker asks for it at every call, and the interpreter's name stands in the file.
    layout: Option<Image>,
    symbols: Option<Symbols>,
}

/// Where the paths of a process lead: elsewhere than ours when it has a mount namespace or a root of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place(Option<Elsewhere>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Elsewhere {
    /// Its mount namespace, where that is another one.
    namespace: Option<PathBuf>,
    /// Its root as the mount namespace has it.
    root: PathBuf,
}

/// The place of a process. One that is gone is taken for one that shared ours.
#[must_use]
pub fn place_of(tgid: u32) -> Place {
    let link = |pid: &str, name: &str| std::fs::read_link(format!("/proc/{pid}/{name}")).ok();
    let process = tgid.to_string();
    let namespace =
        link(&process, "ns/mnt").filter(|space| link("self", "ns/mnt").as_ref() != Some(space));
    let root = link(&process, "root");
    let other_root = root.is_some() && link("self", "root") != root;
    if namespace.is_none() && !other_root {
        return Place::default();
    }
    Place(Some(Elsewhere {
        namespace,
        root: root.unwrap_or_else(|| PathBuf::from("/")),
    }))
}

/// The number of a process's mount namespace; `None` when it may not be read.
#[must_use]
pub fn namespace_of(tgid: u32) -> Option<u32> {
    let link = std::fs::read_link(format!("/proc/{tgid}/ns/mnt")).ok()?;
    let number = link.to_str()?.strip_prefix("mnt:[")?.strip_suffix(']')?;
    number.parse().ok()
}

/// The root that a process sees. While it shares ours, that is `/`, which outlives it: a look through `/proc/PID/root`
/// fails half-way when the process is killed.
#[must_use]
pub fn root_of(tgid: u32) -> Root {
    match place_of(tgid) {
        Place(Some(_)) => Root::new(format!("/proc/{tgid}/root")),
        Place(None) => Root::default(),
    }
}

/// A path of the trace, which the kernel has from the root of the mount namespace, as the process itself sees it: below its
/// own root (chroot).
#[must_use]
pub fn inside(place: &Place, path: &str) -> PathBuf {
    let path = Path::new(path);
    let Place(Some(Elsewhere { root, .. })) = place else {
        return path.to_owned();
    };
    match path.strip_prefix(root) {
        Ok(below) => Path::new("/").join(below),
        Err(_) => path.to_owned(),
    }
}

/// A path of the trace as this process can open it.
#[must_use]
pub fn reachable(tgid: u32, path: &str) -> PathBuf {
    match place_of(tgid) {
        Place(Some(Elsewhere {
            namespace: None, ..
        }))
        | Place(None) => PathBuf::from(path),
        place => Root::new(format!("/proc/{tgid}/root")).outside(&inside(&place, path)),
    }
}

impl Images {
    fn get(&mut self, tgid: u32, path: &str) -> Option<&mut Kept> {
        if self.count >= KEPT {
            self.kept.clear();
            self.count = 0;
        }
        let place = self.places.entry(tgid).or_insert_with(|| place_of(tgid));
        if !self.kept.contains_key(place) {
            self.kept.insert(place.clone(), HashMap::new());
        }
        let files = self.kept.get_mut(place)?;
        if !files.contains_key(path) {
            let opened = library::Image::open(&reachable(tgid, path), &Root::default()).ok();
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
    fn renewed(&mut self, tgid: u32) {
        self.places.remove(&tgid);
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Elsewhere, Place, inside, namespace_of, place_of, reachable};

    #[test]
    fn a_process_beside_us_has_our_paths() {
        let own = std::process::id();
        assert_eq!(place_of(own), Place::default());
        assert_eq!(reachable(own, "/usr/lib/x.so"), Path::new("/usr/lib/x.so"));
        assert!(namespace_of(own).is_some_and(|number| number > 0));
    }

    #[test]
    fn a_path_below_a_root_of_its_own_is_seen_without_it() {
        let place = Place(Some(Elsewhere {
            namespace: None,
            root: PathBuf::from("/srv/root"),
        }));
        assert_eq!(inside(&place, "/srv/root/lib/x"), Path::new("/lib/x"));
        assert_eq!(inside(&place, "/srv/rootless"), Path::new("/srv/rootless"));
        assert_eq!(inside(&Place::default(), "/srv/a"), Path::new("/srv/a"));
    }
}
