//! The static closure of a load: every object it needs, found as the loader would, and everything that nothing provides.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::facts::text;
use super::object::{Object, inode};
use super::scope::References;
use super::search::{Environment, Requester, path_of, search};
use super::table::Strings;
use super::versions::Versions;
use super::{Image, Root, limit};
use crate::event::Text;
use crate::event::library::{Closure, Resolved};

/// What would be loaded for `path`, a file, after `loaded`; see [`closure_of`].
#[must_use]
pub fn closure(path: &Path, environment: &Environment, loaded: &[Object]) -> Closure {
    closure_of(&text(path), &Requester::default(), environment, loaded)
}

/// What would be loaded for `name` as `requester` asks for it (a `dlopen`), or for a program by its path.
///
/// `loaded` are the objects already in the process: their names answer first, and the symbols of the global ones serve
/// the new ones. Objects are in the order the loader finds them, breadth first, the one asked for in front; a name that
/// is asked for again and gets the same answer is not repeated. References and versions are checked for new objects
/// only, over the files that would really be picked; all that are missing are told, those of a missing file too.
#[must_use]
pub fn closure_of(
    name: &Text,
    requester: &Requester<'_>,
    environment: &Environment,
    loaded: &[Object],
) -> Closure {
    let mut walk = walk(name, requester, environment, loaded);
    let root = &environment.root;
    let mut references = References::default();
    for member in walk.members.iter().filter(|member| member.new) {
        references.add(&member.object.path, root);
    }
    for member in walk
        .members
        .iter()
        .filter(|member| member.object.global || member.reached)
    {
        references.resolve(&member.object.path, root);
    }
    let missing_versions = walk.missing_versions(root);
    Closure {
        error: None,
        objects: std::mem::take(&mut walk.found),
        missing_symbols: references.left(),
        missing_versions,
    }
}

/// Only the objects, without looking at symbols.
#[must_use]
pub fn objects_of(path: &Path, environment: &Environment, loaded: &[Object]) -> Vec<Resolved> {
    walk(&text(path), &Requester::default(), environment, loaded).found
}

struct Member {
    object: Object,
    /// Whom it was loaded for: an index into the members.
    loader: Option<usize>,
    /// It was not loaded before.
    new: bool,
    /// It is part of the closure.
    reached: bool,
}

struct Walk<'e> {
    environment: &'e Environment,
    members: Vec<Member>,
    queue: VecDeque<usize>,
    found: Vec<Resolved>,
    answers: BTreeSet<(Text, Option<Text>)>,
}

fn walk<'e>(
    name: &Text,
    requester: &Requester<'_>,
    environment: &'e Environment,
    loaded: &[Object],
) -> Walk<'e> {
    let member = |object: &Object| Member {
        object: object.clone(),
        loader: None,
        new: false,
        reached: false,
    };
    let mut walk = Walk {
        environment,
        members: loaded.iter().take(limit::OBJECTS).map(member).collect(),
        queue: VecDeque::new(),
        found: Vec::new(),
        answers: BTreeSet::new(),
    };
    let first = search(name, requester, environment, loaded);
    if loaded.is_empty() {
        walk.add_interpreter(first.file.as_ref());
    }
    let chain: Vec<&Object> = requester.chain.clone();
    walk.accept(first, None);
    while let Some(index) = walk.queue.pop_front() {
        walk.follow(index, &chain);
    }
    walk
}

