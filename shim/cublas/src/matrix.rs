//! Matrices on the device: column by column, `leading` elements from column to column; read into packed bytes and written back.

use vgputrace_client::copy::{Copy2d, Memory, Side2d};
use vgputrace_client::functions_table::{
    cuMemcpy2DAsync_v2, cuMemcpyDtoHAsync_v2, cuMemcpyHtoDAsync_v2,
};
use vgputrace_client::{Handle, In};

use crate::element::Element;
use crate::status::{Outcome, Status};

/// The shape of a matrix in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) element: Element,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Elements from the beginning of one column to the next.
    pub(crate) leading: usize,
}

impl Shape {
    /// Checked as cuBLAS checks it.
    pub(crate) fn of(
        element: Element,
        rows: usize,
        columns: usize,
        leading: i32,
    ) -> Result<Self, Status> {
        let leading = usize::try_from(leading).map_err(|_| Status::INVALID_VALUE)?;
        if leading < rows.max(1) {
            return Err(Status::INVALID_VALUE);
        }
        Ok(Self {
            element,
            rows,
            columns,
            leading,
        })
    }

    /// Bytes of a packed column.
    const fn column_bytes(self) -> usize {
        self.rows * self.element.size()
    }

    /// A packed place for it, zero.
    pub(crate) fn place(self) -> Result<Vec<u8>, Status> {
        let bytes = self
            .column_bytes()
            .checked_mul(self.columns)
            .ok_or(Status::ALLOC_FAILED)?;
        let mut place = Vec::new();
        place
            .try_reserve_exact(bytes)
            .map_err(|_| Status::ALLOC_FAILED)?;
        place.resize(bytes, 0);
        Ok(place)
    }

    /// Queues the copy of the matrix at `device` to a packed place, which must stay until the stream has come there.
    pub(crate) fn read(self, device: u64, place: &mut [u8], stream: Handle) -> Outcome {
        let host = place.as_mut_ptr().expose_provenance() as u64;
        if self.is_packed() {
            return Ok(cuMemcpyDtoHAsync_v2(host, device, place.len(), stream)?);
        }
        let copy = self.copy(self.on_device(device), self.on_host(host));
        Ok(cuMemcpy2DAsync_v2(In::from(&copy), stream)?)
    }

    /// Queues the copy of a packed matrix to `device`. What lies between the columns there is not touched.
    pub(crate) fn write(self, device: u64, place: &[u8], stream: Handle) -> Outcome {
        let host = place.as_ptr().expose_provenance() as u64;
        if self.is_packed() {
            return Ok(cuMemcpyHtoDAsync_v2(device, host, place.len(), stream)?);
        }
        let copy = self.copy(self.on_host(host), self.on_device(device));
        Ok(cuMemcpy2DAsync_v2(In::from(&copy), stream)?)
    }

    const fn is_packed(self) -> bool {
        self.leading == self.rows || self.columns == 1
    }

    fn on_device(self, address: u64) -> Side2d {
        Side2d {
            memory: Memory::DEVICE,
            device: address,
            pitch: self.leading * self.element.size(),
            ..Side2d::default()
        }
    }

    fn on_host(self, address: u64) -> Side2d {
        Side2d {
            memory: Memory::HOST,
            host: address,
            pitch: self.column_bytes(),
            ..Side2d::default()
        }
    }

    const fn copy(self, from: Side2d, to: Side2d) -> Copy2d {
        Copy2d {
            from,
            to,
            width_bytes: self.column_bytes(),
            height: self.columns,
        }
    }
}
