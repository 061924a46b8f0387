//! What is traced: three loops and two bootstraps.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::place::Place;
use crate::step;

/// One thing to run under every peer.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// dlsym in a loop: nearly nothing but the probe.
    Symbol,
    /// open and close in a loop.
    Open,
    /// dlopen and dlclose in a loop: seven events a turn.
    Load,
    /// The bootstrap stand-in, and the era it plays.
    StandIn(PathBuf, &'static str),
    /// A real Ollama, and its version.
    Ollama(PathBuf, String),
}

impl Subject {
    /// Those that exist here, and a sentence for each that does not.
    pub(super) fn list(root: &Path, ollamas: &[PathBuf]) -> (Vec<Self>, Vec<String>) {
        let mut list = vec![Self::Symbol, Self::Open, Self::Load];
        let mut absent = Vec::new();
        for era in ["runner", "llama-server"] {
            match standin(root, era) {
                Ok(server) => list.push(Self::StandIn(server, era)),
                Err(error) => absent.push(format!(
                    "the bootstrap stand-in of the {era} era: not measured, {error:#}"
                )),
            }
        }
        let named = std::env::var_os("VGPUTRACE_OLLAMA").map(PathBuf::from);
        let ollamas: Vec<&PathBuf> = named.iter().chain(ollamas).collect();
        if ollamas.is_empty() {
            absent.push("a real Ollama: not measured, VGPUTRACE_OLLAMA names none".to_owned());
        }
        list.extend(
            ollamas
                .into_iter()
                .map(|path| Self::Ollama(path.clone(), version(path))),
        );
        (list, absent)
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Symbol => "dlsym".to_owned(),
            Self::Open => "open + close".to_owned(),
            Self::Load => "dlopen + dlclose".to_owned(),
            Self::StandIn(_, era) => format!("bootstrap of the stand-in, {era} era"),
            Self::Ollama(_, version) => format!("bootstrap of Ollama {version}"),
        }
    }

    /// Mode and turns of a loop.
    pub(super) fn turns(&self, quick: bool) -> Option<(&'static str, u64)> {
        let (mode, full) = match self {
            Self::Symbol => ("dlsym", 200_000),
            Self::Open => ("open", 60_000),
            Self::Load => ("load", 3_000),
            Self::StandIn(..) | Self::Ollama(..) => return None,
        };
        Some((mode, if quick { full / 20 } else { full }))
    }

    /// The words that show that a bootstrap is over.
    pub(super) fn until(&self) -> Option<&'static str> {
        match self {
            Self::StandIn(..) | Self::Ollama(..) => Some("inference compute"),
            _ => None,
        }
    }

    /// The command of a bootstrap.
    pub(super) fn bootstrap(&self, place: &Place) -> Option<Vec<OsString>> {
        let (Self::StandIn(program, _) | Self::Ollama(program, _)) = self else {
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_or(11_434, |address| address.port());
        let home = place.file("home");
        let mut words: Vec<OsString> = [
            place.file("bench_begin"),
            place.file("output.begin"),
            "env".to_owned(),
            format!("HOME={home}"),
            format!("OLLAMA_HOST=127.0.0.1:{port}"),
            format!("OLLAMA_MODELS={home}/models"),
            "OLLAMA_DEBUG=1".to_owned(),
            "OLLAMA_NO_CLOUD=1".to_owned(),
        ]
        .map(OsString::from)
        .to_vec();
        words.push(program.clone().into_os_string());
        words.push("serve".into());
        Some(words)
    }

    /// System calls of the subject that vgputrace records.
    pub(super) fn calls(&self) -> &'static [&'static str] {
        match self {
            Self::Symbol => &[],
            Self::Open => &["openat"],
            Self::Load => &["openat", "getcwd", "mmap", "munmap"],
            Self::StandIn(..) | Self::Ollama(..) => &[
                "openat",
                "newfstatat",
                "readlinkat",
                "getdents64",
                "mmap",
                "munmap",
                "execve",
                "clone",
                "clone3",
                "write",
            ],
        }
    }

    /// The same probes for bpftrace; `empty` ones do nothing.
    pub(super) fn script(&self, place: &Place, empty: bool) -> Option<String> {
        let of = |name: &str| format!("uprobe:{}:{name}", self.library(place));
        let back = |name: &str| format!("uretprobe:{}:{name}", self.library(place));
        // A loop is one process; a bootstrap is many, and this release of bpftrace has no filter for a tree.
        let only = if self.until().is_some() {
            ""
        } else {
            "/pid == cpid/"
        };
        let only = if empty { "" } else { only };
        let act = |rest: &str| {
            if empty { "{ }".to_owned() } else { text(rest) }
        };
        let mut script = String::new();
        if matches!(self, Self::Symbol) || self.until().is_some() {
            script += &format!("{} {only} {} ", of("dlsym"), act("dlsym %s\", str(arg1)"));
        }
        if !matches!(self, Self::Symbol | Self::Open) {
            script += &format!("{} {only} {} ", of("dlopen"), act("dlopen %s\", str(arg0)"));
            script += &format!(
                "{} {only} {} ",
                back("dlopen"),
                act("dlopen = %lx\", retval")
            );
        }
        if empty && !self.calls().is_empty() {
            return Some(
                script
                    + "tracepoint:raw_syscalls:sys_enter { } tracepoint:raw_syscalls:sys_exit { }",
            );
        }
        for call in self.calls() {
            let path = match *call {
                "openat" | "newfstatat" => "filename",
                "readlinkat" => "pathname",
                _ => "",
            };
            let exit = format!("tracepoint:syscalls:sys_exit_{call} {only} ");
            if path.is_empty() {
                script += &format!("{exit} {} ", text(&format!("{call} = %d\", args->ret")));
            } else {
                script += &format!(
                    "tracepoint:syscalls:sys_enter_{call} {only} {{ @path[tid] = args->{path}; }} {exit} {} ",
                    text(&format!("{call} %s = %d\", str(@path[tid]), args->ret"))
                );
            }
        }
        Some(script)
    }

    /// The C library that the subject uses.
    fn library(&self, place: &Place) -> String {
        if self.until().is_some() {
            "/lib/x86_64-linux-gnu/libc.so.6".to_owned()
        } else {
            place.file("libc.so.6")
        }
    }
}

