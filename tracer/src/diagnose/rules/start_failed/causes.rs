//! What the words of a model's process, or of the server about it, say of why the model could not be loaded or run.
//!
//! Sources: ggml-cuda.cu, ggml-backend.cpp, ggml-vulkan.cpp, ggml-metal, llama.cpp's llama-model.cpp; llm/server.go,
//! server/sched.go; the numbers of Windows' exceptions (ntstatus.h).

/// One cause.
pub(super) struct Cause {
    /// Any of these words tells it.
    pub(super) words: &'static [&'static str],
    /// What it is, as the end of a sentence.
    pub(super) says: &'static str,
    /// What to do.
    pub(super) remedy: &'static [&'static str],
    /// The words leave no other reading.
    pub(super) certain: bool,
    /// The GPU has no part in it.
    pub(super) beside_gpu: bool,
}

const GPU_MEMORY: &[&str] = &[
    "Take a smaller context (num_ctx), a smaller quantisation or fewer layers on the GPU (num_gpu), and see what else holds its memory:",
    "$ nvidia-smi; ollama ps",
];

const UPDATE_DRIVER: &[&str] = &[
    "Update the GPU's driver, then Ollama; what both are now:",
    "$ nvidia-smi; ollama --version",
];

const NO_CODE: &[&str] = &[
    "Have another folder used (OLLAMA_LLM_LIBRARY=cuda_v12 has code for older cards than cuda_v13), or Ollama's own release in place of a package of the distribution:",
    "$ sudo systemctl edit ollama   # Environment=OLLAMA_LLM_LIBRARY=cuda_v12",
];

const fn cause(
    words: &'static [&'static str],
    says: &'static str,
    remedy: &'static [&'static str],
) -> Cause {
    Cause {
        words,
        says,
        remedy,
        certain: true,
        beside_gpu: false,
    }
}

const fn likely(
    words: &'static [&'static str],
    says: &'static str,
    remedy: &'static [&'static str],
) -> Cause {
    Cause {
        certain: false,
        ..cause(words, says, remedy)
    }
}

const fn beside(
    words: &'static [&'static str],
    says: &'static str,
    remedy: &'static [&'static str],
) -> Cause {
    Cause {
        beside_gpu: true,
        ..cause(words, says, remedy)
    }
}

