//! The product itself, over packed bytes: `c = alpha * op(a) * op(b) + beta * c`.

#[cfg(test)]
mod tests;

use crate::element::{Compute, Number, decode, encode};
use crate::matrix::Shape;
use crate::status::Status;

/// Whether a factor is taken as it is or transposed (`cublasOperation_t`; real numbers have no conjugate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    AsIs,
    Transposed,
}

impl Taken {
    pub(crate) const fn of(number: i32) -> Result<Self, Status> {
        match number {
            0 => Ok(Self::AsIs),
            1 | 2 => Ok(Self::Transposed),
            _ => Err(Status::INVALID_VALUE),
        }
    }
}

/// A product without its matrices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub(crate) compute: Compute,
    pub(crate) a: (Shape, Taken),
    pub(crate) b: (Shape, Taken),
    pub(crate) c: Shape,
    /// The length of the sums.
    pub(crate) depth: usize,
    /// Every type of factor fits into a f64.
    pub(crate) alpha: f64,
    pub(crate) beta: f64,
}

impl Product {
    /// Whether the old result is read. With beta 0 it is not, so that it may hold anything.
    pub(crate) const fn reads_result(&self) -> bool {
        self.beta != 0.0
    }

    /// Whether the factors are read.
    pub(crate) const fn reads_factors(&self) -> bool {
        self.alpha != 0.0 && self.depth != 0
    }

    /// Computes it. All three are packed.
    pub(crate) fn compute(&self, a: &[u8], b: &[u8], c: &mut [u8]) {
        match self.compute {
            Compute::F16 | Compute::F32 => self.compute_in::<f32>(a, b, c),
            Compute::F64 | Compute::I32 => self.compute_in::<f64>(a, b, c),
        }
    }

    fn compute_in<T: Multiplied>(&self, a: &[u8], b: &[u8], c: &mut [u8]) {
        let (rows, columns) = (self.c.rows, self.c.columns);
        let mut result: Vec<T> = if self.reads_result() {
            decode(c, self.c.element)
        } else {
            vec![T::ZERO; rows * columns]
        };
        let (alpha, beta) = (T::from_f64(self.alpha), T::from_f64(self.beta));
        if self.reads_factors() {
            let left = Factor::of(decode(a, self.a.0.element), self.a);
            let right = Factor::of(decode(b, self.b.0.element), self.b);
            let sizes = (rows, self.depth, columns);
            if left.holds(rows, self.depth) && right.holds(self.depth, columns) {
                T::multiply(sizes, alpha, &left, &right, beta, &mut result);
            }
        } else if self.reads_result() {
            for number in &mut result {
                *number = T::from_f64(number.to_f64() * self.beta);
            }
        }
        encode(&result, self.c.element, c);
    }
}

/// A factor with the steps from row to row and from column to column, as taken.
pub(crate) struct Factor<T> {
    numbers: Vec<T>,
    row_step: usize,
    column_step: usize,
}

impl<T> Factor<T> {
    const fn of(numbers: Vec<T>, (shape, taken): (Shape, Taken)) -> Self {
        let (row_step, column_step) = match taken {
            Taken::AsIs => (1, shape.rows),
            Taken::Transposed => (shape.rows, 1),
        };
        Self {
            numbers,
            row_step,
            column_step,
        }
    }

    /// Whether a matrix of this size lies within the numbers.
    const fn holds(&self, rows: usize, columns: usize) -> bool {
        let last = (rows - 1) * self.row_step + (columns - 1) * self.column_step;
        last < self.numbers.len()
    }
}

/// A type with a fast product.
pub(crate) trait Multiplied: Number {
    /// `c = alpha * a * b + beta * c`; sizes are rows, depth, columns, none 0; `c` is packed.
    fn multiply(
        sizes: (usize, usize, usize),
        alpha: Self,
        a: &Factor<Self>,
        b: &Factor<Self>,
        beta: Self,
        c: &mut [Self],
    );
}

macro_rules! multiplied {
    ($type:ty, $function:path) => {
        impl Multiplied for $type {
            fn multiply(
                (rows, depth, columns): (usize, usize, usize),
                alpha: Self,
                a: &Factor<Self>,
                b: &Factor<Self>,
                beta: Self,
                c: &mut [Self],
            ) {
                assert!(
                    a.holds(rows, depth) && b.holds(depth, columns) && c.len() == rows * columns
                );
                // SAFETY: the last element of each matrix lies within its numbers, as just checked, and the result overlaps no factor.
                unsafe {
                    $function(
                        rows,
                        depth,
                        columns,
                        alpha,
                        a.numbers.as_ptr(),
                        a.row_step.cast_signed(),
                        a.column_step.cast_signed(),
                        b.numbers.as_ptr(),
                        b.row_step.cast_signed(),
                        b.column_step.cast_signed(),
                        beta,
                        c.as_mut_ptr(),
                        1,
                        rows.cast_signed(),
                    );
                }
            }
        }
    };
}
multiplied!(f32, matrixmultiply::sgemm);
multiplied!(f64, matrixmultiply::dgemm);
