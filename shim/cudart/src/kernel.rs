//! Kernels: their properties and their launch, which is the driver's. Without a GPU it says that it is not supported.

use std::cell::RefCell;

use vgputrace_client::functions_table::{
    cuFuncGetAttribute, cuFuncGetName, cuFuncGetParamInfo, cuFuncSetAttribute,
    cuFuncSetCacheConfig, cuKernelSetAttribute, cuLaunchCooperativeKernel, cuLaunchKernel,
    cuLaunchKernelEx, cuLibraryGetKernel, cuLibraryLoadData, cuLibraryLoadFromFile,
    cuLibraryUnload, cuOccupancyAvailableDynamicSMemPerBlock,
    cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, cuOccupancyMaxActiveClusters,
    cuOccupancyMaxPotentialClusterSize,
};
use vgputrace_client::{Code, Handle, In, Out, Outcome, Text};

use crate::context::{bind, device, start};
use crate::registry::{function, know};
use crate::stream;

/// `dim3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Size {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) z: u32,
}

/// What stands between `<<<` and `>>>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Configuration {
    pub(crate) grid: Size,
    pub(crate) block: Size,
    pub(crate) shared: usize,
    pub(crate) stream: Handle,
}

thread_local! {
    /// Configurations whose kernel has not been called yet. Arguments of a kernel may launch others, so it is a stack.
    static CONFIGURED: RefCell<Vec<Configuration>> = const { RefCell::new(Vec::new()) };
}

/// `__cudaPushCallConfiguration`.
pub(crate) fn push(configuration: Configuration) -> Outcome {
    let pushed = CONFIGURED.try_with(|stack| stack.borrow_mut().push(configuration));
    pushed.map_err(|_| Code::UNKNOWN)
}

/// `__cudaPopCallConfiguration`.
pub(crate) fn pop(
    grid: Out<Size>,
    block: Out<Size>,
    shared: Out<usize>,
    stream: Out<Handle>,
) -> Outcome {
    let popped = CONFIGURED.try_with(|stack| stack.borrow_mut().pop());
    let configuration = popped.ok().flatten().ok_or(Code::MISSING_CONFIGURATION)?;
    grid.set(configuration.grid)?;
    block.set(configuration.block)?;
    shared.set(configuration.shared)?;
    stream.set(configuration.stream)
}

/// The driver takes 32 bits.
fn shared_bytes(bytes: usize) -> Result<u32, Code> {
    u32::try_from(bytes).map_err(|_| Code::INVALID_VALUE)
}

/// `cudaLaunchKernel`: the kernel by the host's address.
pub(crate) fn launch(host: Handle, arguments: Handle, how: Configuration) -> Outcome {
    launch_function(function(host)?, arguments, how)
}

/// `__cudaLaunchKernel`: the kernel by what `__cudaGetKernel` gave; NULL when that failed.
pub(crate) fn launch_kernel(kernel: Handle, arguments: Handle, how: Configuration) -> Outcome {
    if kernel.is_null() {
        return Err(Code::INVALID_DEVICE_FUNCTION);
    }
    launch_function(function(kernel)?, arguments, how)
}

fn launch_function(function: Handle, arguments: Handle, how: Configuration) -> Outcome {
    let (grid, block) = (how.grid, how.block);
    let shared = shared_bytes(how.shared)?;
    cuLaunchKernel(
        function,
        grid.x,
        grid.y,
        grid.z,
        block.x,
        block.y,
        block.z,
        shared,
        how.stream,
        arguments,
        Handle::NULL,
    )
}

/// `cudaLaunchCooperativeKernel`.
pub(crate) fn launch_cooperative(host: Handle, arguments: Handle, how: Configuration) -> Outcome {
    let function = function(host)?;
    let (grid, block) = (how.grid, how.block);
    let shared = shared_bytes(how.shared)?;
    cuLaunchCooperativeKernel(
        function, grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, how.stream, arguments,
    )
}

