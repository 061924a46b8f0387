//! The real ggml loader and the real CUDA backend, as their project publishes them to the npm registry.
//!
//! Input: two pinned packages of one release. Output: `.cache/npm/NAME-RELEASE`, each unpacked, which the end-to-end
//! tests use too; and a folder for the demo as a ggml program has it, with loader, CPU backends and CUDA backend side
//! by side. Nothing of them is linked, changed or shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::{machine, step};

/// Loader and backend must be of one release: the interface between them is versioned.
const RELEASE: &str = "3.20.0";

/// The loader's file of that release (llama.cpp build 10361).
const LOADER: &str = "libggml.b10361.so";

struct Pack {
    name: &'static str,
    size: &'static str,
    sha512: &'static str,
    /// Which of its libraries the demo takes, by the start of their name.
    take: &'static [&'static str],
}

const PACKS: [Pack; 2] = [
    Pack {
        name: "linux-x64",
        size: "10 MB",
        sha512: "cc24937799b8303acb5b3814bcebee186cc79bd0e210e359b7eb2b8076215783\
                 e9bbf4f94cbde410d8fb94763572641c70a3607a90018b26fd29c8a08d96ef49",
        take: &["libggml.", "libggml-base.", "libggml-cpu-"],
    },
    Pack {
        name: "linux-x64-cuda",
        size: "140 MB",
        sha512: "5d61868f5da72bcd8d5a3bb9f87e6bfdbd0063916fff31591dd070a81f891322\
                 d2cb3786107ec773c3fa6d706173135b19d09677ac04c7f11d6793d226b9fbf5",
        take: &["libggml-cuda."],
    },
];

impl Pack {
    fn place(&self, root: &Path) -> PathBuf {
        root.join(".cache/npm")
            .join(format!("{}-{RELEASE}", self.name))
    }

    fn is_present(&self, root: &Path) -> bool {
        self.place(root).join("package.json").is_file()
    }
}

/// True when all packages are here already.
pub(crate) fn present(root: &Path) -> bool {
    PACKS.iter().all(|pack| pack.is_present(root))
}

/// True when npm is there and its registry answers within seconds.
pub(crate) fn reachable() -> bool {
    let package = format!("@node-llama-cpp/linux-x64@{RELEASE}");
    let arguments = [
        "view",
        &package,
        "version",
        "--fetch-retries=0",
        "--fetch-timeout=8000",
    ];
    machine::program("npm").is_some() && machine::quiet("npm", arguments)
}

/// Fetches what is missing.
///
/// # Errors
/// One sentence when npm or the network is missing, or a package is not the pinned one.
pub(crate) fn fetch(root: &Path) -> anyhow::Result<()> {
    PACKS
        .iter()
        .filter(|pack| !pack.is_present(root))
        .try_for_each(|pack| unpack(pack, root))
}

fn unpack(pack: &Pack, root: &Path) -> anyhow::Result<()> {
    let place = pack.place(root);
    let making = place.with_extension("making");
    if making.exists() {
        fs::remove_dir_all(&making)
            .with_context(|| format!("cannot remove {}", making.display()))?;
    }
    fs::create_dir_all(&making).with_context(|| format!("cannot make {}", making.display()))?;
    let mut npm = Command::new("npm");
    npm.args([
        "pack",
        "--silent",
        "--fetch-retries=1",
        "--fetch-timeout=240000",
    ])
    .arg(format!("@node-llama-cpp/{}@{RELEASE}", pack.name))
    .current_dir(&making);
    step::must(
        &format!("fetching {} {RELEASE} from npm", pack.name),
        pack.size,
        &mut npm,
    )?;

    let file = making.join(format!("node-llama-cpp-{}-{RELEASE}.tgz", pack.name));
    let sum = Command::new("sha512sum")
        .arg(&file)
        .output()
        .context("cannot start sha512sum")?;
    let sum = String::from_utf8_lossy(&sum.stdout).into_owned();
    if sum.split_whitespace().next() != Some(pack.sha512) {
        bail!(
            "{} is not the package that is pinned; its sha512 is {sum}",
            file.display()
        );
    }
    let mut tar = Command::new("tar");
    tar.arg("xzf")
        .arg(&file)
        .arg("--no-same-owner")
        .current_dir(&making);
    step::must(&format!("unpacking {}", pack.name), "seconds", &mut tar)?;
    fs::rename(making.join("package"), &place)
        .with_context(|| format!("cannot make {}", place.display()))?;
    fs::remove_dir_all(&making).with_context(|| format!("cannot remove {}", making.display()))
}

/// Lays loader and backends side by side in `folder`, as links to the packages. Returns the loader's path.
///
/// # Errors
/// When a package lacks the loader, or the folder cannot be written.
pub(crate) fn lay_out(root: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for pack in &PACKS {
        let from = pack.place(root).join("bins").join(pack.name);
        let entries =
            fs::read_dir(&from).with_context(|| format!("cannot list {}", from.display()))?;
        for entry in entries {
            let name = entry
                .with_context(|| format!("cannot list {}", from.display()))?
                .file_name();
            let wanted = pack
                .take
                .iter()
                .any(|start| name.to_string_lossy().starts_with(start));
            let to = folder.join(&name);
            if wanted && !to.exists() {
                fs::hard_link(from.join(&name), &to)
                    .with_context(|| format!("cannot make {}", to.display()))?;
            }
        }
    }
    let loader = folder.join(LOADER);
    if !loader.is_file() {
        bail!("the package linux-x64 {RELEASE} holds no {LOADER}");
    }
    Ok(loader)
}