impl Walk<'_> {
    /// A program's loader is there before anything is searched.
    fn add_interpreter(&mut self, program: Option<&Text>) {
        let root = &self.environment.root;
        let interpreter = program
            .and_then(|file| Image::open(&path_of(file), root).ok())
            .and_then(|image| image.interpreter())
            .and_then(|file| Object::read(&path_of(&file), root).ok());
        if let Some(object) = interpreter {
            self.members.push(Member {
                object,
                loader: None,
                new: false,
                reached: false,
            });
        }
    }

    /// Takes an answer of the search: a member already there, or a new one.
    fn accept(&mut self, resolved: Resolved, loader: Option<usize>) {
        let path = resolved.file.as_ref().map(path_of);
        let name = resolved.name.clone();
        if self.answers.insert((name.clone(), resolved.file.clone())) {
            self.found.push(resolved);
        }
        let Some(path) = path else { return };
        if let Some(index) = self.member(&path, &name) {
            self.reach(index);
            return;
        }
        if self.members.len() >= limit::OBJECTS {
            return;
        }
        let root = &self.environment.root;
        let mut object = match Object::read(&path, root) {
            Ok(object) => object,
            Err(_) => Object::unread(&path, self.identity(&path).unwrap_or_default()),
        };
        object.names.push(name);
        self.members.push(Member {
            object,
            loader,
            new: true,
            reached: false,
        });
        self.reach(self.members.len().saturating_sub(1));
    }

    fn reach(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index)
            && !member.reached
        {
            member.reached = true;
            self.queue.push_back(index);
        }
    }

    /// The member that is this file: by path or by identity, as the loader compares.
    fn member(&mut self, path: &PathBuf, name: &Text) -> Option<usize> {
        let identity = self.identity(path);
        let same = |member: &Member| {
            member.object.path == *path
                || identity.is_some_and(|inode| inode == member.object.inode)
        };
        let index = self.members.iter().position(same)?;
        if let Some(member) = self.members.get_mut(index)
            && !member.object.names.contains(name)
        {
            member.object.names.push(name.clone());
        }
        Some(index)
    }

    fn identity(&self, path: &Path) -> Option<(u64, u64)> {
        let located = self.environment.root.locate(path).ok()?;
        Some(inode(&located.metadata))
    }

    /// Searches what a member needs.
    fn follow(&mut self, index: usize, requester: &[&Object]) {
        let Some(member) = self.members.get(index) else {
            return;
        };
        let (needed, new) = (member.object.needed.clone(), member.new);
        for name in needed {
            if !new {
                // It was relocated long ago; what it needs is there under some name, or is not known to us.
                let known = self
                    .members
                    .iter()
                    .position(|member| member.object.answers(&name));
                if let Some(known) = known {
                    self.reach(known);
                }
                continue;
            }
            let mut chain = Vec::new();
            let mut at = Some(index);
            while let Some(member) = at.and_then(|at| self.members.get(at)) {
                chain.push(&member.object);
                at = member.loader;
            }
            chain.extend_from_slice(requester);
            let objects: Vec<Object> = self
                .members
                .iter()
                .filter(|member| member.object.answers(&name))
                .map(|member| member.object.clone())
                .collect();
            let resolved = search(&name, &Requester { chain }, self.environment, &objects);
            self.accept(resolved, Some(index));
        }
    }

    /// Versions that new objects need and that the file which answers does not define. An object without any version
    /// definition passes, and so does a weak need (glibc, elf/dl-version.c).
    fn missing_versions(&self, root: &Root) -> Vec<[Text; 3]> {
        let mut missing = Vec::new();
        let mut known: BTreeMap<usize, Versions> = BTreeMap::new();
        for member in self.members.iter().filter(|member| member.new) {
            for need in read_versions(&member.object.path, root).needed {
                let provider = self.members.iter().position(|other| {
                    (other.reached || !other.new) && other.object.answers(&need.file)
                });
                let Some(provider) = provider.filter(|_| !need.weak) else {
                    continue;
                };
                let Some(other) = self.members.get(provider) else {
                    continue;
                };
                let versions = known
                    .entry(provider)
                    .or_insert_with(|| read_versions(&other.object.path, root));
                if versions.has_definitions && !versions.defined.contains(&need.version) {
                    missing.push([text(&member.object.path), need.file, need.version]);
                }
            }
        }
        missing.sort();
        missing.dedup();
        missing
    }
}

fn read_versions(path: &Path, root: &Root) -> Versions {
    Image::open(path, root)
        .map(|image| Versions::read(&image, &Strings::dynamic(&image)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
