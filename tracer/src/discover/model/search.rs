//! How the loader looked for a file by its name.

use crate::event::Text;

use super::Evidence;

/// One search of the loader (glibc, elf/dl-load.c, `_dl_map_object`): the folders it tried, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The name that was asked for: the last part of each path.
    pub name: Text,
    /// Folders where it was not, or could not be opened, in order.
    pub tried: Vec<Text>,
    /// The path under which it was opened; `None` when it was nowhere.
    pub found: Option<Text>,
    /// The file behind that path, as the kernel names it when it is mapped; `None` when it never was.
    pub file: Option<Text>,
    /// Where it began.
    pub seen: Evidence,
}
