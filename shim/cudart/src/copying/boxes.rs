//! Copies of boxes, on a device and between devices. Arrays are not supported.

use vgputrace_client::copy::{Copy3d, Memory, Side3d};
use vgputrace_client::functions_table::{
    cuMemcpy3D_v2, cuMemcpy3DAsync_v2, cuMemcpy3DPeer, cuMemcpy3DPeerAsync,
};
use vgputrace_client::{Code, Handle, In, Outcome};

use super::Kind;
use crate::context::{bind, primary};
use crate::memory::{Extent, Pitched};

/// `struct cudaPos`: bytes, rows, slices.
#[derive(Clone, Copy)]
#[repr(C)]
struct Position {
    x: usize,
    y: usize,
    z: usize,
}

/// `struct cudaMemcpy3DParms`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct BoxCopy {
    from_array: Handle,
    from_position: Position,
    from: Pitched,
    to_array: Handle,
    to_position: Position,
    to: Pitched,
    extent: Extent,
    kind: i32,
}

/// `struct cudaMemcpy3DPeerParms`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct PeerBoxCopy {
    from_array: Handle,
    from_position: Position,
    from: Pitched,
    from_device: i32,
    to_array: Handle,
    to_position: Position,
    to: Pitched,
    to_device: i32,
    extent: Extent,
}

const _: () = {
    assert!(size_of::<BoxCopy>() == 160);
    assert!(size_of::<PeerBoxCopy>() == 168);
};

fn side(at: Pitched, position: Position, memory: Memory) -> Side3d {
    let mut side = Side3d {
        x_bytes: position.x,
        y: position.y,
        z: position.z,
        memory,
        pitch: at.pitch,
        height: at.height,
        ..Side3d::default()
    };
    if memory == Memory::HOST {
        side.host = at.address;
    } else {
        side.device = at.address;
    }
    side
}

fn whole(from: Side3d, to: Side3d, extent: Extent) -> Copy3d {
    Copy3d {
        from,
        to,
        width_bytes: extent.width,
        height: extent.height,
        depth: extent.depth,
    }
}

const fn no_arrays(one: Handle, other: Handle) -> Outcome {
    if one.0.is_null() && other.0.is_null() {
        Ok(())
    } else {
        Err(Code::NOT_SUPPORTED)
    }
}

const fn is_empty(extent: Extent) -> bool {
    extent.width == 0 || extent.height == 0 || extent.depth == 0
}

impl BoxCopy {
    /// As the driver wants it; nothing when there is nothing to copy.
    fn describe(self) -> Result<Option<Copy3d>, Code> {
        no_arrays(self.from_array, self.to_array)?;
        let (from, to) = Kind::of(self.kind)?.memory();
        let from = side(self.from, self.from_position, from);
        let to = side(self.to, self.to_position, to);
        Ok((!is_empty(self.extent)).then(|| whole(from, to, self.extent)))
    }
}

impl PeerBoxCopy {
    fn describe(self) -> Result<Option<Copy3d>, Code> {
        no_arrays(self.from_array, self.to_array)?;
        let mut from = side(self.from, self.from_position, Memory::DEVICE);
        let mut to = side(self.to, self.to_position, Memory::DEVICE);
        from.context = primary(self.from_device)?;
        to.context = primary(self.to_device)?;
        Ok((!is_empty(self.extent)).then(|| whole(from, to, self.extent)))
    }
}

/// `cudaMemcpy3D`.
pub(crate) fn boxes(copy: In<BoxCopy>) -> Outcome {
    let copy = copy.get()?;
    bind()?;
    let copy = copy.describe()?;
    copy.map_or(Ok(()), |copy| cuMemcpy3D_v2(In::from(&copy)))
}

/// `cudaMemcpy3DAsync`.
pub(crate) fn boxes_in_order(copy: In<BoxCopy>, stream: Handle) -> Outcome {
    let copy = copy.get()?;
    bind()?;
    let copy = copy.describe()?;
    copy.map_or(Ok(()), |copy| cuMemcpy3DAsync_v2(In::from(&copy), stream))
}

/// `cudaMemcpy3DPeer`.
pub(crate) fn between_devices(copy: In<PeerBoxCopy>) -> Outcome {
    let copy = copy.get()?;
    bind()?;
    let copy = copy.describe()?;
    copy.map_or(Ok(()), |copy| cuMemcpy3DPeer(In::from(&copy)))
}

/// `cudaMemcpy3DPeerAsync`.
pub(crate) fn between_devices_in_order(copy: In<PeerBoxCopy>, stream: Handle) -> Outcome {
    let copy = copy.get()?;
    bind()?;
    let copy = copy.describe()?;
    copy.map_or(Ok(()), |copy| cuMemcpy3DPeerAsync(In::from(&copy), stream))
}
