//! The figures of recorded calls as Markdown: their own part of the document, and their lines among the targets.

use std::fmt::Write;

use super::{Calls, Rate};
use crate::cmd::bench::figures::Figures;
use crate::cmd::bench::report::row;

impl Rate {
    /// Calls that are neither in the trace nor counted as lost.
    fn missing(&self) -> u64 {
        let known = self.told + self.counted + self.lost;
        self.calls.saturating_sub(known)
    }
}

impl Calls {
    /// Median and smallest ratio of two figures.
    fn ratio(of: &Figures, over: &Figures) -> (Option<f64>, Option<f64>) {
        let ((of, best), (over, over_best)) = (of.scaled(1.0), over.scaled(1.0));
        let ratio = |of: Option<f64>, over: Option<f64>| Some(of? / over?);
        (ratio(of, over), ratio(best, over_best))
    }

    /// Lines of the table of targets.
    pub(in crate::cmd::bench) fn targets(&self, out: &mut String) -> std::fmt::Result {
        let functions = self.functions;
        let [attach, detach] = self.alone.each_ref().map(|figures| figures.scaled(1e-6));
        let what = format!("attach to {functions} functions");
        row(out, &what, "under 50 ms", attach.0, attach.1, (50.0, " ms"))?;
        let what = format!("detach from {functions} functions");
        row(
            out,
            &what,
            "under 300 ms",
            detach.0,
            detach.1,
            (300.0, " ms"),
        )?;
        let (ratio, best) = Self::ratio(&self.pair.told, &self.pair.empty);
        let what = "one driver call with two outputs, entry and return";
        let target = "at most 1.8x of an empty pair";
        row(out, what, target, ratio, best, (1.8, "x"))?;
        let missing: u64 = self.rates.iter().map(Rate::missing).sum();
        let what = "driver calls lost and not counted, at the highest rate";
        let missing = (!self.rates.is_empty()).then_some(missing as f64);
        row(out, what, "0", missing, None, (0.0, ""))
    }

    /// Their own part of the document.
    pub(in crate::cmd::bench) fn text(&self, out: &mut String) -> std::fmt::Result {
        self.ends(out)?;
        self.one_call(out)?;
        self.made(out)?;
        self.beside(out)
    }

    fn ends(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n## Calls of a driver\n\nA driver and an NVML library with every function of the table, {} together, each with an entry and a return \
             probe and nothing else attached; ms.\n\n| | attach | detach |\n| --- | ---: | ---: |",
            self.functions
        )?;
        for (who, [attach, detach]) in [
            ("nobody has the files mapped", &self.alone),
            ("a process has", &self.mapped),
        ] {
            let (attach, detach) = (attach.shown(1e-6, 1), detach.shown(1e-6, 1));
            writeln!(out, "| {who} | {attach} | {detach} |")?;
        }
        Ok(())
    }

    fn one_call(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\nOne call with two outputs (cuMemGetInfo and two like it, which do nothing else and begin with a push).\n\n\
             | | ns | ratio to the empty pair | of the smallest |\n| --- | ---: | ---: | ---: |"
        )?;
        let pair = &self.pair;
        for (what, figures) in [
            ("bare", &pair.bare),
            (
                "empty entry and return probe (bpftrace, `{ }`)",
                &pair.empty,
            ),
            (
                "**vgputrace**, told: call, result, both outputs",
                &pair.told,
            ),
            (
                "**vgputrace**, counted: beyond the first 1,000 of a process",
                &pair.counted,
            ),
        ] {
            let shown = |ratio: Option<f64>| {
                ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
            };
            let (ratio, best) = Self::ratio(figures, &pair.empty);
            let (time, ratio, best) = (figures.shown(1.0, 0), shown(ratio), shown(best));
            writeln!(out, "| {what} | {time} | {ratio} | {best} |")?;
        }
        Ok(())
    }

    fn made(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\nAll functions of the driver called in turn, on every processor. Under empty probes {:.0} calls a second are made; that is the \
             highest rate asked for. Uncounted: made, but neither in the trace nor counted as lost.\n\n\
             | calls/s asked | calls/s made | calls | told | counted | lost | uncounted |\n\
             | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            self.bare_rate
        )?;
        for rate in &self.rates {
            let Rate {
                asked,
                made,
                calls,
                told,
                counted,
                lost,
            } = rate;
            let missing = rate.missing();
            writeln!(
                out,
                "| {asked} | {made:.0} | {calls} | {told} | {counted} | {lost} | {missing} |"
            )?;
        }
        Ok(())
    }

    fn beside(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\nProcesses that are not traced while another one is; ns per turn. The driver has 685 functions, all with probes under \
             `--calls all`.\n\n\
             | loop | nothing recorded | `--calls none` | `--calls all` | more by calls |\n| --- | ---: | ---: | ---: | ---: |"
        )?;
        for other in &self.others {
            let more =
                other.all.median().unwrap_or(f64::NAN) - other.none.median().unwrap_or(f64::NAN);
            let [alone, none, all] =
                [&other.alone, &other.none, &other.all].map(|figures| figures.shown(1.0, 0));
            writeln!(
                out,
                "| {} | {alone} | {none} | {all} | {more:+.0} |",
                other.what
            )?;
        }
        Ok(())
    }
}
