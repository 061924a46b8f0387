//! `./x vm`: boots kernels of Debian's releases and tries both engines under each; on demand, since software emulation is slow.
//!
//! In: kernels, a shell and a C library from Debian's packages, and the static binary. Each kernel is booted in QEMU (KVM where
//! the processor has it, else emulation) with a root in memory whose init runs the same probes and writes `RESULT` lines to the serial port.
//! Out: a table for docs/ENGINES.md. With `--tests` the kernels run tests of the suite instead. Nothing on this system is changed; everything is below `target/vm`.

mod image;
mod kernel;
mod report;
mod suite;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};

use self::kernel::Kernel;
use self::report::Row;
use crate::{machine, step};

/// The longest time for one kernel; emulated, the probes take about a minute, and a test of the suite seconds.
const LIMIT: Duration = Duration::from_secs(3600);

/// Which kernels.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Releases of Debian whose kernels to boot.
    #[arg(default_values = ["bullseye", "bookworm", "trixie", "sid"])]
    releases: Vec<String>,
    /// Run those tests of the suite whose names contain this, instead of the probes; repeat for more.
    #[arg(long, value_name = "NAME")]
    tests: Vec<String>,
}

/// Boots all and prints the table; false when a kernel did not come to its end.
///
/// # Errors
/// One sentence: what is missing or which step failed.
#[expect(clippy::print_stdout, reason = "the table is what the user asked for")]
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    let root = machine::root();
    let Some(emulator) = machine::program("qemu-system-x86_64") else {
        bail!("vm needs QEMU: apt-get install qemu-system-x86 cpio");
    };
    let binary = binary(&root)?;
    crate::debian::roots(&root)?;
    if !options.tests.is_empty() {
        return run_tests(&root, &emulator, &binary, options);
    }
    let image = image::make(&root, &binary)?;
    let mut rows = Vec::new();
    for release in &options.releases {
        let kernel = kernel::fetch(&root, release)?;
        let said = boot(&emulator, &kernel, &image, &[])?;
        let row = Row::of(&kernel, &said);
        for line in row.lines() {
            step::say(&format!("{}: {line}", kernel.version));
        }
        rows.push(row);
    }
    println!("{}", report::table(&rows));
    Ok(rows.iter().all(Row::is_whole))
}

/// Runs tests of the suite under each kernel.
fn run_tests(
    root: &Path,
    emulator: &Path,
    binary: &Path,
    options: &Options,
) -> anyhow::Result<bool> {
    let program = suite::program(root)?;
    let script = suite::script(root, &program, binary, &options.tests);
    let mut good = true;
    for release in &options.releases {
        let kernel = kernel::fetch(root, release)?;
        let image = suite::image(root, &kernel, &script)?;
        let said = boot(emulator, &kernel, &image, &suite::SHARE)?;
        good &= suite::told(&kernel, &said);
    }
    Ok(good)
}

/// The static binary: `VGPUTRACE_STATIC`, else a debug build.
fn binary(root: &Path) -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("VGPUTRACE_STATIC") {
        return Ok(path.into());
    }
    super::setup::run()?;
    super::setup::static_target()?;
    let mut build = super::dist::build(root, &[]);
    build.env("CARGO_PROFILE_DEV_DEBUG", "0");
    step::must("static build", "about 2 minutes when cold", &mut build)?;
    let built = machine::target(root).join(super::dist::TARGET);
    Ok(built.join("debug/vgputrace"))
}

/// KVM where the processor has what it needs; its device may open without. Emulated processors run in one thread: in several, one meets
/// the breakpoint that another has for a moment in the kernel's text (`text_poke_bp`), and the kernel panics when tracing begins.
fn accelerator() -> &'static str {
    let facts = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has = facts
        .split_whitespace()
        .any(|word| word == "vmx" || word == "svm");
    if has && std::fs::File::open("/dev/kvm").is_ok() {
        "kvm"
    } else {
        "tcg,thread=single"
    }
}

/// Boots a kernel and returns what it wrote to the serial port.
fn boot(emulator: &Path, kernel: &Kernel, image: &Path, share: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(emulator);
    command
        .args([
            "-accel",
            accelerator(),
            "-cpu",
            "max",
            "-m",
            "3072",
            "-smp",
            "2",
        ])
        .args([
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "stdio",
        ])
        .arg("-kernel")
        .arg(&kernel.image)
        .arg("-initrd")
        .arg(image)
        .args(share)
        .args(["-append", "console=ttyS0 quiet panic=-1 no_timer_check"]);
    let label = format!("booting Linux {}", kernel.version);
    let outcome = step::run(&label, "a minute or two", LIMIT, &mut command)
        .with_context(|| format!("cannot boot Linux {}", kernel.version))?;
    Ok(outcome.output)
}
