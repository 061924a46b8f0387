//! NVML's start and the queries that programs make to find GPUs, with the direction of every pointer.

use crate::annotated::calls;
use crate::layout::Struct;
use crate::names::Names;
use crate::value::Handle;

calls! {
    "nvml", Probe;
    "give a device's architecture"
    nvmlDeviceGetArchitecture [(device: Handle(Handle::NvmlDevice)), (arch: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's product line"
    nvmlDeviceGetBrand [(device: Handle(Handle::NvmlDevice)), (type: OutEnum(Names::NvmlBrand))] (Enum(Names::NvmlReturn)) (NonZero);
    "give one of a device's clocks in MHz"
    nvmlDeviceGetClockInfo [(device: Handle(Handle::NvmlDevice)), (type: Enum(Names::NvmlClock)), (clock: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "say who may use a device"
    nvmlDeviceGetComputeMode [(device: Handle(Handle::NvmlDevice)), (mode: OutEnum(Names::NvmlComputeMode))] (Enum(Names::NvmlReturn)) (NonZero);
    "count the devices this process may open (old)"
    nvmlDeviceGetCount [(deviceCount: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "count the devices"
    nvmlDeviceGetCount_v2 [(deviceCount: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's compute capability"
    nvmlDeviceGetCudaComputeCapability [(device: Handle(Handle::NvmlDevice)), (major: OutI32), (minor: OutI32)] (Enum(Names::NvmlReturn)) (NonZero);
    "take a device by its number (old)"
    nvmlDeviceGetHandleByIndex [(index: U32), (device: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "take a device by its number"
    nvmlDeviceGetHandleByIndex_v2 [(index: U32), (device: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "take a device by its place on the PCI bus (old)"
    nvmlDeviceGetHandleByPciBusId [(pciBusId: Str), (device: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "take a device by its place on the PCI bus"
    nvmlDeviceGetHandleByPciBusId_v2 [(pciBusId: Str), (device: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "take a device by its serial number"
    nvmlDeviceGetHandleBySerial [(serial: Str), (device: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "take a device by its UUID"
    nvmlDeviceGetHandleByUUID [(uuid: Str), (device: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's number"
    nvmlDeviceGetIndex [(device: Handle(Handle::NvmlDevice)), (index: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "say into how many MIG parts a device can be cut"
    nvmlDeviceGetMaxMigDeviceCount [(device: Handle(Handle::NvmlDevice)), (count: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's total, free and used memory"
    nvmlDeviceGetMemoryInfo [(device: Handle(Handle::NvmlDevice)), (memory: OutStruct(Struct::NvmlMemory))] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's total, free, used and reserved memory"
    nvmlDeviceGetMemoryInfo_v2 [(device: Handle(Handle::NvmlDevice)), (memory: OutStruct(Struct::NvmlMemoryV2))] (Enum(Names::NvmlReturn)) (NonZero);
    "take a MIG part of a device"
    nvmlDeviceGetMigDeviceHandleByIndex [(device: Handle(Handle::NvmlDevice)), (index: U32), (migDevice: OutHandle(Handle::NvmlDevice))] (Enum(Names::NvmlReturn)) (NonZero);
    "say whether a device is cut into MIG parts"
    nvmlDeviceGetMigMode [(device: Handle(Handle::NvmlDevice)), (currentMode: OutU32), (pendingMode: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give the number of a device's node below /dev"
    nvmlDeviceGetMinorNumber [(device: Handle(Handle::NvmlDevice)), (minorNumber: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's name"
    nvmlDeviceGetName [(device: Handle(Handle::NvmlDevice)), (name: OutText(2)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's place and ids on the PCI bus (old)"
    nvmlDeviceGetPciInfo [(device: Handle(Handle::NvmlDevice)), (pci: Pointer)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's place and ids on the PCI bus (old)"
    nvmlDeviceGetPciInfo_v2 [(device: Handle(Handle::NvmlDevice)), (pci: Pointer)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's place and ids on the PCI bus"
    nvmlDeviceGetPciInfo_v3 [(device: Handle(Handle::NvmlDevice)), (pci: OutStruct(Struct::NvmlPciInfo))] (Enum(Names::NvmlReturn)) (NonZero);
    "say whether the driver stays loaded without users"
    nvmlDeviceGetPersistenceMode [(device: Handle(Handle::NvmlDevice)), (mode: OutEnum(Names::NvmlEnableState))] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's power in milliwatts"
    nvmlDeviceGetPowerUsage [(device: Handle(Handle::NvmlDevice)), (power: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's serial number"
    nvmlDeviceGetSerial [(device: Handle(Handle::NvmlDevice)), (serial: OutText(2)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's temperature in degrees Celsius"
    nvmlDeviceGetTemperature [(device: Handle(Handle::NvmlDevice)), (sensorType: Enum(Names::NvmlTemperatureSensor)), (temp: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a device's UUID as text"
    nvmlDeviceGetUUID [(device: Handle(Handle::NvmlDevice)), (uuid: OutText(2)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "say how busy a device is"
    nvmlDeviceGetUtilizationRates [(device: Handle(Handle::NvmlDevice)), (utilization: OutStruct(Struct::NvmlUtilization))] (Enum(Names::NvmlReturn)) (NonZero);
    "give the version of a device's firmware"
    nvmlDeviceGetVbiosVersion [(device: Handle(Handle::NvmlDevice)), (version: OutText(2)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "say whether this is a MIG part"
    nvmlDeviceIsMigDeviceHandle [(device: Handle(Handle::NvmlDevice)), (isMigDevice: OutU32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a result code's text"
    nvmlErrorString [(result: Enum(Names::NvmlReturn))] (Str) (Null);
    "start NVML (old)"
    nvmlInit [] (Enum(Names::NvmlReturn)) (NonZero);
    "start NVML, with wishes"
    nvmlInitWithFlags [(flags: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "start NVML; it talks to the kernel driver here"
    nvmlInit_v2 [] (Enum(Names::NvmlReturn)) (NonZero);
    "end NVML"
    nvmlShutdown [] (Enum(Names::NvmlReturn)) (NonZero);
    "say which CUDA version the installed driver can serve, whatever library is loaded"
    nvmlSystemGetCudaDriverVersion [(cudaDriverVersion: OutCudaVersion)] (Enum(Names::NvmlReturn)) (NonZero);
    "say which CUDA version the loaded driver library can serve"
    nvmlSystemGetCudaDriverVersion_v2 [(cudaDriverVersion: OutCudaVersion)] (Enum(Names::NvmlReturn)) (NonZero);
    "give the kernel driver's version"
    nvmlSystemGetDriverVersion [(version: OutText(1)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give the library's own version"
    nvmlSystemGetNVMLVersion [(version: OutText(1)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
    "give a process's name"
    nvmlSystemGetProcessName [(pid: U32), (name: OutText(2)), (length: U32)] (Enum(Names::NvmlReturn)) (NonZero);
}
