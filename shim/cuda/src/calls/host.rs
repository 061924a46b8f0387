//! Memory of the host that the driver allocates or knows. It is ordinary memory: there is no device that could reach
//! it, so its address on the device is not to be had (attribute CAN_MAP_HOST_MEMORY is 0).

use vgputrace_device::Code;
use vgputrace_device::quota::PAGE;
use vgputrace_device::side::Side;

use crate::abi::{self, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::memory::{Owner, Range};

/// Portable, device-mapped, write-combined.
const FLAGS: u32 = 7;
/// Those, as for memory of I/O and memory that is only read.
const REGISTER_FLAGS: u32 = 0xf;

export! {
    fn cuMemAllocHost_v2(pp: Out<u64>, bytesize: u64) {
        allocate(driver()?, pp, bytesize, 0)
    }

    fn cuMemHostAlloc(pp: Out<u64>, bytesize: u64, Flags: u32) {
        let driver = driver()?;
        if Flags & !FLAGS != 0 {
            return Err(Code::INVALID_VALUE);
        }
        allocate(driver, pp, bytesize, Flags)
    }

    fn cuMemFreeHost(p: u64) {
        let driver = driver()?;
        let mut memory = driver.memory_mut();
        let region = memory.ranges.at(p).ok_or(Code::INVALID_VALUE)?;
        if !matches!(region.of, Range::Host(..)) {
            return Err(Code::INVALID_VALUE);
        }
        let bytes = region.bytes.next_multiple_of(PAGE);
        memory.ranges.remove(p);
        driver.side.free(p, bytes);
        Ok(())
    }

    fn cuMemHostGetFlags(pFlags: Out<u32>, p: u64) {
        let driver = driver()?;
        pFlags.check()?;
        let memory = driver.memory();
        match memory.ranges.holding(p).map(|region| &region.of) {
            Some(Range::Host(_, flags)) => pFlags.set(*flags),
            _ => Err(Code::INVALID_VALUE),
        }
    }

    fn cuMemHostGetDevicePointer_v2(pdptr: Out<u64>, p: u64, Flags: u32) {
        let driver = driver()?;
        pdptr.check()?;
        let memory = driver.memory();
        let known = memory.ranges.holding(p).map(|region| &region.of);
        if Flags != 0 || !matches!(known, Some(Range::Host(..) | Range::Registered(..))) {
            return Err(Code::INVALID_VALUE);
        }
        Err(Code::NOT_SUPPORTED)
    }

    fn cuMemHostRegister_v2(p: u64, bytesize: u64, Flags: u32) {
        let driver = driver()?;
        let current = driver.current()?;
        if bytesize == 0 || Flags & !REGISTER_FLAGS != 0 {
            return Err(Code::INVALID_VALUE);
        }
        abi::host_range(p, bytesize)?;
        let mut memory = driver.memory_mut();
        let id = memory.number();
        let owner = Owner { device: current.device, context: current.context, id };
        if memory.ranges.insert(p, bytesize, Range::Registered(owner, Flags)) {
            Ok(())
        } else {
            Err(Code::HOST_MEMORY_ALREADY_REGISTERED)
        }
    }

    fn cuMemHostUnregister(p: u64) {
        let driver = driver()?;
        abi::host_range(p, 1)?;
        let mut memory = driver.memory_mut();
        let is_registered =
            memory.ranges.at(p).is_some_and(|region| matches!(region.of, Range::Registered(..)));
        if !is_registered {
            return Err(Code::HOST_MEMORY_NOT_REGISTERED);
        }
        memory.ranges.remove(p);
        Ok(())
    }
}

fn allocate(driver: &Driver, place: Out<u64>, bytes: u64, flags: u32) -> Result<(), Code> {
    let current = driver.current()?;
    place.check()?;
    if bytes == 0 {
        return Err(Code::INVALID_VALUE);
    }
    let taken = bytes
        .checked_next_multiple_of(PAGE)
        .ok_or(Code::OUT_OF_MEMORY)?;
    let address = driver.side.allocate(taken)?;
    let mut memory = driver.memory_mut();
    let id = memory.number();
    let owner = Owner {
        device: current.device,
        context: current.context,
        id,
    };
    memory.put(address, bytes, Range::Host(owner, flags));
    drop(memory);
    place.set(address)
}
