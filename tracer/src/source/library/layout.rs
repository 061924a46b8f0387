//! What is built into a loader and a machine: default folders, `$LIB`, `$PLATFORM`, the level of the processor.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Root, limit};
use crate::event::Text;

/// Feature level of an x86-64 processor; decides which `glibc-hwcaps` folders are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CpuLevel {
    /// Every x86-64.
    #[default]
    V1,
    /// Up to SSE4.2.
    V2,
    /// Up to AVX2.
    V3,
    /// AVX-512 F, BW, CD, DQ, VL.
    V4,
}

impl CpuLevel {
    /// From the `flags` of `/proc/cpuinfo`. The lists are those of the x86-64 psABI, in the kernel's words (SSE3 is
    /// `pni`, LZCNT is `abm`).
    #[must_use]
    pub fn from_flags(flags: &str) -> Self {
        const V2: &[&str] = &[
            "cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3",
        ];
        const V3: &[&str] = &[
            "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave",
        ];
        const V4: &[&str] = &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"];
        let has = |wanted: &[&str]| {
            wanted
                .iter()
                .all(|name| flags.split_ascii_whitespace().any(|flag| flag == *name))
        };
        match (has(V2), has(V3), has(V4)) {
            (true, true, true) => Self::V4,
            (true, true, false) => Self::V3,
            (true, false, _) => Self::V2,
            (false, ..) => Self::V1,
        }
    }

    pub(super) fn from_folder(name: &str) -> Option<Self> {
        match name {
            "x86-64-v2" => Some(Self::V2),
            "x86-64-v3" => Some(Self::V3),
            "x86-64-v4" => Some(Self::V4),
            _ => None,
        }
    }

    /// Folders below `glibc-hwcaps` in the order they are searched.
    #[must_use]
    pub fn folders(self) -> &'static [&'static str] {
        match self {
            Self::V4 => &["x86-64-v4", "x86-64-v3", "x86-64-v2"],
            Self::V3 => &["x86-64-v3", "x86-64-v2"],
            Self::V2 => &["x86-64-v2"],
            Self::V1 => &[],
        }
    }
}

/// What a loader was built with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Folders searched last, in order.
    pub default_folders: Vec<PathBuf>,
    /// What `$LIB` stands for.
    pub lib: Text,
}

impl Layout {
    /// As Debian and Ubuntu build it.
    #[must_use]
    pub fn debian() -> Self {
        Self::of(&[
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib",
            "/usr/lib",
        ])
    }

    /// As glibc builds it when nobody says otherwise.
    #[must_use]
    pub fn generic() -> Self {
        Self::of(&["/lib64", "/usr/lib64"])
    }

    fn of(folders: &[&str]) -> Self {
        let lib = folders.first().copied().unwrap_or("/lib64");
        Self {
            default_folders: folders.iter().map(PathBuf::from).collect(),
            lib: Text::from(lib.trim_start_matches('/')),
        }
    }

    /// Reads the folders out of the loader itself, where they stand one after the other as `/lib64/\0/usr/lib64/\0`;
    /// where they are not found, Debian's if its folder is there, else the generic ones.
    #[must_use]
    pub fn of_loader(loader: &Path, root: &Root) -> Self {
        let read = || {
            let file = root.locate(loader).ok()?.open().ok()?;
            let mut bytes = Vec::new();
            // Real loaders have 200 KiB to 1 MiB.
            file.take(8 << 20).read_to_end(&mut bytes).ok()?;
            built_in(&bytes)
        };
        let debian = || root.locate(Path::new("/lib/x86_64-linux-gnu")).is_ok();
        match read() {
            Some(folders) => Self::of(&folders.iter().map(String::as_str).collect::<Vec<_>>()),
            None if debian() => Self::debian(),
            None => Self::generic(),
        }
    }
}

/// The longest run of strings `/.../` with `lib` in the first name or the second.
fn built_in(bytes: &[u8]) -> Option<Vec<String>> {
    let mut best: Vec<String> = Vec::new();
    let mut run: Vec<String> = Vec::new();
    for piece in bytes.split(|byte| *byte == 0) {
        match folder(piece) {
            Some(folder) if run.len() < limit::FOLDERS => {
                if !run.contains(&folder) {
                    run.push(folder);
                }
            }
            _ => {
                if run.len() > best.len() {
                    best = std::mem::take(&mut run);
                }
                run.clear();
            }
        }
    }
    (best.len() >= 2).then_some(best)
}

fn folder(piece: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(piece).ok()?.strip_suffix('/')?;
    let library =
        text.starts_with("/lib") || text.starts_with("/usr/lib") || text.contains("/lib/");
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/_-.+".contains(&byte));
    (text.starts_with('/') && library && plain).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CpuLevel, Layout, built_in};
    use crate::source::library::Root;

    #[test]
    fn the_folders_are_read_out_of_the_loader() {
        let bytes = b"\x7fELF\0junk\0/lib64/\0/usr/lib64/\0/etc\0/usr/lib/\0";
        assert_eq!(
            built_in(bytes),
            Some(vec!["/lib64".to_owned(), "/usr/lib64".to_owned()])
        );
        assert_eq!(built_in(b"/lib/\0nothing"), None);
        // What `ld.so --help` prints on this machine is what we read.
        let loader = Path::new("/lib64/ld-linux-x86-64.so.2");
        let said = std::process::Command::new(loader)
            .arg("--help")
            .output()
            .unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let folders: Vec<&str> = said
            .lines()
            .filter_map(|line| line.trim().strip_suffix(" (system search path)"))
            .collect();
        let layout = Layout::of_loader(loader, &Root::default());
        assert_eq!(
            layout.default_folders,
            folders.iter().map(Path::new).collect::<Vec<_>>()
        );
        let levels = CpuLevel::from_flags(&std::fs::read_to_string("/proc/cpuinfo").unwrap());
        for folder in ["x86-64-v2", "x86-64-v3", "x86-64-v4"] {
            let searched = said.contains(&format!("{folder} (supported, searched)"));
            assert_eq!(levels.folders().contains(&folder), searched, "{folder}");
        }
    }
}
