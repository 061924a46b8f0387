//! MIG: whether it is on, and the parts.

use crate::abi::{Handle, INVALID_ARGUMENT, NOT_FOUND, NOT_SUPPORTED, Out};
use crate::export::export;
use crate::session::{self, Named};

export! {
    fn nvmlDeviceGetMigMode(device: Handle, currentMode: Out<u32>, pendingMode: Out<u32>) {
        let named = whole(device)?;
        pendingMode.check()?;
        let mode = u32::from(!named.device.parts.is_empty());
        currentMode.set(mode)?;
        pendingMode.set(mode)
    }

    fn nvmlDeviceGetMaxMigDeviceCount(device: Handle, count: Out<u32>) {
        let parts = whole(device)?.device.parts.len();
        count.set(u32::try_from(parts).unwrap_or(u32::MAX))
    }

    fn nvmlDeviceGetMigDeviceHandleByIndex(device: Handle, index: u32, migDevice: Out<Handle>) {
        let named = whole(device)?;
        migDevice.check()?;
        named.device.parts.get(index as usize).ok_or(NOT_FOUND)?;
        migDevice.set(session::handle(named.index as usize, index as usize + 1))
    }

    fn nvmlDeviceGetDeviceHandleFromMigDeviceHandle(migDevice: Handle, device: Out<Handle>) {
        let named = session::named(migDevice)?;
        named.part.ok_or(INVALID_ARGUMENT)?;
        device.set(session::handle(named.index as usize, 0))
    }

    fn nvmlDeviceIsMigDeviceHandle(device: Handle, isMigDevice: Out<u32>) {
        let named = session::named(device)?;
        isMigDevice.set(u32::from(named.part.is_some()))
    }

    /// Every part is an instance of its own, numbered from 1.
    fn nvmlDeviceGetGpuInstanceId(device: Handle, id: Out<u32>) {
        let (number, _) = session::named(device)?.part.ok_or(NOT_SUPPORTED)?;
        id.set(number)
    }

    fn nvmlDeviceGetComputeInstanceId(device: Handle, id: Out<u32>) {
        session::named(device)?.part.ok_or(NOT_SUPPORTED)?;
        id.set(0)
    }
}

fn whole(device: Handle) -> Result<Named, vgputrace_device::Code> {
    let named = session::named(device)?;
    if named.part.is_some() {
        return Err(INVALID_ARGUMENT);
    }
    Ok(named)
}
