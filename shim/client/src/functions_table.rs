//! The functions of the driver that the runtime tier calls, by the names in the library; signatures: cuda.h.

#![expect(non_snake_case, reason = "the driver's names")]
#![expect(
    clippy::too_many_arguments,
    reason = "the driver's signatures are what they are"
)]

#[cfg(test)]
mod tests;

use crate::boundary::{Handle, In, Out, Text};
use crate::copy::{Copy2d, Copy3d};
use crate::driver::functions;

functions! {
    /// Starts the driver.
    cuInit(flags: u32);
    /// The CUDA version the driver can serve.
    cuDriverGetVersion(version: Out<i32>);
    /// A function's address by name.
    cuGetProcAddress_v2(name: Text, function: Out<Handle>, version: i32, flags: u64, found: Out<i32>);

    /// How many devices there are.
    cuDeviceGetCount(count: Out<i32>);
    /// A device by its number.
    cuDeviceGet(device: Out<i32>, ordinal: i32);
    /// One property.
    cuDeviceGetAttribute(value: Out<i32>, attribute: i32, device: i32);
    /// Its name.
    cuDeviceGetName(name: Out<u8>, length: i32, device: i32);
    /// Its memory in bytes.
    cuDeviceTotalMem_v2(bytes: Out<usize>, device: i32);
    /// Its UUID.
    cuDeviceGetUuid_v2(uuid: Out<[u8; 16]>, device: i32);
    /// Its place on the PCI bus as text.
    cuDeviceGetPCIBusId(id: Out<u8>, length: i32, device: i32);
    /// The device at a place on the PCI bus.
    cuDeviceGetByPCIBusId(device: Out<i32>, id: Text);
    /// Whether one device reaches another's memory.
    cuDeviceCanAccessPeer(can: Out<i32>, device: i32, peer: i32);
    /// How well.
    cuDeviceGetP2PAttribute(value: Out<i32>, attribute: i32, device: i32, peer: i32);
    /// The pool of asynchronous allocations that a device begins with.
    cuDeviceGetDefaultMemPool(pool: Out<Handle>, device: i32);
    /// The pool in use.
    cuDeviceGetMemPool(pool: Out<Handle>, device: i32);
    /// Sets the pool in use.
    cuDeviceSetMemPool(device: i32, pool: Handle);
    /// A device's primary context, one use more.
    cuDevicePrimaryCtxRetain(context: Out<Handle>, device: i32);
    /// Drops all of the primary context.
    cuDevicePrimaryCtxReset_v2(device: i32);
    /// Flags of the primary context.
    cuDevicePrimaryCtxSetFlags_v2(device: i32, flags: u32);
    /// Flags of the primary context and whether it is in use.
    cuDevicePrimaryCtxGetState(device: i32, flags: Out<u32>, active: Out<i32>);

    /// The thread's context.
    cuCtxGetCurrent(context: Out<Handle>);
    /// Sets the thread's context.
    cuCtxSetCurrent(context: Handle);
    /// The device of the thread's context.
    cuCtxGetDevice(device: Out<i32>);
    /// Flags of the thread's context.
    cuCtxGetFlags(flags: Out<u32>);
    /// Waits for all work of the context.
    cuCtxSynchronize();
    /// A limit of the context.
    cuCtxGetLimit(value: Out<usize>, limit: i32);
    /// Sets a limit.
    cuCtxSetLimit(limit: i32, value: usize);
    /// Preference of cache over shared memory.
    cuCtxGetCacheConfig(config: Out<i32>);
    /// Sets it.
    cuCtxSetCacheConfig(config: i32);
    /// Width of banks of shared memory.
    cuCtxGetSharedMemConfig(config: Out<i32>);
    /// Sets it.
    cuCtxSetSharedMemConfig(config: i32);
    /// Least and greatest priority of streams.
    cuCtxGetStreamPriorityRange(least: Out<i32>, greatest: Out<i32>);
    /// Drops lines that are to stay in the cache.
    cuCtxResetPersistingL2Cache();
    /// Lets the thread's device reach another's memory.
    cuCtxEnablePeerAccess(peer: Handle, flags: u32);
    /// Takes that back.
    cuCtxDisablePeerAccess(peer: Handle);
    /// Profiling begins.
    cuProfilerStart();
    /// Profiling ends.
    cuProfilerStop();

    /// Device memory.
    cuMemAlloc_v2(address: Out<u64>, bytes: usize);
    /// Device memory in aligned rows.
    cuMemAllocPitch_v2(address: Out<u64>, pitch: Out<usize>, width: usize, height: usize, element: u32);
    /// Memory of both sides.
    cuMemAllocManaged(address: Out<u64>, bytes: usize, flags: u32);
    /// Gives it back.
    cuMemFree_v2(address: u64);
    /// Device memory in the order of a stream.
    cuMemAllocAsync(address: Out<u64>, bytes: usize, stream: Handle);
    /// The same from a pool.
    cuMemAllocFromPoolAsync(address: Out<u64>, bytes: usize, pool: Handle, stream: Handle);
    /// Gives it back in the order of a stream.
    cuMemFreeAsync(address: u64, stream: Handle);
    /// A pool's property.
    cuMemPoolGetAttribute(pool: Handle, attribute: i32, value: Handle);
    /// Sets it.
    cuMemPoolSetAttribute(pool: Handle, attribute: i32, value: Handle);
    /// Gives a pool's unused memory back.
    cuMemPoolTrimTo(pool: Handle, keep: usize);
    /// Free and total memory.
    cuMemGetInfo_v2(free: Out<usize>, total: Out<usize>);
    /// Host memory the device can read.
    cuMemHostAlloc(address: Out<u64>, bytes: usize, flags: u32);
    /// Gives it back.
    cuMemFreeHost(address: u64);
    /// Makes host memory that is there readable.
    cuMemHostRegister_v2(address: u64, bytes: usize, flags: u32);
    /// Takes that back.
    cuMemHostUnregister(address: u64);
    /// The device's address of host memory.
    cuMemHostGetDevicePointer_v2(device: Out<u64>, host: u64, flags: u32);
    /// Flags of host memory.
    cuMemHostGetFlags(flags: Out<u32>, host: u64);
    /// Properties of an address, one place for each.
    cuPointerGetAttributes(count: u32, attributes: In<i32>, places: In<Handle>, address: u64);

    /// A copy of unified addresses.
    cuMemcpy(to: u64, from: u64, bytes: usize);
    /// A copy of unified addresses in the order of a stream.
    cuMemcpyAsync(to: u64, from: u64, bytes: usize, stream: Handle);
    /// Host to device.
    cuMemcpyHtoD_v2(to: u64, from: u64, bytes: usize);
    /// Host to device, in the order of a stream.
    cuMemcpyHtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: Handle);
    /// Device to host.
    cuMemcpyDtoH_v2(to: u64, from: u64, bytes: usize);
    /// Device to host, in the order of a stream.
    cuMemcpyDtoHAsync_v2(to: u64, from: u64, bytes: usize, stream: Handle);
    /// On a device.
    cuMemcpyDtoD_v2(to: u64, from: u64, bytes: usize);
    /// On a device, in the order of a stream.
    cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: Handle);
    /// Between devices.
    cuMemcpyPeer(to: u64, to_context: Handle, from: u64, from_context: Handle, bytes: usize);
    /// Between devices, in the order of a stream.
    cuMemcpyPeerAsync(to: u64, to_context: Handle, from: u64, from_context: Handle, bytes: usize, stream: Handle);
    /// Rows.
    cuMemcpy2D_v2(copy: In<Copy2d>);
    /// Rows, in the order of a stream.
    cuMemcpy2DAsync_v2(copy: In<Copy2d>, stream: Handle);
    /// A box.
    cuMemcpy3D_v2(copy: In<Copy3d>);
    /// A box, in the order of a stream.
    cuMemcpy3DAsync_v2(copy: In<Copy3d>, stream: Handle);
    /// A box between devices.
    cuMemcpy3DPeer(copy: In<Copy3d>);
    /// A box between devices, in the order of a stream.
    cuMemcpy3DPeerAsync(copy: In<Copy3d>, stream: Handle);
    /// Fills with a byte.
    cuMemsetD8_v2(to: u64, value: u8, bytes: usize);
    /// Fills with a byte, in the order of a stream.
    cuMemsetD8Async(to: u64, value: u8, bytes: usize, stream: Handle);
    /// Fills rows with a byte.
    cuMemsetD2D8_v2(to: u64, pitch: usize, value: u8, width: usize, height: usize);
    /// Fills rows with a byte, in the order of a stream.
    cuMemsetD2D8Async(to: u64, pitch: usize, value: u8, width: usize, height: usize, stream: Handle);

    /// A queue of work.
    cuStreamCreate(stream: Out<Handle>, flags: u32);
    /// A queue of work with a priority.
    cuStreamCreateWithPriority(stream: Out<Handle>, flags: u32, priority: i32);
    /// Ends it.
    cuStreamDestroy_v2(stream: Handle);
    /// Waits for it.
    cuStreamSynchronize(stream: Handle);
    /// Whether it is done.
    cuStreamQuery(stream: Handle);
    /// Lets it wait for an event.
    cuStreamWaitEvent(stream: Handle, event: Handle, flags: u32);
    /// Its flags.
    cuStreamGetFlags(stream: Handle, flags: Out<u32>);
    /// Its priority.
    cuStreamGetPriority(stream: Handle, priority: Out<i32>);
    /// Its number.
    cuStreamGetId(stream: Handle, id: Out<u64>);
    /// Its device.
    cuStreamGetDevice(stream: Handle, device: Out<i32>);
    /// Calls the host back from it.
    cuStreamAddCallback(stream: Handle, callback: Handle, data: Handle, flags: u32);
    /// Calls the host from it.
    cuLaunchHostFunc(stream: Handle, function: Handle, data: Handle);
    /// Makes managed memory belong to it.
    cuStreamAttachMemAsync(stream: Handle, address: u64, bytes: usize, flags: u32);
    /// Work is written down from here, not done.
    cuStreamBeginCapture_v2(stream: Handle, mode: i32);
    /// What was written down.
    cuStreamEndCapture(stream: Handle, graph: Out<Handle>);
    /// Whether work is being written down.
    cuStreamIsCapturing(stream: Handle, status: Out<i32>);
    /// More about that.
    cuStreamGetCaptureInfo_v2(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, count: Out<usize>);
    /// Still more.
    cuStreamGetCaptureInfo_v3(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, edges: Out<Handle>, count: Out<usize>);
    /// What a capture forbids this thread.
    cuThreadExchangeStreamCaptureMode(mode: Out<i32>);

    /// A mark in a stream.
    cuEventCreate(event: Out<Handle>, flags: u32);
    /// Drops it.
    cuEventDestroy_v2(event: Handle);
    /// Sets it behind the work so far.
    cuEventRecord(event: Handle, stream: Handle);
    /// The same with flags.
    cuEventRecordWithFlags(event: Handle, stream: Handle, flags: u32);
    /// Whether it was reached.
    cuEventQuery(event: Handle);
    /// Waits until it is reached.
    cuEventSynchronize(event: Handle);
    /// Milliseconds between two.
    cuEventElapsedTime(milliseconds: Out<f32>, start: Handle, end: Handle);

    /// An empty graph.
    cuGraphCreate(graph: Out<Handle>, flags: u32);
    /// Drops a graph.
    cuGraphDestroy(graph: Handle);
    /// A copy of a graph.
    cuGraphClone(clone: Out<Handle>, graph: Handle);
    /// A node that does nothing.
    cuGraphAddEmptyNode(node: Out<Handle>, graph: Handle, after: In<Handle>, count: usize);
    /// Drops a node.
    cuGraphDestroyNode(node: Handle);
    /// The nodes of a graph.
    cuGraphGetNodes(graph: Handle, nodes: Out<Handle>, count: Out<usize>);
    /// Those that wait for none.
    cuGraphGetRootNodes(graph: Handle, nodes: Out<Handle>, count: Out<usize>);
    /// What a node is.
    cuGraphNodeGetType(node: Handle, kind: Out<i32>);
    /// Makes a graph ready to run.
    cuGraphInstantiateWithFlags(exec: Out<Handle>, graph: Handle, flags: u64);
    /// Changes a ready one to match a graph.
    cuGraphExecUpdate_v2(exec: Handle, graph: Handle, result: Handle);
    /// Drops a ready one.
    cuGraphExecDestroy(exec: Handle);
    /// Flags of a ready one.
    cuGraphExecGetFlags(exec: Handle, flags: Out<u64>);
    /// Runs it.
    cuGraphLaunch(exec: Handle, stream: Handle);
    /// Sends it ahead.
    cuGraphUpload(exec: Handle, stream: Handle);
    /// Writes a graph as a picture.
    cuGraphDebugDotPrint(graph: Handle, path: Text, flags: u32);
    /// Something that lives as long as graphs need it.
    cuUserObjectCreate(object: Out<Handle>, data: Handle, destroy: Handle, count: u32, flags: u32);
    /// Uses it more.
    cuUserObjectRetain(object: Handle, count: u32);
    /// Uses it less.
    cuUserObjectRelease(object: Handle, count: u32);
    /// A graph uses it.
    cuGraphRetainUserObject(graph: Handle, object: Handle, count: u32, flags: u32);
    /// A graph uses it no more.
    cuGraphReleaseUserObject(graph: Handle, object: Handle, count: u32);

    /// Loads device code for all contexts.
    cuLibraryLoadData(library: Out<Handle>, code: Handle, options: In<i32>, values: Handle, count: u32, library_options: In<i32>, library_values: Handle, library_count: u32);
    /// The same from a file.
    cuLibraryLoadFromFile(library: Out<Handle>, path: Text, options: In<i32>, values: Handle, count: u32, library_options: In<i32>, library_values: Handle, library_count: u32);
    /// Drops it.
    cuLibraryUnload(library: Handle);
    /// A kernel by name.
    cuLibraryGetKernel(kernel: Out<Handle>, library: Handle, name: Text);
    /// How many kernels.
    cuLibraryGetKernelCount(count: Out<u32>, library: Handle);
    /// All of them.
    cuLibraryEnumerateKernels(kernels: Out<Handle>, count: u32, library: Handle);
    /// A variable by name.
    cuLibraryGetGlobal(address: Out<u64>, bytes: Out<usize>, library: Handle, name: Text);
    /// A managed variable by name.
    cuLibraryGetManaged(address: Out<u64>, bytes: Out<usize>, library: Handle, name: Text);
    /// The kernel in the thread's context.
    cuKernelGetFunction(function: Out<Handle>, kernel: Handle);
    /// Sets a kernel's property on a device.
    cuKernelSetAttribute(attribute: i32, value: i32, kernel: Handle, device: i32);
    /// A property of a kernel in the thread's context.
    cuFuncGetAttribute(value: Out<i32>, attribute: i32, function: Handle);
    /// Sets it.
    cuFuncSetAttribute(function: Handle, attribute: i32, value: i32);
    /// Sets its preference of cache over shared memory.
    cuFuncSetCacheConfig(function: Handle, config: i32);
    /// Its name.
    cuFuncGetName(name: Out<Handle>, function: Handle);
    /// Where a parameter stands and how long it is.
    cuFuncGetParamInfo(function: Handle, index: usize, offset: Out<usize>, bytes: Out<usize>);
    /// Starts a kernel.
    cuLaunchKernel(function: Handle, grid_x: u32, grid_y: u32, grid_z: u32, block_x: u32, block_y: u32, block_z: u32, shared: u32, stream: Handle, parameters: Handle, extra: Handle);
    /// Starts a kernel, with attributes.
    cuLaunchKernelEx(config: Handle, function: Handle, parameters: Handle, extra: Handle);
    /// Starts a kernel whose blocks wait for each other.
    cuLaunchCooperativeKernel(function: Handle, grid_x: u32, grid_y: u32, grid_z: u32, block_x: u32, block_y: u32, block_z: u32, shared: u32, stream: Handle, parameters: Handle);
    /// How many blocks a multiprocessor holds.
    cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks: Out<i32>, function: Handle, threads: i32, shared: usize, flags: u32);
    /// How much shared memory is left for each block.
    cuOccupancyAvailableDynamicSMemPerBlock(bytes: Out<usize>, function: Handle, blocks: i32, threads: i32);
    /// How many clusters fit.
    cuOccupancyMaxActiveClusters(clusters: Out<i32>, function: Handle, config: Handle);
    /// How large a cluster may be.
    cuOccupancyMaxPotentialClusterSize(size: Out<i32>, function: Handle, config: Handle);
}
