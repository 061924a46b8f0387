//! The figures as Markdown.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use super::Table;
use super::calls::Calls;
use super::peers::Peer;
use super::recorder::{Cost, Neighbour, Rate};
use super::subject::Subject;
use crate::machine;

/// All that was measured.
pub(super) struct Report {
    pub(super) rounds: usize,
    /// A sentence for each subject that was not there.
    pub(super) absent: Vec<String>,
    pub(super) subjects: Vec<Subject>,
    pub(super) table: Table,
    pub(super) costs: Vec<Cost>,
    pub(super) neighbours: Vec<Neighbour>,
    pub(super) rates: Vec<Rate>,
    pub(super) calls: Calls,
}

impl Report {
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "# Performance\n\n\
             Written by `./x bench`; do not edit. {}.\n\n\
             Medians of {} interleaved rounds, with smallest and largest in brackets. Other work on the machine (load average {} at \
             the end) makes times differ from run to run: compare ratios of the same run. The ratio of the smallest figures is \
             disturbed least.\n\n\
             How it is measured: loops time themselves, start and end of the tracer left out. They use copies of the C library, so \
             that probes of another tracer on the machine do not count. strace and perf trace watch the system calls that \
             vgputrace records for the subject and cannot see dlsym; bpftrace prints the same fields from the same probes (in \
             bootstraps without a filter for the process tree). All write to files. The floor is bpftrace with empty programs on \
             the same functions, or on all system calls.",
            machine(),
            self.rounds,
            load()
        )?;
        self.loops(out)?;
        self.bootstraps(out)?;
        self.targets(out)?;
        self.recorder(out)?;
        self.beside(out)?;
        self.calls.text(out)?;
        for sentence in &self.absent {
            writeln!(out, "\nNot here: {sentence}.")?;
        }
        Ok(())
    }

    /// Median of a subject under a peer, in nanoseconds.
    fn median(&self, subject: usize, peer: Peer) -> Option<f64> {
        self.table.get(&(subject, peer))?.time.median()
    }

    pub(super) fn ratio(&self, subject: usize, peer: Peer, over: Peer) -> Option<f64> {
        Some(self.median(subject, peer)? / self.median(subject, over)?)
    }

    /// The same of the smallest figures: what other work on the machine disturbs least.
    pub(super) fn smallest(&self, subject: usize, peer: Peer, over: Peer) -> Option<f64> {
        let of = |peer| Some(self.table.get(&(subject, peer))?.time.range()?.0);
        Some(of(peer)? / of(over)?)
    }

    fn loops(&self, out: &mut String) -> std::fmt::Result {
        for (index, subject) in self.subjects.iter().enumerate() {
            let (unit, factor) = if subject.until().is_some() {
                ("ms", 1e-6)
            } else {
                ("ns", 1.0)
            };
            let name = subject.name();
            writeln!(
                out,
                "\n## {name}\n\n| tracer | {unit} | ratio to bare | of the smallest |\n| --- | ---: | ---: | ---: |"
            )?;
            let decimals = usize::from(subject.until().is_some());
            for peer in Peer::ALL {
                let Some(cell) = self.table.get(&(index, peer)) else {
                    continue;
                };
                if let Some(trouble) = &cell.trouble {
                    let trouble = trouble.replace(['\n', '|'], " ");
                    writeln!(out, "| {} | – | {trouble} | |", peer.name())?;
                    continue;
                }
                let bare = self.median(index, Peer::Bare).unwrap_or(f64::NAN);
                let shown = cell.time.shown(factor, decimals);
                let ratio = cell.time.shown(1.0 / bare, 2);
                let best = self
                    .smallest(index, peer, Peer::Bare)
                    .map_or_else(String::new, |best| format!("{best:.2}"));
                writeln!(out, "| {} | {shown} | {ratio} | {best} |", peer.name())?;
            }
        }
        Ok(())
    }

    fn bootstraps(&self, out: &mut String) -> std::fmt::Result {
        for (index, subject) in self.subjects.iter().enumerate() {
            if subject.until().is_none() {
                continue;
            }
            let shown = |peer: Peer| {
                let cell = self.table.get(&(index, peer));
                cell.map_or_else(String::new, |cell| cell.own.shown(1e-6, 1))
            };
            writeln!(
                out,
                "\n{}: its own log says for \"GPU bootstrap discovery took\" {} ms bare and {} ms under vgputrace.",
                subject.name(),
                shown(Peer::Bare),
                shown(Peer::Vgputrace)
            )?;
        }
        Ok(())
    }

    fn targets(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n## Targets\n\nBy medians; in brackets by the smallest figures.\n\n\
             | what | target | measured | |\n| --- | --- | --- | --- |"
        )?;
        for (index, subject) in self.subjects.iter().enumerate() {
            let Some(cell) = self.table.get(&(index, Peer::Vgputrace)) else {
                continue;
            };
            let name = subject.name();
            if subject.until().is_some() {
                let ratio = self.ratio(index, Peer::Vgputrace, Peer::Bare);
                let best = self.smallest(index, Peer::Vgputrace, Peer::Bare);
                row(
                    out,
                    &name,
                    "at most 1.10x of untraced",
                    ratio,
                    best,
                    (1.1, "x"),
                )?;
                let name = format!("{name}, trace");
                let size = cell.size.scaled(1.0 / 1024.0);
                row(out, &name, "at most 48 KiB", size.0, size.1, (48.0, " KiB"))?;
            }
            if matches!(subject, Subject::Symbol) {
                let ratio = self.ratio(index, Peer::Vgputrace, Peer::Empty);
                let best = self.smallest(index, Peer::Vgputrace, Peer::Empty);
                let what = "one call, entry only (dlsym)";
                row(
                    out,
                    what,
                    "at most 1.7x of an empty entry",
                    ratio,
                    best,
                    (1.7, "x"),
                )?;
                let (start, end) = (cell.start.scaled(1e-6), cell.end.scaled(1e-6));
                let what = "start to the target's main";
                row(out, what, "under 150 ms", start.0, start.1, (150.0, " ms"))?;
                let what = "the target's end to the tool's";
                row(out, what, "under 300 ms", end.0, end.1, (300.0, " ms"))?;
            }
        }
        self.ptrace_rows(out)?;
        if let Some(neighbour) = self.neighbours.first() {
            let (alone, beside) = (neighbour.alone.scaled(1.0), neighbour.beside.scaled(1.0));
            let more = |pair: (Option<f64>, Option<f64>)| Some(pair.1? - pair.0?);
            let (median, best) = (more((alone.0, beside.0)), more((alone.1, beside.1)));
            let what = "a system call of any other process";
            row(out, what, "at most +220 ns", median, best, (220.0, " ns"))?;
        }
        self.lost_row(out)?;
        let missing: i64 = self.rates.iter().map(|rate| rate.missing.abs()).sum();
        let missing = (!self.rates.is_empty()).then_some(missing as f64);
        let what = "lost and not counted, at any rate";
        row(out, what, "0", missing, None, (0.0, ""))?;
        let hot = self.costs.first().map(|cost| cost.bytes);
        row(
            out,
            "trace, per dlsym event",
            "at most 30 bytes",
            hot,
            None,
            (30.0, " bytes"),
        )?;
        self.calls.targets(out)
    }

    /// A rate that the machine could not make proves nothing about that rate.
    fn lost_row(&self, out: &mut String) -> std::fmt::Result {
        let what = "lost at 300,000 events a second for 10 s";
        match self.rates.iter().find(|rate| rate.asked == 300_000) {
            Some(rate) if rate.made < 0.99 * 300_000.0 => {
                let Rate { made, lost, .. } = rate;
                writeln!(
                    out,
                    "| {what} | 0 | {lost} at {made:.0} events/s | not reached: no more could be made |"
                )
            }
            rate => {
                let lost = rate.map(|rate| rate.lost as f64);
                row(out, what, "0", lost, None, (0.0, ""))
            }
        }
    }

    fn recorder(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n## The recorder\n\nCPU time of the tool's process per event (less that of a recording of nothing), and bytes of the trace.\n\n\
             | loop | events | ns of CPU time per event | bytes per event |\n| --- | ---: | ---: | ---: |"
        )?;
        for cost in &self.costs {
            let Cost {
                subject,
                events,
                cpu,
                bytes,
            } = cost;
            writeln!(out, "| {subject} | {events} | {cpu:.0} | {bytes:.1} |")?;
        }
        writeln!(
            out,
            "\ndlsym at a steady rate. Uncounted: made, but neither in the trace nor counted as lost.\n\n\
             | events/s asked | events/s made | lost | uncounted |\n| ---: | ---: | ---: | ---: |"
        )?;
        for rate in &self.rates {
            let Rate {
                asked,
                made,
                lost,
                missing,
            } = rate;
            writeln!(out, "| {asked} | {made:.0} | {lost} | {missing} |")?;
        }
        Ok(())
    }

    fn beside(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n## Everybody else\n\nA process that is not traced, while another that uses the same C library is; ns per turn.\n\n\
             | loop | nothing recorded | while recording | more |\n| --- | ---: | ---: | ---: |"
        )?;
        for neighbour in &self.neighbours {
            let (alone, beside) = (&neighbour.alone, &neighbour.beside);
            let more = beside.median().unwrap_or(f64::NAN) - alone.median().unwrap_or(f64::NAN);
            writeln!(
                out,
                "| {} | {} | {} | {more:+.0} |",
                neighbour.what,
                alone.shown(1.0, 0),
                beside.shown(1.0, 0)
            )?;
        }
        Ok(())
    }
}

