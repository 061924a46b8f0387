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
    /// `offloaded` is what the server planned (before 0.12), and no word of the process.
    pub planned: bool,
    /// Where the process itself says that layers and weights lie.
    pub placed: Placed,
    /// `num_gpu` that was asked for, where it was said.
    pub num_gpu: Option<i64>,
    /// Lines that tell why fewer layers went there: memory needed and free, failed refresh, errors.
    pub reasons: Vec<Evidence>,
    /// Where its start was seen.
    pub seen: Option<Evidence>,
}

/// What the process of a model prints of each layer and buffer of weights (llama.cpp, `load_tensors`). A log may hold a part of
/// these lines alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// Layers that were assigned to a GPU.
    pub layers_on_gpu: u32,
    /// Layers that were assigned to the CPU.
    pub layers_on_cpu: u32,
    /// A buffer of weights lies in the memory of a GPU.
    pub weights_on_gpu: bool,
    /// One lies in the computer's memory.
    pub weights_on_cpu: bool,
}

impl Placed {
    /// Layers or weights on the CPU, and none of them on a GPU.
    #[must_use]
    pub const fn is_on_cpu_alone(&self) -> bool {
        let gpu = self.layers_on_gpu > 0 || self.weights_on_gpu;
        (self.layers_on_cpu > 0 || self.weights_on_cpu) && !gpu
    }
}
