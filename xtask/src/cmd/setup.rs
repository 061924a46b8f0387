//! `./x setup`: installs what building and testing need, where it is missing.
//!
//! The toolchain is there already (`./x` brings it). This brings bpf-linker with cargo and Debian packages with
//! apt-get. Without bpf-linker nothing can be built, so that one is an error; a missing test tool is named, and the
//! tests that need it are reported as skipped.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::{machine, step};

/// The release that goes with the pinned toolchain: it must know that toolchain's LLVM.
const BPF_LINKER: &str = "0.10.4";

struct Tool {
    program: &'static str,
    package: &'static str,
    needed_for: &'static str,
}

const TOOLS: [Tool; 9] = [
    Tool {
        program: "gcc",
        package: "gcc libc6-dev",
        needed_for: "compiling the programs that tests trace",
    },
    Tool {
        program: "g++",
        package: "g++",
        needed_for: "compiling the C++ programs that tests trace",
    },
    Tool {
        program: "musl-gcc",
        package: "musl-tools",
        needed_for: "the static binary, and programs on another C library that tests trace",
    },
    Tool {
        program: "mksquashfs",
        package: "squashfs-tools",
        needed_for: "packing a program into an image, as AppImage and snap do, for a test",
    },
    Tool {
        program: "setcap",
        package: "libcap2-bin",
        needed_for: "giving a copy of the recorder its two capabilities, for a test",
    },
    Tool {
        program: "go",
        package: "golang-go",
        needed_for: "compiling the Go programs that tests trace",
    },
    Tool {
        program: "npm",
        package: "nodejs npm",
        needed_for: "fetching the real ggml loader and CUDA backend",
    },
    Tool {
        program: "zstd",
        package: "zstd",
        needed_for: "reading a trace by hand, as a test does",
    },
    Tool {
        program: "jq",
        package: "jq",
        needed_for: "reading a trace by hand, as a test does",
    },
];

/// Installs what is missing.
///
/// # Errors
/// One sentence that names what cannot be had and why.
pub(crate) fn run() -> anyhow::Result<()> {
    packages()?;
    bpf_linker()?;
    step::say("setup: all there");
    Ok(())
}

/// Installs the standard library of the static binary's target.
///
/// # Errors
/// One sentence that names what cannot be had and why.
pub(crate) fn static_target() -> anyhow::Result<()> {
    let target = super::dist::TARGET;
    if machine::program("musl-gcc").is_none() {
        bail!("the static binary needs musl-gcc: apt-get install musl-tools");
    }
    let root = Command::new("rustc").args(["--print", "sysroot"]).output();
    let root = root.context("cannot start rustc")?.stdout;
    let root = PathBuf::from(String::from_utf8_lossy(&root).trim());
    if root.join("lib/rustlib").join(target).join("lib").is_dir() {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["target", "add", target]);
    step::must(
        &format!("installing the Rust target {target}"),
        "seconds",
        &mut add,
    )
    .map(|_| ())
}

fn bpf_linker() -> anyhow::Result<()> {
    if let Some(program) = machine::program("bpf-linker") {
        let said = Command::new(&program).arg("--version").output();
        let said = said.with_context(|| format!("cannot start {}", program.display()))?;
        let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        if !said.ends_with(BPF_LINKER) {
            let path = program.display();
            step::say(&format!(
                "setup: {path} is '{said}', tested is {BPF_LINKER}; it is left as it is"
            ));
        }
        return Ok(());
    }
    let mut install = Command::new("cargo");
    install.args(["install", "--locked", "bpf-linker", "--version", BPF_LINKER]);
    step::must(
        &format!("installing bpf-linker {BPF_LINKER}"),
        "about 1 minute",
        &mut install,
    )?;
    if machine::program("bpf-linker").is_none() {
        let folder = machine::cargo_programs();
        bail!(
            "setup installed bpf-linker, but it is neither on PATH nor in {}",
            folder.display()
        );
    }
    Ok(())
}

fn packages() -> anyhow::Result<()> {
    let missing: Vec<&Tool> = TOOLS
        .iter()
        .filter(|tool| machine::program(tool.program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing
        .iter()
        .flat_map(|tool| tool.package.split(' '))
        .collect();
    let can_install = machine::program("apt-get").is_some() && machine::is_root();
    if can_install {
        let mut update = Command::new("apt-get");
        update.args(["update", "-q"]);
        let mut install = Command::new("apt-get");
        install
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(&names)
            .env("DEBIAN_FRONTEND", "noninteractive");
        let label = format!("installing {}", names.join(", "));
        let installed = step::must("updating the package lists", "seconds", &mut update)
            .and_then(|_| step::must(&label, "up to a few minutes", &mut install));
        match installed {
            Ok(_) => return Ok(()),
            Err(error) => step::say(&format!("setup: {error:#}")),
        }
    }
    for tool in missing {
        step::say(&format!(
            "setup: {} is missing, needed for {}",
            tool.program, tool.needed_for
        ));
    }
    let way = if can_install {
        "once the network is there"
    } else {
        "as root"
    };
    step::say(&format!(
        "setup goes on without; to install: apt-get install {} ({way})",
        names.join(" ")
    ));
    Ok(())
}
