//! The shared context of each device.

use vgputrace_device::Code;

use super::contexts::insert;
use crate::abi::{Handle, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::objects::Primary;

export! {
    fn cuDevicePrimaryCtxRetain(pctx: Out<Handle>, dev: i32) {
        let driver = driver()?;
        pctx.check()?;
        let (device, _) = driver.device(dev)?;
        pctx.set(retain(driver, device)?)
    }

    fn cuDevicePrimaryCtxRelease | cuDevicePrimaryCtxRelease_v2(dev: i32) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        let gone = change(driver, device, |primary| {
            primary.taken = primary.taken.checked_sub(1).ok_or(Code::INVALID_CONTEXT)?;
            Ok(if primary.taken == 0 { primary.context.take() } else { None })
        })?;
        gone.map_or(Ok(()), |context| driver.destroy_context(context))
    }

    fn cuDevicePrimaryCtxReset | cuDevicePrimaryCtxReset_v2(dev: i32) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        let gone = change(driver, device, |primary| {
            primary.taken = 0;
            Ok(primary.context.take())
        })?;
        gone.map_or(Ok(()), |context| driver.destroy_context(context))
    }

    fn cuDevicePrimaryCtxSetFlags | cuDevicePrimaryCtxSetFlags_v2(dev: i32, flags: u32) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        if flags & !0xff != 0 || (flags & 7).count_ones() > 1 {
            return Err(Code::INVALID_VALUE);
        }
        let context = change(driver, device, |primary| {
            primary.flags = flags;
            Ok(primary.context)
        })?;
        context.map_or(Ok(()), |context| {
            driver.context(context, |context| context.flags = flags)
        })
    }

    fn cuDevicePrimaryCtxGetState(dev: i32, flags: Out<u32>, active: Out<i32>) {
        let driver = driver()?;
        let (device, _) = driver.device(dev)?;
        active.check()?;
        let primary = change(driver, device, |primary| Ok(*primary))?;
        flags.set(primary.flags)?;
        active.set(i32::from(primary.context.is_some()))
    }
}

fn change<T>(
    driver: &Driver,
    device: usize,
    how: impl FnOnce(&mut Primary) -> Result<T, Code>,
) -> Result<T, Code> {
    let mut objects = driver.objects();
    let primary = objects.primaries.get_mut(device);
    how(primary.ok_or(Code::INVALID_DEVICE)?)
}

/// Takes the context of a device once more; the first time it is made.
fn retain(driver: &Driver, device: usize) -> Result<Handle, Code> {
    let there = change(driver, device, |primary| {
        if primary.context.is_some() {
            primary.taken += 1;
        }
        Ok((primary.context, primary.flags))
    })?;
    if let (Some(context), _) = there {
        return Ok(context);
    }
    let made = insert(driver, device, there.1, true);
    let kept = change(driver, device, |primary| {
        primary.taken += 1;
        Ok(*primary.context.get_or_insert(made))
    })?;
    if kept != made {
        // Another thread was faster.
        driver.destroy_context(made)?;
    }
    Ok(kept)
}
