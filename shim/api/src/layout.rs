//! Layout of the small structures that calls read or fill, on x86-64 Linux.

/// A structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The type's name in C.
    pub c_name: &'static str,
    /// Bytes to read. Where `partial`, the structure goes on behind them.
    pub size: u16,
    /// Only the head is described: the rest differs between versions and matters to nobody here.
    pub partial: bool,
    /// Its fields that matter, in order of their offsets.
    pub fields: &'static [Field],
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, as in C.
    pub name: &'static str,
    /// Bytes from the structure's start.
    pub offset: u16,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// A pointer.
    Pointer,
    /// Text in a buffer of this many bytes, ended by a NUL.
    Text(u16),
    /// This many bytes without structure.
    Bytes(u16),
}

impl FieldKind {
    /// Its size in bytes.
    #[must_use]
    pub const fn size(self) -> u16 {
        match self {
            Self::I32 | Self::U32 => 4,
            Self::U64 | Self::Pointer => 8,
            Self::Text(size) | Self::Bytes(size) => size,
        }
    }
}

const fn field(name: &'static str, offset: u16, kind: FieldKind) -> Field {
    Field { name, offset, kind }
}

/// The structures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Struct {
    /// `CUuuid`: a device's UUID, or the name of a hidden table.
    Uuid,
    /// `CUdevprop`.
    CuDevprop,
    /// `cudaDeviceProp`, the head that is the same in the runtimes 11, 12 and 13.
    CudaDeviceProp,
    /// `nvmlPciInfo_t` since NVML's third version of it.
    NvmlPciInfo,
    /// `nvmlMemory_t`.
    NvmlMemory,
    /// `nvmlMemory_v2_t`.
    NvmlMemoryV2,
    /// `nvmlUtilization_t`.
    NvmlUtilization,
    /// `VkInstanceCreateInfo`.
    VkInstanceCreateInfo,
    /// `VkPhysicalDeviceProperties`, its head.
    VkPhysicalDeviceProperties,
}

impl Struct {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Uuid,
        Self::CuDevprop,
        Self::CudaDeviceProp,
        Self::NvmlPciInfo,
        Self::NvmlMemory,
        Self::NvmlMemoryV2,
        Self::NvmlUtilization,
        Self::VkInstanceCreateInfo,
        Self::VkPhysicalDeviceProperties,
    ];

    /// Its layout.
    #[must_use]
    pub const fn layout(self) -> &'static Layout {
        match self {
            Self::Uuid => &UUID,
            Self::CuDevprop => &CU_DEVPROP,
            Self::CudaDeviceProp => &CUDA_DEVICE_PROP,
            Self::NvmlPciInfo => &NVML_PCI_INFO,
            Self::NvmlMemory => &NVML_MEMORY,
            Self::NvmlMemoryV2 => &NVML_MEMORY_V2,
            Self::NvmlUtilization => &NVML_UTILIZATION,
            Self::VkInstanceCreateInfo => &VK_INSTANCE_CREATE_INFO,
            Self::VkPhysicalDeviceProperties => &VK_PHYSICAL_DEVICE_PROPERTIES,
        }
    }
}

static UUID: Layout = Layout {
    c_name: "CUuuid",
    size: 16,
    partial: false,
    fields: &[field("bytes", 0, FieldKind::Bytes(16))],
};

static CU_DEVPROP: Layout = Layout {
    c_name: "CUdevprop",
    size: 56,
    partial: false,
    fields: &[
        field("maxThreadsPerBlock", 0, FieldKind::I32),
        field("sharedMemPerBlock", 28, FieldKind::I32),
        field("totalConstantMemory", 32, FieldKind::I32),
        field("SIMDWidth", 36, FieldKind::I32),
        field("memPitch", 40, FieldKind::I32),
        field("regsPerBlock", 44, FieldKind::I32),
        field("clockRate", 48, FieldKind::I32),
        field("textureAlign", 52, FieldKind::I32),
    ],
};

static CUDA_DEVICE_PROP: Layout = Layout {
    c_name: "struct cudaDeviceProp",
    size: 368,
    partial: true,
    fields: &[
        field("name", 0, FieldKind::Text(256)),
        field("uuid", 256, FieldKind::Bytes(16)),
        field("totalGlobalMem", 288, FieldKind::U64),
        field("sharedMemPerBlock", 296, FieldKind::U64),
        field("warpSize", 308, FieldKind::I32),
        field("maxThreadsPerBlock", 320, FieldKind::I32),
        field("major", 360, FieldKind::I32),
        field("minor", 364, FieldKind::I32),
    ],
};

static NVML_PCI_INFO: Layout = Layout {
    c_name: "nvmlPciInfo_t",
    size: 68,
    partial: false,
    fields: &[
        field("busIdLegacy", 0, FieldKind::Text(16)),
        field("domain", 16, FieldKind::U32),
        field("bus", 20, FieldKind::U32),
        field("device", 24, FieldKind::U32),
        field("pciDeviceId", 28, FieldKind::U32),
        field("pciSubSystemId", 32, FieldKind::U32),
        field("busId", 36, FieldKind::Text(32)),
    ],
};

static NVML_MEMORY: Layout = Layout {
    c_name: "nvmlMemory_t",
    size: 24,
    partial: false,
    fields: &[
        field("total", 0, FieldKind::U64),
        field("free", 8, FieldKind::U64),
        field("used", 16, FieldKind::U64),
    ],
};

static NVML_MEMORY_V2: Layout = Layout {
    c_name: "nvmlMemory_v2_t",
    size: 40,
    partial: false,
    fields: &[
        field("version", 0, FieldKind::U32),
        field("total", 8, FieldKind::U64),
        field("reserved", 16, FieldKind::U64),
        field("free", 24, FieldKind::U64),
        field("used", 32, FieldKind::U64),
    ],
};

static NVML_UTILIZATION: Layout = Layout {
    c_name: "nvmlUtilization_t",
    size: 8,
    partial: false,
    fields: &[
        field("gpu", 0, FieldKind::U32),
        field("memory", 4, FieldKind::U32),
    ],
};

// Vulkan: vulkan_core.h; its layout is part of the interface's stability promise.
static VK_INSTANCE_CREATE_INFO: Layout = Layout {
    c_name: "VkInstanceCreateInfo",
    size: 64,
    partial: false,
    fields: &[
        field("flags", 16, FieldKind::U32),
        field("pApplicationInfo", 24, FieldKind::Pointer),
        field("enabledLayerCount", 32, FieldKind::U32),
        field("ppEnabledLayerNames", 40, FieldKind::Pointer),
        field("enabledExtensionCount", 48, FieldKind::U32),
        field("ppEnabledExtensionNames", 56, FieldKind::Pointer),
    ],
};

static VK_PHYSICAL_DEVICE_PROPERTIES: Layout = Layout {
    c_name: "VkPhysicalDeviceProperties",
    size: 276,
    partial: true,
    fields: &[
        field("apiVersion", 0, FieldKind::U32),
        field("driverVersion", 4, FieldKind::U32),
        field("vendorID", 8, FieldKind::U32),
        field("deviceID", 12, FieldKind::U32),
        field("deviceType", 16, FieldKind::U32),
        field("deviceName", 20, FieldKind::Text(256)),
    ],
};
