//! libnvidia-ml.so.1 of the virtual GPU: every function of NVML, over `vgputrace-device`. It stands alone: no other
//! library of the shim is needed.
//!
//! What is configured is answered; what only a real device measures (clocks, temperature, power, processes) is
//! `NVML_ERROR_NOT_SUPPORTED`. Nothing happens when the library is loaded.
//!
//! - [`calls`]: the exported functions. [`export`]: what stands around each of them. [`abi`]: arguments.
//! - [`session`]: nvmlInit to nvmlShutdown, handles. [`table`]: what the build makes of the table of functions.
#![expect(unsafe_code, reason = "a C interface: symbols without mangling")]

mod abi;
mod calls;
mod export;
mod session;
mod table;
