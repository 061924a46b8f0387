//! What result codes mean where programs look for GPUs, in our own words: first what is wrong, then where to look.

/// A number and its meaning.
type Meanings = &'static [(i64, &'static str)];

/// `CUresult`.
pub(crate) const CU_RESULT: Meanings = &[
    (0, "it worked"),
    (1, "an argument is out of range or makes no sense"),
    (
        2,
        "not enough memory: on the device, or on the host for what the driver keeps there",
    ),
    (
        3,
        "the driver was not started in this process: cuInit was not called, failed, or was called before a fork",
    ),
    (4, "the driver is shutting down, as at the end of a process"),
    (
        34,
        "this library is the stub for linking, not a driver: a search path leads to a folder `stubs`",
    ),
    (
        46,
        "the device is held by someone else or its compute mode lets nobody in",
    ),
    (
        100,
        "the driver runs but has no device for this process: none there, hidden by CUDA_VISIBLE_DEVICES, or its nodes cannot be opened",
    ),
    (101, "no device has this number"),
    (
        200,
        "the device code is broken, or is no device code at all",
    ),
    (201, "the thread has no context, or the context is gone"),
    (205, "the memory cannot be mapped for the device"),
    (
        209,
        "the device code holds nothing for this device's architecture",
    ),
    (
        214,
        "the device's memory has an error that cannot be corrected",
    ),
    (218, "the PTX code could not be compiled"),
    (
        220,
        "the compiler inside the driver was not found (libnvidia-ptxjitcompiler)",
    ),
    (221, "the compiler's library does not fit the driver"),
    (
        222,
        "the PTX code is newer than the driver's compiler: the driver is too old for the program",
    ),
    (223, "compiling PTX inside the driver is switched off"),
    (301, "a file was not found"),
    (302, "a library the driver needs lacks a symbol"),
    (303, "a library the driver needs could not be loaded"),
    (
        304,
        "a system call failed: often a device node that is missing, or may not be opened",
    ),
    (400, "a handle is not valid"),
    (500, "no kernel, variable or function has this name"),
    (600, "work is still going on"),
    (
        700,
        "a kernel touched memory it may not; the context is lost",
    ),
    (702, "a kernel ran too long; the context is lost"),
    (709, "the context was destroyed"),
    (719, "a kernel failed; the context is lost"),
    (800, "the operation is not allowed"),
    (801, "the driver or the device cannot do this"),
    (
        802,
        "the system is still starting: on machines with NVSwitch the fabric manager is not ready",
    ),
    (
        803,
        "the driver's library and its kernel module are not of one version",
    ),
    (
        804,
        "the compatibility package's library is used with a device that it does not serve",
    ),
    (
        805,
        "the server that shares the device (MPS) cannot be reached",
    ),
    (806, "the server that shares the device (MPS) had an error"),
    (
        807,
        "the server that shares the device (MPS) is not ready yet",
    ),
    (
        999,
        "the driver failed and does not say why: often a kernel module that is not loaded or does not answer, or a device that fell off the bus",
    ),
];

/// `cudaError_t`. From 100 on most numbers are the driver's.
pub(crate) const CUDA_ERROR: Meanings = &[
    (0, "it worked"),
    (1, "an argument is out of range or makes no sense"),
    (
        2,
        "not enough memory: on the device, or on the host for what the driver keeps there",
    ),
    (3, "the runtime could not start the driver"),
    (
        4,
        "the runtime is shutting down, as at the end of a process",
    ),
    (34, "the library found as driver is the stub for linking"),
    (
        35,
        "the driver is older than this runtime needs, or there is none",
    ),
    (36, "the driver is too old for this function"),
    (
        46,
        "all devices are held by someone else, or their compute modes let nobody in",
    ),
    (98, "the program has no code of this kernel for the device"),
    (100, "the driver has no device for this process"),
    (101, "no device has this number"),
    (
        103,
        "the runtime's check found that the driver is not NVIDIA's own",
    ),
    (
        127,
        "the device takes none of the code this program was built with",
    ),
    (
        200,
        "the device code is broken, or is no device code at all",
    ),
    (201, "the thread's context is not one the runtime can use"),
    (
        209,
        "the program holds no code for this device's architecture",
    ),
    (
        222,
        "the program's PTX code is newer than the driver's compiler: the driver is too old for the program",
    ),
    (500, "no kernel, variable or function has this name"),
    (
        700,
        "a kernel touched memory it may not; the context is lost",
    ),
    (719, "a kernel failed; the context is lost"),
    (801, "the driver or the device cannot do this"),
    (
        802,
        "the system is still starting: on machines with NVSwitch the fabric manager is not ready",
    ),
    (
        803,
        "the driver's library and its kernel module are not of one version",
    ),
    (
        804,
        "the compatibility package's library is used with a device that it does not serve",
    ),
    (999, "the driver failed and does not say why"),
];

/// `nvmlReturn_t`.
pub(crate) const NVML_RETURN: Meanings = &[
    (0, "it worked"),
    (1, "NVML was not started in this process"),
    (2, "an argument makes no sense"),
    (3, "the device or the driver cannot do this"),
    (
        4,
        "this user may not do this, or not open the device's node",
    ),
    (6, "nothing was found"),
    (7, "the buffer is too small"),
    (9, "the kernel module is not loaded"),
    (10, "the driver did not answer in time"),
    (12, "the library was not found"),
    (
        13,
        "the library lacks this function: it is older than the program",
    ),
    (15, "the device does not answer any more"),
    (17, "a system call failed"),
    (
        18,
        "the library and the kernel module are not of one version",
    ),
    (25, "the structure's version is not one the library knows"),
    (28, "no such device is there"),
    (999, "the driver failed and does not say why"),
];

/// `cublasStatus_t`.
pub(crate) const CUBLAS_STATUS: Meanings = &[
    (0, "it worked"),
    (
        1,
        "cuBLAS could not start: no device it can use, or it was not created",
    ),
    (3, "not enough memory on the device"),
    (7, "an argument makes no sense"),
    (8, "the device cannot do this: its architecture is too old"),
    (13, "a kernel failed"),
    (14, "a call of the runtime inside cuBLAS failed"),
    (15, "cuBLAS cannot do this"),
];

/// `hipError_t`.
pub(crate) const HIP_ERROR: Meanings = &[
    (0, "it worked"),
    (1, "an argument is out of range or makes no sense"),
    (2, "not enough memory"),
    (3, "HIP could not start"),
    (35, "the driver is older than this runtime needs"),
    (98, "the program has no code of this kernel for the device"),
    (
        100,
        "no device for this process: none there, hidden by HIP_VISIBLE_DEVICES or ROCR_VISIBLE_DEVICES, or /dev/kfd cannot be opened",
    ),
    (101, "no device has this number"),
    (
        209,
        "the program holds no code for this device's architecture",
    ),
    (303, "a library HIP needs could not be loaded"),
    (801, "the driver or the device cannot do this"),
    (999, "the driver failed and does not say why"),
];

/// `VkResult`.
pub(crate) const VK_RESULT: Meanings = &[
    (0, "it worked"),
    (5, "there is more than the program left room for"),
    (-1, "not enough memory on the host"),
    (-2, "not enough memory on the device"),
    (-3, "a driver could not start"),
    (-4, "the device is gone"),
    (-6, "a layer that was asked for is not installed"),
    (-7, "an extension that was asked for is not there"),
    (-8, "a feature that was asked for is not there"),
    (
        -9,
        "no driver fits: no manifest was found, or none of their libraries could be loaded",
    ),
    (-13, "the driver failed and does not say why"),
];
