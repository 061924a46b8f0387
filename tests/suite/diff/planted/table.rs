//! For each layout the one that is like it without what was planted, and how the first sentence must name that.

/// No folder for a GPU.
const CPU: &str = "healthy_cpu";
/// A backend of `cuda_v12` that loads, starts, and has no device.
const ALONE: &str = "backend_alone";
/// Backend, runtime and driver, in `cuda_v12`: its device is used.
const TWELVE: &str = "gpu_healthy_12";
/// The same in `cuda_v13`.
const THIRTEEN: &str = "gpu_healthy";

/// That of `cuda_v13` and a model after the discovery, all of it on the card.
const MODEL: &str = "model_on_nothing";

/// What was done to a layout.
pub(super) struct Planted {
    /// The layout.
    pub(super) bad: &'static str,
    /// The same without it.
    pub(super) good: &'static str,
    /// One of these stands in what the first sentence says of the difference, before it comes to the verdict.
    pub(super) words: &'static [&'static str],
}

macro_rules! planted {
    ($($bad:ident: $good:ident, $words:expr;)*) => {
        /// Every layout in which something is wrong.
        pub(super) const PLANTED: &[Planted] = &[
            $(Planted { bad: stringify!($bad), good: $good, words: &$words }),*
        ];
    };
}

/// Layouts in which everything works, or is as it was asked for.
pub(super) const HEALTHY: &[&str] = &[
    ALONE,
    THIRTEEN,
    TWELVE,
    "gpu_healthy_prebuilt",
    "gpu_runtime_tier",
    "gpu_runtime_tier_12",
    "gpu_virtual",
    MODEL,
];

