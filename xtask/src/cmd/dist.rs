//! `./x dist`: what is handed to users, in `target/dist`.
//!
//! One static binary for any Linux on x86-64 with everything inside (kernel programs, the virtual GPU's libraries, example
//! traces), its manual pages and completions beside it, laid out as below a prefix; the same as a compressed archive with
//! its checksum. The archive depends on sources and tools alone: paths of this machine, times and owners are not in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::{machine, step};

/// The target of the static binary.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-musl";

/// Shells, and where their completions lie below a prefix.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/vgputrace"),
    ("zsh", "share/zsh/site-functions/_vgputrace"),
    ("fish", "share/fish/vendor_completions.d/vgputrace.fish"),
];
const DOCUMENTS: [&str; 3] = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// What to do beside building.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Run the tests of a static binary on it: in an empty root, and on an older Debian.
    #[arg(long)]
    test: bool,
}

/// Builds, packs and says where it is; false when a test failed.
///
/// # Errors
/// One sentence: what is missing or which step failed.
#[expect(clippy::print_stdout, reason = "the result is what the user asked for")]
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    let root = machine::root();
    let folder = lay_out(&root)?;
    let archive = pack(&root, &folder)?;
    for path in [&folder, &archive, &archive.with_extension("zst.sha256")] {
        println!("{}", machine::short(&root, path).display());
    }
    let size = |path: &Path| fs::metadata(path).map_or(0, |facts| facts.len() >> 10);
    let binary = folder.join("bin/vgputrace");
    println!(
        "the binary has {} KiB, the archive {} KiB",
        size(&binary),
        size(&archive)
    );
    if !options.test {
        return Ok(true);
    }
    let mut tests = Command::new("cargo");
    tests
        .args([
            "test",
            "-p",
            "vgputrace-tests",
            "--test",
            "suite",
            "statics::",
        ])
        .env("VGPUTRACE_STATIC", &binary)
        .current_dir(&root);
    machine::own_environment(&mut tests);
    step::must("tests of the static binary", "seconds", &mut tests)?;
    Ok(true)
}

/// Builds the binary and lays everything out as below a prefix; returns the folder.
///
/// # Errors
/// One sentence: what is missing or which step failed.
pub(crate) fn lay_out(root: &Path) -> anyhow::Result<PathBuf> {
    super::setup::run()?;
    super::setup::static_target()?;
    let mut build = build(root, &["--profile", "dist"]);
    let remap = format!(
        "--remap-path-prefix={}=/vgputrace --remap-path-prefix={}=/cargo",
        root.display(),
        machine::cargo_home().display()
    );
    build.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", remap);
    // The libraries inside are for any system that Ollama itself runs on, not for this one's C library alone.
    crate::debian::roots(root)?;
    build.env("VGPUTRACE_SHIM_SYSROOT", crate::debian::oldest(root));
    step::must("static build", "about 5 minutes when cold", &mut build)?;
    let built = machine::target(root).join(TARGET).join("dist/vgputrace");
    must_be_static(&built)?;

    let name = format!("vgputrace-{}-x86_64", env!("CARGO_PKG_VERSION"));
    let folder = machine::target(root).join("dist").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove the former {}", folder.display()))?;
    }
    let binary = folder.join("bin/vgputrace");
    place(
        &binary,
        &fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?,
    )?;
    executable(&binary)?;
    let pages = folder.join("share/man/man1");
    fs::create_dir_all(&pages).with_context(|| format!("cannot make {}", pages.display()))?;
    said(Command::new(&binary).arg("man").arg(&pages))?;
    for (shell, place_of) in COMPLETIONS {
        let script = said(Command::new(&binary).args(["completions", shell]))?;
        place(&folder.join(place_of), &script)?;
    }
    for document in DOCUMENTS {
        let text =
            fs::read(root.join(document)).with_context(|| format!("cannot read {document}"))?;
        place(&folder.join("share/doc/vgputrace").join(document), &text)?;
    }
    Ok(folder)
}

/// `cargo build` of the static binary.
pub(crate) fn build(root: &Path, profile: &[&str]) -> Command {
    let mut build = Command::new("cargo");
    build
        .args([
            "build",
            "--locked",
            "--package",
            "vgputrace",
            "--target",
            TARGET,
        ])
        .args(profile)
        .current_dir(root);
    build
}

/// A binary that asks for an interpreter would not start in an empty root.
fn must_be_static(binary: &Path) -> anyhow::Result<()> {
    let headers = said(Command::new("readelf").arg("-lW").arg(binary))?;
    if String::from_utf8_lossy(&headers).contains("INTERP") {
        bail!("{} is not static", binary.display());
    }
    Ok(())
}

fn pack(root: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let (Some(above), Some(name)) = (folder.parent(), folder.file_name()) else {
        bail!("{} has no parent", folder.display());
    };
    let name = name.to_string_lossy().into_owned();
    let archive = format!("{name}.tar.zst");
    let dated = Command::new("git")
        .args(["log", "-1", "--format=%ct"])
        .current_dir(root)
        .output()
        .ok()
        .and_then(|said| String::from_utf8_lossy(&said.stdout).trim().parse().ok())
        .unwrap_or(0_u64);
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .arg(format!("--mtime=@{dated}"))
        .args(["-I", "zstd -19 -T0", "-cf", &archive, &name])
        .current_dir(above);
    step::must("packing", "seconds", &mut tar)?;
    let sum = said(Command::new("sha256sum").arg(&archive).current_dir(above))?;
    place(&above.join(format!("{archive}.sha256")), &sum)?;
    Ok(above.join(archive))
}

/// Standard output of a command that must succeed.
fn said(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let words = format!("{command:?}");
    let done = command
        .output()
        .with_context(|| format!("cannot start {words}"))?;
    if !done.status.success() {
        let why = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        bail!("{words} ended with {}: {why}", done.status);
    }
    Ok(done.stdout)
}

fn place(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn executable(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).with_context(|| format!("cannot change {}", path.display()))
}
