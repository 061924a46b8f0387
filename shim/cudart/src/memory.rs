//! Memory of devices and host.

use vgputrace_client::functions_table::{
    cuMemAlloc_v2, cuMemAllocAsync, cuMemAllocFromPoolAsync, cuMemAllocManaged, cuMemAllocPitch_v2,
    cuMemFree_v2, cuMemFreeAsync, cuMemFreeHost, cuMemGetInfo_v2, cuMemHostAlloc,
    cuMemHostGetDevicePointer_v2, cuMemHostGetFlags, cuMemHostRegister_v2, cuMemHostUnregister,
    cuMemPoolGetAttribute, cuMemPoolSetAttribute, cuMemPoolTrimTo, cuPointerGetAttributes,
};
use vgputrace_client::{Code, Handle, In, Out, Outcome};

use crate::context::{bind, start};

/// Nothing asked is nothing given, and no error; the driver would call it one.
fn nothing(to: Out<u64>) -> Outcome {
    bind()?;
    to.set(0)
}

/// `cudaMalloc`.
pub(crate) fn take(to: Out<u64>, bytes: usize) -> Outcome {
    if bytes == 0 {
        return nothing(to);
    }
    bind()?;
    cuMemAlloc_v2(to, bytes)
}

/// `cudaMallocPitch`. Rows are aligned for elements of 4 bytes.
pub(crate) fn take_rows(to: Out<u64>, pitch: Out<usize>, width: usize, height: usize) -> Outcome {
    if pitch.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    if width == 0 || height == 0 {
        pitch.set(0)?;
        return nothing(to);
    }
    bind()?;
    cuMemAllocPitch_v2(to, pitch, width, height, 4)
}

/// `struct cudaPitchedPtr`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Pitched {
    pub(crate) address: u64,
    pub(crate) pitch: usize,
    /// Bytes of a row.
    pub(crate) width: usize,
    /// Rows of a slice.
    pub(crate) height: usize,
}

/// `struct cudaExtent`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Extent {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) depth: usize,
}

/// `cudaMalloc3D`.
pub(crate) fn take_box(to: Out<Pitched>, extent: Extent) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    let rows = extent.height.checked_mul(extent.depth);
    let rows = rows.ok_or(Code::OUT_OF_MEMORY)?;
    let (mut address, mut pitch) = (0, 0);
    take_rows(
        Out::to(&mut address),
        Out::to(&mut pitch),
        extent.width,
        rows,
    )?;
    to.set(Pitched {
        address,
        pitch,
        width: extent.width,
        height: extent.height,
    })
}

/// `cudaMallocManaged`.
pub(crate) fn take_managed(to: Out<u64>, bytes: usize, flags: u32) -> Outcome {
    bind()?;
    cuMemAllocManaged(to, bytes, flags)
}

/// `cudaFree`; with NULL a way to start the device.
pub(crate) fn give_back(address: u64) -> Outcome {
    bind()?;
    if address == 0 {
        return Ok(());
    }
    cuMemFree_v2(address)
}

/// `cudaMallocAsync`.
pub(crate) fn take_in_order(to: Out<u64>, bytes: usize, stream: Handle) -> Outcome {
    if bytes == 0 {
        return nothing(to);
    }
    bind()?;
    cuMemAllocAsync(to, bytes, stream)
}

/// `cudaMallocFromPoolAsync`.
pub(crate) fn take_from_pool(to: Out<u64>, bytes: usize, pool: Handle, stream: Handle) -> Outcome {
    bind()?;
    cuMemAllocFromPoolAsync(to, bytes, pool, stream)
}

/// `cudaFreeAsync`.
pub(crate) fn give_back_in_order(address: u64, stream: Handle) -> Outcome {
    bind()?;
    if address == 0 {
        return Ok(());
    }
    cuMemFreeAsync(address, stream)
}

/// `cudaMemPoolGetAttribute`.
pub(crate) fn pool_attribute(pool: Handle, attribute: i32, value: Handle) -> Outcome {
    start()?;
    cuMemPoolGetAttribute(pool, attribute, value)
}

