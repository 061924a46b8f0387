//! Text for an issue report, with what maintainers always ask for: version, log up to `inference compute`, listing of the
//! library folder, driver versions.

use std::fmt::Write as _;

use super::super::escape;
use super::headline::{headline, open_end};
use super::paragraph::grouped;
use super::{brief, is_not_installed};
use crate::diagnose::{Explanation, Finding};
use crate::discover::Model;
use crate::discover::model::Level;

/// Lines of the log that are shown at most.
const MAX_LINES: usize = 200;

/// Writes the report.
#[must_use]
pub fn write(explanation: &Explanation, model: &Model) -> String {
    let mut out = String::new();
    for sentence in headline(explanation) {
        let _ = writeln!(out, "**{}**\n", inline(&sentence));
    }
    if let Some(sentence) = open_end(explanation) {
        let _ = writeln!(out, "{}\n", inline(sentence));
    }
    let version = explanation
        .version
        .as_ref()
        .map_or("unknown version", |version| version.as_str());
    let _ = writeln!(
        out,
        "### Ollama {} (discovery by {})\n",
        inline(version),
        explanation.era.name()
    );
    if let Some(label) = &explanation.virtual_gpu {
        let _ = writeln!(out, "**No real GPU: {}.**\n", inline(label.as_str()));
    }
    machine(&mut out, model);
    out.push_str("\n| backend | verdict | cause |\n|---|---|---|\n");
    for backend in &explanation.backends {
        let cause = backend
            .findings
            .first()
            .map(|finding| format!("{} {}", finding.rule, brief(finding)));
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            inline(backend.name.as_str()),
            backend.verdict.name(),
            inline(&cause.unwrap_or_default())
        );
    }
    for backend in explanation
        .backends
        .iter()
        .filter(|backend| !is_not_installed(backend))
    {
        for found in &backend.findings {
            let _ = writeln!(
                out,
                "\n**{}: {}** ({}, {})\n",
                inline(backend.name.as_str()),
                backend.verdict.name(),
                found.rule,
                found.certainty.name()
            );
            finding(&mut out, found);
        }
        if !backend.to_settle.is_empty() {
            let name = inline(backend.name.as_str());
            let _ = writeln!(out, "\n**{name}: what would settle it**\n");
            lines(&mut out, &backend.to_settle);
        }
    }
    for found in explanation.general.iter().chain(&explanation.models) {
        let _ = writeln!(out, "\n**{}** ({})\n", found.rule, found.certainty.name());
        finding(&mut out, found);
    }
    if !explanation.notes.is_empty() {
        out.push_str("\n**Notes**\n\n");
        for note in &explanation.notes {
            let _ = writeln!(out, "- {}", inline(note));
        }
    }
    listing(&mut out, model);
    log(&mut out, model);
    out
}

/// Sentences, and commands as blocks of their own, in which nothing is Markdown.
fn lines(out: &mut String, all: &[String]) {
    for line in all {
        let _ = match line.strip_prefix("$ ") {
            Some(command) => writeln!(out, "    {}\n", escape::text(command).replace('\n', " ")),
            None => writeln!(out, "{}\n", inline(line)),
        };
    }
}

/// The machine, where it is known.
fn machine(out: &mut String, model: &Model) {
    if let Some(host) = &model.host {
        let os = host.os.as_ref().map_or("", |os| os.as_str());
        let _ = writeln!(
            out,
            "- machine: {} on {}, {}",
            inline(host.kernel.as_str()),
            inline(host.arch.as_str()),
            inline(os)
        );
        let gpus: Vec<String> = host
            .gpus
            .iter()
            .map(|gpu| {
                let driver = gpu
                    .driver
                    .as_ref()
                    .map_or("no driver", |driver| driver.as_str());
                format!("{} {} ({driver})", gpu.address, gpu.ids)
            })
            .collect();
        let shown = if host.pci_unseen {
            "not looked at".to_owned()
        } else if gpus.is_empty() {
            "none".to_owned()
        } else {
            gpus.join("; ")
        };
        let _ = writeln!(out, "- GPUs on the PCI bus: {}", inline(&shown));
        let driver = host
            .nvidia
            .as_ref()
            .map_or("none loaded", |driver| driver.as_str());
        let _ = writeln!(out, "- NVIDIA kernel driver: {}", inline(driver));
    }
}

fn finding(out: &mut String, finding: &Finding) {
    let _ = writeln!(out, "{}\n", inline(&finding.sentence));
    for missing in finding
        .missing
        .iter()
        .skip(usize::from(finding.missing.len() == 1))
    {
        let _ = writeln!(out, "- missing: {}", inline(missing.as_str()));
    }
    for (places, text) in grouped(&finding.evidence) {
        let _ = writeln!(out, "- {}: {}", inline(&places), inline(text));
    }
}

fn listing(out: &mut String, model: &Model) {
    let Some(server) = &model.server else { return };
    let mut lines: Vec<String> = Vec::new();
    for name in server.library_dir.names.iter().flatten() {
        lines.push(name.as_str().to_owned());
    }
    for folder in &model.folders {
        for name in folder.names.iter().flatten() {
            lines.push(format!("{}/{name}", folder.name));
        }
    }
    lines.retain(|line| {
        !line.ends_with("/.") && !line.ends_with("/..") && line != "." && line != ".."
    });
    lines.sort();
    lines.dedup();
    if !lines.is_empty() {
        details(
            out,
            &format!("Listing of {}", server.library_dir.path),
            &lines,
        );
    }
}

fn log(out: &mut String, model: &Model) {
    let end = model
        .lines
        .iter()
        .rposition(|line| line.message.as_str() == "inference compute");
    let upto = end.map_or(model.lines.len(), |end| end + 1);
    let lines: Vec<String> = model
        .lines
        .iter()
        .take(upto)
        .filter(|line| line.level != Level::Raw || model.host.is_none())
        .filter_map(|line| line.seen.as_ref())
        .map(|seen| seen.text.as_str().to_owned())
        .collect();
    let skipped = lines.len().saturating_sub(MAX_LINES);
    let shown: Vec<String> = lines.into_iter().skip(skipped).collect();
    if !shown.is_empty() {
        details(out, "Log up to the line inference compute", &shown);
    }
}

/// A block that is folded; what stands in it cannot end it.
fn details(out: &mut String, title: &str, lines: &[String]) {
    let _ = writeln!(out, "\n<details><summary>{}</summary>\n", inline(title));
    for line in lines.iter().take(4_096) {
        let _ = writeln!(out, "    {}", escape::text(line));
    }
    out.push_str("\n</details>\n");
}

/// Text that stays text: no table cell, heading, tag or link is made of what a traced program wrote.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escape::text(text).chars() {
        match character {
            '|' | '[' | ']' | '*' | '#' | '_' | '`' | '~' => {
                out.push('\\');
                out.push(character);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\n' => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}
