//! HIP's functions that find, choose and start a device.

use crate::function::Function;

pub use crate::annotated::hip::FUNCTIONS;

/// A function by its name in the library.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Function> {
    crate::driver::find(FUNCTIONS, name)
}
