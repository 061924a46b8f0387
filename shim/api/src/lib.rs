//! The one table of functions vgputrace decodes: the loader, ggml, GPU drivers and runtimes.
//!
//! `no_std`, no dependencies: the tracer, the shim, docs and tests all build on it.
//!
//! - [`function`], [`value`]: what a probe must know of a function. [`names`], [`layout`]: numbers with names, structures.
//! - [`cuda`], [`nvml`]: every function, generated from the headers ([`declaration`]), and by hand the discovery set.
//! - [`runtime`], [`cublas`], [`hip`], [`vulkan`], [`ggml`], [`dl`]: the functions that matter, by hand. [`driver`]: all of a GPU's.
#![no_std]

mod annotated;
pub mod cublas;
pub mod cuda;
pub mod declaration;
pub mod dl;
pub mod driver;
pub mod function;
mod generated;
pub mod ggml;
pub mod hip;
pub mod layout;
pub mod names;
pub mod nvml;
pub mod runtime;
pub mod value;
pub mod vulkan;

pub use declaration::{Declaration, PerThread};
pub use function::{Arg, Class, Failed, Function, Returns};
pub use layout::{Layout, Struct};
pub use names::{Name, Names};
pub use value::{Handle, Size, Type};

/// The functions of loader and ggml, which every recording probes. Those of drivers are in [`driver`].
pub fn all() -> impl Iterator<Item = &'static Function> {
    dl::FUNCTIONS.iter().chain(ggml::FUNCTIONS)
}

#[cfg(test)]
mod tests {
    use super::{Class, Type, all};

    #[test]
    fn no_function_stands_in_the_table_twice_for_one_api() {
        for (index, one) in all().enumerate() {
            for other in all().skip(index + 1) {
                assert!(
                    one.api != other.api || one.name != other.name,
                    "{}",
                    one.name
                );
            }
        }
    }

    #[test]
    fn every_function_fits_what_a_probe_can_read() {
        for function in all() {
            assert!(function.args.len() <= 6, "{}", function.name);
            let strings = function
                .args
                .iter()
                .filter(|arg| arg.kind.is_string())
                .count();
            let inside = function.inside.len();
            assert!(strings + inside <= 3, "{}", function.name);
            let outs = function
                .args
                .iter()
                .filter(|arg| arg.kind.out_size().is_some())
                .count();
            assert!(outs <= 4, "{}", function.name);
            if function.class == Class::Log {
                assert!(function.args.iter().any(|arg| arg.kind == Type::Str));
            }
        }
    }
}
