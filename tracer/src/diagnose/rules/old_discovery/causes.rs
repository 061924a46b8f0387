//! What a server before 0.12.4 says of the drivers that it asked itself, and what that means (discover or gpu: gpu.go,
//! amd_linux.go, amd_windows.go, gpu_info_*.c; llm/server.go).

/// Words of lines that name a cause.
pub(super) struct Cause {
    /// The words.
    pub(super) words: &'static str,
    /// What they mean; empty where a code says it.
    pub(super) means: &'static str,
    /// What to do.
    pub(super) remedy: &'static [&'static str],
}

const REINSTALLED: &[&str] = &[
    "Install one release of Ollama anew, with the folders of its GPU libraries beside it (a distribution's package may need its CUDA or ROCm part).",
];

const DEVICES: &[&str] = &[
    "In a container: start it with the GPU (docker run --gpus=all, or the deploy block of compose) on a host with NVIDIA's container toolkit.",
    "On the host: see whether the driver answers, and make its device nodes:",
    "$ nvidia-smi; ls -l /dev/nvidia*; sudo nvidia-modprobe -u",
];

const TAKEN_AWAY: &[&str] = &[
    "In a container whose GPU worked before, its devices were taken away (a daemon-reload of systemd on the host does that): start it again, and give it each node by name (--device /dev/nvidia0 and so on) to keep them.",
    "$ docker restart CONTAINER",
    "On the host: see whether the driver still answers:",
    "$ nvidia-smi",
];

pub(super) const NO_DRIVER: &[&str] = &[
    "In a container: start it with the GPU (docker run --gpus=all; --device /dev/kfd --device /dev/dri for AMD).",
    "On the host: install the GPU's driver, and see whether it answers:",
    "$ nvidia-smi; ls -l /dev/kfd /dev/dri",
];

const OTHER_TARGET: &[&str] = &[
    "On Linux the nearest target that is supported can be named, as a number, in the environment of the service (HSA_OVERRIDE_GFX_VERSION=10.3.0 for gfx103x, 11.0.0 for gfx110x); it has no effect on Windows:",
    "$ sudo systemctl edit ollama   # Environment=HSA_OVERRIDE_GFX_VERSION=10.3.0",
    "Newer releases can use such a card through Vulkan.",
];

const fn cause(words: &'static str, means: &'static str, remedy: &'static [&'static str]) -> Cause {
    Cause {
        words,
        means,
        remedy,
    }
}

/// The most telling first.
pub(super) const CAUSES: &[Cause] = &[
    cause(
        "error while loading shared libraries",
        "a library of the runner is missing",
        REINSTALLED,
    ),
    cause(
        "undefined symbol",
        "libraries of two releases are mixed",
        REINSTALLED,
    ),
    cause("past end of file", "the file is cut short", REINSTALLED),
    cause(
        "rocBLAS error",
        "rocBLAS has no kernels for the card",
        OTHER_TARGET,
    ),
    cause("init failure: ", "", &[]),
    cause(" err: ", "", &[]),
    cause("failed to get device context", "", &[]),
    cause(
        "not listed in available servers",
        "this Ollama has no runner of that name: it was built or installed without it, and no model can be run",
        REINSTALLED,
    ),
    cause(
        "amdgpu is not supported (supported types:[])",
        "the ROCm library of this Ollama has kernels for no card at all: its folder is missing or not whole",
        REINSTALLED,
    ),
    cause(
        "amdgpu is not supported",
        "the ROCm library of this Ollama has no kernels for this card",
        OTHER_TARGET,
    ),
    cause(
        "no compatible rocm library found",
        "the AMD card is there, the ROCm libraries are not",
        REINSTALLED,
    ),
    cause(
        "cannot open shared object",
        "the library is on no path of the loader",
        NO_DRIVER,
    ),
    cause(
        "ermission denied",
        "the user of the service may not use the device",
        &[
            "Give the user of the service the groups of the device:",
            "$ ls -l /dev/kfd /dev/dri /dev/nvidia*; id ollama",
        ],
    ),
    cause(
        "Failed to initialize NVML",
        "the driver does not answer, often a container that lost its devices",
        DEVICES,
    ),
    cause(
        "compatible gpu libraries",
        "no library folder fits the card: the libraries are not installed beside the program",
        REINSTALLED,
    ),
    cause(
        "CUDA GPU is too old",
        "the compute capability of the card is below what this release was built for",
        &[
            "Update Ollama: releases since 2024 are built for 5.0 and later; for a card below that take Vulkan (OLLAMA_VULKAN=1), or the CPU.",
        ],
    ),
    cause(
        "no nvidia devices detected",
        "the driver's library was loaded, and it says that there is no device: the device nodes are missing (nvidia_uvm) or closed, a container has none, or CUDA_VISIBLE_DEVICES hides them",
        DEVICES,
    ),
    cause(
        "Invalid OLLAMA_LLM_LIBRARY",
        "the variable names no runner of this release, and is passed over; the names are in the line \"Dynamic LLM libraries\"",
        &[
            "Leave the variable out, or set it to one of these names:",
            "$ sudo systemctl edit ollama",
        ],
    ),
    cause(
        "old CUDA driver detected",
        "the NVIDIA driver is old: newer releases of Ollama no longer use it",
        &["Update NVIDIA's driver."],
    ),
    cause(
        "Discovered GPU libraries: []",
        "no libnvidia-ml was found: no driver, or none in this container",
        NO_DRIVER,
    ),
    cause(
        "no compatible amdgpu devices detected",
        "the AMD card is none that the ROCm library knows, or may not be used",
        OTHER_TARGET,
    ),
    cause(
        "no compatible GPUs were discovered",
        "it met no driver's library that it could use, of NVIDIA or AMD; at this level it does not say more",
        NO_DRIVER,
    ),
];

