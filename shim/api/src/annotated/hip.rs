//! HIP's functions that find, choose and start a device. Signatures: hip_runtime_api.h. Its library is C++ and calls back into
//! itself, so returns are seen at `ret` instructions.

use crate::annotated::calls;
use crate::layout::Struct;
use crate::names::{Name, Names};
use crate::value::Handle;

/// The codes of `hipError_t` that occur while GPUs are looked for (hip_runtime_api.h).
pub(crate) const ERRORS: &[Name] = &[
    Name {
        number: 0,
        name: "hipSuccess",
    },
    Name {
        number: 1,
        name: "hipErrorInvalidValue",
    },
    Name {
        number: 2,
        name: "hipErrorOutOfMemory",
    },
    Name {
        number: 3,
        name: "hipErrorNotInitialized",
    },
    Name {
        number: 4,
        name: "hipErrorDeinitialized",
    },
    Name {
        number: 35,
        name: "hipErrorInsufficientDriver",
    },
    Name {
        number: 98,
        name: "hipErrorInvalidDeviceFunction",
    },
    Name {
        number: 100,
        name: "hipErrorNoDevice",
    },
    Name {
        number: 101,
        name: "hipErrorInvalidDevice",
    },
    Name {
        number: 200,
        name: "hipErrorInvalidImage",
    },
    Name {
        number: 201,
        name: "hipErrorInvalidContext",
    },
    Name {
        number: 209,
        name: "hipErrorNoBinaryForGpu",
    },
    Name {
        number: 301,
        name: "hipErrorFileNotFound",
    },
    Name {
        number: 302,
        name: "hipErrorSharedObjectSymbolNotFound",
    },
    Name {
        number: 303,
        name: "hipErrorSharedObjectInitFailed",
    },
    Name {
        number: 304,
        name: "hipErrorOperatingSystem",
    },
    Name {
        number: 500,
        name: "hipErrorNotFound",
    },
    Name {
        number: 600,
        name: "hipErrorNotReady",
    },
    Name {
        number: 700,
        name: "hipErrorIllegalAddress",
    },
    Name {
        number: 719,
        name: "hipErrorLaunchFailure",
    },
    Name {
        number: 801,
        name: "hipErrorNotSupported",
    },
    Name {
        number: 999,
        name: "hipErrorUnknown",
    },
];

calls! {
    "hip", Sites;
    "give a device's architecture in two numbers"
    hipDeviceComputeCapability [(major: OutI32), (minor: OutI32), (device: Handle(Handle::Device))] (Enum(Names::HipError)) (NonZero);
    "take a device by its number"
    hipDeviceGet [(device: OutHandle(Handle::Device)), (ordinal: I32)] (Enum(Names::HipError)) (NonZero);
    "ask for one property of a device"
    hipDeviceGetAttribute [(pi: OutI32), (attr: I32), (deviceId: I32)] (Enum(Names::HipError)) (NonZero);
    "give a device's name"
    hipDeviceGetName [(name: OutText(1)), (len: I32), (device: Handle(Handle::Device))] (Enum(Names::HipError)) (NonZero);
    "give a device's place on the PCI bus"
    hipDeviceGetPCIBusId [(pciBusId: OutText(1)), (len: I32), (device: I32)] (Enum(Names::HipError)) (NonZero);
    "give a device's UUID"
    hipDeviceGetUuid [(uuid: OutStruct(Struct::Uuid)), (device: Handle(Handle::Device))] (Enum(Names::HipError)) (NonZero);
    "take the shared context of a device"
    hipDevicePrimaryCtxRetain [(pctx: OutHandle(Handle::Context)), (dev: Handle(Handle::Device))] (Enum(Names::HipError)) (NonZero);
    "give a device's memory in bytes"
    hipDeviceTotalMem [(bytes: OutU64), (device: Handle(Handle::Device))] (Enum(Names::HipError)) (NonZero);
    "give the driver's version as HIP counts"
    hipDriverGetVersion [(driverVersion: OutI32)] (Enum(Names::HipError)) (NonZero);
    "give the thread's device"
    hipGetDevice [(deviceId: OutI32)] (Enum(Names::HipError)) (NonZero);
    "count the devices"
    hipGetDeviceCount [(count: OutI32)] (Enum(Names::HipError)) (NonZero);
    "ask for all properties of a device (old layout)"
    hipGetDeviceProperties [(prop: Pointer), (deviceId: I32)] (Enum(Names::HipError)) (NonZero);
    "ask for all properties of a device, in the layout since ROCm 6.0"
    hipGetDevicePropertiesR0600 [(prop: Pointer), (deviceId: I32)] (Enum(Names::HipError)) (NonZero);
    "give a result code's name"
    hipGetErrorName [(hip_error: Enum(Names::HipError))] (Str) (Null);
    "give a result code's text"
    hipGetErrorString [(hipError: Enum(Names::HipError))] (Str) (Null);
    "give the thread's last error and forget it"
    hipGetLastError [] (Enum(Names::HipError)) (NonZero);
    "start HIP"
    hipInit [(flags: U32)] (Enum(Names::HipError)) (NonZero);
    "take device memory"
    hipMalloc [(ptr: OutPointer), (size: U64)] (Enum(Names::HipError)) (NonZero);
    "give free and total memory of the thread's device"
    hipMemGetInfo [(free: OutU64), (total: OutU64)] (Enum(Names::HipError)) (NonZero);
    "load device code from memory"
    hipModuleLoadData [(module: OutHandle(Handle::Module)), (image: Input)] (Enum(Names::HipError)) (NonZero);
    "give the thread's last error and keep it"
    hipPeekAtLastError [] (Enum(Names::HipError)) (NonZero);
    "give the runtime's version as HIP counts"
    hipRuntimeGetVersion [(runtimeVersion: OutI32)] (Enum(Names::HipError)) (NonZero);
    "choose the thread's device"
    hipSetDevice [(deviceId: I32)] (Enum(Names::HipError)) (NonZero);
}
