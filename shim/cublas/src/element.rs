//! Types of elements and of arithmetic, by the numbers of `cudaDataType` and `cublasComputeType_t` (library_types.h, cublas_api.h).

use half::{bf16, f16};

use crate::status::Status;

/// A type of elements. Complex numbers and 8-bit floating point are not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    F32,
    F64,
    F16,
    Bf16,
    I8,
    I32,
}

impl Element {
    pub(crate) const fn of(number: i32) -> Result<Self, Status> {
        match number {
            0 => Ok(Self::F32),
            1 => Ok(Self::F64),
            2 => Ok(Self::F16),
            3 => Ok(Self::I8),
            10 => Ok(Self::I32),
            14 => Ok(Self::Bf16),
            _ => Err(Status::NOT_SUPPORTED),
        }
    }

    /// Bytes of one.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 => 1,
        }
    }
}

/// What a product is computed in, and what its two factors alpha and beta are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compute {
    F16,
    F32,
    F64,
    I32,
}

impl Compute {
    /// By number; the fast and the pedantic forms allow less precise arithmetic or forbid it, ours is never less precise.
    pub(crate) const fn of(number: i32) -> Result<Self, Status> {
        match number {
            64 | 65 => Ok(Self::F16),
            68 | 69 | 74 | 75 | 77 => Ok(Self::F32),
            70 | 71 => Ok(Self::F64),
            72 | 73 => Ok(Self::I32),
            _ => Err(Status::NOT_SUPPORTED),
        }
    }

    /// The type of alpha and beta.
    pub(crate) const fn scale(self) -> Element {
        match self {
            Self::F16 => Element::F16,
            Self::F32 => Element::F32,
            Self::F64 => Element::F64,
            Self::I32 => Element::I32,
        }
    }

    /// Whether cuBLAS has this product: factors of one type, a result of another (its documentation, table of cublasGemmEx).
    pub(crate) const fn takes(self, factor: Element, result: Element) -> bool {
        use Element::{Bf16, F16, F32, F64, I8, I32};
        match self {
            Self::F16 => matches!((factor, result), (F16, F16)),
            Self::F32 => matches!(
                (factor, result),
                (Bf16, Bf16 | F32) | (F16, F16 | F32) | (I8 | F32, F32)
            ),
            Self::F64 => matches!((factor, result), (F64, F64)),
            Self::I32 => matches!((factor, result), (I8, I32)),
        }
    }
}

/// A type we compute in: f32, or f64 for f64 and for integers, which it holds exactly.
pub(crate) trait Number: Copy {
    const ZERO: Self;
    fn from_f32(value: f32) -> Self;
    fn from_f64(value: f64) -> Self;
    fn to_f32(self) -> f32;
    fn to_f64(self) -> f64;
}

impl Number for f32 {
    const ZERO: Self = 0.0;
    fn from_f32(value: f32) -> Self {
        value
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding is what is wanted"
    )]
    fn from_f64(value: f64) -> Self {
        value as Self
    }
    fn to_f32(self) -> f32 {
        self
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Number for f64 {
    const ZERO: Self = 0.0;
    fn from_f32(value: f32) -> Self {
        Self::from(value)
    }
    fn from_f64(value: f64) -> Self {
        value
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding is what is wanted"
    )]
    fn to_f32(self) -> f32 {
        self as f32
    }
    fn to_f64(self) -> f64 {
        self
    }
}

/// Bytes of elements as numbers.
pub(crate) fn decode<T: Number>(bytes: &[u8], element: Element) -> Vec<T> {
    fn each<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = bytes.as_chunks::<N>();
        chunks.iter().map(|chunk| read(*chunk)).collect()
    }
    match element {
        Element::F32 => each(bytes, |four| T::from_f32(f32::from_le_bytes(four))),
        Element::F64 => each(bytes, |eight| T::from_f64(f64::from_le_bytes(eight))),
        Element::F16 => each(bytes, |two| T::from_f32(f16::from_le_bytes(two).to_f32())),
        Element::Bf16 => each(bytes, |two| T::from_f32(bf16::from_le_bytes(two).to_f32())),
        Element::I8 => each(bytes, |one| T::from_f32(f32::from(i8::from_le_bytes(one)))),
        Element::I32 => each(bytes, |four| {
            T::from_f64(f64::from(i32::from_le_bytes(four)))
        }),
    }
}

/// Numbers as bytes of elements, rounded to the nearest.
pub(crate) fn encode<T: Number>(numbers: &[T], element: Element, bytes: &mut [u8]) {
    fn each<const N: usize, T: Copy>(
        numbers: &[T],
        bytes: &mut [u8],
        write: impl Fn(T) -> [u8; N],
    ) {
        let (chunks, _) = bytes.as_chunks_mut::<N>();
        for (chunk, number) in chunks.iter_mut().zip(numbers) {
            *chunk = write(*number);
        }
    }
    match element {
        Element::F32 => each(numbers, bytes, |one| one.to_f32().to_le_bytes()),
        Element::F64 => each(numbers, bytes, |one| one.to_f64().to_le_bytes()),
        Element::F16 => each(numbers, bytes, |one| {
            f16::from_f32(one.to_f32()).to_le_bytes()
        }),
        Element::Bf16 => each(numbers, bytes, |one| {
            bf16::from_f32(one.to_f32()).to_le_bytes()
        }),
        Element::I8 => each(
            numbers,
            bytes,
            |one| [narrow(one.to_f64()).to_le_bytes()[0]],
        ),
        Element::I32 => each(numbers, bytes, |one| narrow(one.to_f64()).to_le_bytes()),
    }
}

/// An integer that a f64 holds, as 32 bits of it, as sums of integers overflow.
#[expect(clippy::cast_possible_truncation, reason = "overflow wraps")]
const fn narrow(value: f64) -> i32 {
    value as i64 as i32
}

#[cfg(test)]
mod tests {
    use super::{Compute, Element, decode, encode};

    #[test]
    fn every_type_keeps_what_it_can_hold() {
        for element in [
            Element::F32,
            Element::F64,
            Element::F16,
            Element::Bf16,
            Element::I8,
            Element::I32,
        ] {
            let numbers = [0.0_f64, 1.0, -2.0, 96.0];
            let mut bytes = vec![0; numbers.len() * element.size()];
            encode(&numbers, element, &mut bytes);
            assert_eq!(decode::<f64>(&bytes, element), numbers, "{element:?}");
        }
    }

    #[test]
    fn sixteen_bits_are_rounded_to_nearest_even() {
        let mut bytes = [0; 4];
        encode(&[2049.0_f32, 2051.0], Element::F16, &mut bytes);
        assert_eq!(decode::<f32>(&bytes, Element::F16), [2048.0, 2052.0]);
        encode(&[257.0_f32, 259.0], Element::Bf16, &mut bytes);
        assert_eq!(decode::<f32>(&bytes, Element::Bf16), [256.0, 260.0]);
    }

    #[test]
    fn products_that_cublas_has_not_are_not_taken() {
        assert!(Compute::F32.takes(Element::F16, Element::F32));
        assert!(!Compute::F16.takes(Element::F16, Element::F32));
        assert!(!Compute::F32.takes(Element::F32, Element::F16));
        assert!(Compute::of(78).is_err());
    }
}
