//! Contexts and the thread's stack of them.

use std::collections::BTreeMap;

use vgputrace_device::Code;

use crate::abi::{Handle, In, Out};
use crate::driver::{Driver, driver, pop, push, replace, top};
use crate::export::export;
use crate::objects::Context;

/// Flags a context may have (`CU_CTX_FLAGS_MASK`).
const FLAGS: u32 = 0xff;
/// Those that say how a thread waits; at most one of them.
const WAITING: u32 = 0x07;
/// The version that contexts of the old functions have, and those of the newer ones.
const VERSION: u32 = 3020;
/// A limit that this device does not have.
const UNSUPPORTED_LIMIT: Code = Code(215);

export! {
    fn cuCtxCreate | cuCtxCreate_v2(pctx: Out<Handle>, flags: u32, dev: i32) {
        create(driver()?, pctx, flags, dev)
    }

    /// A share of a device is not to be had.
    fn cuCtxCreate_v3(
        pctx: Out<Handle>,
        paramsArray: In<u64>,
        numParams: i32,
        flags: u32,
        dev: i32,
    ) {
        let driver = driver()?;
        if numParams != 0 || !paramsArray.is_null() {
            return Err(Code(224));
        }
        create(driver, pctx, flags, dev)
    }

    fn cuCtxCreate_v4(pctx: Out<Handle>, ctxCreateParams: In<[u64; 3]>, flags: u32, dev: i32) {
        let driver = driver()?;
        if !ctxCreateParams.is_null() && ctxCreateParams.get()? != [0; 3] {
            return Err(Code::NOT_SUPPORTED);
        }
        create(driver, pctx, flags, dev)
    }

    fn cuCtxDestroy | cuCtxDestroy_v2(ctx: Handle) {
        let driver = driver()?;
        let is_primary = driver.objects().contexts.get(ctx).map(|one| one.is_primary);
        if is_primary.map_err(|_| Code::INVALID_CONTEXT)? {
            return Err(Code::INVALID_CONTEXT);
        }
        driver.destroy_context(ctx)?;
        if top() == ctx {
            pop();
        }
        Ok(())
    }

    fn cuCtxPushCurrent | cuCtxPushCurrent_v2(ctx: Handle) {
        let driver = driver()?;
        let found = driver.objects().contexts.get(ctx).map(|_| ());
        found.map_err(|_| Code::INVALID_CONTEXT)?;
        push(ctx);
        Ok(())
    }

    fn cuCtxPopCurrent | cuCtxPopCurrent_v2(pctx: Out<Handle>) {
        driver()?;
        if !pctx.is_null() {
            pctx.check()?;
        }
        let context = pop().ok_or(Code::INVALID_CONTEXT)?;
        pctx.offer(context)
    }

    fn cuCtxSetCurrent(ctx: Handle) {
        let driver = driver()?;
        if ctx != Handle::NONE {
            let found = driver.objects().contexts.get(ctx).map(|_| ());
            found.map_err(|_| Code::INVALID_CONTEXT)?;
        }
        replace(ctx);
        Ok(())
    }

    fn cuCtxGetCurrent(pctx: Out<Handle>) {
        driver()?;
        pctx.set(top())
    }

    fn cuCtxGetDevice(device: Out<i32>) {
        let current = driver()?.current()?;
        device.set(i32::try_from(current.device).unwrap_or(i32::MAX))
    }

    fn cuCtxGetDevice_v2(device: Out<i32>, ctx: Handle) {
        let index = driver()?.context(ctx, |context| context.device)?;
        device.set(i32::try_from(index).unwrap_or(i32::MAX))
    }

    fn cuCtxGetFlags(flags: Out<u32>) {
        let now = driver()?.context(Handle::NONE, |context| context.flags)?;
        flags.set(now)
    }

    fn cuCtxSetFlags(flags: u32) {
        let driver = driver()?;
        let flags = checked(flags)?;
        driver.context(Handle::NONE, |context| context.flags = flags)
    }

    fn cuCtxGetId(ctx: Handle, ctxId: Out<u64>) {
        let id = driver()?.context(ctx, |context| context.id)?;
        ctxId.set(id)
    }

    fn cuCtxGetApiVersion(ctx: Handle, version: Out<u32>) {
        driver()?.context(ctx, |_| ())?;
        version.set(VERSION)
    }

    /// Work is done when it is asked for, so there is nothing to wait for.
    fn cuCtxSynchronize() {
        driver()?.current()?;
        Ok(())
    }

    fn cuCtxSynchronize_v2(ctx: Handle) {
        driver()?.context(ctx, |_| ())
    }

    fn cuCtxGetLimit(pvalue: Out<u64>, limit: i32) {
        let driver = driver()?;
        pvalue.check()?;
        let default = default_limit(limit)?;
        let set = driver.context(Handle::NONE, |context| context.limits.get(&limit).copied())?;
        pvalue.set(set.unwrap_or(default))
    }

    /// The value is kept; kernels, which would feel it, do not run.
    fn cuCtxSetLimit(limit: i32, value: u64) {
        let driver = driver()?;
        default_limit(limit)?;
        driver.context(Handle::NONE, |context| {
            context.limits.insert(limit, value);
        })
    }

    fn cuCtxGetCacheConfig(pconfig: Out<i32>) {
        let cache = driver()?.context(Handle::NONE, |context| context.cache)?;
        pconfig.set(cache)
    }

    fn cuCtxSetCacheConfig(config: i32) {
        let driver = driver()?;
        if !(0..=3).contains(&config) {
            return Err(Code::INVALID_VALUE);
        }
        driver.context(Handle::NONE, |context| context.cache = config)
    }

    /// Banks have one width on this architecture: four bytes.
    fn cuCtxGetSharedMemConfig(pConfig: Out<i32>) {
        driver()?.current()?;
        pConfig.set(1)
    }

    /// 0 is the lowest priority, -5 the highest.
    fn cuCtxGetStreamPriorityRange(leastPriority: Out<i32>, greatestPriority: Out<i32>) {
        driver()?.current()?;
        leastPriority.offer(0)?;
        greatestPriority.offer(-5)
    }

    fn cuCtxResetPersistingL2Cache() {
        driver()?.current()?;
        // There is no cache that could hold anything.
        Ok(())
    }
}

fn checked(flags: u32) -> Result<u32, Code> {
    if flags & !FLAGS != 0 || (flags & WAITING).count_ones() > 1 {
        return Err(Code::INVALID_VALUE);
    }
    Ok(flags)
}

fn create(driver: &Driver, place: Out<Handle>, flags: u32, device: i32) -> Result<(), Code> {
    place.check()?;
    let (device, _) = driver.device(device)?;
    let flags = checked(flags)?;
    let context = insert(driver, device, flags, false);
    push(context);
    place.set(context)
}

/// A new context, not yet anybody's.
pub(super) fn insert(driver: &Driver, device: usize, flags: u32, is_primary: bool) -> Handle {
    let mut objects = driver.objects();
    let id = objects.number();
    objects.contexts.insert(Context {
        device,
        flags,
        is_primary,
        id,
        limits: BTreeMap::new(),
        cache: 0,
    })
}

/// What a limit is before it is set: stack, output of printf, heap, depth and number of launches, L2.
fn default_limit(limit: i32) -> Result<u64, Code> {
    match limit {
        0 => Ok(1024),
        1 => Ok(7 << 20),
        2 => Ok(8 << 20),
        4 => Ok(2048),
        5 => Ok(64),
        6 => Ok(0),
        3 | 7..=10 => Err(UNSUPPORTED_LIMIT),
        _ => Err(Code::INVALID_VALUE),
    }
}
