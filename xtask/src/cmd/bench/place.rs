//! Where a benchmark works: its programs, compiled, and how one of them is run and timed.
//!
//! The programs use copies of the C library and its loader. Probes belong to a file, so a tracer that somebody else runs
//! on this machine does not slow the copies down.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::{machine, step};

/// A command that runs longer is killed and counts as not working, in seconds.
const LIMIT: &str = "90";

/// The folder of a benchmark, and the tool under test.
pub(super) struct Place {
    /// Everything that a run writes goes here; names without blanks, for bpftrace.
    pub(super) folder: PathBuf,
    /// The release binary.
    pub(super) tool: PathBuf,
}

/// What was measured of one command; nanoseconds of CLOCK_MONOTONIC, CPU time in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) start: i64,
    pub(super) seen: i64,
    pub(super) end: i64,
    pub(super) cpu: i64,
    /// It ended by itself, in time, with code 0.
    pub(super) ok: bool,
}

/// What a loop says about itself; units as above.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lap {
    pub(super) begun: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) cpu: i64,
    pub(super) count: i64,
}

impl Lap {
    /// Nanoseconds of one turn.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(super) fn each(&self) -> f64 {
        (self.to - self.from) as f64 / self.count.max(1) as f64
    }
}

impl Place {
    /// Compiles the programs.
    ///
    /// # Errors
    /// A compiler or the C library is missing.
    pub(super) fn prepare(root: &Path) -> anyhow::Result<Self> {
        let folder = machine::target(root).join("bench");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        if folder.to_string_lossy().contains(' ') {
            bail!("bench needs a folder without blanks in its path, for bpftrace");
        }
        for (from, name) in [
            ("/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6"),
            ("/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2"),
        ] {
            let from = if Path::new(from).exists() {
                PathBuf::from(from)
            } else {
                Path::new("/lib64").join(name)
            };
            let to = folder.join(name);
            let _ = fs::remove_file(&to);
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        let library = folder.join("bench_library.c");
        fs::write(&library, "int answer(void) { return 42; }\n")
            .with_context(|| format!("cannot write {}", library.display()))?;
        let sources = root.join("tests/programs");
        let shown = folder.display();
        let own = [
            format!("-Wl,--dynamic-linker={shown}/ld-linux-x86-64.so.2"),
            format!("-Wl,-rpath,{shown}"),
        ];
        let shared = ["-shared", "-fPIC"].map(str::to_owned);
        for (name, source, flags) in [
            ("bench_loop", sources.join("bench_loop.c"), &own),
            ("bench_calls", sources.join("bench_calls.c"), &own),
            ("bench_library.so", library, &shared),
        ] {
            compile(&folder.join(name), &source, flags)?;
        }
        for name in ["bench_usage", "bench_begin"] {
            compile(&folder.join(name), &sources.join(format!("{name}.c")), &[])?;
        }
        let tool = machine::target(root).join("release/vgputrace");
        Ok(Self { folder, tool })
    }

    /// A file of this benchmark, as an argument.
    pub(super) fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// The words of a loop.
    pub(super) fn turns(&self, mode: &str, count: u64, rate: Option<u64>) -> Vec<OsString> {
        let mut words = vec![
            self.file("bench_loop"),
            self.file("lap"),
            mode.to_owned(),
            count.to_string(),
        ];
        words.extend(rate.map(|rate| rate.to_string()));
        words.into_iter().map(OsString::from).collect()
    }

    /// Runs a command to its end and times it. With `until` its target is asked to end when those words were seen.
    ///
    /// # Errors
    /// The programs of the benchmark cannot be started.
    pub(super) fn run(&self, words: &[OsString], until: Option<&str>) -> anyhow::Result<Usage> {
        for name in ["lap", "usage", "output", "output.begin", "trace.vgt"] {
            let _ = fs::remove_file(self.folder.join(name));
        }
        let mut command = self.timed(words, until);
        let status = command.status().context("cannot start bench_usage")?;
        if !status.success() {
            bail!("bench_usage ended with {status}");
        }
        let numbers = numbers(&self.folder.join("usage"))?;
        let [start, seen, end, cpu, code] = numbers;
        Ok(Usage {
            start,
            seen,
            end,
            cpu,
            ok: code == 0,
        })
    }

    /// The command that runs `words` and times them.
    pub(super) fn timed(&self, words: &[OsString], until: Option<&str>) -> Command {
        let mut command = Command::new(self.folder.join("bench_usage"));
        command
            .args([&self.file("usage"), LIMIT, until.unwrap_or("-")])
            .arg(self.file("output"))
            .args(words)
            .stdin(Stdio::null());
        machine::own_environment(&mut command);
        command
    }

    /// What the loop of the last command said.
    ///
    /// # Errors
    /// It did not come to its end.
    pub(super) fn lap(&self) -> anyhow::Result<Lap> {
        let [begun, from, to, cpu, count] = numbers(&self.folder.join("lap"))?;
        Ok(Lap {
            begun,
            from,
            to,
            cpu,
            count,
        })
    }

    /// The output of the last command.
    pub(super) fn output(&self) -> String {
        let bytes = fs::read(self.folder.join("output")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Size of the last trace, in bytes.
    pub(super) fn trace_size(&self) -> u64 {
        fs::metadata(self.folder.join("trace.vgt")).map_or(0, |facts| facts.len())
    }
}

fn compile(output: &Path, source: &Path, flags: &[String]) -> anyhow::Result<()> {
    let mut compiler = Command::new("gcc");
    compiler.args(["-O1", "-Wall", "-o"]).arg(output);
    compiler.arg(source).args(flags).arg("-ldl");
    step::must("compiling the programs", "seconds", &mut compiler).map(|_| ())
}

/// The first five numbers of a file.
fn numbers(file: &Path) -> anyhow::Result<[i64; 5]> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let found: Vec<i64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    found
        .try_into()
        .map_err(|_| anyhow::anyhow!("{} does not hold five numbers", file.display()))
}
