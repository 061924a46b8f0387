//! One attempt at one folder: a runner, or the three processes of the llama-server era.

use crate::event::Text;

use super::{Answer, Evidence};

/// One attempt at one folder.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Base name of the folder, or `cpu`; empty in a log that tells of the attempt and not of its folder (INFO).
    pub dir: Text,
    /// Path of the folder; empty for none.
    pub path: Text,
    /// 1 for the first look, 2 for the validation of one device, 0 for a refresh before a model load.
    pub pass: u8,
    /// Indices into `Model::children`, in order of their begin. Empty when no process could be made, or in a log that
    /// tells of the attempt only.
    pub children: Vec<usize>,
    /// The device that is validated (value of CUDA_VISIBLE_DEVICES or its relatives), in pass 2.
    pub device: Option<Text>,
    /// When it began, nanoseconds of CLOCK_BOOTTIME (in a log: since its first line); 0 when not known.
    pub begun: u64,
    /// How long it took, in nanoseconds.
    pub took: Option<u64>,
    /// What the attempt gave: of the runner its HTTP answer, else that of the list.
    pub answer: Option<Answer>,
    /// The server's own line about its failure.
    pub failure_line: Option<Evidence>,
    /// What proves that it happened.
    pub seen: Option<Evidence>,
}
