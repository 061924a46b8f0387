//! Products against three plain loops, for every type, both ways to take a factor, and the factors alpha and beta.

use super::{Product, Taken};
use crate::element::{Compute, Element, decode, encode};
use crate::matrix::Shape;

/// Small integers, which every type holds and whose sums are exact.
fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count)
        .map(|index| {
            let value = (index * 7 + seed * 13) % 9;
            f64::from(u8::try_from(value).unwrap_or(0)) - 4.0
        })
        .collect()
}

fn bytes(values: &[f64], element: Element) -> Vec<u8> {
    let mut bytes = vec![0; values.len() * element.size()];
    encode(values, element, &mut bytes);
    bytes
}

fn shape(element: Element, rows: usize, columns: usize) -> Shape {
    Shape {
        element,
        rows,
        columns,
        leading: rows,
    }
}

fn at(values: &[f64], shape: Shape, taken: Taken, row: usize, column: usize) -> f64 {
    let (row, column) = match taken {
        Taken::AsIs => (row, column),
        Taken::Transposed => (column, row),
    };
    values[row + column * shape.rows]
}

fn check(
    compute: Compute,
    factor: Element,
    result: Element,
    taken: (Taken, Taken),
    scale: (f64, f64),
) {
    let (rows, depth, columns) = (5, 7, 3);
    let stored = |taken, rows, columns| match taken {
        Taken::AsIs => shape(factor, rows, columns),
        Taken::Transposed => shape(factor, columns, rows),
    };
    let (a_shape, b_shape) = (
        stored(taken.0, rows, depth),
        stored(taken.1, depth, columns),
    );
    let c_shape = shape(result, rows, columns);
    let (a, b, c) = (numbers(35, 1), numbers(21, 2), numbers(15, 3));
    let product = Product {
        compute,
        a: (a_shape, taken.0),
        b: (b_shape, taken.1),
        c: c_shape,
        depth,
        alpha: scale.0,
        beta: scale.1,
    };
    let mut got = bytes(&c, result);
    product.compute(&bytes(&a, factor), &bytes(&b, factor), &mut got);
    let mut expected = Vec::new();
    for column in 0..columns {
        for row in 0..rows {
            let sum: f64 = (0..depth)
                .map(|index| {
                    at(&a, a_shape, taken.0, row, index) * at(&b, b_shape, taken.1, index, column)
                })
                .sum();
            expected.push(scale.0 * sum + scale.1 * c[row + column * rows]);
        }
    }
    let got: Vec<f64> = decode(&got, result);
    assert_eq!(
        got, expected,
        "{compute:?} {factor:?} {result:?} {taken:?} {scale:?}"
    );
}

#[test]
fn products_are_those_of_three_plain_loops() {
    let kinds = [
        (Compute::F32, Element::F32, Element::F32),
        (Compute::F32, Element::F16, Element::F32),
        (Compute::F32, Element::Bf16, Element::F32),
        (Compute::F32, Element::I8, Element::F32),
        (Compute::F32, Element::F16, Element::F16),
        (Compute::F16, Element::F16, Element::F16),
        (Compute::F64, Element::F64, Element::F64),
        (Compute::I32, Element::I8, Element::I32),
    ];
    for (compute, factor, result) in kinds {
        for left in [Taken::AsIs, Taken::Transposed] {
            for right in [Taken::AsIs, Taken::Transposed] {
                for scale in [(1.0, 0.0), (2.0, 1.0), (0.0, 3.0), (0.0, 0.0), (-1.0, -2.0)] {
                    check(compute, factor, result, (left, right), scale);
                }
            }
        }
    }
}

#[test]
fn with_beta_zero_the_old_result_may_be_no_number() {
    let one = shape(Element::F32, 1, 1);
    let product = Product {
        compute: Compute::F32,
        a: (one, Taken::AsIs),
        b: (one, Taken::AsIs),
        c: one,
        depth: 1,
        alpha: 1.0,
        beta: 0.0,
    };
    let mut c = f32::NAN.to_le_bytes();
    product.compute(&3.0_f32.to_le_bytes(), &4.0_f32.to_le_bytes(), &mut c);
    assert_eq!(f32::from_le_bytes(c), 12.0);
}
