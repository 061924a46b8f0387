//! `replay --diff`: two traces side by side.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::super::diff::sides;
use super::{ended_by_signal, palette, recording, suspend};
use crate::cmd::{Report, terminal};
use crate::diff::{Run, anchors, diff};
use crate::discover::model::{At, Evidence};
use crate::tui::{Compared, PairBegin, Stop, run_pair};
use crate::view::diff::headline;

/// Shows them until the user leaves.
///
/// # Errors
/// One of them cannot be read, holds nothing that could be compared, or the terminal cannot be used.
pub(super) fn run(good: &Path, bad: &Path) -> Result<u8, Report> {
    let compared = compared(good, bad)?;
    let looks = terminal::standard_output();
    let stop = ended_by_signal()?;
    run_pair(PairBegin {
        recordings: [recording(good)?, recording(bad)?],
        compared,
        looks,
        palette: palette(looks),
        explain: crate::diagnose::explain,
        stop: Box::new(move || stop.load(Ordering::Relaxed)),
        suspend,
    })
    .map_err(|error| Report::new("cannot use the terminal").because(&error))?;
    Ok(0)
}

/// What differs, and where the two are the same.
fn compared(good: &Path, bad: &Path) -> Result<Compared, Report> {
    let [before, after] = sides(good, bad)?;
    let (was, is) = (
        crate::diagnose::explain(&before),
        crate::diagnose::explain(&after),
    );
    let [good, bad] =
        [(&before, &was), (&after, &is)].map(|(model, explanation)| Run::new(model, explanation));
    let answer = diff(good, bad, &|_| false);
    let event = |seen: Option<&Evidence>| match seen.map(|seen| &seen.at) {
        Some(At::Event(seq)) => Some(seq.0),
        _ => None,
    };
    let stops = answer.differences.iter().map(|one| {
        let sides = [&one.difference.good, &one.difference.bad];
        Stop {
            sentence: format!("{}: {}", one.difference.key.role, one.sentence),
            events: sides.map(|fact| event(fact.as_ref().and_then(|fact| fact.evidence.as_ref()))),
            ripple: one.ripple,
        }
    });
    Ok(Compared {
        headline: headline(&answer),
        stops: stops.collect(),
        anchors: anchors(good, bad),
    })
}
