//! Equations with triangular matrices: `op(a) * x = alpha * b` or `x * op(a) = alpha * b`, x in the place of b.

use vgputrace_client::Handle;
use vgputrace_client::functions_table::cuStreamSynchronize;

use crate::element::{Element, decode, encode};
use crate::gemm::{pointers, scale};
use crate::handle::{State, with};
use crate::matrix::Shape;
use crate::product::Taken;
use crate::record::is_capturing;
use crate::status::{Outcome, Status};

/// The arguments of `cublasStrsmBatched`.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// `cublasSideMode_t`: 0 left, 1 right.
    pub(crate) side: i32,
    /// `cublasFillMode_t`: 0 lower, 1 upper.
    pub(crate) fill: i32,
    pub(crate) taken: i32,
    /// `cublasDiagType_t`: 1 when the diagonal is 1 and not read.
    pub(crate) diagonal: i32,
    pub(crate) rows: i32,
    pub(crate) columns: i32,
    pub(crate) alpha: u64,
    pub(crate) a: (u64, i32),
    pub(crate) b: (u64, i32),
}

/// What is left of the arguments for each matrix.
struct Equation {
    is_left: bool,
    /// The triangle as taken is the lower one.
    is_lower: bool,
    taken: Taken,
    is_unit: bool,
    alpha: f64,
    a: Shape,
    b: Shape,
}

fn flag(value: i32) -> Result<bool, Status> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Status::INVALID_VALUE),
    }
}

impl Call {
    fn equation(&self, state: &State) -> Result<Option<Equation>, Status> {
        let size = |value| usize::try_from(value).map_err(|_| Status::INVALID_VALUE);
        let (rows, columns) = (size(self.rows)?, size(self.columns)?);
        let (is_right, is_upper) = (flag(self.side)?, flag(self.fill)?);
        let (taken, is_unit) = (Taken::of(self.taken)?, flag(self.diagonal)?);
        let order = if is_right { columns } else { rows };
        let a = Shape::of(Element::F32, order, order, self.a.1)?;
        let b = Shape::of(Element::F32, rows, columns, self.b.1)?;
        if rows == 0 || columns == 0 {
            return Ok(None);
        }
        Ok(Some(Equation {
            is_left: !is_right,
            is_lower: is_upper == (taken == Taken::Transposed),
            taken,
            is_unit,
            alpha: scale(state, self.alpha, Element::F32)?,
            a,
            b,
        }))
    }
}

impl Equation {
    /// An element of the triangle as taken.
    fn factor(&self, a: &[f64], row: usize, column: usize) -> f64 {
        let (row, column) = match self.taken {
            Taken::AsIs => (row, column),
            Taken::Transposed => (column, row),
        };
        a.get(row + column * self.a.rows).copied().unwrap_or(0.0)
    }

    /// Solves it by substitution. `b` becomes x.
    fn solve(&self, a: &[f64], b: &mut [f64]) {
        let (rows, columns) = (self.b.rows, self.b.columns);
        let order = self.a.rows;
        // From the right it is the transposed equation from the left.
        let is_forward = self.is_lower == self.is_left;
        let (lines, place): (usize, &dyn Fn(usize, usize) -> usize) = if self.is_left {
            (columns, &|step, line| step + line * rows)
        } else {
            (rows, &|step, line| line + step * rows)
        };
        for line in 0..lines {
            for count in 0..order {
                let step = if is_forward { count } else { order - 1 - count };
                let known = if is_forward { 0..step } else { step + 1..order };
                let mut value = b.get(place(step, line)).copied().unwrap_or(0.0) * self.alpha;
                for other in known {
                    let factor = if self.is_left {
                        self.factor(a, step, other)
                    } else {
                        self.factor(a, other, step)
                    };
                    value -= factor * b.get(place(other, line)).copied().unwrap_or(0.0);
                }
                if !self.is_unit {
                    value /= self.factor(a, step, step);
                }
                if let Some(target) = b.get_mut(place(step, line)) {
                    *target = value;
                }
            }
        }
    }

