//! Where the paths of a process lead: into which mount namespace, below which root, and through whom its files are reached.
//!
//! A file of another mount namespace is opened through `/proc/PID/root`. When its process has ended, another one of the same
//! namespace is taken in its place; without one the file is not read: the recorder's own file of that name may be another one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::library::Root;

/// Processes kept for each namespace, oldest first.
const BESIDE: usize = 64;
/// Namespaces, and processes, kept at most; then it begins anew.
const KEPT: usize = 4_096;

/// A process whose files are looked at, as the trace knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    /// Raw process id.
    pub tgid: u32,
    /// Its mount namespace by number, where that is not the recorder's.
    pub foreign: Option<u32>,
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

/// How the files of a process are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    place: Place,
    /// Its root as the recorder can open it.
    door: PathBuf,
    /// The process through whose root it leads, and where that one is; none where it is the recorder's own.
    through: Option<(u32, Place)>,
}

/// Finds the files of processes, of those that have ended too.
#[derive(Debug, Default)]
pub struct Doors {
    /// Where each process was when it was looked at last.
    places: HashMap<u32, Place>,
    /// Processes at the root of a namespace that is not ours, oldest first.
    beside: HashMap<PathBuf, Vec<u32>>,
}

impl Doors {
    /// How its files are reached; `None` when it has ended and nobody is left in its mount namespace.
    pub fn view(&mut self, whose: Whose) -> Option<View> {
        let namespace = match living(whose.tgid) {
            Some(place) => {
                self.note(whose.tgid, &place);
                match place.whole() {
                    Some(namespace) => namespace.to_owned(),
                    None => return Some(View::through(whose.tgid, place)),
                }
            }
            None => match whose.foreign {
                Some(number) => PathBuf::from(format!("mnt:[{number}]")),
                None => return self.beside_us(whose.tgid),
            },
        };
        // One that had a root of its own there has its files below that.
        let own = self.places.get(&whose.tgid).filter(|place| {
            let Place(elsewhere) = place;
            let lives = elsewhere.as_ref().and_then(|one| one.namespace.as_ref());
            lives == Some(&namespace)
        });
        let own = own.cloned();
        // The oldest is the likeliest to be there still when all is read: a server outlives its children.
        let beside = self.beside.get_mut(&namespace)?;
        while let Some(tgid) = beside.first().copied() {
            let place = living(tgid).filter(|place| place.whole() == Some(&namespace));
            if let Some(place) = place {
                return Some(View::through(tgid, place).below(own));
            }
            beside.remove(0);
        }
        None
    }

    /// One that is gone and was in our mount namespace: what its root was leads there still.
    fn beside_us(&self, tgid: u32) -> Option<View> {
        let place = self.places.get(&tgid).cloned().unwrap_or_default();
        let Place(elsewhere) = &place;
        let door = match elsewhere {
            Some(one) if one.namespace.is_some() => return None,
            Some(one) => one.root.clone(),
            None => PathBuf::from("/"),
        };
        Some(View {
            place,
            door,
            through: None,
        })
    }

    fn note(&mut self, tgid: u32, place: &Place) {
        if self.places.len() >= KEPT || self.beside.len() >= KEPT {
            *self = Self::default();
        }
        self.places.insert(tgid, place.clone());
        let Some(namespace) = place.whole() else {
            return;
        };
        let beside = self.beside.entry(namespace.to_owned()).or_default();
        if !beside.contains(&tgid) && beside.len() < BESIDE {
            beside.push(tgid);
        }
    }
}

impl View {
    /// Through a living process that is there. While it shares our root, that is `/`, which outlives it: a look through
    /// `/proc/PID/root` fails half-way when the process is killed.
    fn through(tgid: u32, place: Place) -> Self {
        let through = (place != Place::default()).then(|| (tgid, place.clone()));
        let door = match through {
            Some(_) => PathBuf::from(format!("/proc/{tgid}/root")),
            None => PathBuf::from("/"),
        };
        Self {
            place,
            door,
            through,
        }
    }

