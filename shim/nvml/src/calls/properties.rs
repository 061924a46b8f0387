//! What a device is. Memory that processes have taken is not seen here: each process has its own quota.

use vgputrace_device::attribute;

use crate::abi::{ARGUMENT_VERSION_MISMATCH, Handle, INVALID_ARGUMENT, NOT_SUPPORTED, Out};
use crate::export::export;
use crate::session::{self, Named};

/// `nvmlMemory_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    total: u64,
    free: u64,
    used: u64,
}

/// `nvmlMemory_v2_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Memory2 {
    version: u32,
    total: u64,
    reserved: u64,
    free: u64,
    used: u64,
}

/// `nvmlUtilization_t`, in percent.
type Utilization = [u32; 2];

/// `nvmlMemory_v2`: size of the structure and its version.
const MEMORY_2: u32 = size_of::<Memory2>() as u32 | 2 << 24;
/// `NVML_BRAND_NVIDIA`.
const BRAND_NVIDIA: u32 = 14;
/// `NVML_GPU_VIRTUALIZATION_MODE_VGPU`.
const VGPU: u32 = 2;
/// Cores of a multiprocessor since Maxwell (but for GA100's and V100's 64).
const CORES: u32 = 128;

export! {
    fn nvmlDeviceGetMemoryInfo(device: Handle, memory: Out<Memory>) {
        let (total, used) = memory_of(session::named(device)?);
        memory.set(Memory { total, free: total - used, used })
    }

    fn nvmlDeviceGetMemoryInfo_v2(device: Handle, memory: Out<Memory2>) {
        let (total, used) = memory_of(session::named(device)?);
        if memory.get()?.version != MEMORY_2 {
            return Err(ARGUMENT_VERSION_MISMATCH);
        }
        let version = MEMORY_2;
        memory.set(Memory2 { version, total, reserved: 0, free: total - used, used })
    }

    /// No kernel ever runs.
    fn nvmlDeviceGetUtilizationRates(device: Handle, utilization: Out<Utilization>) {
        session::named(device)?;
        utilization.set([0, 0])
    }

    fn nvmlDeviceGetCudaComputeCapability(device: Handle, major: Out<i32>, minor: Out<i32>) {
        let named = session::named(device)?;
        minor.check()?;
        major.set(ask(named, 75))?;
        minor.set(ask(named, 76))
    }

    fn nvmlDeviceGetArchitecture(device: Handle, arch: Out<u32>) {
        let named = session::named(device)?;
        arch.set(match (ask(named, 75), ask(named, 76)) {
            (3, _) => 2,
            (5, _) => 3,
            (6, _) => 4,
            (7, 0..=4) => 5,
            (7, _) => 6,
            (8, 9) => 8,
            (8, _) => 7,
            (9, _) => 9,
            (10..=12, _) => 10,
            _ => u32::MAX,
        })
    }

    fn nvmlDeviceGetBrand(device: Handle, kind: Out<u32>) {
        session::named(device)?;
        kind.set(BRAND_NVIDIA)
    }

    fn nvmlDeviceGetComputeMode(device: Handle, mode: Out<i32>) {
        mode.set(ask(session::named(device)?, 20))
    }

    /// Nothing has to be kept loaded.
    fn nvmlDeviceGetPersistenceMode(device: Handle, mode: Out<u32>) {
        session::named(device)?;
        mode.set(0)
    }

    fn nvmlDeviceGetEccMode(device: Handle, current: Out<i32>, pending: Out<i32>) {
        let mode = ask(session::named(device)?, 32);
        pending.check()?;
        current.set(mode)?;
        pending.set(mode)
    }

    fn nvmlDeviceGetDisplayMode(device: Handle, display: Out<u32>) {
        session::named(device)?;
        display.set(0)
    }

    fn nvmlDeviceGetDisplayActive(device: Handle, isActive: Out<u32>) {
        session::named(device)?;
        isActive.set(0)
    }

    fn nvmlDeviceGetVirtualizationMode(device: Handle, pVirtualMode: Out<u32>) {
        session::named(device)?;
        pVirtualMode.set(VGPU)
    }

    fn nvmlDeviceGetNumGpuCores(device: Handle, numCores: Out<u32>) {
        let processors = u32::try_from(ask(session::named(device)?, 16)).unwrap_or_default();
        numCores.set(processors.saturating_mul(CORES))
    }

    fn nvmlDeviceGetMemoryBusWidth(device: Handle, busWidth: Out<u32>) {
        let width = ask(session::named(device)?, 37);
        busWidth.set(u32::try_from(width).unwrap_or_default())
    }

    /// In MHz: graphics (0) and multiprocessors (1) as one, memory (2).
    fn nvmlDeviceGetMaxClockInfo(device: Handle, kind: i32, clock: Out<u32>) {
        let named = session::named(device)?;
        let kilohertz = match kind {
            0 | 1 => ask(named, 13),
            2 => ask(named, 36),
            3 => return Err(NOT_SUPPORTED),
            _ => return Err(INVALID_ARGUMENT),
        };
        clock.set(u32::try_from(kilohertz / 1000).unwrap_or_default())
    }
}

fn ask(named: Named, number: i32) -> i32 {
    let part = named.part.map(|(_, part)| part.multiprocessors);
    match (number, part) {
        (16, Some(processors)) => processors,
        _ => attribute::value(named.device, number).unwrap_or_default(),
    }
}

/// Total and used, in bytes.
fn memory_of(named: Named) -> (u64, u64) {
    match named.part {
        Some((_, part)) => (part.memory, 0),
        None => {
            let total = named.device.memory;
            (total, named.device.occupied.min(total))
        }
    }
}
