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

/// All that the driver tier has. The runtime tier brings its own list.
pub const DRIVER: [Library; 2] = [CUDA, NVML];
