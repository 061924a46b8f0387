//! Kernels: what is known of them, and launches, which need a GPU. What an image does not say is 0.

use std::ffi::{c_char, c_void};

use vgputrace_device::config::Launches;
use vgputrace_device::side::{Launch, Side};
use vgputrace_device::{Code, Device, attribute};

use crate::abi::{Handle, In, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::Kind;
use crate::objects::Function;

/// `CUlaunchConfig`, of which attributes are not looked at.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Config {
    grid: [u32; 3],
    block: [u32; 3],
    shared: u32,
    stream: Handle,
    attributes: u64,
    count: u32,
}

const MAX_THREADS: i32 = 0;
const REGISTERS: i32 = 4;
const PTX_VERSION: i32 = 5;
const BINARY_VERSION: i32 = 6;
const DYNAMIC_SHARED: i32 = 8;
const CARVEOUT: i32 = 9;
/// One behind the last attribute of a function.
const MAX: i32 = 18;

/// Shared memory of a block, and the most of it that a kernel can ask for.
const SHARED: i32 = 8;
const SHARED_AT_MOST: i32 = 97;
/// Threads of a block and of a multiprocessor; blocks and shared memory of one, and what each block takes of that.
const BLOCK_THREADS: i32 = 1;
const THREADS: i32 = 39;
const BLOCKS: i32 = 106;
const SHARED_OF_ALL: i32 = 81;
const SHARED_RESERVED: i32 = 111;
const REGISTERS_OF_ALL: i32 = 82;
const WARP: i32 = 10;

