//! Addresses and memory apart: reserve, create, map, give access. A reservation costs nothing until memory is mapped
//! and touched; the quota counts memory that was created.

use vgputrace_device::Code;
use vgputrace_device::side::{Access, Side};

use crate::abi::{Handle, In, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::memory::{Mapping, Memory, Physical, Range};

/// Memory comes in blocks of this many bytes.
pub(super) const GRANULARITY: u64 = 2 << 20;

/// `CUmemAllocationProp`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Properties {
    kind: i32,
    handle_types: i32,
    location: [i32; 2],
    for_windows: u64,
    flags: [u8; 8],
}

/// `CUmemAccessDesc`: location and flags.
type AccessOf = [i32; 3];

export! {
    fn cuMemAddressReserve(ptr: Out<u64>, size: u64, alignment: u64, addr: u64, flags: u64) {
        let driver = driver()?;
        ptr.check()?;
        let is_power = alignment == 0 || alignment.is_power_of_two();
        if size == 0 || !size.is_multiple_of(GRANULARITY) || !is_power || flags != 0 {
            return Err(Code::INVALID_VALUE);
        }
        let wanted = if addr.is_multiple_of(alignment.max(GRANULARITY)) { addr } else { 0 };
        let mut memory = driver.memory_mut();
        let start = driver.side.reserve(size, alignment.max(GRANULARITY), wanted)?;
        let id = memory.number();
        memory.reserved.insert(start, size, id);
        drop(memory);
        ptr.set(start)
    }

    fn cuMemAddressFree(ptr: u64, size: u64) {
        let driver = driver()?;
        let mut memory = driver.memory_mut();
        let is_whole = memory.reserved.at(ptr).is_some_and(|region| region.bytes == size);
        let is_free = memory.ranges.meeting(ptr, ptr.saturating_add(size)).next().is_none();
        if !is_whole || !is_free {
            return Err(Code::INVALID_VALUE);
        }
        memory.reserved.remove(ptr);
        driver.side.release(ptr, size);
        Ok(())
    }

    fn cuMemCreate(handle: Out<Handle>, size: u64, prop: In<Properties>, flags: u64) {
        let driver = driver()?;
        handle.check()?;
        let device = device_of(driver, &prop.get()?)?;
        if size == 0 || !size.is_multiple_of(GRANULARITY) || flags != 0 {
            return Err(Code::INVALID_VALUE);
        }
        let mut memory = driver.memory_mut();
        memory.quota(device)?.take(size)?;
        let block = match driver.side.create(size) {
            Ok(block) => block,
            Err(code) => {
                memory.quota(device)?.give_back(size);
                return Err(code);
            }
        };
        let made = Handle(0x5647_0005_0000_0000 | (memory.number() << 4));
        let physical = Physical { block, device, bytes: size, holders: 1, handles: 1 };
        memory.physical.insert(made, physical);
        drop(memory);
        handle.set(made)
    }

    fn cuMemRelease(handle: Handle) {
        let driver = driver()?;
        let mut memory = driver.memory_mut();
        let physical = memory.physical.get_mut(&handle).ok_or(Code::INVALID_VALUE)?;
        physical.handles = physical.handles.checked_sub(1).ok_or(Code::INVALID_VALUE)?;
        memory.let_go(&driver.side, handle);
        Ok(())
    }

    fn cuMemRetainAllocationHandle(handle: Out<Handle>, addr: u64) {
        let driver = driver()?;
        handle.check()?;
        let mut memory = driver.memory_mut();
        let Some(Range::Mapped(mapping)) = memory.ranges.holding(addr).map(|one| one.of.clone())
        else {
            return Err(Code::INVALID_VALUE);
        };
        let physical = memory.physical.get_mut(&mapping.block).ok_or(Code::INVALID_VALUE)?;
        physical.holders += 1;
        physical.handles += 1;
        drop(memory);
        handle.set(mapping.block)
    }

    fn cuMemMap(ptr: u64, size: u64, offset: u64, handle: Handle, flags: u64) {
        let driver = driver()?;
        let invalid = Code::INVALID_VALUE;
        let mut memory = driver.memory_mut();
        let physical = *memory.physical.get(&handle).ok_or(invalid)?;
        let fits = offset.checked_add(size).is_some_and(|end| end <= physical.bytes);
        let is_round = [ptr, size].iter().all(|number| number.is_multiple_of(GRANULARITY));
        // Mapping a part of a block is not supported by the driver either: the offset must be 0.
        if size == 0 || offset != 0 || flags != 0 || !fits || !is_round || physical.handles == 0 {
            return Err(invalid);
        }
        if !memory.reserved.covers(ptr, size, |_| true) {
            return Err(invalid);
        }
        if memory.ranges.meeting(ptr, ptr + size).next().is_some() {
            return Err(invalid);
        }
        driver.side.map(physical.block, offset, ptr, size)?;
        let id = memory.number();
        let mapping = Mapping { block: handle, device: physical.device, access: Access::None, id };
        memory.ranges.insert(ptr, size, Range::Mapped(mapping));
        if let Some(physical) = memory.physical.get_mut(&handle) {
            physical.holders += 1;
        }
        Ok(())
    }

    /// Of one mapping or of several that lie side by side, always as a whole.
    fn cuMemUnmap(ptr: u64, size: u64) {
        let driver = driver()?;
        let mut memory = driver.memory_mut();
        for (start, bytes, mapping) in mappings(&memory, ptr, size)? {
            driver.side.unmap(start, bytes)?;
            memory.ranges.remove(start);
            memory.let_go(&driver.side, mapping.block);
        }
        Ok(())
    }

    /// The device that the memory is on may be given access, and no other one.
    fn cuMemSetAccess(ptr: u64, size: u64, desc: In<AccessOf>, count: u64) {
        let driver = driver()?;
        let mut memory = driver.memory_mut();
        let found = mappings(&memory, ptr, size)?;
        let count = usize::try_from(count).map_err(|_| Code::INVALID_VALUE)?;
        if count == 0 {
            return Err(Code::INVALID_VALUE);
        }
        for index in 0..count.min(driver.devices.len() + 1) {
            let [location, number, flags] = desc.at(index).get()?;
            let (device, _) = driver.device(number)?;
            let access = access_of(flags)?;
            if location != 1 || found.iter().any(|(_, _, mapping)| mapping.device != device) {
                return Err(Code::NOT_SUPPORTED);
            }
            for (start, bytes, _) in &found {
                driver.side.protect(*start, *bytes, access)?;
                let region = memory.ranges.at_mut(*start).map(|region| &mut region.of);
                if let Some(Range::Mapped(mapping)) = region {
                    mapping.access = access;
                }
            }
        }
        Ok(())
    }

    fn cuMemGetAccess(flags: Out<u64>, location: In<[i32; 2]>, ptr: u64) {
        let driver = driver()?;
        flags.check()?;
        let [kind, number] = location.get()?;
        let (device, _) = driver.device(number)?;
        let memory = driver.memory();
        let Some(Range::Mapped(mapping)) = memory.ranges.holding(ptr).map(|region| &region.of)
        else {
            return Err(Code::INVALID_VALUE);
        };
        if kind != 1 {
            return Err(Code::INVALID_VALUE);
        }
        flags.set(match mapping.access {
            _ if mapping.device != device => 0,
            Access::None => 0,
            Access::Read => 1,
            Access::ReadWrite => 3,
        })
    }

    fn cuMemGetAllocationGranularity(granularity: Out<u64>, prop: In<Properties>, option: i32) {
        let driver = driver()?;
        granularity.check()?;
        device_of(driver, &prop.get()?)?;
        if !(0..=1).contains(&option) {
            return Err(Code::INVALID_VALUE);
        }
        granularity.set(GRANULARITY)
    }

    fn cuMemGetAllocationPropertiesFromHandle(prop: Out<Properties>, handle: Handle) {
        let driver = driver()?;
        prop.check()?;
        let memory = driver.memory();
        let physical = memory.physical.get(&handle).ok_or(Code::INVALID_VALUE)?;
        prop.set(Properties {
            kind: 1,
            handle_types: 0,
            location: [1, i32::try_from(physical.device).unwrap_or(i32::MAX)],
            for_windows: 0,
            flags: [0; 8],
        })
    }
}

