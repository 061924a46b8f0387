//! One finding as a paragraph: sentence, what is missing, evidence, what to do.

use super::super::Looks;
use super::super::line::{Line, Role};
use super::super::wrap::wrap;
use super::place;
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::Evidence;

/// Columns of the page.
pub(super) const WIDTH: usize = 80;
/// Names of a long list that are shown.
const MAX_MISSING: usize = 40;

/// Evidence with the same words, as several processes of one look give it, stands together: `#12, #80 text`.
pub(super) fn grouped(evidence: &[Evidence]) -> Vec<(String, &str)> {
    let mut groups: Vec<(String, &str)> = Vec::new();
    for one in evidence {
        let (at, text) = (place(one), one.text.as_str());
        match groups.iter_mut().find(|(_, known)| *known == text) {
            Some((places, _)) => {
                places.push_str(", ");
                places.push_str(&at);
            }
            None => groups.push((at, text)),
        }
    }
    groups
}

/// Lines under construction.
pub(super) struct Page {
    pub(super) looks: Looks,
    pub(super) lines: Vec<Line>,
}

impl Page {
    pub(super) fn new(looks: Looks) -> Self {
        Self {
            looks,
            lines: Vec::new(),
        }
    }

    /// An empty line, but not two.
    pub(super) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| *line != Line::new()) {
            self.lines.push(Line::new());
        }
    }

    /// Wrapped text behind an indent.
    pub(super) fn text(&mut self, indent: usize, role: Role, text: &str) {
        self.hanging(indent, "", role, text);
    }

    /// Wrapped text behind a mark; following lines stand below its first word.
    pub(super) fn hanging(&mut self, indent: usize, mark: &str, role: Role, text: &str) {
        let margin = indent + super::super::escape::width(mark);
        for (at, part) in wrap(text, WIDTH.saturating_sub(margin))
            .into_iter()
            .enumerate()
        {
            let mut line = Line::new();
            if at == 0 {
                line.plain(&" ".repeat(indent)).push(Role::Dim, mark);
            } else {
                line.plain(&" ".repeat(margin));
            }
            line.push(role, &part);
            self.lines.push(line);
        }
    }

    /// A small heading inside a paragraph.
    fn head(&mut self, text: &str) {
        let mut line = Line::new();
        line.plain("  ").push(Role::Heading, text);
        self.lines.push(line);
    }

    /// The finding, below its own heading.
    pub(super) fn finding(&mut self, finding: &Finding, role: Role) {
        let sure = match finding.certainty {
            Certainty::Certain => "",
            Certainty::Likely => " (likely; something else could do the same)",
        };
        self.text(2, role, &format!("{}{sure}", finding.sentence));
        if finding.missing.len() > 1 {
            self.head("missing, all of it");
            for one in finding.missing.iter().take(MAX_MISSING) {
                self.hanging(4, "", Role::Object, one.as_str());
            }
            let more = finding.missing.len().saturating_sub(MAX_MISSING);
            if more > 0 {
                self.text(4, Role::Dim, &format!("and {more} more (--json has all)"));
            }
        }
        if !finding.evidence.is_empty() {
            self.head("evidence");
            for (places, text) in grouped(&finding.evidence) {
                self.hanging(4, &format!("{places} "), Role::Plain, text);
            }
        }
        if !finding.remedy.is_empty() {
            self.head("what to do");
            self.advice(&finding.remedy);
        }
    }

    /// Sentences and commands.
    pub(super) fn advice(&mut self, lines: &[String]) {
        for line in lines {
            if line.starts_with("$ ") {
                // A command stays in one piece, to be copied.
                let mut out = Line::new();
                out.plain("      ").push(Role::Verb, line);
                self.lines.push(out);
            } else {
                self.text(4, Role::Plain, line);
            }
        }
    }

    pub(super) fn finish(self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            line.write(self.looks, &mut out);
        }
        out
    }
}