export! {
    fn cuFuncGetAttribute(pi: Out<i32>, attrib: i32, hfunc: Handle) {
        let driver = driver()?;
        pi.check()?;
        let device = driver.current()?.device;
        pi.set(value(driver, hfunc, attrib, device)?)
    }

    fn cuKernelGetAttribute(pi: Out<i32>, attrib: i32, kernel: Handle, dev: i32) {
        let driver = driver()?;
        pi.check()?;
        let (device, _) = driver.device(dev)?;
        pi.set(value(driver, kernel, attrib, device)?)
    }

    fn cuFuncSetAttribute(hfunc: Handle, attrib: i32, value: i32) {
        let driver = driver()?;
        let device = driver.current()?.device;
        change(driver, hfunc, attrib, value, device)
    }

    fn cuKernelSetAttribute(attrib: i32, val: i32, kernel: Handle, dev: i32) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        change(driver, kernel, attrib, val, device)
    }

    fn cuFuncGetName(name: Out<*const c_char>, hfunc: Handle) {
        let driver = driver()?;
        name.check()?;
        // It is read as long as the module is loaded, and does not move: the string is on the heap.
        name.set(driver.objects().functions.get(hfunc)?.name.as_ptr())
    }

    fn cuKernelGetName(name: Out<*const c_char>, hfunc: Handle) {
        let driver = driver()?;
        name.check()?;
        name.set(driver.objects().functions.get(hfunc)?.name.as_ptr())
    }

    fn cuFuncGetParamInfo(func: Handle, paramIndex: u64, paramOffset: Out<u64>, paramSize: Out<u64>) {
        parameter(driver()?, func, paramIndex, paramOffset, paramSize)
    }

    fn cuKernelGetParamInfo(
        kernel: Handle,
        paramIndex: u64,
        paramOffset: Out<u64>,
        paramSize: Out<u64>,
    ) {
        parameter(driver()?, kernel, paramIndex, paramOffset, paramSize)
    }

    fn cuFuncGetParamCount(func: Handle, paramCount: Out<u64>) {
        let count = driver()?.objects().functions.get(func)?.kernel.parameters.len();
        paramCount.set(count as u64)
    }

    fn cuKernelGetParamCount(kernel: Handle, paramCount: Out<u64>) {
        let count = driver()?.objects().functions.get(kernel)?.kernel.parameters.len();
        paramCount.set(count as u64)
    }

    /// `CU_FUNCTION_LOADING_STATE_UNLOADED`: nothing is ever on a device.
    fn cuFuncIsLoaded(state: Out<i32>, function: Handle) {
        driver()?.objects().functions.get(function)?;
        state.set(0)
    }

    fn cuLaunchKernel | cuLaunchKernel_ptsz(
        f: Handle,
        gridDimX: u32,
        gridDimY: u32,
        gridDimZ: u32,
        blockDimX: u32,
        blockDimY: u32,
        blockDimZ: u32,
        sharedMemBytes: u32,
        hStream: Handle,
        kernelParams: In<c_void>,
        extra: In<c_void>,
    ) {
        let _ = (kernelParams, extra);
        launch(driver()?, f, &Config {
            grid: [gridDimX, gridDimY, gridDimZ],
            block: [blockDimX, blockDimY, blockDimZ],
            shared: sharedMemBytes,
            stream: hStream,
            attributes: 0,
            count: 0,
        })
    }

    fn cuLaunchCooperativeKernel | cuLaunchCooperativeKernel_ptsz(
        f: Handle,
        gridDimX: u32,
        gridDimY: u32,
        gridDimZ: u32,
        blockDimX: u32,
        blockDimY: u32,
        blockDimZ: u32,
        sharedMemBytes: u32,
        hStream: Handle,
        kernelParams: In<c_void>,
    ) {
        let _ = kernelParams;
        launch(driver()?, f, &Config {
            grid: [gridDimX, gridDimY, gridDimZ],
            block: [blockDimX, blockDimY, blockDimZ],
            shared: sharedMemBytes,
            stream: hStream,
            attributes: 0,
            count: 0,
        })
    }

    fn cuLaunchKernelEx | cuLaunchKernelEx_ptsz(
        config: In<Config>,
        f: Handle,
        kernelParams: In<c_void>,
        extra: In<c_void>,
    ) {
        let _ = (kernelParams, extra);
        let driver = driver()?;
        launch(driver, f, &config.get()?)
    }

    fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
        numBlocks: Out<i32>,
        func: Handle,
        blockSize: i32,
        dynamicSMemSize: u64,
    ) {
        let driver = driver()?;
        numBlocks.check()?;
        numBlocks.set(occupancy(driver, func, blockSize, dynamicSMemSize)?)
    }

    fn cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
        numBlocks: Out<i32>,
        func: Handle,
        blockSize: i32,
        dynamicSMemSize: u64,
        flags: u32,
    ) {
        let driver = driver()?;
        numBlocks.check()?;
        if flags > 1 {
            return Err(Code::INVALID_VALUE);
        }
        numBlocks.set(occupancy(driver, func, blockSize, dynamicSMemSize)?)
    }

    fn cuOccupancyAvailableDynamicSMemPerBlock(
        dynamicSmemSize: Out<u64>,
        func: Handle,
        numBlocks: i32,
        blockSize: i32,
    ) {
        let driver = driver()?;
        dynamicSmemSize.check()?;
        let device = device(driver)?;
        if numBlocks < 1 || occupancy(driver, func, blockSize, 0)? < numBlocks {
            return Err(Code::INVALID_VALUE);
        }
        let share = ask(device, SHARED_OF_ALL) / numBlocks - ask(device, SHARED_RESERVED);
        let left = share.clamp(0, ask(device, SHARED_AT_MOST));
        dynamicSmemSize.set(u64::try_from(left).unwrap_or_default())
    }
}

fn ask(device: &Device, number: i32) -> i32 {
    attribute::value(device, number).unwrap_or_default()
}

fn device(driver: &Driver) -> Result<&Device, Code> {
    let index = driver.current()?.device;
    driver.devices.get(index).ok_or(Code::INVALID_DEVICE)
}

fn value(driver: &Driver, function: Handle, attribute: i32, device: usize) -> Result<i32, Code> {
    let device = driver.devices.get(device).ok_or(Code::INVALID_DEVICE)?;
    let objects = driver.objects();
    let function = objects.functions.get(function)?;
    if !(0..MAX).contains(&attribute) {
        return Err(Code::INVALID_VALUE);
    }
    let version = i32::from(device.compute.major) * 10 + i32::from(device.compute.minor);
    Ok(match attribute {
        MAX_THREADS => ask(device, BLOCK_THREADS),
        REGISTERS => i32::try_from(function.kernel.registers).unwrap_or_default(),
        PTX_VERSION | BINARY_VERSION => version,
        DYNAMIC_SHARED => dynamic_shared(function, device),
        CARVEOUT => function.carveout,
        _ => 0,
    })
}

fn dynamic_shared(function: &Function, device: &Device) -> i32 {
    function
        .dynamic_shared
        .unwrap_or_else(|| ask(device, SHARED))
}