planted! {
    api_version_wrong: ALONE, ["libggml-cuda.so is another file"];
    argument_variable: ALONE, ["LLAMA_ARG_DEVICE is `CUDA7`"];
    backup_name_only: ALONE, ["libggml-cuda.so"];
    blas_first: THIRTEEN, ["libggml-blas.so is in the folder cuda_v13"];
    card_by_two: THIRTEEN, ["OLLAMA_VULKAN is `1`", "vulkan is there"];
    card_too_new: THIRTEEN, ["libggml-cuda.so is another file"];
    card_without_kernels: CPU, ["the folder rocm is there"];
    cards_many: THIRTEEN, ["libcuda.so.1 is another file"];
    cards_of_two_series: TWELVE, ["cuda_v13 is there", "libcuda.so.1 is another file"];
    constructor_crash: ALONE, ["libggml-cuda.so is another file"];
    core_not_linked: ALONE, ["libggml-cuda.so is another file"];
    cwd_gone: ALONE, ["working directory"];
    dangling_link: ALONE, ["libggml-cuda.so"];
    devices_hidden: THIRTEEN, ["CUDA_VISIBLE_DEVICES is `-1`"];
    driver_535: TWELVE, ["libnvidia-ml.so.1 is another file", "libcudart.so.12.8.90"];
    driver_535_by_name: TWELVE, ["libnvidia-ml.so.1 is another file"];
    driver_absent: THIRTEEN, ["LD_LIBRARY_PATH is not set", "libcuda.so.1"];
    driver_broken_pipe: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_busy: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_core_gone: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_count_fails: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_lacks: TWELVE, ["libcuda.so.1 is another file"];
    driver_memory_fails: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_mismatch: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_no_count: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_no_device: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_not_ready: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_old: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_stub: THIRTEEN, ["libcuda.so.1 is another file"];
    driver_unknown_error: THIRTEEN, ["libcuda.so.1 is another file"];
    file_closed: ALONE, ["libggml-cuda.so", "user id is `65534`"];
    folder_link: ALONE, ["cuda_v12"];
    folder_moved: ALONE, ["LD_PRELOAD is"];
    folder_not_entered: ALONE, ["cuda_v12", "user id is `65534`"];
    healthy_cpu: THIRTEEN, ["no folder cuda_v13"];
    init_abort: ALONE, ["libggml-cuda.so is another file"];
    init_crash: ALONE, ["libggml-cuda.so is another file"];
    init_exit: ALONE, ["libggml-cuda.so is another file"];
    init_hang: ALONE, ["libggml-cuda.so is another file"];
    init_kill: ALONE, ["libggml-cuda.so is another file"];
    init_null: ALONE, ["libggml-cuda.so is another file"];
    jetson_folder: CPU, ["cuda_jetpack6"];
    library_closed: THIRTEEN, ["libcublas.so.13", "user id is `65534`"];
    library_gone: CPU, ["the library folder is", "lib/ollama"];
    llama_server_gone: ALONE, ["llama-server"];
    llama_server_lacks: ALONE, ["libllama.so.0"];
    llama_server_mode: ALONE, ["lib/ollama/llama-server could not be executed (EACCES)"];
    loopback_closed: ALONE, ["127.0.0.1"];
    missing_dependency: TWELVE, ["libcublas.so.12"];
    missing_dependency_below: TWELVE, ["libcublas.so.12", "libcublasLt.so.12"];
    model_asked: MODEL, ["num_gpu is `0`"];
    model_late_card: MODEL, ["libcuda.so.1 is another file"];
    model_no_room: MODEL, ["libcuda.so.1 is another file"];
    model_refresh: MODEL, ["libcuda.so.1 is another file"];
    mount_noexec: ALONE, ["libggml-cuda.so"];
    no_init: ALONE, ["libggml-cuda.so is another file"];
    no_ollama_in_path: ALONE, ["library folder"];
    nodes_gone: THIRTEEN, ["GPU 0000:05:00.0", "/dev/nvidiactl", "libcuda.so.1 is another file"];
    on_top: ALONE, ["libggml-cuda.so is in the library folder"];
    one_card_twice: THIRTEEN, ["libcuda.so.1 is another file"];
    other_engine: CPU, ["mlx_cuda_v13"];
    other_libstdcxx: ALONE, ["libstdc++.so.6"];
    other_pattern: ALONE, ["libggml-cuda.so", "my-ggml-cuda.txt"];
    other_release: ALONE, ["libggml-cuda.so is another file"];
    other_tree: ALONE, ["no folder cuda_v12"];
    part_of_processor: CPU, ["OLLAMA_VULKAN is `1`", "vulkan is there"];
    port_answered: ALONE, ["LD_PRELOAD is"];
    port_taken: ALONE, ["LD_PRELOAD is"];
    preload_count: THIRTEEN, ["LD_PRELOAD is"];
    preload_crash: ALONE, ["LD_PRELOAD is"];
    preload_exit: ALONE, ["LD_PRELOAD is"];
    preload_interposes: ALONE, ["LD_PRELOAD is"];
    preload_missing: ALONE, ["LD_PRELOAD is"];
    preload_refuses: ALONE, ["LD_PRELOAD is"];
    preload_start: THIRTEEN, ["LD_PRELOAD is"];
    private_tables: THIRTEEN, ["libcudart.so.13 is another file"];
    probe_alone: THIRTEEN, ["libggml-cuda.so is another file"];
    program_gone: ALONE, ["bin/ollama could not be executed"];
    requested_absent: ALONE, ["OLLAMA_LLM_LIBRARY is `cuda_v13`"];
    runtime_alone: ALONE, ["libggml-cuda.so is not in the folder cuda_v12"];
    runtime_first: THIRTEEN, ["LD_PRELOAD is"];
    score_none: ALONE, ["libggml-cuda.so is another file"];
    second_arch: THIRTEEN, ["libggml-cuda.so is another file"];
    second_busy: THIRTEEN, ["libcuda.so.1 is another file"];
    second_hang: THIRTEEN, ["libggml-cuda.so is another file"];
    second_refused: THIRTEEN, ["libcuda.so.1 is another file"];
    skipped_by_request: ALONE, ["OLLAMA_LLM_LIBRARY is `cuda_v13`"];
    start_alone: THIRTEEN, ["libggml-cuda.so is another file"];
    temporary_unwritable: ALONE, ["TMPDIR is", "user id is `65534`"];
    thread_storage: ALONE, ["libggml-cuda.so is another file"];
    truncated: ALONE, ["libggml-cuda.so is another file"];
    truncated_data: ALONE, ["libggml-cuda.so is another file"];
    two_series: THIRTEEN, ["cuda_v12 is there"];
    undefined_symbol: ALONE, ["libggml-cuda.so is another file"];
    undefined_symbol_driver: ALONE, ["libggml-cuda.so is another file"];
    unreadable_folder: ALONE, ["cuda_v12 is not readable", "user id is `65534`"];
    version_missing: TWELVE, ["libcudart.so.12 is another file"];
    version_none: THIRTEEN, ["libcublas.so.13 is another file"];
    vulkan_icd: CPU, ["OLLAMA_VULKAN is `1`", "vulkan is there"];
    vulkan_loader: CPU, ["OLLAMA_VULKAN is `1`", "vulkan is there", "libvulkan.so.1"];
    vulkan_off: CPU, ["OLLAMA_VULKAN is `0`", "vulkan is there"];
    wrong_class: ALONE, ["libggml-cuda.so is another file"];
}