/// `cudaLaunchConfig_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LaunchConfig {
    grid: Size,
    block: Size,
    shared: usize,
    stream: Handle,
    attributes: Handle,
    count: u32,
}

/// `CUlaunchConfig`. The attributes are the same in both.
#[repr(C)]
struct DriverConfig {
    grid: Size,
    block: Size,
    shared: u32,
    stream: Handle,
    attributes: Handle,
    count: u32,
}

impl LaunchConfig {
    fn for_driver(self, per_thread: bool) -> Result<DriverConfig, Code> {
        Ok(DriverConfig {
            grid: self.grid,
            block: self.block,
            shared: shared_bytes(self.shared)?,
            stream: if per_thread {
                stream::own(self.stream)
            } else {
                self.stream
            },
            attributes: self.attributes,
            count: self.count,
        })
    }
}

impl DriverConfig {
    const fn handle(&mut self) -> Handle {
        Handle(std::ptr::from_mut(self).cast())
    }
}

/// `cudaLaunchKernelExC`; `per_thread` for its `_ptsz` form.
pub(crate) fn launch_with(
    config: In<LaunchConfig>,
    host: Handle,
    arguments: Handle,
    per_thread: bool,
) -> Outcome {
    let mut config = config.get()?.for_driver(per_thread)?;
    let function = function(host)?;
    cuLaunchKernelEx(config.handle(), function, arguments, Handle::NULL)
}

/// `struct cudaFuncAttributes`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Attributes {
    shared: usize,
    constant: usize,
    local: usize,
    numbers: [i32; NUMBERS.len()],
    reserved: [i32; 16],
}

/// CU_FUNC_ATTRIBUTE_*, in the order of the structure's `int` fields from maxThreadsPerBlock on.
const NUMBERS: [i32; 13] = [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 14];

/// `cudaFuncGetAttributes`.
pub(crate) fn attributes(to: Out<Attributes>, host: Handle) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    let function = function(host)?;
    let ask = |number| -> Result<i32, Code> {
        let mut value = 0;
        match cuFuncGetAttribute(Out::to(&mut value), number, function) {
            // Attributes of clusters are younger than some drivers.
            Err(Code::INVALID_VALUE) if number >= 10 => Ok(0),
            other => other.map(|()| value),
        }
    };
    let bytes = |number| ask(number).map(|value| usize::try_from(value).unwrap_or(0));
    let mut found = Attributes {
        shared: bytes(1)?,
        constant: bytes(2)?,
        local: bytes(3)?,
        ..Attributes::default()
    };
    for (value, number) in found.numbers.iter_mut().zip(NUMBERS) {
        *value = ask(number)?;
    }
    to.set(found)
}

/// `cudaFuncSetAttribute`; the numbers are the driver's.
pub(crate) fn set_attribute(host: Handle, attribute: i32, value: i32) -> Outcome {
    cuFuncSetAttribute(function(host)?, attribute, value)
}

/// `cudaKernelSetAttributeForDevice`.
pub(crate) fn set_kernel_attribute(
    kernel: Handle,
    attribute: i32,
    value: i32,
    ordinal: i32,
) -> Outcome {
    cuKernelSetAttribute(attribute, value, kernel, device(ordinal)?)
}

/// `cudaFuncSetCacheConfig`.
pub(crate) fn set_cache(host: Handle, config: i32) -> Outcome {
    cuFuncSetCacheConfig(function(host)?, config)
}

/// `cudaFuncGetName`.
pub(crate) fn name(to: Out<Handle>, host: Handle) -> Outcome {
    cuFuncGetName(to, function(host)?)
}

/// `cudaFuncGetParamInfo`.
pub(crate) fn parameter(
    host: Handle,
    index: usize,
    offset: Out<usize>,
    bytes: Out<usize>,
) -> Outcome {
    cuFuncGetParamInfo(function(host)?, index, offset, bytes)
}

