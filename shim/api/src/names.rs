//! Numbers with names: result codes, attributes, flags.
//!
//! Names and values of CUDA and NVML are generated; those of HIP, Vulkan and a few constants that no header of the
//! wheels has as an enumeration stand in `annotated`.

use crate::annotated::{codes, cublas, hip, vulkan};
use crate::generated::enums;

/// A number and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Value; enumerations of these interfaces are 32 bits wide.
    pub number: i64,
    /// Name, as in the interface's documents.
    pub name: &'static str,
}

macro_rules! names {
    ($($(#[$doc:meta])* $id:ident $c:literal $list:expr,)*) => {
        /// Which enumeration a number is of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Names {
            $($(#[$doc])* $id,)*
        }

        impl Names {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// The type's name in C.
            #[must_use]
            pub const fn c_name(self) -> &'static str {
                match self { $(Self::$id => $c,)* }
            }

            /// Its names, in order of their numbers.
            #[must_use]
            pub const fn list(self) -> &'static [Name] {
                match self { $(Self::$id => $list,)* }
            }
        }
    };
}

names! {
    /// Result of every driver function.
    CuResult "CUresult" enums::CU_RESULT,
    /// What can be asked of a device.
    CuDeviceAttribute "CUdevice_attribute" enums::CU_DEVICE_ATTRIBUTE,
    /// Flags of a context.
    CuCtxFlags "CUctx_flags" enums::CU_CTX_FLAGS,
    /// Limits of a context.
    CuLimit "CUlimit" enums::CU_LIMIT,
    /// Cache preference.
    CuFuncCache "CUfunc_cache" enums::CU_FUNC_CACHE,
    /// Width of shared memory's banks.
    CuSharedConfig "CUsharedconfig" enums::CU_SHARED_CONFIG,
    /// Who may use a device.
    CuComputeMode "CUcomputemode" enums::CU_COMPUTE_MODE,
    /// Attributes of a kernel.
    CuFunctionAttribute "CUfunction_attribute" enums::CU_FUNCTION_ATTRIBUTE,
    /// Attributes of a pointer.
    CuPointerAttribute "CUpointer_attribute" enums::CU_POINTER_ATTRIBUTE,
    /// Options of the compiler inside the driver.
    CuJitOption "CUjit_option" enums::CU_JIT_OPTION,
    /// Kinds of images the linker takes.
    CuJitInputType "CUjitInputType" enums::CU_JIT_INPUT_TYPE,
    /// Options of loading a library.
    CuLibraryOption "CUlibraryOption" enums::CU_LIBRARY_OPTION,
    /// When kernels of a module are loaded.
    CuModuleLoadingMode "CUmoduleLoadingMode" enums::CU_MODULE_LOADING_MODE,
    /// How a look-up of an entry point ended.
    CuProcAddressResult "CUdriverProcAddressQueryResult" enums::CU_PROC_ADDRESS_RESULT,
    /// Which variant of an entry point is asked for.
    CuProcAddressFlags "CUdriverProcAddress_flags" enums::CU_PROC_ADDRESS_FLAGS,
    /// Which size of a block is asked for.
    CuMemGranularity "CUmemAllocationGranularity_flags" enums::CU_MEM_GRANULARITY,
    /// Flags of a stream.
    CuStreamFlags "CUstream_flags" enums::CU_STREAM_FLAGS,
    /// Flags of an event.
    CuEventFlags "CUevent_flags" enums::CU_EVENT_FLAGS,
    /// What a capture does with calls of other threads.
    CuCaptureMode "CUstreamCaptureMode" enums::CU_CAPTURE_MODE,
    /// How far a stream's capture is.
    CuCaptureStatus "CUstreamCaptureStatus" enums::CU_CAPTURE_STATUS,
    /// Resources that contexts may get a share of.
    CuExecAffinity "CUexecAffinityType" enums::CU_EXEC_AFFINITY,
    /// Result of every runtime function.
    CudaError "cudaError_t" enums::CUDA_ERROR,
    /// What can be asked of a device through the runtime.
    CudaDeviceAttribute "cudaDeviceAttr" enums::CUDA_DEVICE_ATTRIBUTE,
    /// Direction of a copy through the runtime.
    CudaMemcpyKind "cudaMemcpyKind" enums::CUDA_MEMCPY_KIND,
    /// Result of every NVML function.
    NvmlReturn "nvmlReturn_t" enums::NVML_RETURN,
    /// Product line.
    NvmlBrand "nvmlBrandType_t" enums::NVML_BRAND,
    /// Who may use a device.
    NvmlComputeMode "nvmlComputeMode_t" enums::NVML_COMPUTE_MODE,
    /// On or off.
    NvmlEnableState "nvmlEnableState_t" enums::NVML_ENABLE_STATE,
    /// Where a temperature is taken.
    NvmlTemperatureSensor "nvmlTemperatureSensors_t" enums::NVML_TEMPERATURE_SENSOR,
    /// Which clock.
    NvmlClock "nvmlClockType_t" enums::NVML_CLOCK,
    /// Result of every cuBLAS function.
    CublasStatus "cublasStatus_t" cublas::STATUS,
    /// Result of every HIP function.
    HipError "hipError_t" hip::ERRORS,
    /// Result of every Vulkan function.
    VkResult "VkResult" vulkan::RESULTS,
}

impl Names {
    /// The name of a number.
    #[must_use]
    pub fn name(self, number: i64) -> Option<&'static str> {
        let list = self.list();
        let at = list
            .binary_search_by_key(&number, |name| name.number)
            .ok()?;
        list.get(at).map(|name| name.name)
    }

    /// The number of a name.
    #[must_use]
    pub fn number(self, name: &str) -> Option<i64> {
        self.list()
            .iter()
            .find(|entry| entry.name == name)
            .map(|entry| entry.number)
    }

    /// What a result code that occurs while GPUs are looked for means, in our own words. None for other enumerations
    /// and for codes without a note.
    #[must_use]
    pub fn meaning(self, number: i64) -> Option<&'static str> {
        let list = match self {
            Self::CuResult => codes::CU_RESULT,
            Self::CudaError => codes::CUDA_ERROR,
            Self::NvmlReturn => codes::NVML_RETURN,
            Self::CublasStatus => codes::CUBLAS_STATUS,
            Self::HipError => codes::HIP_ERROR,
            Self::VkResult => codes::VK_RESULT,
            _ => &[],
        };
        list.iter()
            .find(|entry| entry.0 == number)
            .map(|entry| entry.1)
    }
}
