//! What recording calls of a driver costs: attaching to a whole driver, one call with two outputs, the highest rate, and what
//! processes pay that never use the driver.
//!
//! The driver is the tests' synthetic one, with every function of the table; `call-figures` of the tests builds it and measures what
//! only the tool's own code can tell.

mod rows;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use super::figures::Figures;
use super::peers::{Peer, with_tracefs};
use super::place::Place;
use super::recorder::{Recording, held};
use crate::{machine, step};

/// Functions with two outputs that `bench_calls` calls in turn.
const PAIR: [&str; 3] = [
    "cuMemGetInfo_v2",
    "cuDeviceComputeCapability",
    "cuCtxGetStreamPriorityRange",
];
/// Calls of all functions of the table that are told one by one, in one process.
const ALL_TOLD: u64 = 680_000;

/// All of it.
pub(super) struct Calls {
    /// Functions of the two libraries.
    functions: u64,
    /// Attach and detach in nanoseconds: nobody has the files mapped, a process has.
    alone: [Figures; 2],
    mapped: [Figures; 2],
    /// One call in nanoseconds.
    pair: Pair,
    /// Calls a second on all processors under empty probes.
    bare_rate: f64,
    rates: Vec<Rate>,
    others: Vec<Other>,
}

/// Nanoseconds of one call with two outputs.
#[derive(Default)]
struct Pair {
    bare: Figures,
    /// Under an empty entry and an empty return probe.
    empty: Figures,
    /// Told one by one.
    told: Figures,
    /// Beyond the first thousand: counted.
    counted: Figures,
}

/// Calls made as fast as asked, on all processors.
struct Rate {
    asked: u64,
    made: f64,
    calls: u64,
    told: u64,
    counted: u64,
    lost: u64,
}

/// A loop of a process that is not traced, in nanoseconds per turn.
struct Other {
    what: &'static str,
    mode: &'static str,
    turns: u64,
    /// Nothing is recorded.
    alone: Figures,
    /// Another process is, without calls of drivers.
    none: Figures,
    /// Another process is, with all of them.
    all: Figures,
}

/// What the measurements work with.
struct Bench<'p> {
    place: &'p Place,
    /// The program of the tests.
    figures: PathBuf,
    driver: String,
    names: String,
    quick: bool,
}

/// Measures.
///
/// # Errors
/// A build or a run that failed.
pub(super) fn measure(
    root: &Path,
    place: &Place,
    quick: bool,
    rounds: usize,
) -> anyhow::Result<Calls> {
    let bench = Bench::prepare(root, place, quick)?;
    let (functions, alone, mapped) = bench.attach(rounds)?;
    step::say("bench: calls with two outputs");
    let mut pair = Pair::default();
    for _ in 0..rounds {
        bench.one_call(&mut pair)?;
    }
    let bare_rate = bench.bare_rate()?;
    let rates = bench.rates(bare_rate)?;
    step::say("bench: processes that do not use the driver");
    let others = bench.others(rounds)?;
    Ok(Calls {
        functions,
        alone,
        mapped,
        pair,
        bare_rate,
        rates,
        others,
    })
}

impl<'p> Bench<'p> {
    fn prepare(root: &Path, place: &'p Place, quick: bool) -> anyhow::Result<Self> {
        let mut build = Command::new("cargo");
        build
            .args(["build", "--release", "--package", "vgputrace-tests"])
            .args(["--bin", "call-figures"])
            .current_dir(root);
        step::must("call-figures", "a minute when cold", &mut build)?;
        let figures = machine::target(root).join("release/call-figures");
        let folder = place.file("");
        let said = answer(&figures, &["libraries", &folder])?;
        let driver = said.split_whitespace().next();
        let driver = driver.context("call-figures built no driver")?.to_owned();
        let names = place.file("names");
        Ok(Self {
            place,
            figures,
            driver,
            names,
            quick,
        })
    }

