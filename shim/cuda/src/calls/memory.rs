//! Memory of the device: allocation with an address.

use vgputrace_device::Code;

use crate::abi::Out;
use crate::driver::driver;
use crate::export::export;
use crate::memory::Range;

/// Rows of a pitched allocation begin at multiples of this many bytes.
const PITCH: u64 = 512;

export! {
    fn cuMemGetInfo_v2(free: Out<u64>, total: Out<u64>) {
        let driver = driver()?;
        let current = driver.current()?;
        total.check()?;
        let quota = *driver.memory_mut().quota(current.device)?;
        free.set(quota.free())?;
        total.set(quota.total())
    }

    fn cuMemAlloc_v2(dptr: Out<u64>, bytesize: u64) {
        let driver = driver()?;
        let current = driver.current()?;
        dptr.check()?;
        let of = (current.device, current.context);
        let made = driver.memory_mut().allocate(&driver.side, of, bytesize, None);
        dptr.set(made?.0)
    }

    fn cuMemAllocPitch_v2(
        dptr: Out<u64>,
        pPitch: Out<u64>,
        WidthInBytes: u64,
        Height: u64,
        ElementSizeBytes: u32,
    ) {
        let driver = driver()?;
        let current = driver.current()?;
        dptr.check()?;
        pPitch.check()?;
        if !matches!(ElementSizeBytes, 4 | 8 | 16) {
            return Err(Code::INVALID_VALUE);
        }
        let pitch = WidthInBytes.checked_next_multiple_of(PITCH).ok_or(Code::OUT_OF_MEMORY)?;
        let bytes = pitch.checked_mul(Height).ok_or(Code::OUT_OF_MEMORY)?;
        let of = (current.device, current.context);
        let made = driver.memory_mut().allocate(&driver.side, of, bytes, None);
        dptr.set(made?.0)?;
        pPitch.set(pitch)
    }

    /// NULL is nothing and goes well.
    fn cuMemFree_v2(dptr: u64) {
        let driver = driver()?;
        if dptr == 0 {
            return Ok(());
        }
        super::pools::free(driver, dptr)
    }

    fn cuMemGetAddressRange_v2(pbase: Out<u64>, psize: Out<u64>, dptr: u64) {
        let driver = driver()?;
        driver.current()?;
        let memory = driver.memory();
        let region = memory.ranges.holding(dptr).ok_or(Code::NOT_FOUND)?;
        if matches!(region.of, Range::Registered(..)) {
            return Err(Code::NOT_FOUND);
        }
        pbase.offer(region.start)?;
        psize.offer(region.bytes)
    }
}