/// The device of pinned memory (type 1) on a device (location 1); other memory, and memory to share, is not supported.
fn device_of(driver: &Driver, properties: &Properties) -> Result<usize, Code> {
    let [location, number] = properties.location;
    if properties.kind != 1 {
        return Err(Code::INVALID_VALUE);
    }
    if location != 1 || properties.handle_types != 0 || properties.flags != [0; 8] {
        return Err(Code::NOT_SUPPORTED);
    }
    Ok(driver.device(number)?.0)
}

fn access_of(flags: i32) -> Result<Access, Code> {
    match flags {
        0 => Ok(Access::None),
        1 => Ok(Access::Read),
        3 => Ok(Access::ReadWrite),
        _ => Err(Code::INVALID_VALUE),
    }
}

/// The mappings that together are exactly this range.
fn mappings(memory: &Memory, start: u64, bytes: u64) -> Result<Vec<(u64, u64, Mapping)>, Code> {
    let is_mapped = |range: &Range| matches!(range, Range::Mapped(_));
    if bytes == 0 || !memory.ranges.covers(start, bytes, is_mapped) {
        return Err(Code::INVALID_VALUE);
    }
    let end = start + bytes;
    let mut found = Vec::new();
    for region in memory.ranges.meeting(start, end) {
        let is_inside = region.start >= start && region.start + region.bytes <= end;
        match &region.of {
            Range::Mapped(mapping) if is_inside => {
                found.push((region.start, region.bytes, *mapping));
            }
            _ => return Err(Code::INVALID_VALUE),
        }
    }
    Ok(found)
}
