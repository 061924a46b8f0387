//! A device of the server's final list.

use std::collections::BTreeMap;

use crate::event::Text;

use super::Evidence;

/// A device that Ollama uses, from its line `inference compute`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Device {
    /// `id=`.
    pub id: Text,
    /// `library=`: CUDA, ROCm, Vulkan.
    pub library: Text,
    /// Base names of its folders (`libdirs=`), `ollama` for the library folder left out.
    pub dirs: Vec<Text>,
    /// `pci_id=`.
    pub pci_id: Text,
    /// All of the line's fields.
    pub fields: BTreeMap<Text, Text>,
    /// Where it was seen.
    pub seen: Option<Evidence>,
}
