//! Folders that a child lists itself, and how often.

use super::Building;
use crate::discover::events::MAX_EACH;
use crate::discover::events::roles::base;
use crate::discover::model::{Evidence, Folder, Place};
use crate::event::file::List;
use crate::event::{Event, Text};

/// Folders of one child.
const MAX_FOLDERS: usize = 256;

impl Building {
    /// One getdents64 of a folder.
    pub(super) fn walked(&mut self, event: &Event, list: &List) {
        let Some(path) = list.path.value() else {
            return;
        };
        let known = self.child.walked.iter().position(|one| one.path == *path);
        let index = match known {
            Some(index) => index,
            None if self.child.walked.len() < MAX_FOLDERS => {
                self.child.walked.push(Folder {
                    name: Text::from(base(path.as_str())),
                    path: path.clone(),
                    place: Place::Elsewhere,
                    ..Folder::default()
                });
                self.child.walks.push(0);
                self.child.walked.len() - 1
            }
            None => return,
        };
        let (Some(folder), Some(walks)) = (
            self.child.walked.get_mut(index),
            self.child.walks.get_mut(index),
        ) else {
            return;
        };
        if list.entries == 0 {
            // The last, empty answer ends one walk.
            *walks = walks.saturating_add(1);
        }
        if let Some(err) = list.err {
            folder.unreadable = Some((err, Evidence::event(event.seq, format!("list {path}"))));
        }
        let names = folder.names.get_or_insert_with(Vec::new);
        if *walks == 0 && names.len() < MAX_EACH {
            names.extend(list.names.iter().cloned());
        }
        folder
            .listed
            .get_or_insert_with(|| Evidence::event(event.seq, format!("list {path}")));
    }
}
