//! The page: each section has its findings, then the facts in one glance.

use super::super::Looks;
use super::super::line::{Line, Role};
use super::super::wrap::wrap;
use super::{About, Finding, Level};
use crate::event::doctor::Facts;

mod glance;

/// Column where the content of a section begins.
const COLUMN: usize = 11;
/// Columns of a sentence before it is wrapped.
const WIDTH: usize = 85;

/// Sections in order, with their names.
const SECTIONS: [(About, &str); 9] = [
    (About::Recording, "recording"),
    (About::Rights, "rights"),
    (About::Kernel, "kernel"),
    (About::Limits, "limits"),
    (About::Cost, "cost"),
    (About::Ollama, "ollama"),
    (About::Drivers, "drivers"),
    (About::Devices, "devices"),
    (About::Service, "service"),
];

/// Writes the page.
#[must_use]
pub fn write(facts: &Facts, findings: &[Finding], looks: Looks) -> String {
    let mut page = Page {
        looks,
        lines: Vec::new(),
        section: "",
    };
    for (about, name) in SECTIONS {
        page.section = name;
        for finding in findings.iter().filter(|finding| finding.about == about) {
            page.finding(finding);
        }
        glance::section(&mut page, about, facts);
    }
    let mut out = String::new();
    for line in &page.lines {
        line.write(looks, &mut out);
    }
    out
}

/// Lines under construction.
struct Page {
    looks: Looks,
    lines: Vec<Line>,
    section: &'static str,
}

impl Page {
    /// A line of content; the first of a section carries its name.
    fn line(&mut self, build: impl FnOnce(&mut Line)) {
        let mut line = Line::new();
        line.push(Role::Heading, std::mem::take(&mut self.section));
        line.pad_to(COLUMN - 1).plain(" ");
        build(&mut line);
        self.lines.push(line);
    }

    /// A line of facts, below the signs of findings.
    fn fact(&mut self, text: &str) {
        self.line(|line| {
            line.plain("  ").push(Role::Plain, text);
        });
    }

    fn finding(&mut self, finding: &Finding) {
        let (sign, role) = match finding.level {
            Level::Ok => (self.looks.tick(), Role::Result),
            Level::Note => ("-", Role::Dim),
            Level::Problem => ("!", Role::Warning),
            Level::Stop => (if self.looks.unicode { "✗" } else { "X" }, Role::Failed),
        };
        let words = if finding.level >= Level::Problem {
            role
        } else {
            Role::Plain
        };
        for (at, part) in wrap(&finding.sentence, WIDTH).into_iter().enumerate() {
            self.line(|line| {
                line.push(role, if at == 0 { sign } else { " " })
                    .plain(" ")
                    .push(words, &part);
            });
        }
        if let Some(command) = &finding.command {
            self.line(|line| {
                line.plain("      ").push(Role::Verb, command);
            });
        }
    }
}
