//! Vulkan's calls that find GPUs.

use crate::function::Function;

pub use crate::annotated::vulkan::FUNCTIONS;

/// A function by its name in the library.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Function> {
    crate::driver::find(FUNCTIONS, name)
}
