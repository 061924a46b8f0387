//! `./x bench`: what recording costs, beside other tracers.
//!
//! Everything runs interleaved (each round runs every subject under every tracer), so that a slow moment of the machine meets
//! all alike; medians of the rounds are compared. Writes docs/PERFORMANCE.md and prints it. Asserts nothing.

mod calls;
mod compare;
mod driver;
mod figures;
mod peers;
mod place;
mod ptrace;
mod recorder;
mod report;
mod subject;
mod viewer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use self::figures::Figures;
use self::peers::Peer;
use self::place::Place;
use self::report::Report;
use self::subject::Subject;
use crate::{machine, step};

/// Builds the recorder and a program of the tests that measures it.
fn release_build(root: &Path, program: &str) -> anyhow::Result<()> {
    let mut build = Command::new("cargo");
    build
        .args([
            "build",
            "--release",
            "-p",
            "vgputrace",
            "-p",
            "vgputrace-tests",
        ])
        .args(["--bin", "vgputrace", "--bin", program])
        .current_dir(root);
    step::must("release build", "about 4 minutes when cold", &mut build).map(drop)
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// What recording costs.
    Recording,
    /// Only what recording calls of a driver costs; the document is not written.
    Calls,
    /// What the viewer costs on a trace of ten million events.
    Tui,
    /// What the comparison of two traces of a million and ten million events costs.
    Diff,
}

/// What to measure how often.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// What to measure.
    #[arg(value_enum, default_value_t = What::Recording)]
    what: What,
    /// Three rounds of small loops, to see that everything works; the document is not written.
    #[arg(long)]
    quick: bool,
    /// Only what calls of the shim's driver cost, as a table; the document is not written.
    #[arg(long)]
    driver: bool,
    /// How many rounds; the document wants 7 or more.
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// A real Ollama to measure too, beside the one that VGPUTRACE_OLLAMA names. May be repeated.
    #[arg(long, value_name = "PROGRAM")]
    ollama: Vec<PathBuf>,
}

/// Figures of one subject under one peer.
#[derive(Default)]
struct Cell {
    /// Nanoseconds per turn, or of a bootstrap from the target's start to its `inference compute` line.
    time: Figures,
    /// The bootstrap's own figure, in nanoseconds.
    own: Figures,
    /// Size of the trace in bytes.
    size: Figures,
    /// From the tool's start to the target's, and from the target's end to the tool's, in nanoseconds.
    start: Figures,
    end: Figures,
    /// Why there is no figure.
    trouble: Option<String>,
}

/// All of them: subject (by its place in the list), then peer.
type Table = BTreeMap<(usize, Peer), Cell>;

/// Measures and reports.
///
/// # Errors
/// One sentence: what is missing or which step failed.
#[expect(clippy::print_stdout, reason = "the table is what the user asked for")]
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let root = machine::root();
    if options.driver {
        return driver::run(&root, options.rounds.unwrap_or(7).max(1));
    }
    if options.what == What::Diff {
        return compare::run(&root, options.quick);
    }
    if options.what == What::Tui {
        return viewer::run(&root, options.quick);
    }
    if !machine::is_root() {
        bail!("bench needs root: it loads eBPF programs");
    }
    let rounds = options
        .rounds
        .unwrap_or(if options.quick { 3 } else { 7 })
        .max(1);
    let mut build = Command::new("cargo");
    build
        .args(["build", "--release", "--package", "vgputrace"])
        .current_dir(&root);
    step::must("release build", "about 4 minutes when cold", &mut build)?;
    peers::install();
    let place = Place::prepare(&root)?;
    if options.what == What::Calls {
        let calls = calls::measure(&root, &place, options.quick, rounds)?;
        println!("{}", report::of_calls(&calls));
        return Ok(());
    }
    let (subjects, absent) = Subject::list(&root, &options.ollama);
    let mut table = Table::new();
    for round in 1..=rounds {
        step::say(&format!("bench: round {round} of {rounds}"));
        for (index, subject) in subjects.iter().enumerate() {
            for peer in Peer::ALL {
                let cell = table.entry((index, peer)).or_default();
                if cell.trouble.is_none()
                    && let Err(error) = measure(&place, subject, peer, options.quick, cell)
                {
                    cell.trouble = Some(format!("{error:#}"));
                }
            }
        }
    }
    step::say("bench: CPU time and bytes per event");
    let costs = recorder::costs(&place, options.quick, rounds.min(5))?;
    step::say("bench: processes that are not traced");
    let neighbours = recorder::neighbours(&place, options.quick, rounds)?;
    let rates = recorder::rates(&place, options.quick)?;
    let calls = calls::measure(&root, &place, options.quick, rounds)?;
    let report = Report {
        rounds,
        absent,
        subjects,
        table,
        costs,
        neighbours,
        rates,
        calls,
    };
    let text = report.text();
    println!("{text}");
    if !options.quick {
        let file = Path::new("docs/PERFORMANCE.md");
        fs::write(root.join(file), text)
            .with_context(|| format!("cannot write {}", file.display()))?;
        step::say("bench: written to docs/PERFORMANCE.md");
    }
    Ok(())
}

