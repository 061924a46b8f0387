//! Facts about library files, by path.

use std::collections::BTreeMap;

use crate::event::Text;
use crate::event::library::Library;

/// Files whose facts are kept.
const MAX_FILES: usize = 16_384;

/// The facts.
#[derive(Clone, Debug, Default)]
pub(super) struct Libraries {
    files: BTreeMap<Text, Library>,
}

impl Libraries {
    /// Takes facts; closures belong to a load, not to a file.
    pub(super) fn push(&mut self, library: &Library) {
        if self.files.len() >= MAX_FILES {
            return;
        }
        let plain = Library {
            closure: None,
            ..library.clone()
        };
        match self.files.get(&library.path) {
            // The closure comes in an event of its own, which may know less of the file.
            Some(known) if known.size.is_some() && plain.size.is_none() => {}
            _ => {
                self.files.insert(library.path.clone(), plain);
            }
        }
    }

    pub(super) fn all(&self) -> BTreeMap<Text, Library> {
        self.files.clone()
    }
}
