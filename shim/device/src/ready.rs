//! Ready-made faults: failures that people met, each with the reports it stands for, as pieces of vgpu.toml or as a
//! change of a library's file.

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// How it is called.
    pub name: &'static str,
    /// What a program meets.
    pub about: &'static str,
    /// Reports of it: project and number.
    pub reports: &'static [&'static str],
    /// How it is made.
    pub made: Made,
}

/// How a ready-made fault is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// By this piece of vgpu.toml.
    Configuration(&'static str),
    /// By changing the file of a library with this SONAME (without its version).
    File(&'static str, Change),
}

/// A change of a library's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not there.
    Missing,
    /// It lacks this symbol.
    WithoutSymbol(&'static str),
    /// It needs a symbol that nobody has.
    UndefinedSymbol,
    /// Its symbols carry another version than programs ask for.
    OtherVersion,
    /// It ends in its middle.
    Truncated,
    /// It is for another class of machine.
    Class32,
}

impl Ready {
    /// Its piece of vgpu.toml, empty where it has none.
    #[must_use]
    pub const fn config(&self) -> &'static str {
        match self.made {
            Made::Configuration(text) => text,
            Made::File(..) => "",
        }
    }

    /// True where configuration alone makes it.
    #[must_use]
    pub const fn is_in_configuration(&self) -> bool {
        matches!(self.made, Made::Configuration(_))
    }
}

/// A ready-made fault by its name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Ready> {
    FAULTS.iter().find(|fault| fault.name == name)
}

