//! The test suite under another kernel: this system's files, read only, below a layer in memory, and the tests in them.
//!
//! In: a kernel with the modules to see them (9p over virtio, overlayfs), the suite and the static binary as they are built here.
//! Out: what the suite says. The tests find their compiled programs where they are on this system; nothing here is written to.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::kernel::Kernel;
use crate::cmd::test::test_programs;
use crate::tally::Tally;
use crate::{machine, step};

/// What the first process does.
const INIT: &str = include_str!("suite.sh");

/// Builds the suite and returns its program.
pub(super) fn program(root: &Path) -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build
        .args(["test", "-p", "vgputrace-tests", "--test", "suite"])
        .args(["--no-run", "--message-format=json"])
        .current_dir(root);
    let built = step::must("building kernel tests", "minutes when cold", &mut build)?;
    let mut programs = test_programs(&built.output);
    programs
        .pop()
        .context("cargo names no program of the test suite")
}

/// The command that runs those tests whose names contain one of the words, as a script.
pub(super) fn script(root: &Path, suite: &Path, binary: &Path, words: &[String]) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let path = |path: &Path| quoted(&path.display().to_string());
    let mut text = format!(
        "cd {} || exit 1\nexport PATH={} HOME=/root VGPUTRACE_BIN={}\n[ -x \"$VGPUTRACE_BIN\" ] || exit 1\nexec {} --show-output --color never",
        path(&root.join("tests")),
        quoted("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin"),
        path(binary),
        path(suite),
    );
    for word in words {
        let _ = write!(text, " {}", quoted(word));
    }
    text.push('\n');
    text
}

/// The root in memory of a kernel: busybox, modules, and the script.
pub(super) fn image(root: &Path, kernel: &Kernel, script: &str) -> anyhow::Result<PathBuf> {
    let folder = machine::target(root).join("vm");
    let tree = folder.join("suite");
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| format!("cannot remove {}", tree.display()))?;
    }
    for inside in ["proc", "sys", "dev", "tmp", "host", "upper", "merged"] {
        let inside = tree.join(inside);
        fs::create_dir_all(&inside).with_context(|| format!("cannot make {}", inside.display()))?;
    }
    step::must(
        "copying the modules",
        "seconds",
        Command::new("cp").arg("-a").arg(&kernel.modules).arg(&tree),
    )?;
    let busybox = super::image::busybox(root)?;
    fs::copy(&busybox, tree.join("busybox"))
        .with_context(|| format!("cannot copy {}", busybox.display()))?;
    for (name, text) in [("init", INIT), ("tests", script)] {
        let file = tree.join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    super::image::pack(&tree, &folder.join("suite.cpio.gz"))
}

/// What QEMU needs for this system's files.
pub(super) const SHARE: [&str; 2] = [
    "-virtfs",
    "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
];

/// Counts the tests of one kernel and says which failed or were skipped; false when one failed or the suite did not come to
/// its end.
#[expect(clippy::print_stdout, reason = "the result is what the user asked for")]
pub(super) fn told(kernel: &Kernel, said: &str) -> bool {
    let mut tally = Tally::of_output("suite", said);
    if tally.failed.is_empty() && !said.contains("RESULT passed yes") {
        let last = step::last_lines(said, 20);
        tally
            .failed
            .push(format!("the suite did not come to its end:\n{last}"));
    }
    for (name, why) in &tally.skipped {
        println!("skipped: {name}: {why}");
    }
    for name in &tally.failed {
        println!("failed: {name}");
    }
    println!("Linux {}: {}", kernel.version, tally.closing_line());
    tally.failed.is_empty()
}
