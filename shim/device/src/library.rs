//! The libraries of the shim: which file cargo builds, and the names under which programs ask for it.

/// One library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Library {
    /// What it stands for, in a word.
    pub name: &'static str,
    /// The file in cargo's target folder.
    pub built: &'static str,
    /// Its SONAME, which is also the name of the file that is installed.
    pub soname: &'static str,
    /// Further names that programs open; links to the file.
    pub links: &'static [&'static str],
}

/// The driver.
pub const CUDA: Library = Library {
    name: "cuda",
    built: "libvgpu_cuda.so",
    soname: "libcuda.so.1",
    links: &["libcuda.so"],
};

/// The management library.
pub const NVML: Library = Library {
    name: "nvml",
    built: "libvgpu_nvml.so",
    soname: "libnvidia-ml.so.1",
    links: &["libnvidia-ml.so"],
};

/// All that the driver tier has.
pub const DRIVER: [Library; 2] = [CUDA, NVML];

/// A library of the runtime tier. Both series may lie in one folder, so none has the name without a number.
const fn of_runtime(name: &'static str, built: &'static str, soname: &'static str) -> Library {
    Library {
        name,
        built,
        soname,
        links: &[],
    }
}

/// All that the runtime tier has: NVIDIA's runtime would not work on the driver tier.
pub const RUNTIME: [Library; 6] = [
    of_runtime("cudart12", "libcudart12.so", "libcudart.so.12"),
    of_runtime("cudart13", "libcudart13.so", "libcudart.so.13"),
    of_runtime("cublas12", "libcublas12.so", "libcublas.so.12"),
    of_runtime("cublas13", "libcublas13.so", "libcublas.so.13"),
    of_runtime("cublaslt12", "libcublaslt12.so", "libcublasLt.so.12"),
    of_runtime("cublaslt13", "libcublaslt13.so", "libcublasLt.so.13"),
];