/// All of them, in order of their names.
pub static FAULTS: &[Ready] = &[
    Ready {
        name: "100-no-device",
        about: "the driver runs and has no device for this process (cuInit gives 100)",
        reports: &["ollama 684", "ollama 1167", "ollama 9722"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\ncode = 100\n"),
    },
    Ready {
        name: "3-after-resume",
        about: "the driver cannot be started (cuInit gives 3)",
        reports: &["ollama 11593"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\ncode = 3\n"),
    },
    Ready {
        name: "500-driver-regression",
        about: "cuInit gives 500, as a broken driver under WSL does",
        reports: &["ollama 4726"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\ncode = 500\n"),
    },
    Ready {
        name: "800-device-revoked",
        about: "a context cannot be made: the device group of the container was taken away (800)",
        reports: &["ollama 11373", "ollama 4604"],
        made: Made::Configuration(
            "[[fault]]\nfunction = \"cuDevicePrimaryCtxRetain\"\ncode = 800\n\
             [[fault]]\nfunction = \"cuCtxCreate\"\ncode = 800\n\
             [[fault]]\nfunction = \"nvmlInit*\"\ncode = 999\n",
        ),
    },
    Ready {
        name: "801-vgpu-memory",
        about: "a vGPU whose profile has no unified memory: allocation is not supported (801)",
        reports: &["ollama 8980"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuMem*\"\ncode = 801\n"),
    },
    Ready {
        name: "803-mismatch",
        about: "the driver's library and its kernel module are of two versions (803, NVML 18)",
        reports: &["ollama-flake 4", "ollama 7006"],
        made: Made::Configuration(
            "[[fault]]\nfunction = \"cuInit\"\ncode = 803\n\
             [[fault]]\nfunction = \"nvmlInit*\"\ncode = 18\n",
        ),
    },
    Ready {
        name: "999-after-suspend",
        about: "nvidia_uvm does not work after a suspend: cuInit gives 999 while NVML works",
        reports: &["ollama 5464", "ollama 1895", "ollama 3751", "ollama 2934"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\ncode = 999\n"),
    },
    Ready {
        name: "cc-3.7",
        about: "a device older than any build serves (Tesla K80)",
        reports: &["ollama 9124", "ollama 1756"],
        made: Made::Configuration(
            "[every_device]\nname = \"Tesla K80\"\ncompute = \"3.7\"\nmemory_mib = 11441\n",
        ),
    },
    Ready {
        name: "cc-6.1",
        about: "a device that the CUDA 13 build has no code for (Pascal)",
        reports: &["ollama 17766", "ollama 13726"],
        made: Made::Configuration("[every_device]\ncompute = \"6.1\"\n"),
    },
    Ready {
        name: "cublas-version-node",
        about: "libcublas has the name and not the version that the backend asks for",
        reports: &["ollama 9069"],
        made: Made::File("libcublas", Change::OtherVersion),
    },
    Ready {
        name: "cublaslt-missing",
        about: "libcublasLt is not there: libcublas cannot be loaded",
        reports: &["ollama 10369", "nixpkgs 342385"],
        made: Made::File("libcublasLt", Change::Missing),
    },
    Ready {
        name: "cuda-missing",
        about: "no driver library on any path",
        reports: &["ollama 16985", "ollama 1704"],
        made: Made::File("libcuda", Change::Missing),
    },
    Ready {
        name: "cuda-truncated",
        about: "the driver's library was cut short by an unfinished copy",
        reports: &["ollama 9069", "ollama 10369"],
        made: Made::File("libcuda", Change::Truncated),
    },
    Ready {
        name: "cuda-32-bit",
        about: "the driver's library that is found is for 32 bits",
        reports: &["ollama 1704"],
        made: Made::File("libcuda", Change::Class32),
    },
    Ready {
        name: "cuda-without-symbol",
        about: "a driver without a function that the backend is linked with (cuMemCreate)",
        reports: &["ollama 6604"],
        made: Made::File("libcuda", Change::WithoutSymbol("cuMemCreate")),
    },
    Ready {
        name: "device-lost",
        about: "the device falls off the bus half a second after the start",
        reports: &["ollama 5035", "ollama 12059"],
        made: Made::Configuration("[lost]\nafter_ms = 500\n"),
    },
    Ready {
        name: "driver-535",
        about: "a driver that is too old for the runtime (CUDA 12.2, 535.183.01)",
        reports: &["ollama 17290", "ollama 16449", "ollama 7666"],
        made: Made::Configuration("[driver]\ncuda = \"12.2\"\nversion = \"535.183.01\"\n"),
    },
    Ready {
        name: "init-crash",
        about: "the driver crashes when it is started",
        reports: &["ollama 5625", "ollama 16957"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\naction = \"crash\"\n"),
    },
    Ready {
        name: "init-hang",
        about: "the start of the driver never comes back",
        reports: &["ollama 17069"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\naction = \"hang\"\n"),
    },
    Ready {
        name: "mem-info-fails",
        about: "the device's memory cannot be asked: it counts as 0",
        reports: &["ollama 3024"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuMemGetInfo\"\ncode = 999\n"),
    },
    Ready {
        name: "mig",
        about: "MIG is on: the whole device's UUID names nothing that can be used",
        reports: &["ollama 14031", "ollama 13800", "ollama 7630"],
        made: Made::Configuration(
            "[every_device]\nmig = [{ profile = \"1g.10gb\", memory_mib = 9856 }, \
             { profile = \"1g.10gb\", memory_mib = 9856 }]\n",
        ),
    },
    Ready {
        name: "nvml-999",
        about: "NVML cannot be started (Unknown Error), as in a container after a reload of systemd",
        reports: &["ollama 10026", "ollama 8962", "container-toolkit 1227"],
        made: Made::Configuration("[[fault]]\nfunction = \"nvmlInit*\"\ncode = 999\n"),
    },
    Ready {
        name: "nvml-undefined-helper",
        about: "libnvidia-ml needs a symbol that nobody has, and cannot be loaded",
        reports: &["ollama 8166"],
        made: Made::File("libnvidia-ml", Change::UndefinedSymbol),
    },
    Ready {
        name: "out-of-memory",
        about: "another program holds all of the device's memory",
        reports: &["ollama 14357"],
        made: Made::Configuration("[every_device]\noccupied_mib = 16777216\n"),
    },
    Ready {
        name: "props-skew",
        about: "properties that contradict each other: compute capability 0.0, a warp of 0 threads",
        reports: &["ollama 14357"],
        made: Made::Configuration(
            "[every_device.attributes]\nCOMPUTE_CAPABILITY_MAJOR = 0\n\
             COMPUTE_CAPABILITY_MINOR = 0\nWARP_SIZE = 0\nMAX_THREADS_PER_BLOCK = 1980000\n",
        ),
    },
    Ready {
        name: "slow-30s",
        about: "the start of the driver takes longer than Ollama waits",
        reports: &["ollama 17069"],
        made: Made::Configuration("[[fault]]\nfunction = \"cuInit\"\ndelay_ms = 35000\n"),
    },
    Ready {
        name: "stub-library",
        about: "the library for linking was found instead of the driver (34)",
        reports: &["ollama 684", "ollama 4726"],
        made: Made::Configuration("[[fault]]\nfunction = \"cu*\"\ncode = 34\n"),
    },
];

#[cfg(test)]
mod tests {
    use super::{FAULTS, by_name};

    #[test]
    fn names_are_unique_and_every_fault_says_what_it_stands_for() {
        for fault in FAULTS {
            let found = by_name(fault.name).unwrap();
            assert!(std::ptr::eq(found, fault), "{} twice", fault.name);
            assert!(!fault.about.is_empty() && !fault.reports.is_empty());
        }
        assert!(by_name("").is_none());
    }
}
