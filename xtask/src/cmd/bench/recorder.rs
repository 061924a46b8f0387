//! What the recorder itself costs: lost events at a rate, CPU time and bytes per event, start and end; and what everybody
//! else on the machine pays while it records.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::figures::Figures;
use super::peers::Peer;
use super::place::Place;
use super::subject::Subject;
use crate::step;

/// One step of the rates.
pub(super) struct Rate {
    /// Events a second that were asked for.
    pub(super) asked: u64,
    /// That were made.
    pub(super) made: f64,
    /// Of those, lost.
    pub(super) lost: u64,
    /// Made, but neither in the trace nor counted as lost.
    pub(super) missing: i64,
}

/// CPU time and bytes of one kind of event.
pub(super) struct Cost {
    pub(super) subject: String,
    pub(super) events: u64,
    /// Nanoseconds of CPU time of the recorder per event.
    pub(super) cpu: f64,
    pub(super) bytes: f64,
}

/// A loop of a process that nobody traces, in nanoseconds per turn.
pub(super) struct Neighbour {
    pub(super) what: &'static str,
    pub(super) alone: Figures,
    pub(super) beside: Figures,
}

/// What a trace holds, by the tool's own summary.
pub(super) struct Held {
    events: u64,
    pub(super) lost: u64,
}

pub(super) fn held(place: &Place) -> anyhow::Result<Held> {
    let output = place.output();
    let line = output
        .lines()
        .rev()
        .find(|line| line.starts_with('{'))
        .context("vgputrace printed no summary")?;
    let value: serde_json::Value =
        serde_json::from_str(line).context("vgputrace's summary is no JSON")?;
    let number = |name: &str| value.get(name).and_then(serde_json::Value::as_u64);
    Ok(Held {
        events: number("events").context("the summary counts no events")?,
        lost: number("lost").unwrap_or(0),
    })
}

fn record(place: &Place, mode: &str, count: u64, rate: Option<u64>) -> anyhow::Result<(Held, f64)> {
    let target = place.turns(mode, count, rate);
    let command = Peer::Vgputrace
        .command(place, &Subject::Symbol, &target)
        .context("vgputrace always has a command")?;
    let usage = place.run(&command, None)?;
    if !usage.ok {
        bail!(
            "vgputrace did not record {mode}: {}",
            step::last_lines(&place.output(), 3)
        );
    }
    Ok((held(place)?, nanoseconds(usage.cpu - place.lap()?.cpu)))
}

/// dlsym at growing rates; the calls made are compared with those in the trace.
///
/// # Errors
/// The tool fails.
pub(super) fn rates(place: &Place, quick: bool) -> anyhow::Result<Vec<Rate>> {
    let (steps, seconds): (&[u64], u64) = if quick {
        (&[50_000], 1)
    } else {
        (&[100_000, 200_000, 300_000, 400_000, 600_000], 10)
    };
    let (idle, _) = record(place, "dlsym", 0, None)?;
    let mut rates = Vec::new();
    for asked in steps {
        step::say(&format!("bench: {asked} events a second for {seconds} s"));
        let count = asked * seconds;
        let (held, _) = record(place, "dlsym", count, Some(*asked))?;
        let lap = place.lap()?;
        let counted = held.events.saturating_sub(idle.events) + held.lost;
        rates.push(Rate {
            asked: *asked,
            made: nanoseconds(lap.count) / (nanoseconds(lap.to - lap.from) / 1e9),
            lost: held.lost,
            missing: count.cast_signed() - counted.cast_signed(),
        });
    }
    Ok(rates)
}

/// CPU time and bytes per event, less those of a recording of nothing.
///
/// # Errors
/// The tool fails.
pub(super) fn costs(place: &Place, quick: bool, repeat: usize) -> anyhow::Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for subject in [Subject::Symbol, Subject::Open, Subject::Load] {
        let (mode, count) = subject.turns(quick).context("a loop has turns")?;
        let count = count * 4;
        let (mut idle, mut busy, mut events, mut bytes) =
            (Figures::default(), Figures::default(), 0, 0.0);
        for _ in 0..repeat {
            let (nothing, cpu) = record(place, mode, 0, None)?;
            let start = place.trace_size();
            idle.push(cpu);
            let (all, cpu) = record(place, mode, count, None)?;
            busy.push(cpu);
            events = all.events.saturating_sub(nothing.events).max(1);
            bytes = (place.trace_size().saturating_sub(start)) as f64 / events as f64;
        }
        let cpu = busy.median().unwrap_or(0.0) - idle.median().unwrap_or(0.0);
        costs.push(Cost {
            subject: subject.name(),
            events,
            cpu: cpu / events as f64,
            bytes,
        });
    }
    Ok(costs)
}

/// Loops of a process that nobody traces, alone and while another process that uses the same C library is recorded.
///
/// # Errors
/// The tool fails.
pub(super) fn neighbours(
    place: &Place,
    quick: bool,
    repeat: usize,
) -> anyhow::Result<Vec<Neighbour>> {
    let divide = if quick { 20 } else { 1 };
    let loops = [
        ("getppid (one system call)", "getppid", 1_000_000),
        ("open + close (two system calls)", "open", 60_000),
        (
            "dlsym (a probed function of a shared library)",
            "dlsym",
            200_000,
        ),
    ];
    let mut neighbours = loops.map(|(what, _, _)| Neighbour {
        what,
        alone: Figures::default(),
        beside: Figures::default(),
    });
    for _ in 0..repeat {
        for (neighbour, (_, mode, count)) in neighbours.iter_mut().zip(loops) {
            place.run(&place.turns(mode, count / divide, None), None)?;
            neighbour.alone.push(place.lap()?.each());
        }
        let recording = Recording::start(place, &[])?;
        for (neighbour, (_, mode, count)) in neighbours.iter_mut().zip(loops) {
            place.run(&place.turns(mode, count / divide, None), None)?;
            neighbour.beside.push(place.lap()?.each());
        }
        recording.end()?;
    }
    Ok(neighbours.into())
}

/// The tool at work on a process that waits.
pub(super) struct Recording(std::process::Child);

impl Recording {
    /// Starts it, with more options of `run`, and waits until everything is attached.
    pub(super) fn start(place: &Place, options: &[&str]) -> anyhow::Result<Self> {
        let trace = place.file("beside.vgt");
        let _ = fs::remove_file(&trace);
        let mut command = std::process::Command::new(&place.tool);
        command.args(["run", "--quiet", "-o", &trace]);
        command.args(options).arg("--").args([
            &place.file("bench_loop"),
            &place.file("beside"),
            "wait",
            "60000",
        ]);
        let child = command.spawn().context("cannot start vgputrace")?;
        let since = Instant::now();
        // The target exists only once everything is attached.
        while !is_running(child.id()) {
            if since.elapsed() > Duration::from_secs(30) {
                bail!("vgputrace did not start its target within 30 s");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self(child))
    }

    pub(super) fn end(mut self) -> anyhow::Result<()> {
        crate::machine::quiet("kill", ["-TERM", &self.0.id().to_string()]);
        self.0
            .wait()
            .context("cannot wait for vgputrace")
            .map(|_| ())
    }
}

fn is_running(tool: u32) -> bool {
    crate::machine::descendants(tool).iter().any(|process| {
        fs::read_link(Path::new("/proc").join(process.to_string()).join("exe"))
            .is_ok_and(|exe| exe.ends_with("bench_loop"))
    })
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(super) fn nanoseconds(value: i64) -> f64 {
    value as f64
}