/// `cudaOccupancyMaxActiveBlocksPerMultiprocessor` (flags 0) and its form with flags.
pub(crate) fn blocks(
    to: Out<i32>,
    host: Handle,
    threads: i32,
    shared: usize,
    flags: u32,
) -> Outcome {
    let function = function(host)?;
    cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(to, function, threads, shared, flags)
}

/// `cudaOccupancyAvailableDynamicSMemPerBlock`.
pub(crate) fn shared_left(to: Out<usize>, host: Handle, blocks: i32, threads: i32) -> Outcome {
    cuOccupancyAvailableDynamicSMemPerBlock(to, function(host)?, blocks, threads)
}

/// `cudaOccupancyMaxActiveClusters`.
pub(crate) fn clusters(to: Out<i32>, host: Handle, config: In<LaunchConfig>) -> Outcome {
    let mut config = config.get()?.for_driver(false)?;
    cuOccupancyMaxActiveClusters(to, function(host)?, config.handle())
}

/// `cudaOccupancyMaxPotentialClusterSize`.
pub(crate) fn cluster_size(to: Out<i32>, host: Handle, config: In<LaunchConfig>) -> Outcome {
    let mut config = config.get()?.for_driver(false)?;
    cuOccupancyMaxPotentialClusterSize(to, function(host)?, config.handle())
}

/// Options of `cudaLibraryLoadData`: numbers and values, handed on.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) numbers: In<i32>,
    pub(crate) values: Handle,
    pub(crate) count: u32,
}

/// `cudaLibraryLoadData`.
pub(crate) fn load(to: Out<Handle>, code: Handle, jit: Options, library: Options) -> Outcome {
    start()?;
    cuLibraryLoadData(
        to,
        code,
        jit.numbers,
        jit.values,
        jit.count,
        library.numbers,
        library.values,
        library.count,
    )
}

/// `cudaLibraryLoadFromFile`.
pub(crate) fn load_file(to: Out<Handle>, path: Text, jit: Options, library: Options) -> Outcome {
    start()?;
    cuLibraryLoadFromFile(
        to,
        path,
        jit.numbers,
        jit.values,
        jit.count,
        library.numbers,
        library.values,
        library.count,
    )
}

/// `cudaLibraryUnload`.
pub(crate) fn unload(library: Handle) -> Outcome {
    start()?;
    cuLibraryUnload(library)
}

/// `cudaLibraryGetKernel`.
pub(crate) fn kernel_of(to: Out<Handle>, library: Handle, name: Text) -> Outcome {
    bind()?;
    cuLibraryGetKernel(to, library, name)?;
    know(to.get()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use vgputrace_client::{Code, Handle, Out};

    use super::{Attributes, Configuration, DriverConfig, LaunchConfig, Size, pop, push};

    #[test]
    fn structures_have_the_sizes_of_the_headers() {
        assert_eq!(size_of::<Attributes>(), 144);
        assert_eq!(size_of::<LaunchConfig>(), 56);
        assert_eq!(size_of::<DriverConfig>(), 56);
    }

    #[test]
    fn a_configuration_is_taken_once_and_the_last_one_first() {
        let size = |x| Size { x, y: 1, z: 1 };
        let configuration = |x| Configuration {
            grid: size(x),
            block: size(32),
            shared: 0,
            stream: Handle::NULL,
        };
        assert_eq!(push(configuration(1)), Ok(()));
        assert_eq!(push(configuration(2)), Ok(()));
        let mut got = [size(0), size(0)];
        let (mut shared, mut stream) = (9, Handle::new(9));
        let [grid, block] = &mut got;
        let mut take = || {
            pop(
                Out::to(grid),
                Out::to(block),
                Out::to(&mut shared),
                Out::to(&mut stream),
            )
        };
        assert_eq!(take(), Ok(()));
        assert_eq!(take(), Ok(()));
        assert_eq!(take(), Err(Code::MISSING_CONFIGURATION));
        assert_eq!(got, [size(1), size(32)]);
    }
}