    fn attach(&self, rounds: usize) -> anyhow::Result<(u64, [Figures; 2], [Figures; 2])> {
        let said = answer(&self.figures, &["attach", &rounds.to_string()])?;
        let (mut functions, mut alone, mut mapped) =
            (0, <[Figures; 2]>::default(), <[Figures; 2]>::default());
        for line in said.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let &[which, count, attach, detach] = words.as_slice() else {
                bail!("call-figures said {line:?}");
            };
            functions = count.parse()?;
            let to = if which == "alone" {
                &mut alone
            } else {
                &mut mapped
            };
            for (figures, word) in to.iter_mut().zip([attach, detach]) {
                figures.push(word.parse()?);
            }
        }
        Ok((functions, alone, mapped))
    }

    /// The words that call functions of the driver.
    fn words(&self, mode: &str, count: u64, more: &[String]) -> Vec<OsString> {
        let mut words = vec![
            self.place.file("bench_calls"),
            self.place.file("lap"),
            mode.to_owned(),
            count.to_string(),
            self.driver.clone(),
        ];
        words.extend_from_slice(more);
        words.into_iter().map(OsString::from).collect()
    }

    /// Runs them, alone or behind the words of a tracer, and returns nanoseconds per call and calls per second.
    fn run(&self, before: &[String], target: &[OsString]) -> anyhow::Result<(f64, f64)> {
        let mut command: Vec<OsString> = before.iter().map(OsString::from).collect();
        if before.iter().any(|word| word == "bpftrace") {
            // It takes the command as one word.
            let line: Vec<_> = target.iter().map(|word| word.to_string_lossy()).collect();
            command.push(line.join(" ").into());
        } else {
            command.extend(target.iter().cloned());
        }
        let usage = self.place.run(&command, None)?;
        let words = || step::last_lines(&self.place.output(), 3);
        ensure!(usage.ok, "calls of the driver did not run: {}", words());
        let each = self.place.lap().with_context(words)?.each();
        Ok((each, 1e9 / each))
    }

    /// The words before a command that put an empty probe on both ends of the functions.
    fn empty(&self) -> Vec<String> {
        let mut script = String::new();
        for name in PAIR {
            for kind in ["uprobe", "uretprobe"] {
                script += &format!("{kind}:{}:{name} {{ }} ", self.driver);
            }
        }
        let mut command: Vec<String> = with_tracefs()
            .into_iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let output = self.place.file("traced");
        command.extend(["bpftrace", "-o", &output, "-e", &script, "-c"].map(str::to_owned));
        command
    }

    /// The words before a command that record it.
    fn recorded(&self) -> Vec<String> {
        let tool = self.place.tool.to_string_lossy().into_owned();
        let folder = Path::new(&self.driver)
            .parent()
            .unwrap_or_else(|| Path::new("/"));
        let path = format!("LD_LIBRARY_PATH={}", folder.display());
        let trace = self.place.file("trace.vgt");
        let mut command = vec![tool];
        command.extend(
            [
                "run", "--json", "--calls", "all", "--env", &path, "-o", &trace, "--",
            ]
            .map(str::to_owned),
        );
        command
    }

    fn one_call(&self, pair: &mut Pair) -> anyhow::Result<()> {
        let told = self.words("told", if self.quick { 6_000 } else { 60_000 }, &[]);
        let counted = self.words("counted", if self.quick { 20_000 } else { 200_000 }, &[]);
        pair.bare.push(self.run(&[], &told)?.0);
        if !Peer::Empty.is_absent() {
            pair.empty.push(self.run(&self.empty(), &told)?.0);
        }
        pair.told.push(self.run(&self.recorded(), &told)?.0);
        pair.counted.push(self.run(&self.recorded(), &counted)?.0);
        Ok(())
    }

    /// Calls a second that all processors make together under empty probes.
    fn bare_rate(&self) -> anyhow::Result<f64> {
        if Peer::Empty.is_absent() {
            return Ok(0.0);
        }
        let names = self.place.file("pair");
        std::fs::write(&names, PAIR.join("\n")).with_context(|| names.clone())?;
        let count = if self.quick { 100_000 } else { 2_000_000 };
        let target = self.words("every", count, &[names]);
        Ok(self.run(&self.empty(), &target)?.1)
    }

    /// Calls of every function at growing rates, the last one as fast as empty probes allow.
    fn rates(&self, most: f64) -> anyhow::Result<Vec<Rate>> {
        let highest = (most.round() as u64, 4 * ALL_TOLD);
        let steps: &[(u64, u64)] = if self.quick {
            &[(100_000, ALL_TOLD / 20), (highest.0, ALL_TOLD / 20)]
        } else {
            &[(100_000, ALL_TOLD), (200_000, ALL_TOLD), highest]
        };
        let mut rates = Vec::new();
        for (asked, count) in steps.iter().copied() {
            step::say(&format!("bench: {asked} calls a second"));
            let target = self.words("every", count, &[self.names.clone(), asked.to_string()]);
            let (_, made) = self.run(&self.recorded(), &target)?;
            let calls = self.place.lap()?.count.unsigned_abs();
            let lost = held(self.place)?.lost;
            let said = answer(&self.figures, &["count", &self.place.file("trace.vgt")])?;
            let numbers: Vec<u64> = said
                .split_whitespace()
                .map(str::parse)
                .collect::<Result<_, _>>()?;
            let &[told, counted] = numbers.as_slice() else {
                bail!("call-figures said {said:?}");
            };
            rates.push(Rate {
                asked,
                made,
                calls,
                told,
                counted,
                lost,
            });
        }
        Ok(rates)
    }

    fn others(&self, rounds: usize) -> anyhow::Result<Vec<Other>> {
        let divide = if self.quick { 10 } else { 1 };
        let mut others = [
            (
                "start and end of a process without the driver",
                "starts",
                400,
            ),
            (
                "getppid, the driver mapped and never called",
                "beside",
                400_000,
            ),
            (
                "dlopen + dlclose of the driver, nothing called",
                "maps",
                400,
            ),
            ("a call with two outputs", "counted", 100_000),
        ]
        .map(|(what, mode, turns)| Other {
            what,
            mode,
            turns: turns / divide,
            alone: Figures::default(),
            none: Figures::default(),
            all: Figures::default(),
        });
        let folder = Path::new(&self.driver)
            .parent()
            .unwrap_or_else(|| Path::new("/"));
        let path = format!("LD_LIBRARY_PATH={}", folder.display());
        for _ in 0..rounds {
            for which in [None, Some("none"), Some("all")] {
                let recording = which
                    .map(|calls| Recording::start(self.place, &["--calls", calls, "--env", &path]))
                    .transpose()?;
                for other in &mut others {
                    let (each, _) = self.run(&[], &self.words(other.mode, other.turns, &[]))?;
                    match which {
                        None => other.alone.push(each),
                        Some("none") => other.none.push(each),
                        Some(_) => other.all.push(each),
                    }
                }
                recording.map_or(Ok(()), Recording::end)?;
            }
        }
        Ok(others.into())
    }
}

/// What the tests' program says.
fn answer(program: &Path, words: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(words);
    machine::own_environment(&mut command);
    let ran = command
        .output()
        .with_context(|| program.display().to_string())?;
    if !ran.status.success() {
        bail!(
            "{}: {}",
            program.display(),
            String::from_utf8_lossy(&ran.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
