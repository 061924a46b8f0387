//! Builds the shim's libraries and hands them to the crate as bytes.
//!
//! In a target folder of their own, so that this cargo and the other one do not wait for each other; it is shared by all
//! profiles, since the libraries are always optimised and without debugging information. A change of any other package builds nothing
//! here.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

#[path = "../device/src/library.rs"]
#[expect(unreachable_pub, reason = "it is a module of another crate, too")]
mod library;

/// What the libraries are made of, below `shim`.
const SOURCES: [&str; 9] = [
    "abi", "api", "client", "cublas", "cuda", "cudart", "device", "load", "nvml",
];

/// The program that loads one library.
const LOADER: &str = "vgpu_load";

/// A folder with the C library and development files of the oldest system that the libraries are for; this system when absent.
/// A shared library asks for the newest versions of the C library's functions that it was linked with.
const SYSROOT: &str = "VGPUTRACE_SHIM_SYSROOT";

/// Set for this build and not for the other one: the compiler or its wrapper, flags, a target.
const NOT_PASSED_ON: [&str; 10] = [
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_BOOTSTRAP",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_INCREMENTAL",
];

fn main() -> Result<(), Box<dyn Error>> {
    let shim = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    for source in SOURCES.into_iter().chain(["runtime_build.rs"]) {
        println!("cargo::rerun-if-changed={}", shim.join(source).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SYSROOT}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let sysroot = env::var(SYSROOT).ok();
    let name = if sysroot.is_some() {
        "shim-old"
    } else {
        "shim"
    };
    let target = shared_target(&out).join(name);
    build(&shim, &target, sysroot.as_deref())?;
    fs::copy(target.join("release").join(LOADER), out.join(LOADER))?;
    let mut text = String::from("&[\n");
    for library in library::DRIVER.iter().chain(&library::RUNTIME) {
        let copy = out.join(library.built);
        // The shared folder may change while the compiler reads.
        fs::copy(target.join("release").join(library.built), &copy)?;
        writeln!(
            text,
            "    ({:?}, include_bytes!({copy:?})),",
            library.soname
        )?;
    }
    text.push_str("]\n");
    fs::write(out.join("files.rs"), text)?;
    Ok(())
}

/// The target folder that holds this build's, the one that cargo marks: not that of one platform below it, which is marked too.
/// Else the place of this build alone.
fn shared_target(out: &Path) -> &Path {
    let is_marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let Some(nearest) = out.ancestors().find(is_marked) else {
        return out;
    };
    nearest.parent().filter(is_marked).unwrap_or(nearest)
}

fn build(shim: &Path, target: &Path, sysroot: Option<&str>) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(env::var_os("CARGO").ok_or("cargo says where it is")?);
    cargo
        .current_dir(shim)
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(target)
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    for library in library::DRIVER.iter().chain(&library::RUNTIME) {
        cargo.args(["--package", &format!("vgputrace-{}", library.name)]);
    }
    cargo.args(["--package", "vgputrace-load"]);
    for name in NOT_PASSED_ON {
        cargo.env_remove(name);
    }
    if let Some(sysroot) = sysroot {
        // Debian's gcc looks for this system's files first, whatever the sysroot; not where -B says otherwise.
        let first = format!("-B{sysroot}/usr/lib/x86_64-linux-gnu");
        let search = format!("-L{sysroot}/lib/x86_64-linux-gnu");
        let flags =
            format!("-C link-arg=--sysroot={sysroot} -C link-arg={first} -C link-arg={search}");
        cargo.env("RUSTFLAGS", flags);
    }
    let done = cargo.output()?;
    if done.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&done.stderr);
    Err(format!("building the shim's libraries failed:\n{words}").into())
}
