//! libcuda.so.1 of the virtual GPU: every function of the driver API, over `vgputrace-device`.
//!
//! It is found, allocates and copies, and runs no kernels. What is not implemented gives `CUDA_ERROR_NOT_SUPPORTED`;
//! nothing gives success for work it did not do. Nothing happens when the library is loaded: no constructor of ours, no
//! thread, no function of libc replaced. docs/SHIM.md lists what each function does.
//!
//! - [`calls`]: the exported functions, one file a subject. [`export`]: what stands around each of them.
//! - [`abi`]: arguments as C hands them over. [`local`]: the side that does the work, the only place with memory by hand.
//! - [`code`]: device code by its pointer. [`process`]: configuration, start, fork. [`driver`], [`objects`], [`memory`]: the state.
//! - [`order`]: work in the order of a stream; [`capture`] and [`graph`]: where it is kept for later.
//! - [`table`]: what the build makes of the table of functions. [`messages`]: texts of result codes.
#![expect(
    unsafe_code,
    reason = "a C interface: symbols without mangling, pointers of the caller, memory by mmap"
)]

mod abi;
mod calls;
mod capture;
mod code;
mod driver;
mod export;
mod graph;
mod local;
mod memory;
mod messages;
mod objects;
mod order;
mod process;
mod table;
