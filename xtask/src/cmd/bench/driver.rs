//! `./x bench --driver`: what the shim's driver costs, beside a library that does nothing. Needs no root.
//!
//! Both are loaded by the same program, in turns; medians of the rounds are printed. Writes no file and asserts nothing.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use super::figures::Figures;
use crate::{machine, step};

/// What the program measures, in this order: name, what its nanoseconds are divided by, unit, decimals.
const MEASURED: [(&str, f64, &str, usize); 5] = [
    ("dlopen", 1e3, "µs", 0),
    ("first cuInit", 1e3, "µs", 0),
    ("cuDeviceGetAttribute", 1.0, "ns", 1),
    ("cuMemcpyHtoD, 1 GiB", 1e6, "ms", 0),
    ("memcpy, 1 GiB", 1e6, "ms", 0),
];

/// Measures and prints.
///
/// # Errors
/// A build or a run that failed.
#[expect(clippy::print_stdout, reason = "the table is what the user asked for")]
pub(super) fn run(root: &Path, rounds: usize) -> anyhow::Result<()> {
    // Its build script leaves the libraries as vgputrace carries them.
    let mut build = Command::new("cargo");
    build
        .args(["build", "--package", "vgputrace-bundle"])
        .current_dir(root);
    step::must(
        "the shim's libraries",
        "about a minute when cold",
        &mut build,
    )?;
    let shim = machine::target(root).join("shim/release/libvgpu_cuda.so");
    let place = machine::target(root).join("bench");
    std::fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
    let programs = root.join("tests/programs");
    let (program, empty) = (place.join("bench_driver"), place.join("empty_driver.so"));
    compile(&programs.join("bench_driver.c"), &program, &["-O2"])?;
    let shared = ["-O2", "-shared", "-fPIC"];
    compile(&programs.join("lib/empty_driver.c"), &empty, &shared)?;
    let mut all: [[Figures; MEASURED.len()]; 2] = Default::default();
    for round in 1..=rounds {
        step::say(&format!("bench: round {round} of {rounds}"));
        for (library, figures) in [&shim, &empty].into_iter().zip(&mut all) {
            measure(&program, library, figures)?;
        }
    }
    println!("| what | the shim | a library that does nothing |");
    println!("| --- | ---: | ---: |");
    let [shim, empty] = &all;
    for ((measured, ours), theirs) in MEASURED.iter().zip(shim).zip(empty) {
        let (name, divisor, unit, decimals) = measured;
        let shown = |figures: &Figures| figures.shown(divisor.recip(), *decimals);
        println!("| {name}, {unit} | {} | {} |", shown(ours), shown(theirs));
    }
    Ok(())
}

fn compile(source: &Path, output: &Path, flags: &[&str]) -> anyhow::Result<()> {
    let mut compiler = Command::new("gcc");
    compiler.args(flags).arg("-o").arg(output).arg(source);
    let ran = compiler.output().context("gcc")?;
    if !ran.status.success() {
        bail!("{}", String::from_utf8_lossy(&ran.stderr));
    }
    Ok(())
}

fn measure(program: &Path, library: &Path, figures: &mut [Figures]) -> anyhow::Result<()> {
    let ran = Command::new(program)
        .arg(library)
        // The device is the default one, whatever the machine has.
        .env("VGPU_SYSFS", "/nonexistent")
        .output()
        .with_context(|| program.display().to_string())?;
    if !ran.status.success() {
        let words = String::from_utf8_lossy(&ran.stderr).into_owned();
        bail!("{}: {words}", library.display());
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    let numbers = text.split_whitespace().map(str::parse::<f64>);
    for (figure, number) in figures.iter_mut().zip(numbers) {
        figure.push(number.with_context(|| text.clone())?);
    }
    Ok(())
}
