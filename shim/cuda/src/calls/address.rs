//! What the driver knows of an address.

use std::ffi::c_void;

use vgputrace_device::Code;

use crate::abi::{In, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::memory::Range;

/// `CU_MEMORYTYPE_HOST` and `CU_MEMORYTYPE_DEVICE`.
const HOST: u32 = 1;
const DEVICE: u32 = 2;

const CONTEXT: i32 = 1;
const MEMORY_TYPE: i32 = 2;
const DEVICE_POINTER: i32 = 3;
const HOST_POINTER: i32 = 4;
const SYNC_MEMOPS: i32 = 6;
const BUFFER_ID: i32 = 7;
const IS_MANAGED: i32 = 8;
const DEVICE_ORDINAL: i32 = 9;
const IS_LEGACY_CUDA_IPC_CAPABLE: i32 = 10;
const RANGE_START_ADDR: i32 = 11;
const RANGE_SIZE: i32 = 12;
const MAPPED: i32 = 13;
const ALLOWED_HANDLE_TYPES: i32 = 14;
const IS_GPU_DIRECT_RDMA_CAPABLE: i32 = 15;
const ACCESS_FLAGS: i32 = 16;
const MEMPOOL_HANDLE: i32 = 17;
const MAPPING_SIZE: i32 = 18;
const MAPPING_BASE_ADDR: i32 = 19;
const MEMORY_BLOCK_ID: i32 = 20;
const IS_HW_DECOMPRESS_CAPABLE: i32 = 21;

/// An answer, with the width that its attribute has.
enum Answer {
    Flag(bool),
    Word(u32),
    Long(u64),
}

export! {
    fn cuPointerGetAttribute(data: Out<c_void>, attribute: i32, ptr: u64) {
        let driver = driver()?;
        match answer(driver, attribute, ptr)? {
            Answer::Flag(value) => data.of::<u8>().set(u8::from(value)),
            Answer::Word(value) => data.of::<u32>().set(value),
            Answer::Long(value) => data.of::<u64>().set(value),
        }
    }

    /// Of what the address does not have, the answer is 0.
    fn cuPointerGetAttributes(
        numAttributes: u32,
        attributes: In<i32>,
        data: In<u64>,
        ptr: u64,
    ) {
        let driver = driver()?;
        if numAttributes == 0 || numAttributes > 64 {
            return Err(Code::INVALID_VALUE);
        }
        for index in 0..numAttributes as usize {
            let attribute = attributes.at(index).get()?;
            let place = place_of(data.at(index).get()?);
            let is_known = (CONTEXT..=IS_HW_DECOMPRESS_CAPABLE).contains(&attribute);
            if !is_known || attribute == 5 {
                return Err(Code::INVALID_VALUE);
            }
            let answer = answer(driver, attribute, ptr).unwrap_or_else(|_| nothing(attribute));
            match answer {
                Answer::Flag(value) => place.of::<u8>().set(u8::from(value))?,
                Answer::Word(value) => place.of::<u32>().set(value)?,
                Answer::Long(value) => place.of::<u64>().set(value)?,
            }
        }
        Ok(())
    }

    /// Every copy waits for its end here, which is what this attribute asks for.
    fn cuPointerSetAttribute(value: In<u32>, attribute: i32, ptr: u64) {
        let driver = driver()?;
        value.get()?;
        if attribute != SYNC_MEMOPS {
            return Err(Code::INVALID_VALUE);
        }
        let memory = driver.memory();
        let region = memory.ranges.holding(ptr).ok_or(Code::INVALID_VALUE)?;
        if region.of.is_device(false) {
            Ok(())
        } else {
            Err(Code::INVALID_VALUE)
        }
    }
}

/// A pointer that stood in memory.
fn place_of(address: u64) -> Out<c_void> {
    Out::from_address(address)
}

/// What an attribute answers of an address that nothing is known of.
fn nothing(attribute: i32) -> Answer {
    match attribute {
        MEMORY_TYPE | ACCESS_FLAGS => Answer::Word(0),
        DEVICE_ORDINAL => Answer::Word(u32::MAX - 1),
        SYNC_MEMOPS
        | IS_MANAGED
        | IS_LEGACY_CUDA_IPC_CAPABLE
        | MAPPED
        | IS_GPU_DIRECT_RDMA_CAPABLE
        | IS_HW_DECOMPRESS_CAPABLE => Answer::Flag(false),
        _ => Answer::Long(0),
    }
}

fn answer(driver: &Driver, attribute: i32, address: u64) -> Result<Answer, Code> {
    let invalid = Code::INVALID_VALUE;
    let memory = driver.memory();
    if attribute == MAPPED {
        // Also true of an address that is reserved only, and false then.
        let reserved = memory.reserved.holding(address).is_some();
        let known = memory.ranges.holding(address).is_some();
        return if reserved || known {
            Ok(Answer::Flag(known))
        } else {
            Err(invalid)
        };
    }
    let region = memory.ranges.holding(address).ok_or(invalid)?;
    let (context, device, id) = match &region.of {
        Range::Mapped(mapping) => (0, mapping.device, mapping.id),
        other => {
            let owner = other.owner().ok_or(invalid)?;
            (owner.context.0, owner.device, owner.id)
        }
    };
    let is_host = matches!(region.of, Range::Host(..) | Range::Registered(..));
    Ok(match attribute {
        CONTEXT if context != 0 => Answer::Long(context),
        MEMORY_TYPE => Answer::Word(if is_host { HOST } else { DEVICE }),
        DEVICE_POINTER if !is_host => Answer::Long(address),
        HOST_POINTER if is_host => Answer::Long(address),
        SYNC_MEMOPS => Answer::Flag(true),
        BUFFER_ID | MEMORY_BLOCK_ID => Answer::Long(id),
        IS_MANAGED
        | IS_LEGACY_CUDA_IPC_CAPABLE
        | IS_GPU_DIRECT_RDMA_CAPABLE
        | IS_HW_DECOMPRESS_CAPABLE => Answer::Flag(false),
        DEVICE_ORDINAL => Answer::Word(u32::try_from(device).unwrap_or(u32::MAX)),
        RANGE_START_ADDR | MAPPING_BASE_ADDR => Answer::Long(region.start),
        RANGE_SIZE | MAPPING_SIZE => Answer::Long(region.bytes),
        ALLOWED_HANDLE_TYPES => Answer::Long(0),
        ACCESS_FLAGS if !is_host => Answer::Word(3),
        MEMPOOL_HANDLE => match region.of {
            Range::Pooled(_, pool) => Answer::Long(pool.0),
            _ => return Err(invalid),
        },
        _ => return Err(invalid),
    })
}
