//! Result codes of the driver, as the functions of this shim give them (`CUresult`).

use vgputrace_api::Names;

/// A `CUresult` that is not success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub i32);

impl Code {
    /// An argument makes no sense.
    pub const INVALID_VALUE: Self = Self(1);
    /// The quota or the host has no more memory.
    pub const OUT_OF_MEMORY: Self = Self(2);
    /// No cuInit in this process, or a fork since.
    pub const NOT_INITIALIZED: Self = Self(3);
    /// Not a driver but a library for linking.
    pub const STUB_LIBRARY: Self = Self(34);
    /// Nothing this process may use.
    pub const NO_DEVICE: Self = Self(100);
    /// No device of this number.
    pub const INVALID_DEVICE: Self = Self(101);
    /// Device code that cannot be read.
    pub const INVALID_IMAGE: Self = Self(200);
    /// The thread has no context, or it is gone.
    pub const INVALID_CONTEXT: Self = Self(201);
    /// A context's memory cannot be mapped.
    pub const MAP_FAILED: Self = Self(205);
    /// Device code without a part for this device.
    pub const NO_BINARY_FOR_GPU: Self = Self(209);
    /// Text of device code that makes no sense.
    pub const INVALID_PTX: Self = Self(218);
    /// A file is not there.
    pub const FILE_NOT_FOUND: Self = Self(301);
    /// The host refused.
    pub const OPERATING_SYSTEM: Self = Self(304);
    /// Not an object of this kind.
    pub const INVALID_HANDLE: Self = Self(400);
    /// No such name.
    pub const NOT_FOUND: Self = Self(500);
    /// Work is still under way.
    pub const NOT_READY: Self = Self(600);
    /// A primary context cannot change any more.
    pub const PRIMARY_CONTEXT_ACTIVE: Self = Self(708);
    /// Host memory is registered already.
    pub const HOST_MEMORY_ALREADY_REGISTERED: Self = Self(712);
    /// Host memory is not registered.
    pub const HOST_MEMORY_NOT_REGISTERED: Self = Self(713);
    /// This is not allowed here.
    pub const NOT_PERMITTED: Self = Self(800);
    /// This shim does not do that.
    pub const NOT_SUPPORTED: Self = Self(801);
    /// The system is not ready for CUDA: here, the configuration cannot be used.
    pub const SYSTEM_NOT_READY: Self = Self(802);
    /// Anything else.
    pub const UNKNOWN: Self = Self(999);

    /// A code by its number or its name in the header, of `names`.
    #[must_use]
    pub fn parse(text: &str, names: Names) -> Option<Self> {
        let number = match text.parse::<i32>() {
            Ok(number) => number,
            Err(_) => i32::try_from(names.number(text)?).ok()?,
        };
        Some(Self(number))
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use vgputrace_api::Names;

    #[test]
    fn the_numbers_are_those_of_the_header() {
        for (code, name) in [
            (Code::INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"),
            (Code::OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY"),
            (Code::NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"),
            (Code::STUB_LIBRARY, "CUDA_ERROR_STUB_LIBRARY"),
            (Code::NO_DEVICE, "CUDA_ERROR_NO_DEVICE"),
            (Code::INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"),
            (Code::INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"),
            (Code::INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"),
            (Code::MAP_FAILED, "CUDA_ERROR_MAP_FAILED"),
            (Code::NO_BINARY_FOR_GPU, "CUDA_ERROR_NO_BINARY_FOR_GPU"),
            (Code::INVALID_PTX, "CUDA_ERROR_INVALID_PTX"),
            (Code::FILE_NOT_FOUND, "CUDA_ERROR_FILE_NOT_FOUND"),
            (Code::OPERATING_SYSTEM, "CUDA_ERROR_OPERATING_SYSTEM"),
            (Code::INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"),
            (Code::NOT_FOUND, "CUDA_ERROR_NOT_FOUND"),
            (Code::NOT_READY, "CUDA_ERROR_NOT_READY"),
            (
                Code::PRIMARY_CONTEXT_ACTIVE,
                "CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE",
            ),
            (
                Code::HOST_MEMORY_ALREADY_REGISTERED,
                "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED",
            ),
            (
                Code::HOST_MEMORY_NOT_REGISTERED,
                "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED",
            ),
            (Code::NOT_PERMITTED, "CUDA_ERROR_NOT_PERMITTED"),
            (Code::NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED"),
            (Code::SYSTEM_NOT_READY, "CUDA_ERROR_SYSTEM_NOT_READY"),
            (Code::UNKNOWN, "CUDA_ERROR_UNKNOWN"),
        ] {
            assert_eq!(Code::parse(name, Names::CuResult), Some(code), "{name}");
        }
    }

    #[test]
    fn a_code_is_a_number_or_a_known_name() {
        assert_eq!(Code::parse("803", Names::CuResult), Some(Code(803)));
        assert_eq!(Code::parse("CUDA_ERROR_NOTHING", Names::CuResult), None);
    }
}
