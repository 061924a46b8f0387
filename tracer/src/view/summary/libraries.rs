//! Libraries that were mapped, by what they are for; and whether they stayed.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Event, Kind, Proc, Text};

use super::{KEPT, folders::insert};

/// What a library is for, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// ggml and its backends.
    Ggml,
    /// llama.cpp.
    Llama,
    /// The CUDA driver.
    Cuda,
    /// The CUDA runtime.
    Cudart,
    /// cuBLAS and other CUDA libraries.
    Cublas,
    /// NVIDIA's management library.
    Nvml,
    /// Vulkan: loader and drivers.
    Vulkan,
    /// AMD's HIP and ROCm.
    Hip,
    /// Other GPU libraries.
    Gpu,
    /// Everything else.
    System,
}

impl Class {
    /// Every class, in the order of the summary.
    pub const ALL: [Self; 10] = [
        Self::Ggml,
        Self::Llama,
        Self::Cuda,
        Self::Cudart,
        Self::Cublas,
        Self::Nvml,
        Self::Vulkan,
        Self::Hip,
        Self::Gpu,
        Self::System,
    ];

    /// By base name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        const RULES: [(&str, Class); 33] = [
            ("libggml", Class::Ggml),
            ("ggml-", Class::Ggml),
            ("libllama", Class::Llama),
            ("libmtmd", Class::Llama),
            ("libcuda.so", Class::Cuda),
            ("libcudadebugger", Class::Cuda),
            ("libcudart", Class::Cudart),
            ("libcublas", Class::Cublas),
            ("libcudnn", Class::Cublas),
            ("libcufft", Class::Cublas),
            ("libcusparse", Class::Cublas),
            ("libcusolver", Class::Cublas),
            ("libcurand", Class::Cublas),
            ("libcupti", Class::Cublas),
            ("libnvrtc", Class::Cublas),
            ("libnvJitLink", Class::Cublas),
            ("libnccl", Class::Cublas),
            ("libnvidia-ml", Class::Nvml),
            ("libvulkan", Class::Vulkan),
            ("libGLX_nvidia", Class::Vulkan),
            ("libamdhip", Class::Hip),
            ("libhip", Class::Hip),
            ("libroc", Class::Hip),
            ("libhsa", Class::Hip),
            ("libamd", Class::Hip),
            ("libnvidia", Class::Gpu),
            ("libOpenCL", Class::Gpu),
            ("libsycl", Class::Gpu),
            ("libze_", Class::Gpu),
            ("libmlx", Class::Gpu),
            ("libdrm", Class::Gpu),
            ("libmusa", Class::Gpu),
            ("libascendcl", Class::Gpu),
        ];
        RULES
            .iter()
            .find(|rule| name.starts_with(rule.0))
            .map_or(Self::System, |rule| rule.1)
    }

    /// The word in the summary.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ggml => "ggml",
            Self::Llama => "llama",
            Self::Cuda => "cuda",
            Self::Cudart => "cudart",
            Self::Cublas => "cublas",
            Self::Nvml => "nvml",
            Self::Vulkan => "vulkan",
            Self::Hip => "hip",
            Self::Gpu => "gpu",
            Self::System => "system",
        }
    }
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Mappings less unmappings, for each process.
    pub balance: BTreeMap<Proc, i64>,
}

impl Loaded {
    /// Processes that kept it to their end.
    #[must_use]
    pub fn kept_in(&self) -> BTreeSet<Proc> {
        let kept = self.balance.iter().filter(|entry| *entry.1 > 0);
        kept.map(|entry| *entry.0).collect()
    }
}

/// All files mapped executable, except the programs themselves.
#[derive(Clone, Debug, Default)]
pub struct Libraries {
    /// By path.
    pub loaded: BTreeMap<Text, Loaded>,
    programs: BTreeSet<Text>,
}

impl Libraries {
    pub(super) fn push(&mut self, event: &Event) {
        match &event.kind {
            Kind::Exec(body) => {
                if let Some(exe) = body.exe.value()
                    && self.programs.len() < KEPT
                {
                    self.programs.insert(exe.clone());
                }
            }
            Kind::Map(body) if body.err.is_none() => {
                if let (Some(path), Some(process)) = (body.path.value(), event.process) {
                    self.change(path, process, 1);
                }
            }
            Kind::Unmap(body) => {
                if let (Some(path), Some(process)) = (body.path.value(), event.process)
                    && self.loaded.contains_key(path)
                {
                    self.change(path, process, -1);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, path: &Text, process: Proc, by: i64) {
        if self.loaded.len() >= KEPT && !self.loaded.contains_key(path) {
            return;
        }
        let loaded = self.loaded.entry(path.clone()).or_default();
        if loaded.balance.len() < KEPT || loaded.balance.contains_key(&process) {
            *loaded.balance.entry(process).or_default() += by;
        }
    }

    /// Files of a class by folder (in the written form of `event::Text`), with the processes that have them: those that stayed (`kept`), or those that
    /// every process gave back.
    #[must_use]
    pub fn of(&self, class: Class, kept: bool) -> BTreeMap<String, Group> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for (path, loaded) in &self.loaded {
            let text = path.as_str();
            let (folder, name) = text.rsplit_once('/').unwrap_or(("", text));
            let in_use = loaded.kept_in();
            if self.programs.contains(path) || Class::of(name) != class || in_use.is_empty() == kept
            {
                continue;
            }
            let group = groups.entry(folder.to_owned()).or_default();
            group.names.push(name.to_owned());
            for process in loaded
                .balance
                .keys()
                .filter(|one| !kept || in_use.contains(one))
            {
                insert(&mut group.processes, Some(*process));
            }
        }
        groups
    }
}

/// Files of one class in one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Base names, sorted, in the written form of `event::Text`.
    pub names: Vec<String>,
    /// Processes that have one of them.
    pub processes: BTreeSet<Proc>,
}