/// Lays the stand-in of an era out, without a folder for a graphics processor, and returns its server.
fn standin(root: &Path, era: &str) -> anyhow::Result<PathBuf> {
    let folder = crate::machine::target(root).join("bench/standin").join(era);
    let _ = std::fs::remove_dir_all(&folder);
    let mut command = Command::new("cargo");
    command
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "vgputrace-tests",
        ])
        .args(["--bin", "lay-out-standin", "--", era])
        .arg(&folder)
        .current_dir(root);
    let said = step::must(
        &format!("stand-in, {era} era"),
        "a minute when cold",
        &mut command,
    )?;
    let path = said
        .output
        .lines()
        .last()
        .map(str::trim)
        .unwrap_or_default();
    anyhow::ensure!(Path::new(path).is_file(), "it was not laid out: {path:?}");
    Ok(PathBuf::from(path))
}

/// The last word of `ollama --version`.
fn version(path: &Path) -> String {
    let said = Command::new(path).arg("--version").output();
    let said = said.map(|said| [said.stdout, said.stderr].concat());
    let said = String::from_utf8_lossy(&said.unwrap_or_default()).into_owned();
    let word = said
        .split_whitespace()
        .last()
        .unwrap_or("of unknown version");
    word.to_owned()
}

/// A statement that prints who, when and what; `rest` is the end of the format and the values.
fn text(rest: &str) -> String {
    let rest = rest.replacen('"', "\\n\", pid, tid, nsecs, ", 1);
    let rest = rest.replacen(", ,", ",", 1);
    format!("{{ printf(\"%d %d %llu {rest}); }}")
}
