//! The root in memory: Debian bullseye's C library, shell and commands, busybox for mounts, the static binary, a program that
//! loads libraries, and the init that tries both engines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::debian::{self, Release};
use crate::{machine, step};

/// What the first process does. Each line of `RESULT` is one cell of the table.
const INIT: &str = include_str!("init.sh");

/// Makes the compressed archive that a kernel unpacks.
pub(super) fn make(root: &Path, binary: &Path) -> anyhow::Result<PathBuf> {
    if machine::program("cpio").is_none() {
        bail!("vm needs cpio: apt-get install cpio");
    }
    let folder = machine::target(root).join("vm");
    let tree = folder.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| format!("cannot remove {}", tree.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let oldest = debian::oldest(root);
    step::must(
        "copying the root",
        "seconds",
        Command::new("cp").arg("-a").arg(&oldest).arg(&tree),
    )?;
    for unused in ["usr/share", "usr/include"] {
        let unused = tree.join(unused);
        if unused.exists() {
            fs::remove_dir_all(&unused)
                .with_context(|| format!("cannot remove {}", unused.display()))?;
        }
    }
    let busybox = busybox(root)?;
    for inside in ["proc", "sys", "dev", "tmp"] {
        let inside = tree.join(inside);
        fs::create_dir_all(&inside).with_context(|| format!("cannot make {}", inside.display()))?;
    }
    let sysroot = format!("--sysroot={}", oldest.display());
    let first = format!("-B{}/usr/lib/x86_64-linux-gnu", oldest.display());
    let source = root.join("tests/programs/load.c");
    for (name, flags) in [
        ("load", vec![sysroot.as_str(), first.as_str(), "-ldl"]),
        ("static", vec!["-static"]),
    ] {
        let mut compile = Command::new("gcc");
        let source = if name == "static" {
            root.join("tests/programs/asks_node.c")
        } else {
            source.clone()
        };
        compile
            .args(["-O1", "-fno-optimize-sibling-calls", "-D_GNU_SOURCE", "-o"])
            .arg(tree.join(name));
        compile.arg(source).args(flags);
        step::must("compiling the programs", "seconds", &mut compile)?;
    }
    for (from, to) in [(busybox, "busybox"), (binary.to_owned(), "vgputrace")] {
        let to = tree.join(to);
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    step::must(
        "stripping",
        "seconds",
        Command::new("strip").arg(tree.join("vgputrace")),
    )?;
    let init = tree.join("init");
    fs::write(&init, INIT).with_context(|| format!("cannot write {}", init.display()))?;
    pack(&tree, &folder.join("root.cpio.gz"))
}

/// Busybox of Debian, which needs no library.
pub(super) fn busybox(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = machine::target(root).join("vm/busybox");
    if !folder.exists() {
        Release::get(root, "bookworm")?.unpack(&["busybox-static"], &folder)?;
    }
    Ok(folder.join("bin/busybox"))
}

/// Packs a root for the kernel; its `init` becomes a program.
pub(super) fn pack(tree: &Path, image: &Path) -> anyhow::Result<PathBuf> {
    let script = "chmod 755 init && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1 > \"$0\"";
    let mut pack = Command::new("sh");
    pack.args(["-c", script]).arg(image).current_dir(tree);
    step::must("packing the root", "seconds", &mut pack)?;
    Ok(image.to_owned())
}