    /// The same for one that has another root in that namespace, where it is known.
    fn below(mut self, own: Option<Place>) -> Self {
        let Some(Place(Some(elsewhere))) = own else {
            return self;
        };
        if let Ok(below) = elsewhere.root.strip_prefix("/")
            && below != Path::new("")
        {
            self.door.push(below);
            self.place = Place(Some(elsewhere));
        }
        self
    }

    /// What was read through it until now was there: a file that was "not there" may have been so because the process ended.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.through
            .as_ref()
            .is_none_or(|(tgid, place)| living(*tgid).as_ref() == Some(place))
    }

    /// Where that is.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The process's root.
    #[must_use]
    pub fn root(&self) -> Root {
        if self.door == Path::new("/") {
            Root::default()
        } else {
            Root::new(&self.door)
        }
    }

    /// The root of another mount namespace as the recorder can open it; `None` in the recorder's own, and below a mere chroot.
    #[must_use]
    pub fn foreign_root(&self) -> Option<&Path> {
        self.place.whole().map(|_| self.door.as_path())
    }

    /// A path of the trace as the process itself sees it.
    #[must_use]
    pub fn inside(&self, path: &str) -> PathBuf {
        inside(&self.place, path)
    }

    /// A path of the trace as the recorder can open it.
    #[must_use]
    pub fn reachable(&self, path: &str) -> PathBuf {
        match &self.place {
            Place(Some(Elsewhere {
                namespace: Some(_), ..
            })) => self.root().outside(&self.inside(path)),
            Place(_) => PathBuf::from(path),
        }
    }
}

impl Place {
    /// Another mount namespace, seen from its own root: every path of it leads through here.
    fn whole(&self) -> Option<&Path> {
        let Self(elsewhere) = self;
        let elsewhere = elsewhere.as_ref()?;
        elsewhere
            .namespace
            .as_deref()
            .filter(|_| elsewhere.root == Path::new("/"))
    }
}

/// The place of a process. One that is gone is taken for one that shared ours.
#[must_use]
pub fn place_of(tgid: u32) -> Place {
    living(tgid).unwrap_or_default()
}

/// The place of a process; `None` when it is gone, or nothing of it may be read.
fn living(tgid: u32) -> Option<Place> {
    let link = |pid: &str, name: &str| std::fs::read_link(format!("/proc/{pid}/{name}")).ok();
    let process = tgid.to_string();
    let namespace = link(&process, "ns/mnt");
    let root = link(&process, "root");
    if namespace.is_none() && root.is_none() {
        return None;
    }
    let namespace = namespace.filter(|space| link("self", "ns/mnt").as_ref() != Some(space));
    let other_root = root.is_some() && link("self", "root") != root;
    if namespace.is_none() && !other_root {
        return Some(Place::default());
    }
    Some(Place(Some(Elsewhere {
        namespace,
        root: root.unwrap_or_else(|| PathBuf::from("/")),
    })))
}

/// It has a mount namespace or a root of its own; `None` when it is gone, or that may not be seen.
#[must_use]
pub fn is_elsewhere(tgid: u32) -> Option<bool> {
    living(tgid).map(|place| place != Place::default())
}

/// The number of a process's mount namespace; `None` when it may not be read.
#[must_use]
pub fn namespace_of(tgid: u32) -> Option<u32> {
    let link = std::fs::read_link(format!("/proc/{tgid}/ns/mnt")).ok()?;
    let number = link.to_str()?.strip_prefix("mnt:[")?.strip_suffix(']')?;
    number.parse().ok()
}

/// The root that a living process sees.
#[must_use]
pub fn root_of(tgid: u32) -> Root {
    View::through(tgid, place_of(tgid)).root()
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

/// A path of the trace as the recorder can open it through this living process.
#[must_use]
pub fn reachable(tgid: u32, path: &str) -> PathBuf {
    View::through(tgid, place_of(tgid)).reachable(path)
}

#[cfg(test)]
mod tests;