    fn run(&self, stream: Handle, a: u64, b: u64) -> Outcome {
        let (mut a_bytes, mut b_bytes) = (self.a.place()?, self.b.place()?);
        let mut work = || {
            self.a.read(a, &mut a_bytes, stream)?;
            self.b.read(b, &mut b_bytes, stream)?;
            cuStreamSynchronize(stream)?;
            let mut numbers: Vec<f64> = decode(&b_bytes, Element::F32);
            self.solve(&decode::<f64>(&a_bytes, Element::F32), &mut numbers);
            encode(&numbers, Element::F32, &mut b_bytes);
            self.b.write(b, &b_bytes, stream)
        };
        let done = work();
        if let Err(code) = cuStreamSynchronize(stream) {
            // Copies may still be under way, and these are their places.
            std::mem::forget((a_bytes, b_bytes));
            return Err(code.into());
        }
        done
    }
}

/// `cublasStrsmBatched`. Not supported while the stream is being captured: the pointers would have to be known.
pub(crate) fn listed(handle: Handle, call: &Call, count: i32) -> Outcome {
    with(handle, |state| {
        let count = usize::try_from(count).map_err(|_| Status::INVALID_VALUE)?;
        let equation = call.equation(state)?;
        let (Some(equation), 1..) = (equation, count) else {
            return Ok(());
        };
        if is_capturing(state.stream)? {
            return Err(Status::NOT_SUPPORTED);
        }
        let a = pointers(state, call.a.0, count)?;
        let b = pointers(state, call.b.0, count)?;
        for (a, b) in a.into_iter().zip(b) {
            equation.run(state.stream, a, b)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::Equation;
    use crate::element::Element;
    use crate::matrix::Shape;
    use crate::product::Taken;

    fn shape(rows: usize, columns: usize) -> Shape {
        Shape {
            element: Element::F32,
            rows,
            columns,
            leading: rows,
        }
    }

    /// The matrix with everything outside its triangle 0 and the diagonal as said.
    fn triangle(equation: &Equation, a: &[f64]) -> Vec<Vec<f64>> {
        let order = equation.a.rows;
        let of = |row: usize, column: usize| match (
            row == column,
            (row > column) == equation.is_lower,
        ) {
            (true, _) if equation.is_unit => 1.0,
            (true, _) | (false, true) => equation.factor(a, row, column),
            (false, false) => 0.0,
        };
        (0..order)
            .map(|row| (0..order).map(|column| of(row, column)).collect())
            .collect()
    }

    #[test]
    fn what_is_found_solves_the_equation() {
        let (rows, columns) = (4, 3);
        for bits in 0..16_u8 {
            let is_set = |bit: u8| bits & (1 << bit) != 0;
            let is_left = is_set(0);
            let order = if is_left { rows } else { columns };
            let equation = Equation {
                is_left,
                is_lower: is_set(1),
                taken: if is_set(2) {
                    Taken::Transposed
                } else {
                    Taken::AsIs
                },
                is_unit: is_set(3),
                alpha: 2.0,
                a: shape(order, order),
                b: shape(rows, columns),
            };
            let a: Vec<f64> = (0..order * order)
                .map(|index| ((index * 5) % 7) as f64 + 2.0)
                .collect();
            let b: Vec<f64> = (0..rows * columns)
                .map(|index| ((index * 3) % 11) as f64 - 4.0)
                .collect();
            let mut x = b.clone();
            equation.solve(&a, &mut x);
            let full = triangle(&equation, &a);
            for row in 0..rows {
                for column in 0..columns {
                    let sum: f64 = if is_left {
                        (0..order)
                            .map(|index| full[row][index] * x[index + column * rows])
                            .sum()
                    } else {
                        (0..order)
                            .map(|index| x[row + index * rows] * full[index][column])
                            .sum()
                    };
                    let expected = 2.0 * b[row + column * rows];
                    assert!(
                        (sum - expected).abs() < 1e-9,
                        "{bits:04b}: {sum} {expected}"
                    );
                }
            }
        }
    }
}
