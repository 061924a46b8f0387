//! A model that was started: the GPU it got, and how much of it went there.

use crate::event::Text;

use super::Evidence;

/// One start of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelStart {
    /// Base name of the GPU folder it was given, or `cpu`; empty when not known.
    pub dir: Text,
    /// Its runner or llama-server: index into `Model::children`.
    pub child: Option<usize>,
    /// Layers on a GPU, and layers in all (`offloaded N/M layers to GPU`).
    pub offloaded: Option<(u32, u32)>,
    /// `num_gpu` that was asked for, where it was said.
    pub num_gpu: Option<i64>,
    /// Lines that tell why fewer layers went there: memory needed and free, failed refresh, errors.
    pub reasons: Vec<Evidence>,
    /// Where its start was seen.
    pub seen: Option<Evidence>,
}