/// Runs one subject under one peer and adds its figures.
fn measure(
    place: &Place,
    subject: &Subject,
    peer: Peer,
    quick: bool,
    cell: &mut Cell,
) -> anyhow::Result<()> {
    if peer.is_absent() {
        bail!("absent");
    }
    let bootstrap = subject.bootstrap(place);
    let target = match (&bootstrap, subject.turns(quick)) {
        (Some(words), _) => words.clone(),
        (None, Some((mode, count))) => {
            let count = (count / peer.divisor(subject)).max(20);
            place.turns(mode, count, None)
        }
        (None, None) => bail!("nothing to run"),
    };
    let Some(command) = peer.command(place, subject, &target) else {
        bail!("does not see it");
    };
    let usage = place.run(&command, subject.until())?;
    let (began, ended) = if bootstrap.is_some() {
        let began = fs::read_to_string(place.folder.join("output.begin"))
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse::<i64>().ok());
        let (Some(began), true) = (began, usage.seen > 0) else {
            bail!(
                "no `inference compute` line: {}",
                step::last_lines(&place.output(), 2)
            );
        };
        cell.time.push(recorder::nanoseconds(usage.seen - began));
        if let Some(own) = own_figure(&place.output()) {
            cell.own.push(own);
        }
        (began, usage.seen)
    } else {
        let Ok(lap) = place.lap() else {
            bail!(
                "did not work: {}",
                step::last_lines(place.output().trim(), 1)
            );
        };
        cell.time.push(lap.each());
        (lap.begun, lap.to)
    };
    cell.start.push(recorder::nanoseconds(began - usage.start));
    cell.end.push(recorder::nanoseconds(usage.end - ended));
    if peer == Peer::Vgputrace {
        cell.size.push(place.trace_size() as f64);
    }
    Ok(())
}

/// The duration of Ollama's own `GPU bootstrap discovery took`, in nanoseconds.
fn own_figure(output: &str) -> Option<f64> {
    let line = output
        .lines()
        .find(|line| line.contains("GPU bootstrap discovery took"))?;
    let word = line
        .split_whitespace()
        .find_map(|word| word.strip_prefix("duration="))?;
    let split = word.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = word.split_at(split);
    let scale = match unit {
        "s" => 1e9,
        "ms" => 1e6,
        "µs" => 1e3,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

#[cfg(test)]
mod tests {
    use super::own_figure;

    #[test]
    fn the_servers_own_figure_is_read_in_its_units() {
        let line = |value: &str| {
            format!("level=DEBUG msg=\"GPU bootstrap discovery took\" duration={value}\n")
        };
        assert_eq!(own_figure(&line("31.5ms")), Some(31.5e6));
        assert_eq!(own_figure(&line("1.25s")), Some(1.25e9));
        assert_eq!(own_figure(&line("ms")), None);
        assert_eq!(own_figure("msg=other duration=3ms"), None);
    }
}
