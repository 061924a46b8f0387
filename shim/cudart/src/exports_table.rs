//! The library's surface: every function that does something, with the C signature of cuda_runtime_api.h (types by their layout:
//! `u64` for addresses of memory, [`Handle`] for opaque ones). The build script adds the names that are missing here, as not supported.

use vgputrace_client::functions_table::{
    cuCtxGetCacheConfig, cuCtxGetLimit, cuCtxGetSharedMemConfig, cuCtxResetPersistingL2Cache,
    cuCtxSetCacheConfig, cuCtxSetLimit, cuCtxSetSharedMemConfig, cuCtxSynchronize,
    cuLibraryEnumerateKernels, cuLibraryGetKernelCount, cuProfilerStart, cuProfilerStop,
};
use vgputrace_client::{Code, Handle, In, Out, Text};

use crate::context::{bind, choose, reset, start};
use crate::copying::Rows;
use crate::entry::enter;
use crate::kernel::{Configuration, Options, Size};
use crate::stream::{Told, in_own, own};
use crate::{
    copying, device, entry, event, graph, kernel, memory, properties, registry, stream, symbol,
};

/// One function each: name, parameters, what it does.
macro_rules! exports {
    ($($(#[$meta:meta])* $name:ident($($arg:ident: $type:ty),* $(,)?) => $body:expr;)*) => {$(
        $(#[$meta])*
        #[unsafe(no_mangle)]
        #[expect(clippy::allow_attributes, reason = "signatures are NVIDIA's")]
        #[allow(clippy::too_many_arguments, reason = "signatures are NVIDIA's")]
        extern "C" fn $name($($arg: $type),*) -> i32 {
            enter(|| $body)
        }
    )*};
}

/// Functions whose last parameter is a stream, in both forms: where no stream is named, the second one means the thread's own.
macro_rules! on_streams {
    ($($(#[$meta:meta])* $name:ident $own:ident($($arg:ident: $type:ty),*) => $function:path;)*) => {$(
        $(#[$meta])*
        #[unsafe(no_mangle)]
        extern "C" fn $name($($arg: $type,)* stream: Handle) -> i32 {
            enter(|| $function($($arg,)* stream))
        }
        $(#[$meta])*
        #[unsafe(no_mangle)]
        extern "C" fn $own($($arg: $type,)* stream: Handle) -> i32 {
            enter(|| $function($($arg,)* own(stream)))
        }
    )*};
}

/// Functions the build script found missing.
macro_rules! refused {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> i32 {
            enter(|| Err(Code::NOT_SUPPORTED))
        }
    )*};
}
include!(concat!(env!("OUT_DIR"), "/refused.rs"));

/// `cudaGetErrorString`.
#[unsafe(no_mangle)]
extern "C" fn cudaGetErrorString(code: i32) -> Text {
    entry::text(code)
}

/// `cudaGetErrorName`.
#[unsafe(no_mangle)]
extern "C" fn cudaGetErrorName(code: i32) -> Text {
    entry::name(code)
}

/// `cudaGetLastError`.
#[unsafe(no_mangle)]
extern "C" fn cudaGetLastError() -> i32 {
    entry::take_last()
}

/// `cudaPeekAtLastError`.
#[unsafe(no_mangle)]
extern "C" fn cudaPeekAtLastError() -> i32 {
    entry::last()
}

/// `struct cudaChannelFormatDesc`.
#[repr(C)]
struct ChannelFormat {
    bits: [i32; 4],
    kind: i32,
}

/// `cudaCreateChannelDesc`.
#[unsafe(no_mangle)]
extern "C" fn cudaCreateChannelDesc(x: i32, y: i32, z: i32, w: i32, kind: i32) -> ChannelFormat {
    ChannelFormat {
        bits: [x, y, z, w],
        kind,
    }
}

/// `__cudaRegisterFatBinary`.
#[unsafe(no_mangle)]
extern "C" fn __cudaRegisterFatBinary(wrapper: In<registry::Wrapper>) -> Handle {
    registry::register(wrapper)
}

/// `__cudaRegisterFatBinaryEnd`: there is nothing to end.
#[unsafe(no_mangle)]
extern "C" fn __cudaRegisterFatBinaryEnd(_image: Handle) {}

/// `__cudaUnregisterFatBinary`.
#[unsafe(no_mangle)]
extern "C" fn __cudaUnregisterFatBinary(image: Handle) {
    registry::unregister(image);
}

/// `__cudaRegisterFunction`; what follows the name are limits that no longer matter.
#[unsafe(no_mangle)]
extern "C" fn __cudaRegisterFunction(image: Handle, host: Handle, _device: Handle, name: Text) {
    registry::register_kernel(image, host, name);
}

/// `__cudaRegisterVar`; what follows the name the device code says itself.
#[unsafe(no_mangle)]
extern "C" fn __cudaRegisterVar(image: Handle, host: Handle, _device: Handle, name: Text) {
    registry::register_variable(image, host, name);
}

/// `__cudaRegisterManagedVar`.
#[unsafe(no_mangle)]
extern "C" fn __cudaRegisterManagedVar(image: Handle) {
    registry::register_managed(image);
}

/// `__cudaInitModule`.
#[unsafe(no_mangle)]
extern "C" fn __cudaInitModule(image: Handle) -> u8 {
    u8::from(registry::initialize(image))
}

// Devices.
exports! {
    cudaGetDeviceCount(count: Out<i32>) => device::store_count(count);
    cudaDriverGetVersion(version: Out<i32>) => device::store_driver_version(version);
    cudaRuntimeGetVersion(version: Out<i32>) => device::store_runtime_version(version);
    cudaGetDevice(device: Out<i32>) => device::store_chosen(device);
    cudaSetDevice(device: i32) => choose(device);
    cudaInitDevice(device: i32, device_flags: u32, flags: u32) => device::initialize(device, device_flags, flags);
    cudaSetDeviceFlags(flags: u32) => device::set_flags(flags);
    cudaGetDeviceFlags(flags: Out<u32>) => device::flags(flags);
    cudaDeviceReset() => reset();
    cudaDeviceSynchronize() => bind().and_then(|()| cuCtxSynchronize());
    cudaDeviceGetAttribute(value: Out<i32>, attribute: i32, device: i32) => device::attribute(value, attribute, device);
    #[cfg(cuda12)]
    cudaGetDeviceProperties(to: Out<properties::Beginning>, device: i32) => properties::store_beginning(to, device);
    #[cfg(cuda12)]
    cudaGetDeviceProperties_v2(to: Out<properties::Properties>, device: i32) => properties::store(to, device);
    #[cfg(cuda13)]
    cudaGetDeviceProperties(to: Out<properties::Properties>, device: i32) => properties::store(to, device);
    cudaDeviceGetPCIBusId(id: Out<u8>, length: i32, device: i32) => device::pci_id(id, length, device);
    cudaDeviceGetByPCIBusId(device: Out<i32>, id: Text) => device::by_pci_id(device, id);
    cudaDeviceCanAccessPeer(can: Out<i32>, device: i32, peer: i32) => device::can_reach(can, device, peer);
    cudaDeviceGetP2PAttribute(value: Out<i32>, attribute: i32, device: i32, peer: i32) => device::peer_attribute(value, attribute, device, peer);
    cudaDeviceEnablePeerAccess(peer: i32, flags: u32) => device::enable_peer(peer, flags);
    cudaDeviceDisablePeerAccess(peer: i32) => device::disable_peer(peer);
    cudaDeviceGetLimit(value: Out<usize>, limit: i32) => bind().and_then(|()| cuCtxGetLimit(value, limit));
    cudaDeviceSetLimit(limit: i32, value: usize) => bind().and_then(|()| cuCtxSetLimit(limit, value));
    cudaDeviceGetCacheConfig(config: Out<i32>) => bind().and_then(|()| cuCtxGetCacheConfig(config));
    cudaDeviceSetCacheConfig(config: i32) => bind().and_then(|()| cuCtxSetCacheConfig(config));
    cudaDeviceGetSharedMemConfig(config: Out<i32>) => bind().and_then(|()| cuCtxGetSharedMemConfig(config));
    cudaDeviceSetSharedMemConfig(config: i32) => bind().and_then(|()| cuCtxSetSharedMemConfig(config));
    cudaCtxResetPersistingL2Cache() => bind().and_then(|()| cuCtxResetPersistingL2Cache());
    cudaProfilerStart() => bind().and_then(|()| cuProfilerStart());
    cudaProfilerStop() => bind().and_then(|()| cuProfilerStop());
    cudaGetDriverEntryPoint(name: Text, function: Out<Handle>, flags: u64, found: Out<i32>) =>
        device::driver_function(name, function, crate::VERSION, flags, found);
    cudaGetDriverEntryPointByVersion(name: Text, function: Out<Handle>, version: i32, flags: u64, found: Out<i32>) =>
        device::driver_function(name, function, version, flags, found);
    #[cfg(cuda12)]
    cudaThreadSynchronize() => bind().and_then(|()| cuCtxSynchronize());
    #[cfg(cuda12)]
    cudaThreadExit() => reset();
}

// Memory.
exports! {
    cudaMalloc(to: Out<u64>, bytes: usize) => memory::take(to, bytes);
    cudaMallocPitch(to: Out<u64>, pitch: Out<usize>, width: usize, height: usize) => memory::take_rows(to, pitch, width, height);
    cudaMalloc3D(to: Out<memory::Pitched>, extent: memory::Extent) => memory::take_box(to, extent);
    cudaMallocManaged(to: Out<u64>, bytes: usize, flags: u32) => memory::take_managed(to, bytes, flags);
    cudaFree(address: u64) => memory::give_back(address);
    cudaMemGetInfo(free: Out<usize>, total: Out<usize>) => memory::amount(free, total);
    cudaMallocHost(to: Out<u64>, bytes: usize) => memory::take_host(to, bytes, 0);
    cudaHostAlloc(to: Out<u64>, bytes: usize, flags: u32) => memory::take_host(to, bytes, flags);
    cudaFreeHost(address: u64) => memory::give_back_host(address);
    cudaHostRegister(address: u64, bytes: usize, flags: u32) => memory::register_host(address, bytes, flags);
    cudaHostUnregister(address: u64) => memory::unregister_host(address);
    cudaHostGetDevicePointer(to: Out<u64>, host: u64, flags: u32) => memory::device_address(to, host, flags);
    cudaHostGetFlags(flags: Out<u32>, host: u64) => memory::host_flags(flags, host);
    cudaPointerGetAttributes(to: Out<memory::PointerAttributes>, address: u64) => memory::pointer_attributes(to, address);
    cudaDeviceGetDefaultMemPool(pool: Out<Handle>, device: i32) => device::default_pool(pool, device);
    cudaDeviceGetMemPool(pool: Out<Handle>, device: i32) => device::pool(pool, device);
    cudaDeviceSetMemPool(device: i32, pool: Handle) => device::set_pool(device, pool);
    cudaMemPoolGetAttribute(pool: Handle, attribute: i32, value: Handle) => memory::pool_attribute(pool, attribute, value);
    cudaMemPoolSetAttribute(pool: Handle, attribute: i32, value: Handle) => memory::set_pool_attribute(pool, attribute, value);
    cudaMemPoolTrimTo(pool: Handle, keep: usize) => memory::trim_pool(pool, keep);
}

on_streams! {
    cudaMallocAsync cudaMallocAsync_ptsz(to: Out<u64>, bytes: usize) => memory::take_in_order;
    cudaMallocFromPoolAsync cudaMallocFromPoolAsync_ptsz(to: Out<u64>, bytes: usize, pool: Handle) => memory::take_from_pool;
    cudaFreeAsync cudaFreeAsync_ptsz(address: u64) => memory::give_back_in_order;
}

// Copies and fills.
exports! {
    cudaMemcpy(to: u64, from: u64, bytes: usize, kind: i32) => copying::bytes(to, from, bytes, kind);
    cudaMemcpyPeer(to: u64, to_device: i32, from: u64, from_device: i32, bytes: usize) => copying::peer(to, to_device, from, from_device, bytes);
    cudaMemcpyPeerAsync(to: u64, to_device: i32, from: u64, from_device: i32, bytes: usize, stream: Handle) =>
        copying::peer_in_order(to, to_device, from, from_device, bytes, stream);
    cudaMemcpy2D(to: u64, to_pitch: usize, from: u64, from_pitch: usize, width: usize, height: usize, kind: i32) =>
        copying::rows(Rows { address: to, pitch: to_pitch }, Rows { address: from, pitch: from_pitch }, width, height, kind);
    cudaMemcpy2DAsync(to: u64, to_pitch: usize, from: u64, from_pitch: usize, width: usize, height: usize, kind: i32, stream: Handle) =>
        copying::rows_in_order(Rows { address: to, pitch: to_pitch }, Rows { address: from, pitch: from_pitch }, width, height, kind, stream);
    cudaMemcpy2DAsync_ptsz(to: u64, to_pitch: usize, from: u64, from_pitch: usize, width: usize, height: usize, kind: i32, stream: Handle) =>
        copying::rows_in_order(Rows { address: to, pitch: to_pitch }, Rows { address: from, pitch: from_pitch }, width, height, kind, own(stream));
    cudaMemcpy3D(copy: In<copying::BoxCopy>) => copying::boxes(copy);
    cudaMemcpy3DPeer(copy: In<copying::PeerBoxCopy>) => copying::between_devices(copy);
    cudaMemset(to: u64, value: i32, bytes: usize) => copying::fill(to, value, bytes);
    cudaMemset2D(to: u64, pitch: usize, value: i32, width: usize, height: usize) => copying::fill_rows(Rows { address: to, pitch }, value, width, height);
    cudaMemset2DAsync(to: u64, pitch: usize, value: i32, width: usize, height: usize, stream: Handle) =>
        copying::fill_rows_in_order(Rows { address: to, pitch }, value, width, height, stream);
    cudaMemset2DAsync_ptsz(to: u64, pitch: usize, value: i32, width: usize, height: usize, stream: Handle) =>
        copying::fill_rows_in_order(Rows { address: to, pitch }, value, width, height, own(stream));
    cudaGetSymbolAddress(to: Out<u64>, symbol: Handle) => symbol::address(to, symbol);
    cudaGetSymbolSize(to: Out<usize>, symbol: Handle) => symbol::size(to, symbol);
    cudaMemcpyToSymbol(symbol: Handle, from: u64, bytes: usize, offset: usize, kind: i32) => symbol::write(symbol, from, bytes, offset, kind);
    cudaMemcpyFromSymbol(to: u64, symbol: Handle, bytes: usize, offset: usize, kind: i32) => symbol::read(to, symbol, bytes, offset, kind);
}

on_streams! {
    cudaMemcpyAsync cudaMemcpyAsync_ptsz(to: u64, from: u64, bytes: usize, kind: i32) => copying::bytes_in_order;
    cudaMemcpy3DAsync cudaMemcpy3DAsync_ptsz(copy: In<copying::BoxCopy>) => copying::boxes_in_order;
    cudaMemcpy3DPeerAsync cudaMemcpy3DPeerAsync_ptsz(copy: In<copying::PeerBoxCopy>) => copying::between_devices_in_order;
    cudaMemsetAsync cudaMemsetAsync_ptsz(to: u64, value: i32, bytes: usize) => copying::fill_in_order;
    cudaMemcpyToSymbolAsync cudaMemcpyToSymbolAsync_ptsz(symbol: Handle, from: u64, bytes: usize, offset: usize, kind: i32) => symbol::write_in_order;
    cudaMemcpyFromSymbolAsync cudaMemcpyFromSymbolAsync_ptsz(to: u64, symbol: Handle, bytes: usize, offset: usize, kind: i32) => symbol::read_in_order;
}

// The same in the thread's own stream, and done when they return.
exports! {
    cudaMemcpy_ptds(to: u64, from: u64, bytes: usize, kind: i32) => in_own(|stream| copying::bytes_in_order(to, from, bytes, kind, stream));
    cudaMemcpy2D_ptds(to: u64, to_pitch: usize, from: u64, from_pitch: usize, width: usize, height: usize, kind: i32) => in_own(|stream| {
        copying::rows_in_order(Rows { address: to, pitch: to_pitch }, Rows { address: from, pitch: from_pitch }, width, height, kind, stream)
    });
    cudaMemcpy3D_ptds(copy: In<copying::BoxCopy>) => in_own(|stream| copying::boxes_in_order(copy, stream));
    cudaMemcpy3DPeer_ptds(copy: In<copying::PeerBoxCopy>) => in_own(|stream| copying::between_devices_in_order(copy, stream));
    cudaMemset_ptds(to: u64, value: i32, bytes: usize) => in_own(|stream| copying::fill_in_order(to, value, bytes, stream));
    cudaMemset2D_ptds(to: u64, pitch: usize, value: i32, width: usize, height: usize) =>
        in_own(|stream| copying::fill_rows_in_order(Rows { address: to, pitch }, value, width, height, stream));
    cudaMemcpyToSymbol_ptds(symbol: Handle, from: u64, bytes: usize, offset: usize, kind: i32) =>
        in_own(|stream| symbol::write_in_order(symbol, from, bytes, offset, kind, stream));
    cudaMemcpyFromSymbol_ptds(to: u64, symbol: Handle, bytes: usize, offset: usize, kind: i32) =>
        in_own(|stream| symbol::read_in_order(to, symbol, bytes, offset, kind, stream));
}

// Streams and events.
exports! {
    cudaStreamCreate(to: Out<Handle>) => stream::create(to, 0);
    cudaStreamCreateWithFlags(to: Out<Handle>, flags: u32) => stream::create(to, flags);
    cudaStreamCreateWithPriority(to: Out<Handle>, flags: u32, priority: i32) => stream::create_with_priority(to, flags, priority);
    cudaStreamDestroy(stream: Handle) => stream::destroy(stream);
    cudaStreamWaitEvent(stream: Handle, event: Handle, flags: u32) => stream::wait_for_event(stream, event, flags);
    cudaStreamWaitEvent_ptsz(stream: Handle, event: Handle, flags: u32) => stream::wait_for_event(own(stream), event, flags);
    cudaStreamGetFlags(stream: Handle, flags: Out<u32>) => stream::flags(stream, flags);
    cudaStreamGetFlags_ptsz(stream: Handle, flags: Out<u32>) => stream::flags(own(stream), flags);
    cudaStreamGetPriority(stream: Handle, priority: Out<i32>) => stream::priority(stream, priority);
    cudaStreamGetPriority_ptsz(stream: Handle, priority: Out<i32>) => stream::priority(own(stream), priority);
    cudaStreamGetId(stream: Handle, id: Out<u64>) => stream::id(stream, id);
    cudaStreamGetId_ptsz(stream: Handle, id: Out<u64>) => stream::id(own(stream), id);
    cudaStreamGetDevice(stream: Handle, device: Out<i32>) => stream::device(stream, device);
    cudaStreamGetDevice_ptsz(stream: Handle, device: Out<i32>) => stream::device(own(stream), device);
    cudaDeviceGetStreamPriorityRange(least: Out<i32>, greatest: Out<i32>) => stream::priorities(least, greatest);
    cudaStreamAddCallback(stream: Handle, callback: Handle, data: Handle, flags: u32) => stream::add_callback(stream, callback, data, flags);
    cudaStreamAddCallback_ptsz(stream: Handle, callback: Handle, data: Handle, flags: u32) => stream::add_callback(own(stream), callback, data, flags);
    cudaLaunchHostFunc(stream: Handle, function: Handle, data: Handle) => stream::call_host(stream, function, data);
    cudaLaunchHostFunc_ptsz(stream: Handle, function: Handle, data: Handle) => stream::call_host(own(stream), function, data);
    cudaStreamAttachMemAsync(stream: Handle, address: u64, bytes: usize, flags: u32) => stream::attach_memory(stream, address, bytes, flags);
    cudaStreamAttachMemAsync_ptsz(stream: Handle, address: u64, bytes: usize, flags: u32) => stream::attach_memory(own(stream), address, bytes, flags);
    cudaStreamBeginCapture(stream: Handle, mode: i32) => stream::begin_capture(stream, mode);
    cudaStreamBeginCapture_ptsz(stream: Handle, mode: i32) => stream::begin_capture(own(stream), mode);
    cudaStreamEndCapture(stream: Handle, graph: Out<Handle>) => stream::end_capture(stream, graph);
    cudaStreamEndCapture_ptsz(stream: Handle, graph: Out<Handle>) => stream::end_capture(own(stream), graph);
    cudaStreamIsCapturing(stream: Handle, status: Out<i32>) => stream::is_capturing(stream, status);
    cudaStreamIsCapturing_ptsz(stream: Handle, status: Out<i32>) => stream::is_capturing(own(stream), status);
    #[cfg(cuda12)]
    cudaStreamGetCaptureInfo(stream: Handle, status: Out<i32>, id: Out<u64>) =>
        stream::capture_info(stream, Told { status, id, graph: Out::NONE, nodes: Out::NONE, count: Out::NONE });
    #[cfg(cuda12)]
    cudaStreamGetCaptureInfo_ptsz(stream: Handle, status: Out<i32>, id: Out<u64>) =>
        stream::capture_info(own(stream), Told { status, id, graph: Out::NONE, nodes: Out::NONE, count: Out::NONE });
    #[cfg(cuda12)]
    cudaStreamGetCaptureInfo_v2(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, count: Out<usize>) =>
        stream::capture_info(stream, Told { status, id, graph, nodes, count });
    #[cfg(cuda12)]
    cudaStreamGetCaptureInfo_v2_ptsz(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, count: Out<usize>) =>
        stream::capture_info(own(stream), Told { status, id, graph, nodes, count });
    #[cfg(cuda12)]
    cudaStreamGetCaptureInfo_v3(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, edges: Out<Handle>, count: Out<usize>) =>
        stream::capture_info_with_edges(stream, Told { status, id, graph, nodes, count }, edges);
    #[cfg(cuda12)]
    cudaStreamGetCaptureInfo_v3_ptsz(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, edges: Out<Handle>, count: Out<usize>) =>
        stream::capture_info_with_edges(own(stream), Told { status, id, graph, nodes, count }, edges);
    #[cfg(cuda13)]
    cudaStreamGetCaptureInfo(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, edges: Out<Handle>, count: Out<usize>) =>
        stream::capture_info_with_edges(stream, Told { status, id, graph, nodes, count }, edges);
    #[cfg(cuda13)]
    cudaStreamGetCaptureInfo_ptsz(stream: Handle, status: Out<i32>, id: Out<u64>, graph: Out<Handle>, nodes: Out<Handle>, edges: Out<Handle>, count: Out<usize>) =>
        stream::capture_info_with_edges(own(stream), Told { status, id, graph, nodes, count }, edges);
    cudaThreadExchangeStreamCaptureMode(mode: Out<i32>) => stream::exchange_capture_mode(mode);
    cudaEventCreate(to: Out<Handle>) => event::create(to, 0);
    cudaEventCreateWithFlags(to: Out<Handle>, flags: u32) => event::create(to, flags);
    cudaEventDestroy(event: Handle) => event::destroy(event);
    cudaEventQuery(event: Handle) => event::query(event);
    cudaEventSynchronize(event: Handle) => event::wait(event);
    cudaEventElapsedTime(milliseconds: Out<f32>, start: Handle, end: Handle) => event::elapsed(milliseconds, start, end);
    #[cfg(cuda12)]
    cudaEventElapsedTime_v2(milliseconds: Out<f32>, start: Handle, end: Handle) => event::elapsed(milliseconds, start, end);
    cudaEventRecordWithFlags(event: Handle, stream: Handle, flags: u32) => event::record_with_flags(event, stream, flags);
    cudaEventRecordWithFlags_ptsz(event: Handle, stream: Handle, flags: u32) => event::record_with_flags(event, own(stream), flags);
}

on_streams! {
    cudaStreamSynchronize cudaStreamSynchronize_ptsz() => stream::wait;
    cudaStreamQuery cudaStreamQuery_ptsz() => stream::query;
    cudaEventRecord cudaEventRecord_ptsz(event: Handle) => event::record;
}

// Graphs.
exports! {
    cudaGraphCreate(to: Out<Handle>, flags: u32) => graph::create(to, flags);
    cudaGraphDestroy(graph: Handle) => graph::destroy(graph);
    cudaGraphClone(to: Out<Handle>, graph: Handle) => graph::clone(to, graph);
    cudaGraphAddEmptyNode(to: Out<Handle>, graph: Handle, after: In<Handle>, count: usize) => graph::add_empty(to, graph, after, count);
    cudaGraphDestroyNode(node: Handle) => graph::destroy_node(node);
    cudaGraphGetNodes(graph: Handle, to: Out<Handle>, count: Out<usize>) => graph::nodes(graph, to, count);
    cudaGraphGetRootNodes(graph: Handle, to: Out<Handle>, count: Out<usize>) => graph::roots(graph, to, count);
    cudaGraphNodeGetType(node: Handle, kind: Out<i32>) => graph::kind(node, kind);
    cudaGraphInstantiate(to: Out<Handle>, graph: Handle, flags: u64) => graph::instantiate(to, graph, flags);
    cudaGraphInstantiateWithFlags(to: Out<Handle>, graph: Handle, flags: u64) => graph::instantiate(to, graph, flags);
    cudaGraphExecUpdate(exec: Handle, graph: Handle, result: Handle) => graph::update(exec, graph, result);
    cudaGraphExecDestroy(exec: Handle) => graph::destroy_exec(exec);
    cudaGraphExecGetFlags(exec: Handle, flags: Out<u64>) => graph::exec_flags(exec, flags);
    cudaGraphDebugDotPrint(graph: Handle, path: Text, flags: u32) => graph::print(graph, path, flags);
    cudaUserObjectCreate(to: Out<Handle>, data: Handle, destroy: Handle, count: u32, flags: u32) => graph::create_object(to, data, destroy, count, flags);
    cudaUserObjectRetain(object: Handle, count: u32) => graph::retain_object(object, count);
    cudaUserObjectRelease(object: Handle, count: u32) => graph::release_object(object, count);
    cudaGraphRetainUserObject(graph: Handle, object: Handle, count: u32, flags: u32) => graph::retain_in(graph, object, count, flags);
    cudaGraphReleaseUserObject(graph: Handle, object: Handle, count: u32) => graph::release_in(graph, object, count);
}

on_streams! {
    cudaGraphLaunch cudaGraphLaunch_ptsz(exec: Handle) => graph::launch;
    cudaGraphUpload cudaGraphUpload_ptsz(exec: Handle) => graph::upload;
}

// Kernels.
exports! {
    __cudaPushCallConfiguration(grid: Size, block: Size, shared: usize, stream: Handle) => kernel::push(Configuration { grid, block, shared, stream });
    __cudaPopCallConfiguration(grid: Out<Size>, block: Out<Size>, shared: Out<usize>, stream: Out<Handle>) => kernel::pop(grid, block, shared, stream);
    __cudaGetKernel(to: Out<Handle>, host: Handle) => registry::store_kernel(to, host);
    __cudaLaunchKernel(kernel: Handle, grid: Size, block: Size, arguments: Handle, shared: usize, stream: Handle) =>
        kernel::launch_kernel(kernel, arguments, Configuration { grid, block, shared, stream });
    __cudaLaunchKernel_ptsz(kernel: Handle, grid: Size, block: Size, arguments: Handle, shared: usize, stream: Handle) =>
        kernel::launch_kernel(kernel, arguments, Configuration { grid, block, shared, stream: own(stream) });
    cudaLaunchKernel(host: Handle, grid: Size, block: Size, arguments: Handle, shared: usize, stream: Handle) =>
        kernel::launch(host, arguments, Configuration { grid, block, shared, stream });
    cudaLaunchKernel_ptsz(host: Handle, grid: Size, block: Size, arguments: Handle, shared: usize, stream: Handle) =>
        kernel::launch(host, arguments, Configuration { grid, block, shared, stream: own(stream) });
    cudaLaunchCooperativeKernel(host: Handle, grid: Size, block: Size, arguments: Handle, shared: usize, stream: Handle) =>
        kernel::launch_cooperative(host, arguments, Configuration { grid, block, shared, stream });
    cudaLaunchCooperativeKernel_ptsz(host: Handle, grid: Size, block: Size, arguments: Handle, shared: usize, stream: Handle) =>
        kernel::launch_cooperative(host, arguments, Configuration { grid, block, shared, stream: own(stream) });
    cudaLaunchKernelExC(config: In<kernel::LaunchConfig>, host: Handle, arguments: Handle) => kernel::launch_with(config, host, arguments, false);
    cudaLaunchKernelExC_ptsz(config: In<kernel::LaunchConfig>, host: Handle, arguments: Handle) => kernel::launch_with(config, host, arguments, true);
    cudaGetKernel(to: Out<Handle>, host: Handle) => registry::store_kernel(to, host);
    cudaGetFuncBySymbol(to: Out<Handle>, host: Handle) => registry::store_function(to, host);
    cudaFuncGetAttributes(to: Out<kernel::Attributes>, host: Handle) => kernel::attributes(to, host);
    cudaFuncSetAttribute(host: Handle, attribute: i32, value: i32) => kernel::set_attribute(host, attribute, value);
    cudaFuncSetCacheConfig(host: Handle, config: i32) => kernel::set_cache(host, config);
    cudaFuncGetName(to: Out<Handle>, host: Handle) => kernel::name(to, host);
    cudaFuncGetParamInfo(host: Handle, index: usize, offset: Out<usize>, bytes: Out<usize>) => kernel::parameter(host, index, offset, bytes);
    cudaKernelSetAttributeForDevice(kernel: Handle, attribute: i32, value: i32, device: i32) => kernel::set_kernel_attribute(kernel, attribute, value, device);
    cudaOccupancyMaxActiveBlocksPerMultiprocessor(to: Out<i32>, host: Handle, threads: i32, shared: usize) => kernel::blocks(to, host, threads, shared, 0);
    cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(to: Out<i32>, host: Handle, threads: i32, shared: usize, flags: u32) =>
        kernel::blocks(to, host, threads, shared, flags);
    cudaOccupancyAvailableDynamicSMemPerBlock(to: Out<usize>, host: Handle, blocks: i32, threads: i32) => kernel::shared_left(to, host, blocks, threads);
    cudaOccupancyMaxActiveClusters(to: Out<i32>, host: Handle, config: In<kernel::LaunchConfig>) => kernel::clusters(to, host, config);
    cudaOccupancyMaxPotentialClusterSize(to: Out<i32>, host: Handle, config: In<kernel::LaunchConfig>) => kernel::cluster_size(to, host, config);
    cudaLibraryLoadData(to: Out<Handle>, code: Handle, jit: In<i32>, jit_values: Handle, jits: u32, options: In<i32>, values: Handle, count: u32) =>
        kernel::load(to, code, Options { numbers: jit, values: jit_values, count: jits }, Options { numbers: options, values, count });
    cudaLibraryLoadFromFile(to: Out<Handle>, path: Text, jit: In<i32>, jit_values: Handle, jits: u32, options: In<i32>, values: Handle, count: u32) =>
        kernel::load_file(to, path, Options { numbers: jit, values: jit_values, count: jits }, Options { numbers: options, values, count });
    cudaLibraryUnload(library: Handle) => kernel::unload(library);
    cudaLibraryGetKernel(to: Out<Handle>, library: Handle, name: Text) => kernel::kernel_of(to, library, name);
    cudaLibraryGetKernelCount(count: Out<u32>, library: Handle) => start().and_then(|()| cuLibraryGetKernelCount(count, library));
    cudaLibraryEnumerateKernels(kernels: Out<Handle>, count: u32, library: Handle) => start().and_then(|()| cuLibraryEnumerateKernels(kernels, count, library));
}
