//! The ready-made faults, for a person and for a program.

use std::fmt::Write as _;

use serde::Serialize;
use vgputrace_device::ready::{Change, FAULTS, Made, Ready};

use crate::cmd::Report;

/// A fault as JSON has it.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    about: &'a str,
    reports: &'a [&'a str],
    /// A piece of vgpu.toml.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a str>,
    /// What is changed of which library.
    #[serde(skip_serializing_if = "Option::is_none")]
    library: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
}

/// One line each, then what they stand for.
pub(super) fn text() -> String {
    let width = FAULTS.iter().map(|fault| fault.name.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for fault in FAULTS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:width$}  {}", fault.name, fault.about);
        let _ = writeln!(text, "{:width$}  as in {}", "", fault.reports.join(", "));
    }
    text
}

/// One line of JSON each.
pub(super) fn json() -> Result<String, Report> {
    let mut text = String::new();
    for fault in FAULTS {
        let line = serde_json::to_string(&line(fault))
            .map_err(|error| Report::new("no JSON").because(&error))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn line(fault: &Ready) -> Line<'_> {
    let (config, library, change) = match fault.made {
        Made::Configuration(text) => (Some(text), None, None),
        Made::File(library, change) => (None, Some(library), Some(words(change))),
    };
    Line {
        name: fault.name,
        about: fault.about,
        reports: fault.reports,
        config,
        library,
        change,
    }
}

fn words(change: Change) -> String {
    match change {
        Change::Missing => "missing".to_owned(),
        Change::WithoutSymbol(name) => format!("without {name}"),
        Change::UndefinedSymbol => "undefined symbol".to_owned(),
        Change::OtherVersion => "other version".to_owned(),
        Change::Truncated => "truncated".to_owned(),
        Change::Class32 => "32-bit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use vgputrace_device::ready::FAULTS;

    #[test]
    fn every_fault_is_named_with_the_reports_it_stands_for() {
        let text = super::text();
        let json = super::json().unwrap();
        assert_eq!(json.lines().count(), FAULTS.len());
        for (fault, line) in FAULTS.iter().zip(json.lines()) {
            assert!(text.contains(&format!("{} ", fault.name)), "{}", fault.name);
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["name"], fault.name);
            assert_eq!(value["config"].is_string(), fault.is_in_configuration());
            assert_eq!(value["library"].is_string(), !fault.is_in_configuration());
        }
    }
}
