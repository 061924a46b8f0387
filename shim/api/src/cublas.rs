//! cuBLAS's functions that start it.

use crate::function::Function;

pub use crate::annotated::cublas::FUNCTIONS;

/// A function by its name in the library.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Function> {
    crate::driver::find(FUNCTIONS, name)
}
