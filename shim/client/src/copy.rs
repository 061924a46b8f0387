//! How the driver wants a copy of rectangles and boxes described (cuda.h: `CUDA_MEMCPY2D_v2`, `CUDA_MEMCPY3D_v2`,
//! `CUDA_MEMCPY3D_PEER_v1`).

use crate::boundary::Handle;

/// Where memory is (`CUmemorytype`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Memory(pub u32);

impl Memory {
    /// The program's own.
    pub const HOST: Self = Self(1);
    /// A device's.
    pub const DEVICE: Self = Self(2);
    /// The driver finds out.
    pub const UNIFIED: Self = Self(4);
}

/// One side of a copy of rows.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Side2d {
    /// First byte in a row.
    pub x_bytes: usize,
    /// First row.
    pub y: usize,
    /// Which of the next three counts.
    pub memory: Memory,
    /// A host address.
    pub host: u64,
    /// A device address, or a unified one.
    pub device: u64,
    /// An array.
    pub array: Handle,
    /// Bytes from row to row.
    pub pitch: usize,
}

/// A copy of rows: `CUDA_MEMCPY2D_v2`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Copy2d {
    /// From here.
    pub from: Side2d,
    /// To here.
    pub to: Side2d,
    /// Bytes of a row.
    pub width_bytes: usize,
    /// Rows.
    pub height: usize,
}

/// One side of a copy of boxes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Side3d {
    /// First byte in a row.
    pub x_bytes: usize,
    /// First row in a slice.
    pub y: usize,
    /// First slice.
    pub z: usize,
    /// Level of detail; 0.
    pub level: usize,
    /// Which of the next three counts.
    pub memory: Memory,
    /// A host address.
    pub host: u64,
    /// A device address, or a unified one.
    pub device: u64,
    /// An array.
    pub array: Handle,
    /// Its context, for copies between devices; else NULL.
    pub context: Handle,
    /// Bytes from row to row.
    pub pitch: usize,
    /// Rows from slice to slice.
    pub height: usize,
}

/// A copy of boxes: `CUDA_MEMCPY3D_v2`, and `CUDA_MEMCPY3D_PEER_v1` with contexts.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Copy3d {
    /// From here.
    pub from: Side3d,
    /// To here.
    pub to: Side3d,
    /// Bytes of a row.
    pub width_bytes: usize,
    /// Rows of a slice.
    pub height: usize,
    /// Slices.
    pub depth: usize,
}

const _: () = {
    assert!(size_of::<Copy2d>() == 128);
    assert!(size_of::<Copy3d>() == 200);
};
