//! Pools of memory and allocation in the order of a stream. A stream's work is done when it is asked for, so is this. Graphs have no nodes
//! that allocate: in a capture it is not permitted.

use vgputrace_device::Code;

use crate::abi::{Handle, In, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::objects::Pool;

/// `CUmemPoolProps`: type, handle types, location, then what must be 0 or is for other systems.
type Properties = [u32; 22];
/// `CUmemLocation`, `CU_MEM_LOCATION_TYPE_DEVICE` and the device.
type Location = [i32; 2];
/// `CUmemAccessDesc`: location and flags.
type Access = [i32; 3];
/// `CU_MEM_ACCESS_FLAGS_PROT_READWRITE`.
const READ_WRITE: i32 = 3;

export! {
    fn cuDeviceGetDefaultMemPool(pool_out: Out<Handle>, dev: i32) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        pool_out.set(of_device(driver, device)?.0)
    }

    fn cuDeviceGetMemPool(pool: Out<Handle>, dev: i32) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        pool.set(of_device(driver, device)?.1)
    }

    fn cuDeviceSetMemPool(dev: i32, pool: Handle) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        let mut objects = driver.objects();
        if objects.pools.get(pool)?.device != device {
            return Err(Code::INVALID_VALUE);
        }
        let pools = objects.device_pools.get_mut(device);
        pools.ok_or(Code::INVALID_DEVICE)?.1 = pool;
        Ok(())
    }

    /// Pinned memory (type 1) of a device (location 1), for this process only (no handle types).
    fn cuMemPoolCreate(pool: Out<Handle>, poolProps: In<Properties>) {
        let driver = driver()?;
        pool.check()?;
        let [kind, handles, location, device, ..] = poolProps.get()?;
        if kind != 1 {
            return Err(Code::INVALID_VALUE);
        }
        if handles != 0 || location != 1 {
            return Err(Code::NOT_SUPPORTED);
        }
        let (device, _) = driver.device(device.cast_signed())?;
        let made = driver.objects().pools.insert(Pool {
            device,
            is_default: false,
            settings: std::collections::BTreeMap::new(),
            used: 0,
            most: 0,
        });
        pool.set(made)
    }

    /// What is still allocated from it stays until it is freed.
    fn cuMemPoolDestroy(pool: Handle) {
        let driver = driver()?;
        let mut objects = driver.objects();
        let found = objects.pools.get(pool)?;
        let (device, is_default) = (found.device, found.is_default);
        if is_default {
            return Err(Code::INVALID_VALUE);
        }
        objects.pools.remove(pool)?;
        if let Some(pools) = objects.device_pools.get_mut(device).filter(|pools| pools.1 == pool) {
            pools.1 = pools.0;
        }
        Ok(())
    }

    fn cuMemPoolSetAttribute(pool: Handle, attr: i32, value: In<std::ffi::c_void>) {
        let driver = driver()?;
        let new = match attr {
            1..=3 => u64::from(value.of::<u32>().get()?),
            4 | 6 | 8 => value.of::<u64>().get()?,
            _ => return Err(Code::INVALID_VALUE),
        };
        let mut objects = driver.objects();
        let pool = objects.pools.get_mut(pool)?;
        match attr {
            1..=4 => {
                pool.settings.insert(attr, new);
            }
            // The marks of the most can only be set back.
            _ if new != 0 => return Err(Code::INVALID_VALUE),
            _ => pool.most = pool.used,
        }
        Ok(())
    }

    fn cuMemPoolGetAttribute(pool: Handle, attr: i32, value: Out<std::ffi::c_void>) {
        let driver = driver()?;
        let objects = driver.objects();
        let pool = objects.pools.get(pool)?;
        let set = pool.settings.get(&attr).copied();
        match attr {
            // Reuse is allowed unless it is forbidden.
            1..=3 => value.of::<i32>().set(i32::from(set.unwrap_or(1) != 0)),
            4 => value.of::<u64>().set(set.unwrap_or(0)),
            5 | 7 => value.of::<u64>().set(pool.used),
            6 | 8 => value.of::<u64>().set(pool.most),
            _ => Err(Code::INVALID_VALUE),
        }
    }

    /// Nothing is kept behind, so there is nothing to give back.
    fn cuMemPoolTrimTo(pool: Handle, minBytesToKeep: u64) {
        let _ = minBytesToKeep;
        driver()?.objects().pools.get(pool)?;
        Ok(())
    }

    /// The device of the pool has access, and no other one can get it.
    fn cuMemPoolSetAccess(pool: Handle, map: In<Access>, count: u64) {
        let driver = driver()?;
        let device = driver.objects().pools.get(pool)?.device;
        for index in 0..usize::try_from(count).map_err(|_| Code::INVALID_VALUE)? {
            let [location, number, flags] = map.at(index).get()?;
            let (wanted, _) = driver.device(number)?;
            if location != 1 || wanted != device || flags != READ_WRITE {
                return Err(Code::NOT_SUPPORTED);
            }
        }
        Ok(())
    }

    fn cuMemPoolGetAccess(flags: Out<i32>, memPool: Handle, location: In<Location>) {
        let driver = driver()?;
        let device = driver.objects().pools.get(memPool)?.device;
        let [kind, number] = location.get()?;
        if kind != 1 {
            return Err(Code::INVALID_VALUE);
        }
        let (wanted, _) = driver.device(number)?;
        flags.set(if wanted == device { READ_WRITE } else { 0 })
    }

    fn cuMemAllocAsync | cuMemAllocAsync_ptsz(dptr: Out<u64>, bytesize: u64, hStream: Handle) {
        let driver = driver()?;
        driver.idle_stream(hStream)?;
        let current = driver.stream(hStream)?;
        let pool = of_device(driver, current.device)?.1;
        allocate(driver, dptr, bytesize, pool, current.context)
    }

    fn cuMemAllocFromPoolAsync | cuMemAllocFromPoolAsync_ptsz(
        dptr: Out<u64>,
        bytesize: u64,
        pool: Handle,
        hStream: Handle,
    ) {
        let driver = driver()?;
        driver.idle_stream(hStream)?;
        let current = driver.stream(hStream)?;
        allocate(driver, dptr, bytesize, pool, current.context)
    }

    fn cuMemFreeAsync | cuMemFreeAsync_ptsz(dptr: u64, hStream: Handle) {
        let driver = driver()?;
        driver.idle_stream(hStream)?;
        free(driver, dptr)
    }
}

/// A device's default pool and the one it uses.
fn of_device(driver: &Driver, device: usize) -> Result<(Handle, Handle), Code> {
    let pools = driver.objects().device_pools.get(device).copied();
    pools.ok_or(Code::INVALID_DEVICE)
}

fn allocate(
    driver: &Driver,
    place: Out<u64>,
    bytes: u64,
    pool: Handle,
    context: Handle,
) -> Result<(), Code> {
    place.check()?;
    let mut objects = driver.objects();
    let found = objects.pools.get_mut(pool)?;
    let of = (found.device, context);
    let made = driver
        .memory_mut()
        .allocate(&driver.side, of, bytes, Some(pool));
    let (address, taken) = made?;
    found.used += taken;
    found.most = found.most.max(found.used);
    drop(objects);
    place.set(address)
}

/// Gives memory back, to its pool where it is from one.
pub(super) fn free(driver: &Driver, address: u64) -> Result<(), Code> {
    let mut objects = driver.objects();
    let (pool, taken) = driver.memory_mut().free(&driver.side, address)?;
    if let Some(Ok(pool)) = pool.map(|pool| objects.pools.get_mut(pool)) {
        pool.used = pool.used.saturating_sub(taken);
    }
    Ok(())
}
