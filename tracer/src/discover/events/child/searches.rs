//! Searches of the loader, put together from the opens that they are made of.

use crate::discover::events::roles::base;
use crate::discover::model::{Evidence, Search};
use crate::event::file::Open;
use crate::event::{Event, Text};

/// open flags of the loader: reading, closed on exec (glibc, elf/dl-load.c, `open_verify`).
const LOADER: u64 = 0o2_000_000;
/// Folders of one search that are kept.
const MAX_TRIED: usize = 64;
/// Below each folder the loader looks into those of this processor first; they belong to the folder.
const OF_PROCESSOR: &str = "/glibc-hwcaps/";

/// The search that is going on.
#[derive(Clone, Debug, Default)]
pub(super) struct Searching {
    now: Option<(Option<u32>, Search)>,
}

impl Searching {
    /// Takes an open; gives back the search that ended before it.
    pub(super) fn opened(&mut self, event: &Event, open: &Open) -> Option<Search> {
        let path = open.path.value()?;
        let name = base(path.as_str());
        let folder = path.as_str().strip_suffix(name)?.trim_end_matches('/');
        let library = name.contains(".so") && !name.starts_with("ld.so.");
        if open.flags.0 != LOADER || !library || !path.as_str().starts_with('/') {
            return None;
        }
        let goes_on = self.now.as_ref().is_some_and(|(tid, search)| {
            *tid == event.tid && search.name.as_str() == name && search.found.is_none()
        });
        let ended = if goes_on { None } else { self.end() };
        let (_, search) = self.now.get_or_insert_with(|| {
            let search = Search {
                name: Text::from(name),
                tried: Vec::new(),
                found: None,
                file: None,
                seen: Evidence::event(event.seq, path.clone()),
            };
            (event.tid, search)
        });
        if open.err.is_none() {
            search.found = Some(path.clone());
        } else if search.tried.len() < MAX_TRIED && !path.as_str().contains(OF_PROCESSOR) {
            search.tried.push(Text::from(folder));
        }
        ended
    }

    /// Takes an executable mapping: that of the file which was opened last, if the same thread made it.
    pub(super) fn mapped(&mut self, event: &Event, path: &Text) -> Option<Search> {
        let mut ended = None;
        if self
            .now
            .as_ref()
            .is_some_and(|(tid, search)| *tid == event.tid && search.found.is_some())
        {
            ended = self.end();
        }
        if let Some(search) = &mut ended {
            search.file = Some(path.clone());
        }
        ended
    }

    /// The search that nothing more belongs to.
    pub(super) fn end(&mut self) -> Option<Search> {
        self.now.take().map(|(_, search)| search)
    }
}
