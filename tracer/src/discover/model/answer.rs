//! What a child told the server: protocol, not log.

use crate::event::Text;

use super::Evidence;

/// The answer of a runner (`GET /info`), of `llama-server --list-devices`, or of `gpu-discover`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// HTTP status; `None` for the answers that are no HTTP.
    pub status: Option<u16>,
    /// The devices in it. Empty: it answered that there is none.
    pub devices: Vec<Reported>,
    /// The error text it carries (body of a status other than 200).
    pub error: Option<Text>,
    /// It could not be read whole or made no sense.
    pub unreadable: bool,
    /// Where it was seen.
    pub seen: Option<Evidence>,
}

/// A device as a child reported it. Absent fields were not in the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reported {
    /// `CUDA0`, or the UUID (`GPU-...`).
    pub id: Text,
    /// `CUDA`, `ROCm`, `Vulkan`.
    pub library: Text,
    /// Name of the card.
    pub name: Text,
    /// PCI id, `0000:01:00.0`.
    pub pci_id: Option<Text>,
    /// UUID.
    pub uuid: Option<Text>,
    /// Compute capability, major and minor.
    pub compute: Option<(i64, i64)>,
    /// Driver version, major and minor.
    pub driver: Option<(i64, i64)>,
    /// Bytes of memory.
    pub total: Option<u64>,
    /// Bytes of free memory.
    pub free: Option<u64>,
    /// It is part of the processor.
    pub integrated: bool,
}
