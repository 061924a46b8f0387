//! Variables on a device by the host's address for them.

use vgputrace_client::{Code, Handle, Out, Outcome};

use crate::copying;
use crate::registry::variable;

/// `cudaGetSymbolAddress`.
pub(crate) fn address(to: Out<u64>, host: Handle) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    to.set(variable(host)?.0)
}

/// `cudaGetSymbolSize`.
pub(crate) fn size(to: Out<usize>, host: Handle) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    to.set(variable(host)?.1)
}

/// Where `bytes` from `offset` on are in a variable.
fn part(host: Handle, bytes: usize, offset: usize) -> Result<u64, Code> {
    let (address, size) = variable(host)?;
    let end = offset.checked_add(bytes);
    if end.is_none_or(|end| end > size) {
        return Err(Code::INVALID_VALUE);
    }
    Ok(address + offset as u64)
}

/// `cudaMemcpyToSymbol`.
pub(crate) fn write(host: Handle, from: u64, bytes: usize, offset: usize, kind: i32) -> Outcome {
    copying::bytes(part(host, bytes, offset)?, from, bytes, kind)
}

/// `cudaMemcpyFromSymbol`.
pub(crate) fn read(to: u64, host: Handle, bytes: usize, offset: usize, kind: i32) -> Outcome {
    copying::bytes(to, part(host, bytes, offset)?, bytes, kind)
}

/// `cudaMemcpyToSymbolAsync`.
pub(crate) fn write_in_order(
    host: Handle,
    from: u64,
    bytes: usize,
    offset: usize,
    kind: i32,
    stream: Handle,
) -> Outcome {
    copying::bytes_in_order(part(host, bytes, offset)?, from, bytes, kind, stream)
}

/// `cudaMemcpyFromSymbolAsync`.
pub(crate) fn read_in_order(
    to: u64,
    host: Handle,
    bytes: usize,
    offset: usize,
    kind: i32,
    stream: Handle,
) -> Outcome {
    copying::bytes_in_order(to, part(host, bytes, offset)?, bytes, kind, stream)
}
