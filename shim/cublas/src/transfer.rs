//! Vectors and matrices between host and device: copies of equal pieces at equal distances.

use vgputrace_client::copy::{Copy2d, Memory, Side2d};
use vgputrace_client::functions_table::{cuMemcpy2D_v2, cuMemcpy2DAsync_v2};
use vgputrace_client::{Handle, In};

use crate::status::{Outcome, Status};

/// Which way.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    ToDevice,
    ToHost,
}

/// One end: an address, and elements from piece to piece.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub(crate) address: u64,
    pub(crate) step: i32,
}

/// Pieces of some elements of some bytes.
#[derive(Clone, Copy)]
pub(crate) struct Pieces {
    pub(crate) count: i32,
    pub(crate) elements: i32,
    pub(crate) bytes: i32,
}

/// `cublasSetMatrix`, `cublasGetMatrix`, and of vectors, whose pieces are single elements; with a stream their asynchronous forms.
pub(crate) fn pieces(
    way: Way,
    pieces: Pieces,
    from: End,
    to: End,
    stream: Option<Handle>,
) -> Outcome {
    let size = |value| usize::try_from(value).map_err(|_| Status::INVALID_VALUE);
    let (count, elements, bytes) = (
        size(pieces.count)?,
        size(pieces.elements)?,
        size(pieces.bytes)?,
    );
    let (from_step, to_step) = (size(from.step)?, size(to.step)?);
    if bytes == 0 || from_step < elements.max(1) || to_step < elements.max(1) {
        return Err(Status::INVALID_VALUE);
    }
    if count == 0 || elements == 0 {
        return Ok(());
    }
    let side = |end: End, step: usize, is_host: bool| Side2d {
        memory: if is_host {
            Memory::HOST
        } else {
            Memory::DEVICE
        },
        host: if is_host { end.address } else { 0 },
        device: if is_host { 0 } else { end.address },
        pitch: step * bytes,
        ..Side2d::default()
    };
    let to_device = matches!(way, Way::ToDevice);
    let copy = Copy2d {
        from: side(from, from_step, to_device),
        to: side(to, to_step, !to_device),
        width_bytes: elements * bytes,
        height: count,
    };
    match stream {
        Some(stream) => Ok(cuMemcpy2DAsync_v2(In::from(&copy), stream)?),
        None => Ok(cuMemcpy2D_v2(In::from(&copy))?),
    }
}
