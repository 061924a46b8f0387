//! The CUDA driver API: all of it as its headers declare it, and the discovery set with directions.

use crate::declaration::{Declaration, find};
use crate::function::Function;

pub use crate::annotated::cuda::FUNCTIONS as DISCOVERY;
pub use crate::generated::cuda::DECLARATIONS as FUNCTIONS;

/// What the headers say of a name.
#[must_use]
pub fn declaration(name: &str) -> Option<&'static Declaration> {
    find(FUNCTIONS, name)
}

/// A function by its name in the library, with directions where they are known.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Function> {
    crate::driver::find(DISCOVERY, name).or_else(|| Some(&declaration(name)?.function))
}

/// Every function once, with directions where they are known, in order of their names.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().map(|declared| {
        crate::driver::find(DISCOVERY, declared.name()).unwrap_or(&declared.function)
    })
}
