//! The answer of `explain`: as text, JSON, Markdown; and the page of one rule.
//!
//! ```text
//! Explanation -> text (table, then a paragraph for each backend that is not used), json, markdown
//! Model       -> phases (a line each), story (--verbose: every process in order), markdown (log, listing, versions)
//! Rule        -> page (explain --code; docs/diagnoses)
//! ```

mod headline;
mod json;
mod markdown;
mod page;
mod paragraph;
mod phases;
mod story;
#[cfg(test)]
mod tests;
mod text;

pub use headline::{headline, who};
pub use json::to_json;
pub use markdown::write as to_markdown;
pub use page::{index, page};
pub use phases::{Phase, phases};
pub use story::write as story;
pub use text::{changes, table, write};

use crate::diagnose::rules;
use crate::diagnose::{BackendVerdict, Finding, Verdict};
use crate::discover::model::{At, Evidence};

/// `#12`, `line 12`, a path, `host`.
fn place(evidence: &Evidence) -> String {
    match &evidence.at {
        At::Event(seq) => seq.to_string(),
        At::Line(number) => format!("line {number}"),
        At::File(path) => path.as_str().to_owned(),
        At::Host => "host".to_owned(),
    }
}

/// The cause in a line of the table: the rule's title, and the object.
fn brief(finding: &Finding) -> String {
    let title = rules::by_id(finding.rule).map_or("", |rule| rule.title);
    // A table has room for the name of a file, not for its path.
    let object = finding.missing_object.as_ref().map(|object| {
        let object = object.as_str();
        object
            .rsplit('/')
            .next()
            .filter(|name| !name.is_empty())
            .unwrap_or(object)
    });
    match object.filter(|object| !title.contains(object)) {
        Some(object) => format!("{title}: {object}"),
        None => title.to_owned(),
    }
}

/// A backend about which there is nothing to tell: it is not there, or nothing names it.
#[must_use]
pub fn is_aside(backend: &BackendVerdict) -> bool {
    is_not_installed(backend) || is_not_mentioned(backend)
}

/// A backend that is merely not there: it gets no row of its own.
fn is_not_installed(backend: &BackendVerdict) -> bool {
    backend.verdict == Verdict::Absent
        && backend.warnings.is_empty()
        && backend
            .findings
            .first()
            .is_none_or(|finding| finding.rule == "VG009")
}

/// A backend that nothing names.
fn is_not_mentioned(backend: &BackendVerdict) -> bool {
    backend.verdict == Verdict::Unknown
        && backend.warnings.is_empty()
        && backend
            .findings
            .first()
            .is_some_and(|finding| finding.rule == "VG201")
}
