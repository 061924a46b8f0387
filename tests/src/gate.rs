//! What a test needs from the machine. Without it the test is skipped by name, and in CI (`CI=true`) it fails,
//! except for the network, which CI may lack.

use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// The full name of the enclosing test, for [`engine`] and its siblings.
#[macro_export]
macro_rules! test_name {
    () => {{
        fn here() {}
        $crate::gate::name_of(std::any::type_name_of_val(&here))
    }};
}

/// Drops the name of the inner function that [`test_name`] makes.
#[must_use]
pub fn name_of(inner: &'static str) -> &'static str {
    let name = inner.strip_suffix("::here").unwrap_or(inner);
    name.strip_prefix("suite::").unwrap_or(name)
}

/// The engine that every recording is made with: `VGPUTRACE_ENGINE`, else the recorder chooses.
#[must_use]
pub fn chosen_engine() -> Option<String> {
    std::env::var("VGPUTRACE_ENGINE").ok()
}

/// The rights and the kernel for the eBPF engine, the compiler for the tracees, and the binary.
///
/// # Panics
/// In CI, when one of them is missing.
#[must_use]
pub fn engine(test: &str) -> bool {
    decide(
        test,
        lacks_engine().or_else(|| lacks_tool("gcc", "--version")),
    )
}

/// As [`engine`], and root itself: for mounts, file owners and other users.
///
/// # Panics
/// In CI, when something is missing.
#[must_use]
pub fn root(test: &str) -> bool {
    let root = (!geteuid().is_root()).then(|| "root is needed".to_owned());
    decide(test, root) && engine(test)
}

/// As [`engine`], and the Go compiler.
///
/// # Panics
/// In CI, when something is missing.
#[must_use]
pub fn go(test: &str) -> bool {
    decide(test, lacks_tool("go", "version")) && engine(test)
}

/// Any other tool.
///
/// # Panics
/// In CI, when it is missing.
#[must_use]
pub fn tool(test: &str, name: &str, argument: &str) -> bool {
    decide(test, lacks_tool(name, argument))
}

/// Says that a test lacks something that only a build can give.
///
/// # Panics
/// In CI.
pub fn missing(test: &str, reason: &str) {
    let _ = decide(test, Some(reason.to_owned()));
}

/// Says that a test is skipped for want of something that CI may lack too.
#[expect(
    clippy::print_stdout,
    reason = "the word to whoever reads the test output"
)]
pub fn skip(test: &str, reason: &str) {
    println!("vgputrace-skip: {test}: {reason}");
}

fn decide(test: &str, lack: Option<String>) -> bool {
    let Some(lack) = lack else { return true };
    assert!(!in_ci(), "{test} must run in CI, but {lack}");
    skip(test, &lack);
    false
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

fn lacks_engine() -> Option<String> {
    const PERFMON_AND_BPF: u64 = 1 << 38 | 1 << 39;
    const ADMIN: u64 = 1 << 21;
    let rights = effective_capabilities();
    if rights & PERFMON_AND_BPF != PERFMON_AND_BPF && rights & ADMIN == 0 {
        return Some("CAP_BPF and CAP_PERFMON are missing (run as root)".to_owned());
    }
    if !std::path::Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Some("the kernel has no BTF (/sys/kernel/btf/vmlinux)".to_owned());
    }
    match crate::binary() {
        Some(path) if path.is_file() => None,
        Some(path) => Some(format!("VGPUTRACE_BIN names no file: {}", path.display())),
        None => Some("vgputrace is not built (cargo build --release)".to_owned()),
    }
}

fn effective_capabilities() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("CapEff:"))?;
            u64::from_str_radix(line.trim(), 16).ok()
        })
        .unwrap_or(0)
}

fn lacks_tool(name: &str, argument: &str) -> Option<String> {
    let works = Command::new(name)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    (!works).then(|| format!("{name} is missing"))
}