/// The most telling words first.
pub(super) const CAUSES: &[Cause] = &[
    beside(
        &[
            "unknown model architecture",
            "unsupported model architecture",
        ],
        "this release does not know the architecture of the model",
        &[
            "Update Ollama. If it is new, its library folder may be of an older release, or the model's file is not made for it; see both:",
            "$ ollama --version; ollama show MODEL",
        ],
    ),
    beside(
        &[
            "create_tensor: tensor",
            "check_tensor_dims: tensor",
            "missing tensor",
            "wrong number of tensors",
            "error loading model hyperparameters",
            "error loading model vocabulary",
        ],
        "the file is not what this release expects of such a model: it was made for another release",
        &[
            "Update Ollama, then pull the model again (one that was made by hand is to be made anew):",
            "$ ollama --version; ollama pull MODEL",
        ],
    ),
    beside(
        &["requires more system memory"],
        "the computer has too little memory (not the GPU)",
        &[
            "Take a smaller model, quantisation or context (num_ctx), or free memory of the computer.",
        ],
    ),
    beside(
        &[
            "unable to allocate CPU",
            "failed to allocate CPU",
            "ggml_backend_cpu_buffer_type_alloc_buffer: failed",
        ],
        "the computer has too little memory (not the GPU): a buffer for the layers on the CPU could not be had",
        &["Free memory of the computer, enlarge its swap or page file, or take a smaller model."],
    ),
    cause(
        &["exceeds device memory allocation limit"],
        "one buffer is larger than this Vulkan driver gives in one piece",
        &[
            "Take a smaller context or batch, or a newer release, which cuts such buffers into pieces.",
        ],
    ),
    cause(
        &[
            "cudaMalloc failed: out of memory",
            "hipMalloc failed",
            "unable to allocate CUDA",
            "unable to allocate ROCm",
            "unable to allocate Vulkan",
            "failed to allocate CUDA",
            "failed to allocate ROCm",
            "failed to allocate Vulkan",
            "failed to commit memory",
            "ErrorOutOfDeviceMemory",
            "Device memory allocation of size",
            "CUDA error: out of memory",
            "CUBLAS_STATUS_ALLOC_FAILED",
        ],
        "the memory of the GPU was not enough",
        GPU_MEMORY,
    ),
    cause(
        &[
            "initialize the Metal library",
            "initialize Metal backend",
            "ggml_metal_init: error",
        ],
        "Metal did not start",
        &[
            "Update Ollama: a newer release has GPU code for newer Macs and macOS; until then the last one that worked.",
        ],
    ),
    cause(
        &["Could not initialize Tensile host: No devices found"],
        "ROCm has no device in the process of the model",
        &[
            "See whether the user of the service may use /dev/kfd and /dev/dri, and whether HSA_OVERRIDE_GFX_VERSION or ROCR_VISIBLE_DEVICES hide the card:",
            "$ ls -l /dev/kfd /dev/dri; id ollama; systemctl show ollama -p Environment",
        ],
    ),
    cause(
        &["rocBLAS error: Cannot read", "TensileLibrary.dat"],
        "rocBLAS has no kernels for this card",
        super::super::validate::OTHER_TARGET,
    ),
    cause(
        &["error while loading shared libraries"],
        "a library that the process needs is missing",
        &[
            "Install one release of Ollama anew, with all its files; a package of the distribution may need its CUDA or ROCm part.",
        ],
    ),
    likely(
        &["0xc0000135"],
        "a DLL that the process needs is not there; with an AMD card most often those of its driver (HIP)",
        &["Install the GPU's driver anew, in its full form, then Ollama."],
    ),
    cause(
        &["timed out waiting for llama"],
        "the load took longer than its limit (OLLAMA_LOAD_TIMEOUT, 5 minutes without progress)",
        &[
            "A slow disk or network folder, or a GPU that computes too slowly. Raise the limit, or put the models on a faster disk:",
            "$ sudo systemctl edit ollama   # Environment=OLLAMA_LOAD_TIMEOUT=15m",
        ],
    ),
    cause(
        &[
            "no kernel image is available",
            "was not compiled with any CUDA arch",
        ],
        "the backend has no code for this card",
        NO_CODE,
    ),
    cause(
        &["device kernel image is invalid"],
        "the driver does not take the code of the backend, as one does that is older than the backend needs",
        UPDATE_DRIVER,
    ),
    cause(
        &["invalid device function"],
        "the backend has no code for this card (its gfx target or compute capability)",
        &["Take a release whose ROCm or CUDA part has this card, or Vulkan (OLLAMA_VULKAN=1)."],
    ),
    likely(
        &["operation not supported"],
        "the driver does not support a call of the backend, which with a virtual GPU is most often unified memory that is off, or a driver that is not the guest's own",
        &[
            "In a virtual machine: install the guest driver that fits the host's, with its licence, and enable unified memory for the vGPU.",
            "$ nvidia-smi -q | grep -i -E 'driver|licen|virtual'",
        ],
    ),
    likely(
        &["CUBLAS_STATUS"],
        "cuBLAS could not work: it does not fit the driver, or memory is short",
        &[
            "Take Ollama's own build for the machine (on a Jetson that of its JetPack), and leave some of the GPU's memory free.",
        ],
    ),
    likely(
        &[
            "illegal memory access",
            "unspecified launch failure",
            "misaligned address",
        ],
        "code on the GPU failed, by a fault of the backend or of the card",
        &[
            "Update Ollama and the driver; see whether the card reports errors of its own:",
            "$ sudo dmesg | grep -i -E 'NVRM|Xid' | tail",
        ],
    ),
    likely(
        &["ErrorDeviceLost", "DeviceLostError"],
        "the Vulkan driver lost the card (a reset after work that took too long, or for lack of memory)",
        &["Update the GPU's driver; take a smaller model, context or batch."],
    ),
    likely(
        &["CUDA error", "ROCm error", "HIP error"],
        "a call of the GPU's runtime failed",
        &["The lines around it name the call and its error; at OLLAMA_DEBUG=1 there are more."],
    ),
    likely(
        &["has terminated: signal: killed"],
        "the process was killed, most often for lack of the computer's memory",
        &[
            "See whether the kernel did it:",
            "$ sudo dmesg | grep -i 'killed process'",
        ],
    ),
    likely(
        &["0xc000001d", "signal: illegal instruction"],
        "the process met an instruction that this processor does not have",
        &["Use Ollama's own release, which has code for several processors."],
    ),
    likely(
        &["0xc0000005", "signal: segmentation fault"],
        "the process was ended by an access to memory that is not its own",
        &[
            "Update the GPU's driver and Ollama; if it stays, give the maintainers the output at OLLAMA_DEBUG=2.",
        ],
    ),
    likely(
        &["GGML_ASSERT"],
        "an assertion of ggml failed: a fault of this release, or libraries or a model's file of another one",
        &[
            "Install one release of Ollama anew, without libraries of another (or of llama.cpp) on the path, and pull the model again:",
            "$ ollama pull MODEL",
        ],
    ),
    likely(
        &["0xc0000409", "signal: aborted"],
        "the process ended itself",
        &["The lines before say why; at OLLAMA_DEBUG=1 there are more."],
    ),
    likely(
        &["model failed to load, this may be due to resource limitations"],
        "the server names no cause; memory is the most frequent one",
        GPU_MEMORY,
    ),
    likely(
        &[
            "process has terminated",
            "no longer running",
            "runner terminated\" error=\"exit status",
            "llama-server terminated\" error=\"exit status",
        ],
        "the process ended, and these lines do not say why",
        &["The lines before its end say why; give the log from the start of the model."],
    ),
    likely(
        &[
            "error loading model",
            "unable to load model",
            "failed to load model",
            "NewLlamaServer failed",
        ],
        "its file could not be loaded, and these lines do not say why",
        &[
            "Pull the model again; if it stays, give the log from the start of the model:",
            "$ ollama pull MODEL",
        ],
    ),
];
