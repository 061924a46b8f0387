//! `cudaDeviceProp`: the structures of CUDA 12 and 13, which differ, and where the driver has each field from.

mod structures_table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use vgputrace_client::functions_table::{
    cuDeviceGetAttribute, cuDeviceGetName, cuDeviceGetUuid_v2, cuDeviceTotalMem_v2,
};
use vgputrace_client::{Code, Out, Outcome};

use crate::context;

pub(crate) use structures_table::Properties;

/// A device to be asked.
struct Device(i32);

impl Device {
    /// One attribute; 0 when the driver does not know it, as drivers older than the field do.
    fn attribute(&self, number: i32) -> Result<i32, Code> {
        let mut value = 0;
        match cuDeviceGetAttribute(Out::to(&mut value), number, self.0) {
            Ok(()) => Ok(value),
            Err(Code::INVALID_VALUE | Code::NOT_SUPPORTED) => Ok(0),
            Err(code) => Err(code),
        }
    }
}

/// A field made of attributes.
trait Field: Sized {
    fn ask(device: &Device, attributes: &[i32]) -> Result<Self, Code>;
}

impl Field for i32 {
    fn ask(device: &Device, attributes: &[i32]) -> Result<Self, Code> {
        let number = attributes.first().ok_or(Code::UNKNOWN)?;
        device.attribute(*number)
    }
}

impl Field for u32 {
    fn ask(device: &Device, attributes: &[i32]) -> Result<Self, Code> {
        i32::ask(device, attributes).map(i32::cast_unsigned)
    }
}

impl Field for usize {
    fn ask(device: &Device, attributes: &[i32]) -> Result<Self, Code> {
        // The driver's attribute is an int that says "no limit" by its greatest value.
        i32::ask(device, attributes).map(|value| Self::try_from(value).unwrap_or(0))
    }
}

impl<const N: usize> Field for [i32; N] {
    fn ask(device: &Device, attributes: &[i32]) -> Result<Self, Code> {
        let mut values = [0; N];
        for (value, number) in values.iter_mut().zip(attributes) {
            *value = device.attribute(*number)?;
        }
        Ok(values)
    }
}

/// Declares a structure: first what is asked in another way, then each field with its attributes (CUdevice_attribute), then what is kept 0.
macro_rules! structure {
    (
        $(#[$meta:meta])* $name:ident, $fields:ident;
        own { $($own:ident: $own_type:ty;)* }
        ask { $($field:ident: $type:ty = $($number:literal)+;)* }
        zero { $zero:ident: $zero_type:ty; }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        #[repr(C)]
        #[expect(non_snake_case, reason = "the names of driver_types.h")]
        pub(crate) struct $name {
            $($own: $own_type,)*
            $($field: $type,)*
            $zero: $zero_type,
        }

        impl $name {
            /// Asks the driver.
            pub(crate) fn of(ordinal: i32) -> Result<Self, Code> {
                let device = Device(context::device(ordinal)?);
                let identity = Identity::of(&device)?;
                Ok(Self {
                    $($own: identity.$own,)*
                    $($field: Field::ask(&device, &[$($number),+])?,)*
                    $zero: [0; _],
                })
            }
        }

        /// Name, offset and size of each field.
        #[cfg(test)]
        pub(super) const $fields: &[(&str, usize, usize)] = &[
            $((stringify!($own), std::mem::offset_of!($name, $own), size_of::<$own_type>()),)*
            $((stringify!($field), std::mem::offset_of!($name, $field), size_of::<$type>()),)*
        ];
    };
}

use structure;

/// What is no attribute.
#[expect(non_snake_case, reason = "the names of driver_types.h")]
struct Identity {
    name: [u8; 256],
    uuid: [u8; 16],
    luid: [u8; 8],
    luidDeviceNodeMask: u32,
    totalGlobalMem: usize,
}

impl Identity {
    fn of(device: &Device) -> Result<Self, Code> {
        let mut own = Self {
            name: [0; 256],
            uuid: [0; 16],
            // Only Windows has one.
            luid: [0; 8],
            luidDeviceNodeMask: 0,
            totalGlobalMem: 0,
        };
        cuDeviceGetName(Out::to_all(&mut own.name), 256, device.0)?;
        cuDeviceTotalMem_v2(Out::to(&mut own.totalGlobalMem), device.0)?;
        // Drivers older than the function have no UUID to give.
        match cuDeviceGetUuid_v2(Out::to(&mut own.uuid), device.0) {
            Ok(()) | Err(Code::NEEDS_NEWER_DRIVER) => {}
            Err(code) => return Err(code),
        }
        Ok(own)
    }
}

/// What was asked, by device. It does not change, and programs ask again and again.
static KNOWN: Mutex<BTreeMap<i32, Properties>> = Mutex::new(BTreeMap::new());

/// The properties of a device.
fn known(ordinal: i32) -> Result<Properties, Code> {
    // Also when it is known already: the driver may have gone, as in a forked child.
    context::device(ordinal)?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(properties) = known.get(&ordinal) {
        return Ok(*properties);
    }
    let properties = Properties::of(ordinal)?;
    known.insert(ordinal, properties);
    Ok(properties)
}

/// `cudaGetDeviceProperties`, in the layout of this series.
pub(crate) fn store(to: Out<Properties>, ordinal: i32) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    to.set(known(ordinal)?)
}

/// `sizeof (struct cudaDeviceProp)` of CUDA 11.
#[cfg(cuda12)]
const OLD: usize = 728;

/// What a program of CUDA 11 knows of the structure: its beginning.
#[cfg(cuda12)]
pub(crate) type Beginning = std::mem::MaybeUninit<[u8; OLD]>;

/// `cudaGetDeviceProperties` of libcudart.so.12, whose programs of CUDA 12 call it `_v2`.
#[cfg(cuda12)]
pub(crate) fn store_beginning(to: Out<Beginning>, ordinal: i32) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    let all = known(ordinal)?;
    // SAFETY: any bytes are a value of that type, padding too, and it is the shorter of the two.
    to.set(unsafe { std::mem::transmute_copy(&all) })
}
