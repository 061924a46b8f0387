//! The exported functions, by subject. Each file holds `export!` blocks only, and what they share.
//!
//! Parameters are named and typed as in the driver's header; `_v2` and the like are other binary versions of a
//! function, `_ptsz` and `_ptds` mean each thread's own default stream, which is the same thing here: work is done when
//! it is asked for.

mod address;
mod captures;
mod contexts;
mod copies;
mod copies_3d;
mod devices;
mod entry;
mod events;
mod fills;
mod graphs;
mod host;
mod kernels;
mod memory;
mod modules;
mod pools;
mod primary;
mod streams;
mod user_objects;
mod virtual_memory;

pub(crate) use address::*;
pub(crate) use captures::*;
pub(crate) use contexts::*;
pub(crate) use copies::*;
pub(crate) use copies_3d::*;
pub(crate) use devices::*;
pub(crate) use entry::*;
pub(crate) use events::*;
pub(crate) use fills::*;
pub(crate) use graphs::*;
pub(crate) use host::*;
pub(crate) use kernels::*;
pub(crate) use memory::*;
pub(crate) use modules::*;
pub(crate) use pools::*;
pub(crate) use primary::*;
pub(crate) use streams::*;
pub(crate) use user_objects::*;
pub(crate) use virtual_memory::*;