/// The text of the calls alone.
pub(super) fn of_calls(calls: &Calls) -> String {
    let mut text = format!("{}.\n", machine());
    let _ = calls.text(&mut text);
    let head = "| what | target | measured | |\n| --- | --- | --- | --- |";
    let _ = writeln!(text, "\n{head}");
    let _ = calls.targets(&mut text);
    text
}

/// One target: what was measured, by medians and by the smallest, the most that it may be and the unit of both.
pub(super) fn row(
    out: &mut String,
    what: &str,
    target: &str,
    median: Option<f64>,
    best: Option<f64>,
    (most, unit): (f64, &str),
) -> std::fmt::Result {
    let Some(value) = median else {
        return writeln!(out, "| {what} | {target} | not measured | |");
    };
    let best = best.map_or_else(String::new, |best| format!(" ({best:.2}{unit})"));
    let verdict = if value <= most {
        "met".to_owned()
    } else {
        format!("missed by {:.2}{unit}", value - most)
    };
    writeln!(
        out,
        "| {what} | {target} | {value:.2}{unit}{best} | {verdict} |"
    )
}

/// The load average of the last minute.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Processor, kernel, date.
fn machine() -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let output = output.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).trim().to_owned()
    };
    let facts = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = facts
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let count = machine::cpus();
    format!(
        "{}, {model}, {count} processors, Linux {}",
        said("date", &["-u", "+%Y-%m-%d"]),
        said("uname", &["-r"])
    )
}
