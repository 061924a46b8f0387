//! Copies and fills. The kind of a copy says which of the driver's functions does it.

mod boxes;

use vgputrace_client::copy::{Copy2d, Memory, Side2d};
use vgputrace_client::functions_table::{
    cuMemcpy, cuMemcpy2D_v2, cuMemcpy2DAsync_v2, cuMemcpyAsync, cuMemcpyDtoD_v2,
    cuMemcpyDtoDAsync_v2, cuMemcpyDtoH_v2, cuMemcpyDtoHAsync_v2, cuMemcpyHtoD_v2,
    cuMemcpyHtoDAsync_v2, cuMemcpyPeer, cuMemcpyPeerAsync, cuMemsetD2D8_v2, cuMemsetD2D8Async,
    cuMemsetD8_v2, cuMemsetD8Async,
};
use vgputrace_client::{Code, Handle, In, Outcome};

use crate::context::{bind, primary};

pub(crate) use boxes::{
    BoxCopy, PeerBoxCopy, between_devices, between_devices_in_order, boxes, boxes_in_order,
};

/// `enum cudaMemcpyKind`.
#[derive(Clone, Copy)]
enum Kind {
    /// Host to host, or whatever the driver finds out.
    Unified,
    ToDevice,
    ToHost,
    OnDevice,
}

impl Kind {
    const fn of(number: i32) -> Result<Self, Code> {
        match number {
            0 | 4 => Ok(Self::Unified),
            1 => Ok(Self::ToDevice),
            2 => Ok(Self::ToHost),
            3 => Ok(Self::OnDevice),
            _ => Err(Code::INVALID_COPY_DIRECTION),
        }
    }

    /// Where the source and the target are.
    const fn memory(self) -> (Memory, Memory) {
        match self {
            Self::Unified => (Memory::UNIFIED, Memory::UNIFIED),
            Self::ToDevice => (Memory::HOST, Memory::DEVICE),
            Self::ToHost => (Memory::DEVICE, Memory::HOST),
            Self::OnDevice => (Memory::DEVICE, Memory::DEVICE),
        }
    }
}

/// `cudaMemcpy`.
pub(crate) fn bytes(to: u64, from: u64, bytes: usize, kind: i32) -> Outcome {
    let kind = Kind::of(kind)?;
    bind()?;
    if bytes == 0 {
        return Ok(());
    }
    match kind {
        Kind::Unified => cuMemcpy(to, from, bytes),
        Kind::ToDevice => cuMemcpyHtoD_v2(to, from, bytes),
        Kind::ToHost => cuMemcpyDtoH_v2(to, from, bytes),
        Kind::OnDevice => cuMemcpyDtoD_v2(to, from, bytes),
    }
}

/// `cudaMemcpyAsync`.
pub(crate) fn bytes_in_order(
    to: u64,
    from: u64,
    bytes: usize,
    kind: i32,
    stream: Handle,
) -> Outcome {
    let kind = Kind::of(kind)?;
    bind()?;
    if bytes == 0 {
        return Ok(());
    }
    match kind {
        Kind::Unified => cuMemcpyAsync(to, from, bytes, stream),
        Kind::ToDevice => cuMemcpyHtoDAsync_v2(to, from, bytes, stream),
        Kind::ToHost => cuMemcpyDtoHAsync_v2(to, from, bytes, stream),
        Kind::OnDevice => cuMemcpyDtoDAsync_v2(to, from, bytes, stream),
    }
}

/// `cudaMemcpyPeer`.
pub(crate) fn peer(to: u64, to_device: i32, from: u64, from_device: i32, bytes: usize) -> Outcome {
    bind()?;
    if bytes == 0 {
        return Ok(());
    }
    cuMemcpyPeer(to, primary(to_device)?, from, primary(from_device)?, bytes)
}

/// `cudaMemcpyPeerAsync`.
pub(crate) fn peer_in_order(
    to: u64,
    to_device: i32,
    from: u64,
    from_device: i32,
    bytes: usize,
    stream: Handle,
) -> Outcome {
    bind()?;
    if bytes == 0 {
        return Ok(());
    }
    let (to_context, from_context) = (primary(to_device)?, primary(from_device)?);
    cuMemcpyPeerAsync(to, to_context, from, from_context, bytes, stream)
}

/// One end of a copy of rows.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) address: u64,
    pub(crate) pitch: usize,
}

impl Rows {
    fn side(self, memory: Memory) -> Side2d {
        let mut side = Side2d {
            memory,
            pitch: self.pitch,
            ..Side2d::default()
        };
        if memory == Memory::HOST {
            side.host = self.address;
        } else {
            side.device = self.address;
        }
        side
    }
}

fn describe(to: Rows, from: Rows, width: usize, height: usize, kind: i32) -> Result<Copy2d, Code> {
    let (from_memory, to_memory) = Kind::of(kind)?.memory();
    // The driver does not look at the pitch of a host side in all cases; the runtime's contract does.
    if width > to.pitch || width > from.pitch {
        return Err(Code::INVALID_PITCH);
    }
    Ok(Copy2d {
        from: from.side(from_memory),
        to: to.side(to_memory),
        width_bytes: width,
        height,
    })
}

/// `cudaMemcpy2D`.
pub(crate) fn rows(to: Rows, from: Rows, width: usize, height: usize, kind: i32) -> Outcome {
    bind()?;
    if width == 0 || height == 0 {
        return Kind::of(kind).map(drop);
    }
    cuMemcpy2D_v2(In::from(&describe(to, from, width, height, kind)?))
}

/// `cudaMemcpy2DAsync`.
pub(crate) fn rows_in_order(
    to: Rows,
    from: Rows,
    width: usize,
    height: usize,
    kind: i32,
    stream: Handle,
) -> Outcome {
    bind()?;
    if width == 0 || height == 0 {
        return Kind::of(kind).map(drop);
    }
    cuMemcpy2DAsync_v2(In::from(&describe(to, from, width, height, kind)?), stream)
}

/// The byte to fill with, of the `int` that C's `memset` takes too.
const fn byte(value: i32) -> u8 {
    value.to_le_bytes()[0]
}

/// `cudaMemset`.
pub(crate) fn fill(to: u64, value: i32, bytes: usize) -> Outcome {
    bind()?;
    if bytes == 0 {
        return Ok(());
    }
    cuMemsetD8_v2(to, byte(value), bytes)
}

/// `cudaMemsetAsync`.
pub(crate) fn fill_in_order(to: u64, value: i32, bytes: usize, stream: Handle) -> Outcome {
    bind()?;
    if bytes == 0 {
        return Ok(());
    }
    cuMemsetD8Async(to, byte(value), bytes, stream)
}

/// `cudaMemset2D`.
pub(crate) fn fill_rows(to: Rows, value: i32, width: usize, height: usize) -> Outcome {
    bind()?;
    if width == 0 || height == 0 {
        return Ok(());
    }
    cuMemsetD2D8_v2(to.address, to.pitch, byte(value), width, height)
}

/// `cudaMemset2DAsync`.
pub(crate) fn fill_rows_in_order(
    to: Rows,
    value: i32,
    width: usize,
    height: usize,
    stream: Handle,
) -> Outcome {
    bind()?;
    if width == 0 || height == 0 {
        return Ok(());
    }
    cuMemsetD2D8Async(to.address, to.pitch, byte(value), width, height, stream)
}
