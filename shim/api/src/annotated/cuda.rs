//! The driver's functions that decide whether a GPU is used, with the direction of every pointer.

use crate::annotated::calls;
use crate::layout::Struct;
use crate::names::Names;
use crate::value::Handle;

calls! {
    "cuda", Probe;
    "make a context (old)"
    cuCtxCreate [(pctx: OutHandle(Handle::Context)), (flags: Flags(Names::CuCtxFlags)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "make a context on a device"
    cuCtxCreate_v2 [(pctx: OutHandle(Handle::Context)), (flags: Flags(Names::CuCtxFlags)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "make a context with a share of a device"
    cuCtxCreate_v3 [(pctx: OutHandle(Handle::Context)), (paramsArray: Pointer), (numParams: I32), (flags: Flags(Names::CuCtxFlags)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "make a context with further wishes"
    cuCtxCreate_v4 [(pctx: OutHandle(Handle::Context)), (ctxCreateParams: Pointer), (flags: Flags(Names::CuCtxFlags)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "destroy a context"
    cuCtxDestroy_v2 [(ctx: Handle(Handle::Context))] (Enum(Names::CuResult)) (NonZero);
    "let the thread's context reach another one's memory"
    cuCtxEnablePeerAccess [(peerContext: Handle(Handle::Context)), (Flags: U32)] (Enum(Names::CuResult)) (NonZero);
    "give the interface version of a context"
    cuCtxGetApiVersion [(ctx: Handle(Handle::Context)), (version: OutU32)] (Enum(Names::CuResult)) (NonZero);
    "give the thread's context"
    cuCtxGetCurrent [(pctx: OutHandle(Handle::Context))] (Enum(Names::CuResult)) (NonZero);
    "give the device of the thread's context"
    cuCtxGetDevice [(device: OutHandle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a context's device"
    cuCtxGetDevice_v2 [(device: OutHandle(Handle::Device)), (ctx: Handle(Handle::Context))] (Enum(Names::CuResult)) (NonZero);
    "give the flags of the thread's context"
    cuCtxGetFlags [(flags: OutU32)] (Enum(Names::CuResult)) (NonZero);
    "give a context's number"
    cuCtxGetId [(ctx: Handle(Handle::Context)), (ctxId: OutU64)] (Enum(Names::CuResult)) (NonZero);
    "ask for one limit of the thread's context"
    cuCtxGetLimit [(pvalue: OutU64), (limit: Enum(Names::CuLimit))] (Enum(Names::CuResult)) (NonZero);
    "say between which priorities streams can be"
    cuCtxGetStreamPriorityRange [(leastPriority: OutI32), (greatestPriority: OutI32)] (Enum(Names::CuResult)) (NonZero);
    "go back to the thread's context before"
    cuCtxPopCurrent_v2 [(pctx: OutHandle(Handle::Context))] (Enum(Names::CuResult)) (NonZero);
    "make a context the thread's, above the one before"
    cuCtxPushCurrent_v2 [(ctx: Handle(Handle::Context))] (Enum(Names::CuResult)) (NonZero);
    "make a context the thread's"
    cuCtxSetCurrent [(ctx: Handle(Handle::Context))] (Enum(Names::CuResult)) (NonZero);
    "set one limit of the thread's context"
    cuCtxSetLimit [(limit: Enum(Names::CuLimit)), (value: U64)] (Enum(Names::CuResult)) (NonZero);
    "wait for all work of the thread's context; shows errors of earlier work"
    cuCtxSynchronize [] (Enum(Names::CuResult)) (NonZero);
    "say whether one device reaches another's memory"
    cuDeviceCanAccessPeer [(canAccessPeer: OutI32), (dev: Handle(Handle::Device)), (peerDev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's compute capability (old)"
    cuDeviceComputeCapability [(major: OutI32), (minor: OutI32), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "take a device by its number"
    cuDeviceGet [(device: OutHandle(Handle::Device)), (ordinal: I32)] (Enum(Names::CuResult)) (NonZero);
    "ask for one property of a device"
    cuDeviceGetAttribute [(pi: OutI32), (attrib: Enum(Names::CuDeviceAttribute)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "find a device by its place on the PCI bus"
    cuDeviceGetByPCIBusId [(dev: OutHandle(Handle::Device)), (pciBusId: Str)] (Enum(Names::CuResult)) (NonZero);
    "count the devices this process may use"
    cuDeviceGetCount [(count: OutI32)] (Enum(Names::CuResult)) (NonZero);
    "give a device's default memory pool"
    cuDeviceGetDefaultMemPool [(pool_out: OutHandle(Handle::MemoryPool)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "say whether contexts can be limited to a share of a device"
    cuDeviceGetExecAffinitySupport [(pi: OutI32), (type: Enum(Names::CuExecAffinity)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's id under Windows"
    cuDeviceGetLuid [(luid: Pointer), (deviceNodeMask: OutU32), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's current memory pool"
    cuDeviceGetMemPool [(pool: OutHandle(Handle::MemoryPool)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's name"
    cuDeviceGetName [(name: OutText(1)), (len: I32), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's place on the PCI bus"
    cuDeviceGetPCIBusId [(pciBusId: OutText(1)), (len: I32), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "ask for a few properties of a device (old)"
    cuDeviceGetProperties [(prop: OutStruct(Struct::CuDevprop)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's UUID"
    cuDeviceGetUuid [(uuid: OutStruct(Struct::Uuid)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's UUID, or that of its MIG part"
    cuDeviceGetUuid_v2 [(uuid: OutStruct(Struct::Uuid)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "say whether the shared context is in use"
    cuDevicePrimaryCtxGetState [(dev: Handle(Handle::Device)), (flags: OutU32), (active: OutI32)] (Enum(Names::CuResult)) (NonZero);
    "give the shared context back (old)"
    cuDevicePrimaryCtxRelease [(dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give the shared context back"
    cuDevicePrimaryCtxRelease_v2 [(dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "destroy all that the shared context holds"
    cuDevicePrimaryCtxReset_v2 [(dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "take the context that all users of the runtime share; starts the device"
    cuDevicePrimaryCtxRetain [(pctx: OutHandle(Handle::Context)), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "set how the shared context waits"
    cuDevicePrimaryCtxSetFlags_v2 [(dev: Handle(Handle::Device)), (flags: Flags(Names::CuCtxFlags))] (Enum(Names::CuResult)) (NonZero);
    "give a device's memory in bytes, in 32 bits"
    cuDeviceTotalMem [(bytes: OutU32), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "give a device's memory in bytes"
    cuDeviceTotalMem_v2 [(bytes: OutU64), (dev: Handle(Handle::Device))] (Enum(Names::CuResult)) (NonZero);
    "say which CUDA version the driver can serve"
    cuDriverGetVersion [(driverVersion: OutCudaVersion)] (Enum(Names::CuResult)) (NonZero);
    "make a mark for a queue of work"
    cuEventCreate [(phEvent: OutHandle(Handle::Event)), (Flags: Flags(Names::CuEventFlags))] (Enum(Names::CuResult)) (NonZero);
    "ask for one property of a kernel"
    cuFuncGetAttribute [(pi: OutI32), (attrib: Enum(Names::CuFunctionAttribute)), (hfunc: Handle(Handle::Function))] (Enum(Names::CuResult)) (NonZero);
    "give a result code's name"
    cuGetErrorName [(error: Enum(Names::CuResult)), (pStr: OutPointer)] (Enum(Names::CuResult)) (NonZero);
    "give a result code's text"
    cuGetErrorString [(error: Enum(Names::CuResult)), (pStr: OutPointer)] (Enum(Names::CuResult)) (NonZero);
    "hand out a table of functions that are in no header"
    cuGetExportTable [(ppExportTable: OutPointer), (pExportTableId: InStruct(Struct::Uuid))] (Enum(Names::CuResult)) (NonZero);
    "look a driver function up by name and version"
    cuGetProcAddress [(symbol: Str), (pfn: OutPointer), (cudaVersion: CudaVersion), (flags: Flags(Names::CuProcAddressFlags))] (Enum(Names::CuResult)) (NonZero);
    "look a driver function up by name and version, and say why not"
    cuGetProcAddress_v2 [(symbol: Str), (pfn: OutPointer), (cudaVersion: CudaVersion), (flags: Flags(Names::CuProcAddressFlags)), (symbolStatus: OutEnum(Names::CuProcAddressResult))] (Enum(Names::CuResult)) (NonZero);
    "start the driver: every other function needs it"
    cuInit [(Flags: U32)] (Enum(Names::CuResult)) (NonZero);
    "give the thread's context its copy of a kernel"
    cuKernelGetFunction [(pFunc: OutHandle(Handle::Function)), (kernel: Handle(Handle::Kernel))] (Enum(Names::CuResult)) (NonZero);
    "find a kernel in code that is for all contexts"
    cuLibraryGetKernel [(pKernel: OutHandle(Handle::Kernel)), (library: Handle(Handle::Library)), (name: Str)] (Enum(Names::CuResult)) (NonZero);
    "count the kernels of code that is for all contexts"
    cuLibraryGetKernelCount [(count: OutU32), (lib: Handle(Handle::Library))] (Enum(Names::CuResult)) (NonZero);
    "give the thread's context its part of that code"
    cuLibraryGetModule [(pMod: OutHandle(Handle::Module)), (library: Handle(Handle::Library))] (Enum(Names::CuResult)) (NonZero);
    "load device code for all contexts, from memory"
    cuLibraryLoadData [(library: OutHandle(Handle::Library)), (code: Input), (jitOptions: Pointer), (jitOptionsValues: Pointer), (numJitOptions: U32), (libraryOptions: Pointer), (libraryOptionValues: Pointer), (numLibraryOptions: U32)] (Enum(Names::CuResult)) (NonZero);
    "load device code for all contexts, from a file"
    cuLibraryLoadFromFile [(library: OutHandle(Handle::Library)), (fileName: Str), (jitOptions: Pointer), (jitOptionsValues: Pointer), (numJitOptions: U32), (libraryOptions: Pointer), (libraryOptionValues: Pointer), (numLibraryOptions: U32)] (Enum(Names::CuResult)) (NonZero);
    "drop device code that was for all contexts"
    cuLibraryUnload [(library: Handle(Handle::Library))] (Enum(Names::CuResult)) (NonZero);
    "finish linking device code"
    cuLinkComplete [(state: Handle(Handle::Linker)), (cubinOut: OutPointer), (sizeOut: OutU64)] (Enum(Names::CuResult)) (NonZero);
    "start to link device code"
    cuLinkCreate_v2 [(numOptions: U32), (options: Pointer), (optionValues: Pointer), (stateOut: OutHandle(Handle::Linker))] (Enum(Names::CuResult)) (NonZero);
    "reserve device addresses without memory"
    cuMemAddressReserve [(ptr: OutPointer), (size: U64), (alignment: U64), (addr: Pointer), (flags: U64)] (Enum(Names::CuResult)) (NonZero);
    "take device memory in the order of a stream"
    cuMemAllocAsync [(dptr: OutPointer), (bytesize: U64), (hStream: Handle(Handle::Stream))] (Enum(Names::CuResult)) (NonZero);
    "take host memory the device can read"
    cuMemAllocHost_v2 [(pp: OutPointer), (bytesize: U64)] (Enum(Names::CuResult)) (NonZero);
    "take memory that moves between host and device"
    cuMemAllocManaged [(dptr: OutPointer), (bytesize: U64), (flags: U32)] (Enum(Names::CuResult)) (NonZero);
    "take device memory"
    cuMemAlloc_v2 [(dptr: OutPointer), (bytesize: U64)] (Enum(Names::CuResult)) (NonZero);
    "take device memory without addresses"
    cuMemCreate [(handle: OutU64), (size: U64), (prop: Input), (flags: U64)] (Enum(Names::CuResult)) (NonZero);
    "give host memory back"
    cuMemFreeHost [(p: Pointer)] (Enum(Names::CuResult)) (NonZero);
    "give device memory back"
    cuMemFree_v2 [(dptr: Pointer)] (Enum(Names::CuResult)) (NonZero);
    "say in which steps such memory can be had"
    cuMemGetAllocationGranularity [(granularity: OutU64), (prop: Input), (option: Enum(Names::CuMemGranularity))] (Enum(Names::CuResult)) (NonZero);
    "give free and total memory, in 32 bits"
    cuMemGetInfo [(free: OutU32), (total: OutU32)] (Enum(Names::CuResult)) (NonZero);
    "give free and total memory of the context's device"
    cuMemGetInfo_v2 [(free: OutU64), (total: OutU64)] (Enum(Names::CuResult)) (NonZero);
    "take host memory the device can read, with options"
    cuMemHostAlloc [(pp: OutPointer), (bytesize: U64), (Flags: U32)] (Enum(Names::CuResult)) (NonZero);
    "let the device read host memory that is there"
    cuMemHostRegister_v2 [(p: Pointer), (bytesize: U64), (Flags: U32)] (Enum(Names::CuResult)) (NonZero);
    "put memory at reserved addresses"
    cuMemMap [(ptr: Pointer), (size: U64), (offset: U64), (handle: U64), (flags: U64)] (Enum(Names::CuResult)) (NonZero);
    "say which devices reach mapped memory"
    cuMemSetAccess [(ptr: Pointer), (size: U64), (desc: Input), (count: U64)] (Enum(Names::CuResult)) (NonZero);
    "find a kernel in loaded code"
    cuModuleGetFunction [(hfunc: OutHandle(Handle::Function)), (hmod: Handle(Handle::Module)), (name: Str)] (Enum(Names::CuResult)) (NonZero);
    "count the kernels of loaded code"
    cuModuleGetFunctionCount [(count: OutU32), (mod: Handle(Handle::Module))] (Enum(Names::CuResult)) (NonZero);
    "find a variable in loaded code"
    cuModuleGetGlobal_v2 [(dptr: OutPointer), (bytes: OutU64), (hmod: Handle(Handle::Module)), (name: Str)] (Enum(Names::CuResult)) (NonZero);
    "say whether kernels are loaded when first used"
    cuModuleGetLoadingMode [(mode: OutEnum(Names::CuModuleLoadingMode))] (Enum(Names::CuResult)) (NonZero);
    "load device code from a file"
    cuModuleLoad [(module: OutHandle(Handle::Module)), (fname: Str)] (Enum(Names::CuResult)) (NonZero);
    "load device code from memory"
    cuModuleLoadData [(module: OutHandle(Handle::Module)), (image: Input)] (Enum(Names::CuResult)) (NonZero);
    "load device code from memory, with options for its compiler"
    cuModuleLoadDataEx [(module: OutHandle(Handle::Module)), (image: Input), (numOptions: U32), (options: Pointer), (optionValues: Pointer)] (Enum(Names::CuResult)) (NonZero);
    "load the part of a bundle that fits the device"
    cuModuleLoadFatBinary [(module: OutHandle(Handle::Module)), (fatCubin: Input)] (Enum(Names::CuResult)) (NonZero);
    "drop device code"
    cuModuleUnload [(hmod: Handle(Handle::Module))] (Enum(Names::CuResult)) (NonZero);
    "make a queue of work"
    cuStreamCreate [(phStream: OutHandle(Handle::Stream)), (Flags: Flags(Names::CuStreamFlags))] (Enum(Names::CuResult)) (NonZero);
    "make a queue of work with a priority"
    cuStreamCreateWithPriority [(phStream: OutHandle(Handle::Stream)), (flags: Flags(Names::CuStreamFlags)), (priority: I32)] (Enum(Names::CuResult)) (NonZero);
    "wait for a queue of work; shows errors of earlier work"
    cuStreamSynchronize [(hStream: Handle(Handle::Stream))] (Enum(Names::CuResult)) (NonZero);
}
