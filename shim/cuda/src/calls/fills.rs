//! Setting memory of the device to a value.

use vgputrace_device::Code;
use vgputrace_device::side::{Pattern, Side};

use super::copies::{End, checked};
use crate::abi::Handle;
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::Kind;

/// Rows of values.
struct Field {
    start: u64,
    pitch: u64,
    width: u64,
    height: u64,
}

export! {
    fn cuMemsetD8_v2 | cuMemsetD8_v2_ptds(dstDevice: u64, uc: u8, N: u64) {
        row(None, dstDevice, Pattern::U8(uc), N)
    }

    fn cuMemsetD16_v2 | cuMemsetD16_v2_ptds(dstDevice: u64, us: u16, N: u64) {
        row(None, dstDevice, Pattern::U16(us), N)
    }

    fn cuMemsetD32_v2 | cuMemsetD32_v2_ptds(dstDevice: u64, ui: u32, N: u64) {
        row(None, dstDevice, Pattern::U32(ui), N)
    }

    fn cuMemsetD8Async | cuMemsetD8Async_ptsz(dstDevice: u64, uc: u8, N: u64, hStream: Handle) {
        row(Some(hStream), dstDevice, Pattern::U8(uc), N)
    }

    fn cuMemsetD16Async | cuMemsetD16Async_ptsz(dstDevice: u64, us: u16, N: u64, hStream: Handle) {
        row(Some(hStream), dstDevice, Pattern::U16(us), N)
    }

    fn cuMemsetD32Async | cuMemsetD32Async_ptsz(dstDevice: u64, ui: u32, N: u64, hStream: Handle) {
        row(Some(hStream), dstDevice, Pattern::U32(ui), N)
    }

    fn cuMemsetD2D8_v2 | cuMemsetD2D8_v2_ptds(
        dstDevice: u64, dstPitch: u64, uc: u8, Width: u64, Height: u64,
    ) {
        let field = Field { start: dstDevice, pitch: dstPitch, width: Width, height: Height };
        fill(None, field, Pattern::U8(uc))
    }

    fn cuMemsetD2D16_v2 | cuMemsetD2D16_v2_ptds(
        dstDevice: u64, dstPitch: u64, us: u16, Width: u64, Height: u64,
    ) {
        let field = Field { start: dstDevice, pitch: dstPitch, width: Width, height: Height };
        fill(None, field, Pattern::U16(us))
    }

    fn cuMemsetD2D32_v2 | cuMemsetD2D32_v2_ptds(
        dstDevice: u64, dstPitch: u64, ui: u32, Width: u64, Height: u64,
    ) {
        let field = Field { start: dstDevice, pitch: dstPitch, width: Width, height: Height };
        fill(None, field, Pattern::U32(ui))
    }

    fn cuMemsetD2D8Async | cuMemsetD2D8Async_ptsz(
        dstDevice: u64, dstPitch: u64, uc: u8, Width: u64, Height: u64, hStream: Handle,
    ) {
        let field = Field { start: dstDevice, pitch: dstPitch, width: Width, height: Height };
        fill(Some(hStream), field, Pattern::U8(uc))
    }

    fn cuMemsetD2D16Async | cuMemsetD2D16Async_ptsz(
        dstDevice: u64, dstPitch: u64, us: u16, Width: u64, Height: u64, hStream: Handle,
    ) {
        let field = Field { start: dstDevice, pitch: dstPitch, width: Width, height: Height };
        fill(Some(hStream), field, Pattern::U16(us))
    }

    fn cuMemsetD2D32Async | cuMemsetD2D32Async_ptsz(
        dstDevice: u64, dstPitch: u64, ui: u32, Width: u64, Height: u64, hStream: Handle,
    ) {
        let field = Field { start: dstDevice, pitch: dstPitch, width: Width, height: Height };
        fill(Some(hStream), field, Pattern::U32(ui))
    }
}

fn row(stream: Option<Handle>, start: u64, pattern: Pattern, count: u64) -> Result<(), Code> {
    let field = Field {
        start,
        pitch: 0,
        width: count,
        height: 1,
    };
    fill(stream, field, pattern)
}

fn fill(stream: Option<Handle>, field: Field, pattern: Pattern) -> Result<(), Code> {
    let driver = driver()?;
    if let Some(stream) = stream {
        return driver.order(stream, Kind::Fill, move |driver| {
            write(driver, &field, pattern)
        });
    }
    driver.current()?;
    write(driver, &field, pattern)
}

fn write(driver: &Driver, field: &Field, pattern: Pattern) -> Result<(), Code> {
    let invalid = Code::INVALID_VALUE;
    let bytes = field.width.checked_mul(pattern.size()).ok_or(invalid)?;
    if !field.start.is_multiple_of(pattern.size()) || !field.pitch.is_multiple_of(pattern.size()) {
        return Err(invalid);
    }
    if bytes == 0 || field.height == 0 {
        return Ok(());
    }
    if field.height > 1 && field.pitch < bytes {
        return Err(invalid);
    }
    let rows = field.pitch.checked_mul(field.height - 1).ok_or(invalid)?;
    let extent = rows.checked_add(bytes).ok_or(invalid)?;
    let memory = driver.memory();
    let start = checked(&memory, End::Device(field.start), extent, true)?;
    for row in 0..field.height {
        // SAFETY: every row lies within the extent that was checked with the book-keeping still held.
        unsafe {
            driver
                .side
                .fill(start + row * field.pitch, pattern, field.width)
        };
    }
    Ok(())
}