/// `cudaMemPoolSetAttribute`.
pub(crate) fn set_pool_attribute(pool: Handle, attribute: i32, value: Handle) -> Outcome {
    start()?;
    cuMemPoolSetAttribute(pool, attribute, value)
}

/// `cudaMemPoolTrimTo`.
pub(crate) fn trim_pool(pool: Handle, keep: usize) -> Outcome {
    start()?;
    cuMemPoolTrimTo(pool, keep)
}

/// `cudaMemGetInfo`.
pub(crate) fn amount(free: Out<usize>, total: Out<usize>) -> Outcome {
    bind()?;
    cuMemGetInfo_v2(free, total)
}

/// `cudaHostAlloc` and, with flags 0, `cudaMallocHost`; the flags are the driver's.
pub(crate) fn take_host(to: Out<u64>, bytes: usize, flags: u32) -> Outcome {
    if bytes == 0 {
        return nothing(to);
    }
    bind()?;
    cuMemHostAlloc(to, bytes, flags)
}

/// `cudaFreeHost`.
pub(crate) fn give_back_host(address: u64) -> Outcome {
    bind()?;
    if address == 0 {
        return Ok(());
    }
    cuMemFreeHost(address)
}

/// `cudaHostRegister`.
pub(crate) fn register_host(address: u64, bytes: usize, flags: u32) -> Outcome {
    bind()?;
    cuMemHostRegister_v2(address, bytes, flags)
}

/// `cudaHostUnregister`.
pub(crate) fn unregister_host(address: u64) -> Outcome {
    bind()?;
    cuMemHostUnregister(address)
}

/// `cudaHostGetDevicePointer`.
pub(crate) fn device_address(to: Out<u64>, host: u64, flags: u32) -> Outcome {
    bind()?;
    cuMemHostGetDevicePointer_v2(to, host, flags)
}

/// `cudaHostGetFlags`.
pub(crate) fn host_flags(to: Out<u32>, host: u64) -> Outcome {
    bind()?;
    cuMemHostGetFlags(to, host)
}

/// `struct cudaPointerAttributes`; that of CUDA 13 has 8 reserved words more.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct PointerAttributes {
    /// 0 unregistered, 1 host, 2 device, 3 managed.
    kind: i32,
    device: i32,
    device_address: u64,
    host_address: u64,
    #[cfg(cuda13)]
    reserved: [i64; 8],
}

/// `cudaPointerGetAttributes`. Memory that the driver does not know is no error, but of kind 0.
pub(crate) fn pointer_attributes(to: Out<PointerAttributes>, address: u64) -> Outcome {
    /// CU_POINTER_ATTRIBUTE_ MEMORY_TYPE, DEVICE_ORDINAL, DEVICE_POINTER, HOST_POINTER, IS_MANAGED.
    const ASKED: [i32; 5] = [2, 9, 3, 4, 8];
    bind()?;
    let mut found = PointerAttributes::default();
    let (mut memory, mut managed) = (0_u32, 0_u32);
    let places = [
        Handle((&raw mut memory).cast()),
        Handle((&raw mut found.device).cast()),
        Handle((&raw mut found.device_address).cast()),
        Handle((&raw mut found.host_address).cast()),
        Handle((&raw mut managed).cast()),
    ];
    let count = u32::try_from(ASKED.len()).unwrap_or(0);
    cuPointerGetAttributes(count, In::first(&ASKED), In::first(&places), address)?;
    found.kind = match memory {
        _ if managed != 0 => 3,
        known @ (1 | 2) => known.cast_signed(),
        _ => 0,
    };
    if found.kind == 0 {
        found = PointerAttributes {
            // cudaInvalidDeviceId would be -1; the real runtime says -2 for memory it does not know.
            device: -2,
            host_address: address,
            ..PointerAttributes::default()
        };
    }
    to.set(found)
}
