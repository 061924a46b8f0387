//! The verdicts of a recording in progress: the table as soon as the discovery is over, and at the end what changed.

use std::path::Path;

use super::last_good;
use crate::cmd::terminal;
use crate::diagnose::{Explanation, explain};
use crate::discover::events::Discovery;
use crate::discover::model::{Era, Model};
use crate::event::Event;
use crate::event::host::Header;
use crate::source::discovery_end::{DiscoveryEnd, Until};
use crate::view::escape;
use crate::view::explain::{changes, table};

/// The fold, and what was told of it.
pub(in crate::cmd) struct Verdicts {
    discovery: Discovery,
    end: DiscoveryEnd,
    told: Option<Explanation>,
    /// Nothing is told before the end.
    later: bool,
}

impl Verdicts {
    /// `wanted`: the user wants text.
    pub(in crate::cmd) fn new(wanted: bool, header: &Header) -> Option<Self> {
        wanted.then(|| Self {
            discovery: Discovery::new(Some(header)),
            end: DiscoveryEnd::new(Until::Discovery),
            told: None,
            later: false,
        })
    }

    /// Tells nothing before the end: something else is on the terminal.
    pub(super) fn later(self, later: bool) -> Self {
        Self { later, ..self }
    }

    /// Takes the next event.
    pub(super) fn push(&mut self, event: &Event) {
        self.discovery.push(event);
        if self.told.is_none() {
            self.end.observe(event);
        }
    }

    /// Tells the table once the discovery is over, while the command goes on.
    pub(super) fn tick(&mut self, now: u64) {
        if self.told.is_some() || self.later || !self.end.over(now) {
            return;
        }
        let explanation = explain(&self.discovery.finish());
        say(&format!(
            "\n{}recording continues, Ctrl-C ends it\n",
            table(&explanation, terminal::standard_error())
        ));
        self.told = Some(explanation);
    }

    /// At the end: what changed since, or the table where it was not told yet. A run with a virtual GPU is neither remembered
    /// as a good one of its server nor compared with one.
    pub(super) fn finish(&self, trace: &Path, unit: Option<&str>, is_virtual: bool) {
        let model = self.discovery.finish();
        if !is_discovery(&model) {
            return;
        }
        let looks = terminal::standard_error();
        let explanation = explain(&model);
        let text = match &self.told {
            Some(before) => changes(before, &explanation, looks),
            None => table(&explanation, looks),
        };
        if !text.is_empty() {
            say(&format!("\n{text}"));
        }
        say(&format!("why: vgputrace explain {}\n", trace.display()));
        if !is_virtual
            && let Some((sentence, good)) = last_good::compare(&model, &explanation, trace, unit)
        {
            let good = escape::text(&good.display().to_string()).into_owned();
            say(&format!(
                "unlike the last good run ({good}): {}\n",
                escape::text(&sentence)
            ));
        }
    }
}

/// There is something to judge: a server, or a program that loads backends.
fn is_discovery(model: &Model) -> bool {
    model.server.is_some() || (model.era == Era::Ggml && !model.folders.is_empty())
}

#[expect(clippy::print_stderr, reason = "standard output is the target's")]
fn say(text: &str) {
    eprint!("{text}");
}
