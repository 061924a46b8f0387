//! `./x demo`: sets up what is missing, builds, and records the main job on the most real target there is.
//!
//! Targets, best first: a real `ollama` (on PATH or named by VGPUTRACE_OLLAMA); the real ggml loader and CUDA backend
//! from npm; without a network, a small loader and faulty libraries of our own. The first line says which. The trace
//! is `demo.vgt` in the repository's root, and its summary is printed at the end.

mod target;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use self::target::{Choice, Target};
use crate::{machine, step};

/// Sets up, builds, records, shows.
///
/// # Errors
/// One sentence that names what is missing or which step failed.
#[expect(
    clippy::print_stdout,
    reason = "the demo tells its reader what it does"
)]
pub(crate) fn run() -> anyhow::Result<()> {
    let root = machine::root();
    // So that the commands shown are short and can be repeated from here.
    std::env::set_current_dir(&root).with_context(|| format!("cannot enter {}", root.display()))?;
    let choice = Choice::now(&root);
    println!("demo: {}", choice.sentence());
    if !machine::is_root() && machine::program("sudo").is_none() {
        bail!("demo needs root to load eBPF programs, and there is no sudo: run it as root");
    }
    super::setup::run()?;
    let mut build = Command::new("cargo");
    build.args(["build", "--release"]).current_dir(&root);
    step::must("release build", "about 4 minutes when cold", &mut build)?;
    let target = Target::prepare(&root, choice)?;
    if let Some(instead) = &target.instead {
        println!("demo: {instead}");
    }

    let tool = machine::target(&root).join("release/vgputrace");
    let tool = machine::short(&root, &tool);
    let trace = Path::new("demo.vgt");
    record(&tool, trace, &target)?;
    let mut show = Command::new(&tool);
    show.args(["show", "--summary"]).arg(trace);
    told(&mut show)?;
    println!(
        "\ndemo: the trace is demo.vgt; to read all of it: {} show demo.vgt",
        tool.display()
    );
    Ok(())
}

fn record(tool: &Path, trace: &Path, target: &Target) -> anyhow::Result<()> {
    if trace.exists() {
        fs::remove_file(trace)
            .with_context(|| format!("cannot remove the former {}", trace.display()))?;
    }
    let mut record = if machine::is_root() {
        Command::new(tool)
    } else {
        let mut record = Command::new("sudo");
        record.arg(tool);
        record
    };
    machine::own_environment(&mut record);
    record.arg("run").arg("-o").arg(trace).args(&target.options);
    record.arg("--").args(&target.command);
    told(&mut record)
}

/// Runs a command that the reader sees, and shows it first.
#[expect(
    clippy::print_stdout,
    reason = "the reader may want to repeat the command"
)]
fn told(command: &mut Command) -> anyhow::Result<()> {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let line = words.join(" ");
    println!("\n$ {line}");
    let status = command
        .status()
        .with_context(|| format!("demo cannot start `{line}`"))?;
    if !status.success() {
        bail!("demo stops: `{line}` ended with {status}");
    }
    Ok(())
}
