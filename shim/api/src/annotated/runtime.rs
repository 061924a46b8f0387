//! The CUDA runtime's functions that find, choose and start a device. Signatures: cuda_runtime_api.h of CUDA 12 and 13.

use crate::annotated::calls;
use crate::layout::Struct;
use crate::names::Names;
use crate::value::Handle;

calls! {
    "cudart", Probe;
    "say whether one device reaches another's memory"
    cudaDeviceCanAccessPeer [(canAccessPeer: OutI32), (device: I32), (peerDevice: I32)] (Enum(Names::CudaError)) (NonZero);
    "let the thread's device reach another one's memory"
    cudaDeviceEnablePeerAccess [(peerDevice: I32), (flags: U32)] (Enum(Names::CudaError)) (NonZero);
    "ask for one property of a device"
    cudaDeviceGetAttribute [(value: OutI32), (attr: Enum(Names::CudaDeviceAttribute)), (device: I32)] (Enum(Names::CudaError)) (NonZero);
    "find a device by its place on the PCI bus"
    cudaDeviceGetByPCIBusId [(device: OutI32), (pciBusId: Str)] (Enum(Names::CudaError)) (NonZero);
    "give a device's place on the PCI bus"
    cudaDeviceGetPCIBusId [(pciBusId: OutText(1)), (len: I32), (device: I32)] (Enum(Names::CudaError)) (NonZero);
    "drop all that the process has on the thread's device"
    cudaDeviceReset [] (Enum(Names::CudaError)) (NonZero);
    "wait for all work of the thread's device; shows errors of earlier work"
    cudaDeviceSynchronize [] (Enum(Names::CudaError)) (NonZero);
    "say which CUDA version the driver can serve, 0 without one"
    cudaDriverGetVersion [(driverVersion: OutCudaVersion)] (Enum(Names::CudaError)) (NonZero);
    "make a mark for a queue of work"
    cudaEventCreateWithFlags [(event: OutHandle(Handle::Event)), (flags: Flags(Names::CuEventFlags))] (Enum(Names::CudaError)) (NonZero);
    "give device memory back; with NULL a way to start the device"
    cudaFree [(devPtr: Pointer)] (Enum(Names::CudaError)) (NonZero);
    "give host memory back"
    cudaFreeHost [(ptr: Pointer)] (Enum(Names::CudaError)) (NonZero);
    "ask for a kernel's properties; loads its code"
    cudaFuncGetAttributes [(attr: Pointer), (func: Input)] (Enum(Names::CudaError)) (NonZero);
    "give the thread's device"
    cudaGetDevice [(device: OutI32)] (Enum(Names::CudaError)) (NonZero);
    "count the devices; starts the driver"
    cudaGetDeviceCount [(count: OutI32)] (Enum(Names::CudaError)) (NonZero);
    "ask for all properties of a device"
    cudaGetDeviceProperties [(prop: OutStruct(Struct::CudaDeviceProp)), (device: I32)] (Enum(Names::CudaError)) (NonZero);
    "ask for all properties of a device"
    cudaGetDeviceProperties_v2 [(prop: OutStruct(Struct::CudaDeviceProp)), (device: I32)] (Enum(Names::CudaError)) (NonZero);
    "look a driver function up by name"
    cudaGetDriverEntryPoint [(symbol: Str), (funcPtr: OutPointer), (flags: U64), (driverStatus: OutI32)] (Enum(Names::CudaError)) (NonZero);
    "look a driver function up by name and version"
    cudaGetDriverEntryPointByVersion [(symbol: Str), (funcPtr: OutPointer), (cudaVersion: CudaVersion), (flags: U64), (driverStatus: OutI32)] (Enum(Names::CudaError)) (NonZero);
    "give a result code's name"
    cudaGetErrorName [(error: Enum(Names::CudaError))] (Str) (Null);
    "give a result code's text"
    cudaGetErrorString [(error: Enum(Names::CudaError))] (Str) (Null);
    "give the thread's last error and forget it"
    cudaGetLastError [] (Enum(Names::CudaError)) (NonZero);
    "take host memory the device can read, with options"
    cudaHostAlloc [(pHost: OutPointer), (size: U64), (flags: U32)] (Enum(Names::CudaError)) (NonZero);
    "let the device read host memory that is there"
    cudaHostRegister [(ptr: Pointer), (size: U64), (flags: U32)] (Enum(Names::CudaError)) (NonZero);
    "start a device without choosing it"
    cudaInitDevice [(device: I32), (deviceFlags: U32), (flags: U32)] (Enum(Names::CudaError)) (NonZero);
    "take device memory"
    cudaMalloc [(devPtr: OutPointer), (size: U64)] (Enum(Names::CudaError)) (NonZero);
    "take device memory in the order of a stream"
    cudaMallocAsync [(devPtr: OutPointer), (size: U64), (hStream: Handle(Handle::Stream))] (Enum(Names::CudaError)) (NonZero);
    "take host memory the device can read"
    cudaMallocHost [(ptr: OutPointer), (size: U64)] (Enum(Names::CudaError)) (NonZero);
    "take memory that moves between host and device"
    cudaMallocManaged [(devPtr: OutPointer), (size: U64), (flags: U32)] (Enum(Names::CudaError)) (NonZero);
    "give free and total memory of the thread's device"
    cudaMemGetInfo [(free: OutU64), (total: OutU64)] (Enum(Names::CudaError)) (NonZero);
    "give the thread's last error and keep it"
    cudaPeekAtLastError [] (Enum(Names::CudaError)) (NonZero);
    "give the runtime's own CUDA version"
    cudaRuntimeGetVersion [(runtimeVersion: OutCudaVersion)] (Enum(Names::CudaError)) (NonZero);
    "choose the thread's device; since CUDA 12 this starts it"
    cudaSetDevice [(device: I32)] (Enum(Names::CudaError)) (NonZero);
    "set how the thread's device waits"
    cudaSetDeviceFlags [(flags: U32)] (Enum(Names::CudaError)) (NonZero);
    "make a queue of work"
    cudaStreamCreateWithFlags [(pStream: OutHandle(Handle::Stream)), (flags: Flags(Names::CuStreamFlags))] (Enum(Names::CudaError)) (NonZero);
    "wait for a queue of work; shows errors of earlier work"
    cudaStreamSynchronize [(stream: Handle(Handle::Stream))] (Enum(Names::CudaError)) (NonZero);
}