/// Of the attributes that can be set two matter: dynamic shared memory and how the cache is divided.
fn change(
    driver: &Driver,
    function: Handle,
    attribute: i32,
    value: i32,
    device: usize,
) -> Result<(), Code> {
    let device = driver.devices.get(device).ok_or(Code::INVALID_DEVICE)?;
    let mut objects = driver.objects();
    let function = objects.functions.get_mut(function)?;
    match attribute {
        DYNAMIC_SHARED if (0..=ask(device, SHARED_AT_MOST)).contains(&value) => {
            function.dynamic_shared = Some(value);
        }
        CARVEOUT if (-1..=100).contains(&value) => function.carveout = value,
        10..=16 => return Err(Code::NOT_SUPPORTED),
        _ => return Err(Code::INVALID_VALUE),
    }
    Ok(())
}

fn parameter(
    driver: &Driver,
    function: Handle,
    index: u64,
    offset: Out<u64>,
    size: Out<u64>,
) -> Result<(), Code> {
    let objects = driver.objects();
    let parameters = &objects.functions.get(function)?.kernel.parameters;
    let index = usize::try_from(index).map_err(|_| Code::INVALID_VALUE)?;
    let parameter = parameters.get(index).ok_or(Code::INVALID_VALUE)?;
    offset.set(u64::from(parameter.offset))?;
    size.offer(u64::from(parameter.size))
}

/// Checks what any driver would, then asks the side that does the work.
fn launch(driver: &Driver, function: Handle, config: &Config) -> Result<(), Code> {
    driver.stream(config.stream)?;
    let device = device(driver)?;
    let kernel = {
        let objects = driver.objects();
        let function = objects.functions.get(function)?;
        let shared = i32::try_from(config.shared).map_err(|_| Code::INVALID_VALUE)?;
        if shared > dynamic_shared(function, device) {
            return Err(Code::INVALID_VALUE);
        }
        function.kernel.clone()
    };
    let fits = |size: u32, number: i32| {
        i32::try_from(size).is_ok_and(|size| (1..=ask(device, number)).contains(&size))
    };
    let [x, y, z] = config.block;
    let threads = x.checked_mul(y).and_then(|threads| threads.checked_mul(z));
    let limits = [2, 3, 4]
        .into_iter()
        .zip(config.block)
        .chain([5, 6, 7].into_iter().zip(config.grid));
    let all_fit = limits.into_iter().all(|(number, size)| fits(size, number));
    if !all_fit || !threads.is_some_and(|threads| fits(threads, BLOCK_THREADS)) {
        return Err(Code::INVALID_VALUE);
    }
    let Config {
        grid,
        block,
        shared,
        stream,
        ..
    } = *config;
    let work = move |driver: &Driver| {
        driver.side.launch(&Launch {
            kernel: &kernel.name,
            grid,
            block,
            shared,
        })
    };
    // What is refused is refused now, and not when a graph runs.
    if driver.side.launches == Launches::Refuse {
        return work(driver);
    }
    driver.order(stream, Kind::Kernel, work)
}

/// Blocks of this size that one multiprocessor holds at a time, by threads, blocks, shared memory and registers.
fn occupancy(driver: &Driver, function: Handle, block: i32, dynamic: u64) -> Result<i32, Code> {
    let device = device(driver)?;
    let registers = driver.objects().functions.get(function)?.kernel.registers;
    if !(1..=ask(device, BLOCK_THREADS)).contains(&block) {
        return Err(Code::INVALID_VALUE);
    }
    let dynamic = i32::try_from(dynamic).map_err(|_| Code::INVALID_VALUE)?;
    if dynamic > ask(device, SHARED_AT_MOST) {
        return Ok(0);
    }
    let warp = ask(device, WARP).max(1);
    let threads = (block + warp - 1) / warp * warp;
    let shared = dynamic + ask(device, SHARED_RESERVED);
    let mut most = ask(device, BLOCKS).min(ask(device, THREADS) / threads);
    if shared > 0 {
        most = most.min(ask(device, SHARED_OF_ALL) / shared);
    }
    let registers = i32::try_from(registers)
        .unwrap_or(i32::MAX)
        .saturating_mul(threads);
    if registers > 0 {
        most = most.min(ask(device, REGISTERS_OF_ALL) / registers);
    }
    Ok(most)
}
