//! The drivers and runtimes together: CUDA's driver, NVML, CUDA's runtime, cuBLAS, HIP, Vulkan. No two of them share a name.

use crate::function::Function;
use crate::{cublas, cuda, hip, nvml, runtime, vulkan};

/// A function by its name in its library, with directions where they are known.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Function> {
    cuda::by_name(name)
        .or_else(|| nvml::by_name(name))
        .or_else(|| runtime::by_name(name))
        .or_else(|| cublas::by_name(name))
        .or_else(|| hip::by_name(name))
        .or_else(|| vulkan::by_name(name))
}

/// Every function.
pub fn all() -> impl Iterator<Item = &'static Function> {
    cuda::all()
        .chain(nvml::all())
        .chain(runtime::FUNCTIONS)
        .chain(cublas::FUNCTIONS)
        .chain(hip::FUNCTIONS)
        .chain(vulkan::FUNCTIONS)
}

/// The functions that decide whether a GPU is used: those with directions and a meaning.
pub fn discovery() -> impl Iterator<Item = &'static Function> {
    cuda::DISCOVERY
        .iter()
        .chain(nvml::DISCOVERY)
        .chain(runtime::FUNCTIONS)
        .chain(cublas::FUNCTIONS)
        .chain(hip::FUNCTIONS)
        .chain(vulkan::FUNCTIONS)
}

/// Finds a name in a list that is sorted by name.
pub(crate) fn find(list: &'static [Function], name: &str) -> Option<&'static Function> {
    let at = list
        .binary_search_by_key(&name, |function| function.name)
        .ok()?;
    list.get(at)
}

#[cfg(test)]
mod tests;
