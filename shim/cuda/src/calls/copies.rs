//! Copies of one range. A range of the device must lie within what was allocated; one of the host is believed.

use vgputrace_device::Code;
use vgputrace_device::side::Side;

use crate::abi::{self, Handle, In};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::Kind;
use crate::memory::Memory;

/// One end of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Memory of the device.
    Device(u64),
    /// Memory of the host.
    Host(u64),
    /// Whichever it is.
    Any(u64),
}

export! {
    fn cuMemcpy | cuMemcpy_ptds(dst: u64, src: u64, ByteCount: u64) {
        let driver = driver()?;
        driver.current()?;
        copy(driver, End::Any(dst), End::Any(src), ByteCount)
    }

    fn cuMemcpyAsync | cuMemcpyAsync_ptsz(dst: u64, src: u64, ByteCount: u64, hStream: Handle) {
        let driver = driver()?;
        let (to, from) = (End::Any(dst), End::Any(src));
        driver.order(hStream, Kind::Copy, move |driver| copy(driver, to, from, ByteCount))
    }

    fn cuMemcpyHtoD_v2 | cuMemcpyHtoD_v2_ptds(
        dstDevice: u64,
        srcHost: In<std::ffi::c_void>,
        ByteCount: u64,
    ) {
        let driver = driver()?;
        driver.current()?;
        copy(driver, End::Device(dstDevice), End::Host(srcHost.address()), ByteCount)
    }

    fn cuMemcpyHtoDAsync_v2 | cuMemcpyHtoDAsync_v2_ptsz(
        dstDevice: u64,
        srcHost: In<std::ffi::c_void>,
        ByteCount: u64,
        hStream: Handle,
    ) {
        let driver = driver()?;
        let (to, from) = (End::Device(dstDevice), End::Host(srcHost.address()));
        driver.order(hStream, Kind::Copy, move |driver| copy(driver, to, from, ByteCount))
    }

    fn cuMemcpyDtoH_v2 | cuMemcpyDtoH_v2_ptds(dstHost: u64, srcDevice: u64, ByteCount: u64) {
        let driver = driver()?;
        driver.current()?;
        copy(driver, End::Host(dstHost), End::Device(srcDevice), ByteCount)
    }

    fn cuMemcpyDtoHAsync_v2 | cuMemcpyDtoHAsync_v2_ptsz(
        dstHost: u64,
        srcDevice: u64,
        ByteCount: u64,
        hStream: Handle,
    ) {
        let driver = driver()?;
        let (to, from) = (End::Host(dstHost), End::Device(srcDevice));
        driver.order(hStream, Kind::Copy, move |driver| copy(driver, to, from, ByteCount))
    }

    fn cuMemcpyDtoD_v2 | cuMemcpyDtoD_v2_ptds(dstDevice: u64, srcDevice: u64, ByteCount: u64) {
        let driver = driver()?;
        driver.current()?;
        copy(driver, End::Device(dstDevice), End::Device(srcDevice), ByteCount)
    }

    fn cuMemcpyDtoDAsync_v2 | cuMemcpyDtoDAsync_v2_ptsz(
        dstDevice: u64,
        srcDevice: u64,
        ByteCount: u64,
        hStream: Handle,
    ) {
        let driver = driver()?;
        let (to, from) = (End::Device(dstDevice), End::Device(srcDevice));
        driver.order(hStream, Kind::Copy, move |driver| copy(driver, to, from, ByteCount))
    }

    fn cuMemcpyPeer | cuMemcpyPeer_ptds(
        dstDevice: u64,
        dstContext: Handle,
        srcDevice: u64,
        srcContext: Handle,
        ByteCount: u64,
    ) {
        let driver = driver()?;
        driver.context(dstContext, |_| ())?;
        driver.context(srcContext, |_| ())?;
        copy(driver, End::Device(dstDevice), End::Device(srcDevice), ByteCount)
    }

    fn cuMemcpyPeerAsync | cuMemcpyPeerAsync_ptsz(
        dstDevice: u64,
        dstContext: Handle,
        srcDevice: u64,
        srcContext: Handle,
        ByteCount: u64,
        hStream: Handle,
    ) {
        let driver = driver()?;
        driver.context(dstContext, |_| ())?;
        driver.context(srcContext, |_| ())?;
        let (to, from) = (End::Device(dstDevice), End::Device(srcDevice));
        driver.order(hStream, Kind::Copy, move |driver| copy(driver, to, from, ByteCount))
    }
}

/// The address, if all bytes of the range may be touched so.
pub(super) fn checked(memory: &Memory, end: End, bytes: u64, write: bool) -> Result<u64, Code> {
    let is_device = |address| {
        let covers = memory
            .ranges
            .covers(address, bytes, |range| range.is_device(write));
        covers.then_some(address)
    };
    match end {
        End::Device(address) => is_device(address).ok_or(Code::INVALID_VALUE),
        End::Any(address) if memory.reserved.holding(address).is_some() => {
            is_device(address).ok_or(Code::INVALID_VALUE)
        }
        End::Any(address) => match memory.ranges.holding(address) {
            Some(region) if region.of.is_device(write) => {
                is_device(address).ok_or(Code::INVALID_VALUE)
            }
            _ => abi::host_range(address, bytes).map(|()| address),
        },
        End::Host(address) => abi::host_range(address, bytes).map(|()| address),
    }
}

fn copy(driver: &Driver, to: End, from: End, bytes: u64) -> Result<(), Code> {
    if bytes == 0 {
        return Ok(());
    }
    let memory = driver.memory();
    let to = checked(&memory, to, bytes, true)?;
    let from = checked(&memory, from, bytes, false)?;
    // SAFETY: ranges of the device lie within allocations, which stay while the book-keeping is held; those of the host
    // are the C caller's, whose duty it is that they are valid.
    unsafe { driver.side.copy(to, from, bytes) };
    Ok(())
}
