//! The products of the interface: one, many at equal distances, many by arrays of pointers.

use vgputrace_client::functions_table::{cuMemcpyDtoHAsync_v2, cuStreamSynchronize};
use vgputrace_client::{Handle, In};

use crate::element::{Compute, Element, decode};
use crate::handle::{State, with};
use crate::matrix::Shape;
use crate::product::{Product, Taken};
use crate::record::{Places, is_capturing, run};
use crate::status::{Outcome, Status};

/// A matrix as an argument: where, of what, how far from column to column.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    /// Of the matrix; of an array of pointers for products of many.
    pub(crate) address: u64,
    /// By its number in `cudaDataType`.
    pub(crate) element: i32,
    pub(crate) leading: i32,
}

/// What all products have.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) taken: (i32, i32),
    /// Rows, columns and depth.
    pub(crate) sizes: (i32, i32, i32),
    pub(crate) alpha: u64,
    pub(crate) a: Matrix,
    pub(crate) b: Matrix,
    pub(crate) beta: u64,
    pub(crate) c: Matrix,
    /// By its number in `cublasComputeType_t`.
    pub(crate) compute: i32,
}

/// CUBLAS_COMPUTE_16F, _32F, _64F: of the functions with the type in their name.
pub(crate) const HALF: i32 = 64;
pub(crate) const SINGLE: i32 = 68;
pub(crate) const DOUBLE: i32 = 70;

impl Call {
    /// Checks everything as cuBLAS does. Nothing when the result is empty.
    fn product(&self, state: &State) -> Result<Option<Product>, Status> {
        let size = |value| usize::try_from(value).map_err(|_| Status::INVALID_VALUE);
        let (rows, columns, depth) = (
            size(self.sizes.0)?,
            size(self.sizes.1)?,
            size(self.sizes.2)?,
        );
        let taken = (Taken::of(self.taken.0)?, Taken::of(self.taken.1)?);
        let compute = Compute::of(self.compute)?;
        let (a, b, c) = (
            Element::of(self.a.element)?,
            Element::of(self.b.element)?,
            Element::of(self.c.element)?,
        );
        if a != b || !compute.takes(a, c) {
            return Err(Status::NOT_SUPPORTED);
        }
        let stored = |element, taken, rows, columns, leading| match taken {
            Taken::AsIs => Shape::of(element, rows, columns, leading),
            Taken::Transposed => Shape::of(element, columns, rows, leading),
        };
        let a = stored(a, taken.0, rows, depth, self.a.leading)?;
        let b = stored(b, taken.1, depth, columns, self.b.leading)?;
        let c = Shape::of(c, rows, columns, self.c.leading)?;
        if rows == 0 || columns == 0 {
            return Ok(None);
        }
        Ok(Some(Product {
            compute,
            a: (a, taken.0),
            b: (b, taken.1),
            c,
            depth,
            alpha: scale(state, self.alpha, compute.scale())?,
            beta: scale(state, self.beta, compute.scale())?,
        }))
    }
}

/// alpha or beta, from the host or, if the handle says so, from the device.
pub(crate) fn scale(state: &State, address: u64, element: Element) -> Result<f64, Status> {
    if address == 0 {
        return Err(Status::INVALID_VALUE);
    }
    let mut bytes = vec![0_u8; element.size()];
    if state.pointer_mode == 0 {
        let first: In<u8> = In::at(address);
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = first.nth(index)?;
        }
    } else {
        fetch(state, address, &mut bytes)?;
    }
    decode(&bytes, element)
        .first()
        .copied()
        .ok_or(Status::INTERNAL_ERROR)
}

/// Bytes of the device that must be known before work can be queued, which a capture does not allow.
fn fetch(state: &State, address: u64, to: &mut [u8]) -> Outcome {
    if is_capturing(state.stream)? {
        return Err(Status::NOT_SUPPORTED);
    }
    let host = to.as_mut_ptr().expose_provenance() as u64;
    let copied = cuMemcpyDtoHAsync_v2(host, address, to.len(), state.stream);
    cuStreamSynchronize(state.stream)?;
    Ok(copied?)
}

/// An array of pointers on the device.
pub(crate) fn pointers(state: &State, address: u64, count: usize) -> Result<Vec<u64>, Status> {
    let bytes = count.checked_mul(8).ok_or(Status::ALLOC_FAILED)?;
    let mut place = Vec::new();
    place
        .try_reserve_exact(bytes)
        .map_err(|_| Status::ALLOC_FAILED)?;
    place.resize(bytes, 0);
    fetch(state, address, &mut place)?;
    let (chunks, _) = place.as_chunks::<8>();
    Ok(chunks
        .iter()
        .map(|chunk| u64::from_le_bytes(*chunk))
        .collect())
}

/// One product.
pub(crate) fn one(handle: Handle, call: &Call) -> Outcome {
    with(handle, |state| {
        let Some(product) = call.product(state)? else {
            return Ok(());
        };
        let at = Places {
            a: call.a.address,
            b: call.b.address,
            c: call.c.address,
        };
        run(state, &product, at)
    })
}

/// Products of matrices that lie `steps` elements apart.
pub(crate) fn many(handle: Handle, call: &Call, steps: [i64; 3], count: i32) -> Outcome {
    with(handle, |state| {
        let count = u32::try_from(count).map_err(|_| Status::INVALID_VALUE)?;
        let Some(product) = call.product(state)? else {
            return Ok(());
        };
        let place = |matrix: Matrix, shape: Shape, step: i64, index: u32| {
            let bytes = i64::try_from(shape.element.size()).unwrap_or(0);
            let distance = step.wrapping_mul(bytes).wrapping_mul(i64::from(index));
            matrix.address.wrapping_add_signed(distance)
        };
        for index in 0..count {
            let at = Places {
                a: place(call.a, product.a.0, steps[0], index),
                b: place(call.b, product.b.0, steps[1], index),
                c: place(call.c, product.c, steps[2], index),
            };
            run(state, &product, at)?;
        }
        Ok(())
    })
}

/// Products of matrices by arrays of pointers, which lie on the device.
pub(crate) fn listed(handle: Handle, call: &Call, count: i32) -> Outcome {
    with(handle, |state| {
        let count = usize::try_from(count).map_err(|_| Status::INVALID_VALUE)?;
        let product = call.product(state)?;
        let (Some(product), 1..) = (product, count) else {
            return Ok(());
        };
        let a = pointers(state, call.a.address, count)?;
        let b = pointers(state, call.b.address, count)?;
        let c = pointers(state, call.c.address, count)?;
        for ((a, b), c) in a.into_iter().zip(b).zip(c) {
            run(state, &product, Places { a, b, c })?;
        }
        Ok(())
    })
}
