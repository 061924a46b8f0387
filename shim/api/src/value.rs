//! Types of arguments, outputs and results: what stands in a register and what lies behind a pointer.
//!
//! A header does not say which pointers are outputs, so outputs occur in tables written by hand only; in generated ones
//! a pointer to something constant is an input and any other is just a pointer.

use crate::layout::Struct;
use crate::names::Names;

/// Type and direction of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Nothing (a function without result).
    Void,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// A pointer or handle, or an address in a device's memory.
    Pointer,
    /// Points to what the function reads; how much is not known.
    Input,
    /// A string the function reads.
    Str,
    /// `mode` of dlopen: RTLD_* bits.
    DlopenMode,
    /// `handle` of dlsym: RTLD_DEFAULT, RTLD_NEXT or a handle.
    DlHandle,
    /// `ggml_log_level`.
    LogLevel,
    /// An errno, 0 for none.
    Errno,
    /// A number with names.
    Enum(Names),
    /// Bits with names (32 of them).
    Flags(Names),
    /// An object of the interface.
    Handle(Handle),
    /// A version as CUDA writes it: 1000 * major + 10 * minor.
    CudaVersion,
    /// A floating point number: in a vector register, so it takes none of the six.
    Float,
    /// A structure of 9 to 16 bytes by value: takes two of the six registers.
    Pair,
    /// A structure above 16 bytes by value: on the stack, so it takes none of the six.
    OnStack,
    /// Points to where the function writes 32 bits.
    OutI32,
    /// Points to where the function writes 32 bits, unsigned.
    OutU32,
    /// Points to where the function writes 64 bits.
    OutU64,
    /// Points to where the function writes a pointer, or an address in a device's memory.
    OutPointer,
    /// Points to where the function writes a number with names (32 bits).
    OutEnum(Names),
    /// Points to where the function writes an object.
    OutHandle(Handle),
    /// Points to where the function writes a version (32 bits).
    OutCudaVersion,
    /// Points to a buffer for text; its size in bytes is the argument of this index, counted from 0.
    OutText(u8),
    /// Points to a structure the function reads.
    InStruct(Struct),
    /// Points to a structure the function fills.
    OutStruct(Struct),
}

/// How many bytes lie behind a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// This many.
    Bytes(u16),
    /// At most as many as the argument of this index says, counted from 0; text ends at a NUL.
    Argument(u8),
}

impl Type {
    /// The argument is a string to read at entry.
    #[must_use]
    pub const fn is_string(self) -> bool {
        matches!(self, Self::Str)
    }

    /// Bytes to read behind the pointer when the function comes back, where one register holds them.
    #[must_use]
    pub const fn out_size(self) -> Option<u8> {
        match self {
            Self::OutI32 | Self::OutU32 | Self::OutEnum(_) | Self::OutCudaVersion => Some(4),
            Self::OutU64 | Self::OutPointer => Some(8),
            Self::OutHandle(handle) => Some(handle.width()),
            _ => None,
        }
    }

    /// How much to read behind the pointer when the function comes back: all outputs, texts and structures too.
    #[must_use]
    pub const fn output(self) -> Option<Size> {
        match self {
            Self::OutText(length) => Some(Size::Argument(length)),
            Self::OutStruct(of) => Some(Size::Bytes(of.layout().size)),
            _ => match self.out_size() {
                Some(bytes) => Some(Size::Bytes(bytes as u16)),
                None => None,
            },
        }
    }

    /// How much to read behind the pointer at entry, where it is no string.
    #[must_use]
    pub const fn input(self) -> Option<Size> {
        match self {
            Self::InStruct(of) => Some(Size::Bytes(of.layout().size)),
            _ => None,
        }
    }

    /// Bytes of the register that count: the upper half of a 32-bit value's register may hold anything.
    #[must_use]
    pub const fn width(self) -> u8 {
        match self {
            Self::Void => 0,
            Self::I32
            | Self::U32
            | Self::DlopenMode
            | Self::LogLevel
            | Self::Errno
            | Self::CudaVersion
            | Self::Enum(_)
            | Self::Flags(_) => 4,
            Self::Handle(handle) => handle.width(),
            _ => 8,
        }
    }

    /// How many of the six argument registers it takes (System V ABI for x86-64).
    #[must_use]
    pub const fn registers(self) -> u8 {
        match self {
            Self::Void | Self::Float | Self::OnStack => 0,
            Self::Pair => 2,
            _ => 1,
        }
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $width:literal,)*) => {
        /// Objects an interface hands out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Handle {
            $($(#[$doc])* $name,)*
        }

        impl Handle {
            /// The word an object's number follows when it is shown, as in `ctx#1`.
            #[must_use]
            pub const fn prefix(self) -> &'static str {
                match self { $(Self::$name => $prefix,)* }
            }

            /// Its size in bytes.
            #[must_use]
            pub const fn width(self) -> u8 {
                match self { $(Self::$name => $width,)* }
            }
        }
    };
}

handles! {
    /// `CUdevice`, `hipDevice_t`: the number is the device's ordinal.
    Device "dev" 4,
    /// `CUcontext`.
    Context "ctx" 8,
    /// `CUgreenCtx`.
    GreenContext "green" 8,
    /// `CUmodule`.
    Module "module" 8,
    /// `CUfunction`.
    Function "function" 8,
    /// `CUlibrary`.
    Library "library" 8,
    /// `CUkernel`.
    Kernel "kernel" 8,
    /// `CUstream`: 0, 1 and 2 are the default, the legacy and the per-thread one.
    Stream "stream" 8,
    /// `CUevent`.
    Event "event" 8,
    /// `CUgraph`.
    Graph "graph" 8,
    /// `CUgraphNode`.
    GraphNode "node" 8,
    /// `CUgraphExec`.
    GraphExec "exec" 8,
    /// `CUmemoryPool`.
    MemoryPool "pool" 8,
    /// `CUarray`, `CUmipmappedArray`.
    Array "array" 8,
    /// `CUlinkState`.
    Linker "linker" 8,
    /// `nvmlDevice_t`.
    NvmlDevice "nvml-dev" 8,
    /// `VkInstance`.
    VkInstance "instance" 8,
    /// `VkPhysicalDevice`.
    VkPhysicalDevice "gpu" 8,
    /// `VkDevice`.
    VkDevice "device" 8,
}
