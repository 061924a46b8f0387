//! What the demo records: chooses it and makes it ready. Does not run it.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::{machine, packs, step};

/// Which target, before anything is fetched or built.
pub(super) enum Choice {
    /// A real Ollama.
    Ollama(PathBuf),
    /// The real ggml loader and CUDA backend.
    Ggml,
    /// Programs of our own, and why.
    Own(&'static str),
}

/// What to record.
pub(super) struct Target {
    /// Options of `vgputrace run`.
    pub(super) options: Vec<OsString>,
    /// Program and arguments.
    pub(super) command: Vec<OsString>,
    /// A sentence when it is not what was announced.
    pub(super) instead: Option<String>,
}

impl Choice {
    /// Looks at what this machine has.
    pub(super) fn now(root: &Path) -> Self {
        let named = std::env::var_os("VGPUTRACE_OLLAMA").map(PathBuf::from);
        if let Some(ollama) = named.or_else(|| machine::program("ollama")) {
            return Self::Ollama(ollama);
        }
        let can_install = machine::is_root() && machine::program("apt-get").is_some();
        if packs::present(root) || packs::reachable() {
            Self::Ggml
        } else if machine::program("npm").is_some() {
            Self::Own("npm reaches no registry")
        } else if can_install {
            Self::Ggml
        } else {
            Self::Own("npm is missing")
        }
    }

    /// What will be recorded, for the demo's first line.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Ollama(path) => format!("records a real Ollama: {} serve", path.display()),
            Self::Ggml => {
                "records the real ggml loader as it loads the real CUDA backend (from npm); no ollama was found".to_owned()
            }
            Self::Own(why) => format!(
                "records a small loader of our own with faulty libraries; no ollama was found, and {why}"
            ),
        }
    }
}

impl Target {
    /// Fetches and compiles what the target needs. Falls back to our own programs when the fetch fails.
    ///
    /// # Errors
    /// When a program is missing or does not compile.
    pub(super) fn prepare(root: &Path, choice: Choice) -> anyhow::Result<Self> {
        match choice {
            Choice::Ollama(path) => ollama(&path),
            Choice::Ggml => match packs::fetch(root) {
                Ok(()) => real_loader(root),
                Err(error) => {
                    let mut target = own_loader(root)?;
                    target.instead =
                        Some(format!("records our own small loader after all: {error:#}"));
                    Ok(target)
                }
            },
            Choice::Own(_) => own_loader(root),
        }
    }
}

/// A second server beside a running one: a port of its own, and no pruning of the models it shares with that one.
fn ollama(path: &Path) -> anyhow::Result<Target> {
    if !machine::is_program(path) {
        bail!(
            "VGPUTRACE_OLLAMA names {}, which is no program",
            path.display()
        );
    }
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .context("demo finds no free port on 127.0.0.1")?
        .port();
    let host = format!("OLLAMA_HOST=127.0.0.1:{port}");
    let options = [
        "--until",
        "discovery",
        "--timeout",
        "120s",
        "--env",
        &host,
        "--env",
        "OLLAMA_NOPRUNE=1",
    ];
    Ok(Target {
        options: options.map(OsString::from).to_vec(),
        command: vec![path.into(), "serve".into()],
        instead: None,
    })
}

fn real_loader(root: &Path) -> anyhow::Result<Target> {
    let libraries = folder(root)?.join("ggml");
    let loader = packs::lay_out(root, &libraries)?;
    let program = compile(root, "demo_ggml", "demo_ggml.c", &[])?;
    let options = ["--until", "discovery", "--timeout", "120s"];
    Ok(Target {
        options: options.map(OsString::from).to_vec(),
        command: [program, loader, libraries]
            .iter()
            .map(|path| machine::short(root, path).into())
            .collect(),
        instead: None,
    })
}

/// Five libraries, each with another fault, and one that is whole.
fn own_loader(root: &Path) -> anyhow::Result<Target> {
    const SHARED: [&str; 2] = ["-shared", "-fPIC"];
    let folder = folder(root)?;
    let library = |file: &str, more: &[&str]| {
        compile(root, file, "demo_library.c", &[&SHARED, more].concat())
    };
    let beside = format!("-L{}", folder.display());
    library("libggml-whole.so", &[])?;
    library("libggml-symbol.so", &["-DMISSING_SYMBOL", "-Wl,-z,now"])?;
    library("libggml-crash.so", &["-DCRASHES"])?;
    // Linked against a runtime that is gone when it is loaded.
    let runtime = library("libdemo-runtime.so", &["-Wl,-soname,libdemo-runtime.so.13"])?;
    library(
        "libggml-needs.so",
        &[&beside, "-Wl,--no-as-needed", "-ldemo-runtime"],
    )?;
    fs::remove_file(&runtime).with_context(|| format!("cannot remove {}", runtime.display()))?;
    let whole = folder.join("libggml-whole.so");
    let bytes = fs::read(&whole).with_context(|| format!("cannot read {}", whole.display()))?;
    for (name, length) in [("libggml-short.so", 600), ("libggml-empty.so", 0)] {
        let bytes = bytes.get(..length).unwrap_or(&bytes);
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let program = compile(root, "demo_load", "demo_load.c", &[])?;
    let names = ["whole", "needs", "symbol", "short", "empty", "crash"];
    let files = names.map(|name| folder.join(format!("libggml-{name}.so")));
    Ok(Target {
        options: ["--timeout", "120s"].map(OsString::from).to_vec(),
        command: std::iter::once(program)
            .chain(files)
            .map(|path| machine::short(root, &path).into())
            .collect(),
        instead: None,
    })
}

fn folder(root: &Path) -> anyhow::Result<PathBuf> {
    let folder = root.join(".cache/demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn compile(root: &Path, output: &str, source: &str, flags: &[&str]) -> anyhow::Result<PathBuf> {
    let place = folder(root)?.join(output);
    let mut compiler = Command::new("gcc");
    compiler.args(["-g", "-O1", "-Wall", "-o"]).arg(&place);
    compiler
        .arg(root.join("tests/programs").join(source))
        .args(flags)
        .arg("-ldl");
    step::must(&format!("compiling {output}"), "seconds", &mut compiler)?;
    Ok(place)
}
