//! Devices: how many, which one, what they are like, how they reach each other.

use vgputrace_client::functions_table::{
    cuCtxDisablePeerAccess, cuCtxEnablePeerAccess, cuCtxGetFlags, cuDeviceCanAccessPeer,
    cuDeviceGetAttribute, cuDeviceGetByPCIBusId, cuDeviceGetDefaultMemPool, cuDeviceGetMemPool,
    cuDeviceGetP2PAttribute, cuDeviceGetPCIBusId, cuDevicePrimaryCtxGetState,
    cuDevicePrimaryCtxSetFlags_v2, cuDeviceSetMemPool, cuGetProcAddress_v2,
};
use vgputrace_client::{Code, Handle, Out, Outcome, Text};

use crate::VERSION;
use crate::context::{bind, chosen, count, device, driver_version, primary, start};

/// `cudaGetDeviceCount`: stores 0 when it fails.
pub(crate) fn store_count(to: Out<i32>) -> Outcome {
    to.set(0)?;
    to.set(count()?)
}

/// `cudaDriverGetVersion`: 0 without a driver, and that is no error.
pub(crate) fn store_driver_version(to: Out<i32>) -> Outcome {
    match driver_version() {
        Err(Code::INSUFFICIENT_DRIVER) => to.set(0),
        other => to.set(other?),
    }
}

/// `cudaRuntimeGetVersion`.
pub(crate) fn store_runtime_version(to: Out<i32>) -> Outcome {
    to.set(VERSION)
}

/// `cudaGetDevice`.
pub(crate) fn store_chosen(to: Out<i32>) -> Outcome {
    to.set(chosen()?)
}

/// `cudaInitDevice`: starts a device without choosing it. Flags count only with flag 1.
pub(crate) fn initialize(ordinal: i32, device_flags: u32, flags: u32) -> Outcome {
    if !(0..count()?).contains(&ordinal) {
        return Err(Code::INVALID_DEVICE);
    }
    if flags & 1 != 0 {
        cuDevicePrimaryCtxSetFlags_v2(device(ordinal)?, device_flags)?;
    }
    primary(ordinal).map(drop)
}

/// `cudaSetDeviceFlags`, of the thread's device.
pub(crate) fn set_flags(flags: u32) -> Outcome {
    cuDevicePrimaryCtxSetFlags_v2(device(chosen()?)?, flags)
}

/// `cudaGetDeviceFlags`.
pub(crate) fn flags(to: Out<u32>) -> Outcome {
    let mut state = (0, 0);
    let device = device(chosen()?)?;
    cuDevicePrimaryCtxGetState(device, Out::to(&mut state.0), Out::to(&mut state.1))?;
    if state.1 != 0 {
        bind()?;
        return cuCtxGetFlags(to);
    }
    to.set(state.0)
}

/// `cudaDeviceGetAttribute`: the numbers are the driver's.
pub(crate) fn attribute(to: Out<i32>, attribute: i32, ordinal: i32) -> Outcome {
    cuDeviceGetAttribute(to, attribute, device(ordinal)?)
}

/// `cudaDeviceGetPCIBusId`.
pub(crate) fn pci_id(to: Out<u8>, length: i32, ordinal: i32) -> Outcome {
    cuDeviceGetPCIBusId(to, length, device(ordinal)?)
}

/// `cudaDeviceGetByPCIBusId`.
pub(crate) fn by_pci_id(to: Out<i32>, id: Text) -> Outcome {
    start()?;
    cuDeviceGetByPCIBusId(to, id)
}

/// `cudaDeviceCanAccessPeer`.
pub(crate) fn can_reach(to: Out<i32>, ordinal: i32, peer: i32) -> Outcome {
    cuDeviceCanAccessPeer(to, device(ordinal)?, device(peer)?)
}

/// `cudaDeviceGetP2PAttribute`.
pub(crate) fn peer_attribute(to: Out<i32>, attribute: i32, ordinal: i32, peer: i32) -> Outcome {
    cuDeviceGetP2PAttribute(to, attribute, device(ordinal)?, device(peer)?)
}

/// `cudaDeviceEnablePeerAccess`.
pub(crate) fn enable_peer(peer: i32, flags: u32) -> Outcome {
    bind()?;
    cuCtxEnablePeerAccess(primary(peer)?, flags)
}

/// `cudaDeviceDisablePeerAccess`.
pub(crate) fn disable_peer(peer: i32) -> Outcome {
    bind()?;
    cuCtxDisablePeerAccess(primary(peer)?)
}

/// `cudaDeviceGetDefaultMemPool`.
pub(crate) fn default_pool(to: Out<Handle>, ordinal: i32) -> Outcome {
    cuDeviceGetDefaultMemPool(to, device(ordinal)?)
}

/// `cudaDeviceGetMemPool`.
pub(crate) fn pool(to: Out<Handle>, ordinal: i32) -> Outcome {
    cuDeviceGetMemPool(to, device(ordinal)?)
}

/// `cudaDeviceSetMemPool`.
pub(crate) fn set_pool(ordinal: i32, pool: Handle) -> Outcome {
    cuDeviceSetMemPool(device(ordinal)?, pool)
}

/// `cudaGetDriverEntryPoint` and its form with a version. What was found goes to `found`, as the driver says it.
pub(crate) fn driver_function(
    name: Text,
    to: Out<Handle>,
    version: i32,
    flags: u64,
    found: Out<i32>,
) -> Outcome {
    if name.is_null() || to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    start()?;
    cuGetProcAddress_v2(name, to, version, flags, found)
}
