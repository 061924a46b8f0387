//! Copies of rows and of layers of rows. Arrays have no memory here, so they are not supported.

use vgputrace_device::Code;
use vgputrace_device::side::Side;

use super::copies::{End, checked};
use crate::abi::{Handle, In};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::Kind;

/// `CUDA_MEMCPY2D`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Copy2d {
    source: Place2d,
    target: Place2d,
    width: u64,
    height: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Place2d {
    x: u64,
    y: u64,
    kind: u32,
    host: u64,
    device: u64,
    array: u64,
    pitch: u64,
}

/// `CUDA_MEMCPY3D`, and `CUDA_MEMCPY3D_PEER`, which has contexts where the other has nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Copy3d {
    source: Place3d,
    target: Place3d,
    width: u64,
    height: u64,
    depth: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Place3d {
    x: u64,
    y: u64,
    z: u64,
    detail: u64,
    kind: u32,
    host: u64,
    device: u64,
    array: u64,
    context: Handle,
    pitch: u64,
    height: u64,
}

/// Where rows begin: `start + layer * (pitch * height) + row * pitch`.
#[derive(Clone, Copy)]
struct Rows {
    start: End,
    pitch: u64,
    layer: u64,
}

export! {
    fn cuMemcpy2D_v2 | cuMemcpy2D_v2_ptds | cuMemcpy2DUnaligned_v2 | cuMemcpy2DUnaligned_v2_ptds(
        pCopy: In<Copy2d>,
    ) {
        let driver = driver()?;
        driver.current()?;
        copy_2d(driver, pCopy.get()?)
    }

    fn cuMemcpy2DAsync_v2 | cuMemcpy2DAsync_v2_ptsz(pCopy: In<Copy2d>, hStream: Handle) {
        let driver = driver()?;
        let copy = pCopy.get()?;
        driver.order(hStream, Kind::Copy, move |driver| copy_2d(driver, copy))
    }

    fn cuMemcpy3D_v2 | cuMemcpy3D_v2_ptds(pCopy: In<Copy3d>) {
        let driver = driver()?;
        driver.current()?;
        copy_3d(driver, pCopy.get()?)
    }

    fn cuMemcpy3DAsync_v2 | cuMemcpy3DAsync_v2_ptsz(pCopy: In<Copy3d>, hStream: Handle) {
        let driver = driver()?;
        let copy = pCopy.get()?;
        driver.order(hStream, Kind::Copy, move |driver| copy_3d(driver, copy))
    }

    fn cuMemcpy3DPeer | cuMemcpy3DPeer_ptds(pCopy: In<Copy3d>) {
        let driver = driver()?;
        copy_peer(driver, pCopy.get()?)
    }

    fn cuMemcpy3DPeerAsync | cuMemcpy3DPeerAsync_ptsz(pCopy: In<Copy3d>, hStream: Handle) {
        let driver = driver()?;
        let copy = pCopy.get()?;
        driver.order(hStream, Kind::Copy, move |driver| copy_peer(driver, copy))
    }
}

fn copy_2d(driver: &Driver, copy: Copy2d) -> Result<(), Code> {
    let deep = |place: Place2d| Place3d {
        x: place.x,
        y: place.y,
        z: 0,
        detail: 0,
        kind: place.kind,
        host: place.host,
        device: place.device,
        array: place.array,
        context: Handle::NONE,
        pitch: place.pitch,
        height: 0,
    };
    let copy = Copy3d {
        source: deep(copy.source),
        target: deep(copy.target),
        width: copy.width,
        height: copy.height,
        depth: 1,
    };
    copy_3d(driver, copy)
}

fn copy_peer(driver: &Driver, copy: Copy3d) -> Result<(), Code> {
    driver.context(copy.source.context, |_| ())?;
    driver.context(copy.target.context, |_| ())?;
    copy_3d(driver, copy)
}

fn copy_3d(driver: &Driver, copy: Copy3d) -> Result<(), Code> {
    let (width, height, depth) = (copy.width, copy.height, copy.depth);
    let from = rows(&copy.source, &copy)?;
    let to = rows(&copy.target, &copy)?;
    if width == 0 || height == 0 || depth == 0 {
        return Ok(());
    }
    let memory = driver.memory();
    let (from_bytes, to_bytes) = (extent(from, &copy)?, extent(to, &copy)?);
    let source = checked(&memory, from.start, from_bytes, false)?;
    let target = checked(&memory, to.start, to_bytes, true)?;
    for layer in 0..depth {
        for row in 0..height {
            let offset = |rows: Rows| layer * rows.layer + row * rows.pitch;
            // SAFETY: every row lies within the extent that was checked with the book-keeping still held; memory of the
            // host is the C caller's, whose duty it is that it is valid.
            unsafe {
                driver
                    .side
                    .copy(target + offset(to), source + offset(from), width)
            };
        }
    }
    Ok(())
}

/// From the first byte to the last one, without a value too large for its type on the way.
fn extent(rows: Rows, copy: &Copy3d) -> Result<u64, Code> {
    let layers = rows.layer.checked_mul(copy.depth - 1);
    let within = rows.pitch.checked_mul(copy.height - 1);
    let sum = layers
        .zip(within)
        .and_then(|(one, other)| one.checked_add(other));
    sum.and_then(|sum| sum.checked_add(copy.width))
        .ok_or(Code::INVALID_VALUE)
}

fn rows(place: &Place3d, copy: &Copy3d) -> Result<Rows, Code> {
    let invalid = Code::INVALID_VALUE;
    let pitch = if place.pitch == 0 {
        copy.width
    } else {
        place.pitch
    };
    let height = if place.height == 0 {
        copy.height
    } else {
        place.height
    };
    let is_wide = place
        .x
        .checked_add(copy.width)
        .is_some_and(|end| end <= pitch);
    // A pitch counts only where there is a second row, a height only where there is a second layer.
    if (copy.height > 1 && !is_wide) || (copy.depth > 1 && copy.height > height) {
        return Err(invalid);
    }
    let layer = pitch.checked_mul(height).ok_or(invalid)?;
    let (z, y) = (layer.checked_mul(place.z), pitch.checked_mul(place.y));
    let sum = z
        .zip(y)
        .and_then(|(z, y)| z.checked_add(y)?.checked_add(place.x));
    let offset = sum.ok_or(invalid)?;
    let at = |address: u64| address.checked_add(offset).ok_or(invalid);
    let start = match place.kind {
        1 => End::Host(at(place.host)?),
        2 => End::Device(at(place.device)?),
        3 => return Err(Code::NOT_SUPPORTED),
        // Unified: the device field holds an address of either.
        4 => End::Any(at(place.device)?),
        _ => return Err(invalid),
    };
    Ok(Rows {
        start,
        pitch,
        layer,
    })
}
