//! Device code as a program hands it over: a pointer without a length, or a file.

use std::ffi::CString;
use std::fs;
use std::sync::Arc;

use vgputrace_device::Code;
use vgputrace_device::device::Compute;
use vgputrace_device::image::{self, Kernel, Kind};

use crate::abi::In;

/// More than this is no image.
const LARGEST: u64 = 2 << 30;
/// The longest text.
const LONGEST: usize = 256 << 20;
/// What a fat binary's wrapper holds: magic number and version, where the fat binary is, and where its file name.
type Wrapper = [u64; 3];

/// The kernels of an image in memory that fit a device.
pub(crate) fn in_memory(start: In<u8>, compute: Compute) -> Result<Vec<Arc<Kernel>>, Code> {
    let kind = Kind::of(start.cast::<[u8; 4]>().get()?);
    let (start, bytes) = match kind {
        Kind::Wrapper => {
            let [_, fatbin, _] = start.cast::<Wrapper>().get()?;
            let inner = In::from_address(fatbin);
            if Kind::of(inner.cast::<[u8; 4]>().get()?) != Kind::Fatbin {
                return Err(Code::INVALID_IMAGE);
            }
            (inner, image::fatbin_length(inner.cast().get()?))
        }
        Kind::Fatbin => (start, image::fatbin_length(start.cast().get()?)),
        Kind::Cubin => (
            start,
            image::cubin_length(|offset, bytes| part(start, offset, bytes)),
        ),
        Kind::Ptx => (start, text_length(start)),
    };
    let bytes = bytes
        .filter(|bytes| *bytes <= LARGEST)
        .ok_or(Code::INVALID_IMAGE)?;
    let whole = start.slice(bytes)?;
    Ok(image::read(whole, compute)?.kernels)
}

/// The kernels of a file that fit a device.
pub(crate) fn in_file(path: &str, compute: Compute) -> Result<Vec<Arc<Kernel>>, Code> {
    let bytes = fs::read(path).map_err(|_| Code::FILE_NOT_FOUND)?;
    Ok(image::read(&bytes, compute)?.kernels)
}

/// A name that C can read.
pub(crate) fn c_name(kernel: &Kernel) -> CString {
    CString::new(kernel.name.as_str()).unwrap_or_default()
}

fn part(start: In<u8>, offset: u64, bytes: u64) -> Option<Vec<u8>> {
    if offset > LARGEST || bytes > LARGEST {
        return None;
    }
    let offset = usize::try_from(offset).ok()?;
    start.at(offset).slice(bytes).ok().map(<[u8]>::to_vec)
}

fn text_length(start: In<u8>) -> Option<u64> {
    (0..LONGEST)
        .find(|at| start.at(*at).get() == Ok(0))
        .map(|length| length as u64)
}
