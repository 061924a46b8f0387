//! The virtual GPU without its C interfaces: what it is, what it has, how it fails.
//!
//! Plain data and pure functions, no `unsafe`, no global state; `vgputrace-cuda` and `vgputrace-nvml` put their
//! exported functions over it, and `vgputrace` reads the lists ([`library`], [`ready`]) and checks a configuration.
//!
//! - [`config`]: vgpu.toml to a [`Machine`](config::Machine). [`visible`]: which devices a process may use. [`pci`]: VGPU-STUB in sysfs.
//! - [`device`], [`attribute`], [`uuid`]: properties, the same for every interface that shows them.
//! - [`quota`], [`regions`]: book-keeping of device memory. [`side`]: who does the work.
//! - [`image`]: kernels in device code. [`fault`], [`ready`]: failures on demand. [`library`]: names of the libraries.

pub mod attribute;
pub mod code;
pub mod config;
pub mod device;
pub mod fault;
pub mod image;
pub mod library;
pub mod pci;
pub mod quota;
pub mod ready;
pub mod regions;
pub mod side;
pub mod uuid;
pub mod visible;

pub use code::Code;
pub use config::Machine;
pub use device::Device;