/// What to do about a code.
pub(in crate::diagnose::rules) fn remedy_of(code: &str) -> &'static [&'static str] {
    match code {
        "35" => &[
            "In a container: start it with the GPU (docker run --gpus=all); without it the driver is not there.",
            "Else install or update NVIDIA's driver:",
            "$ nvidia-smi",
        ],
        "100" => DEVICES,
        "800" => TAKEN_AWAY,
        "802" => &[
            "Start the service that joins the GPUs, of the driver's own version, and Ollama after it:",
            "$ sudo systemctl enable --now nvidia-fabricmanager",
        ],
        "34" => &[
            "Take the folder \"stubs\" of the CUDA toolkit off the path of the loader:",
            "$ ldconfig -p | grep libcuda.so; systemctl show ollama -p Environment",
        ],
        "803" | "804" | "18" => &[
            "Restart the machine, so that the kernel module is of the libraries' version:",
            "$ cat /proc/driver/nvidia/version; nvidia-smi",
        ],
        "9" => NO_DRIVER,
        "46" => &["See who holds the card:", "$ nvidia-smi"],
        "500" => &[
            "Under WSL: the libcuda that answers must be that of Windows' driver (/usr/lib/wsl/lib), with no NVIDIA driver installed inside; update the Windows driver.",
            "$ ls -l /usr/lib/x86_64-linux-gnu/libcuda.so* /usr/lib/wsl/lib/libcuda.so*",
        ],
        "801" => &[
            "The driver does not support what was asked: with a virtual GPU enable unified memory; on a Jetson use the build for its JetPack.",
        ],
        _ => &[
            "Load the driver's memory module anew (after suspend it may be stuck); in a container, start that again; else restart the machine:",
            "$ sudo rmmod nvidia_uvm; sudo modprobe nvidia_uvm",
        ],
    }
}

/// What a code means.
pub(in crate::diagnose::rules) fn meaning(function: &str, code: &str) -> &'static str {
    match (function.contains("nvml"), code) {
        (true, "9") => "the NVIDIA driver is not loaded",
        (true, "18") => "driver library and kernel module are of different versions",
        (_, "999") => {
            "the driver does not come up, often nvidia_uvm after suspend or in a container"
        }
        (_, "100") => "the driver has no device",
        (_, "34") => "a stub library of the CUDA toolkit answered in the driver's place",
        (_, "35") if function == "cudaGetDeviceCount" => {
            "the driver is too old for the CUDA runtime of the backend"
        }
        (_, "35") => "the driver is too old for the CUDA runtime, or is not there at all",
        (_, "3") => "the driver could not be initialised",
        (_, "46") => "the card is busy",
        (_, "803") => "driver library and kernel module are of different versions",
        (_, "802") => {
            "the GPUs of this machine are not joined yet: nvidia-fabricmanager does not run, or is not of the driver's version"
        }
        (_, "804") => {
            "the libcuda that answers is one for forward compatibility, which this card does not allow"
        }
        (_, "205") => "the driver could not map memory (CUDA_ERROR_MAP_FAILED)",
        (_, "304") => "a call of the operating system failed in the driver",
        (_, "500") => {
            "a function or device was not found, often a libcuda under WSL that is not the one of Windows' driver"
        }
        (_, "800") => "the driver may not be used here",
        (_, "801") => {
            "the driver does not support the call, as on a Jetson with another build or a vGPU"
        }
        _ => "see CUDA's list of errors",
    }
}
