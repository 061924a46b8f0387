//! Layouts under the stand-in and under real servers, and recordings of the corpus.

use serde::Deserialize;
use vgputrace::diagnose::{Certainty, explain};

use super::Case;
use crate::layouts::facts::verdicts::{Outcome, model, of_era, outcome, told};
use crate::layouts::format::{Expect, Judged};
use crate::layouts::server::{Server, of};
use crate::layouts::{self, Era, record};

const ERAS: [Era; 2] = [Era::Runner, Era::LlamaServer];

/// Layouts under the stand-in.
///
/// # Errors
/// A layout that cannot be read.
pub fn standin() -> Result<Vec<Case>, String> {
    under(|server| !server.is_real())
}

/// The same layouts under every real Ollama that `VGPUTRACE_OLLAMA` names.
///
/// # Errors
/// A layout that cannot be read.
pub fn real_servers() -> Result<Vec<Case>, String> {
    under(Server::is_real)
}

fn under(wanted: impl Fn(&Server) -> bool) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for era in ERAS {
        let servers: Vec<Server> = of("accuracy", era)
            .into_iter()
            .filter(|server| wanted(server))
            .collect();
        for name in layouts::names() {
            let layout = layouts::read(&name)?;
            if !layout.eras.contains(&era) {
                continue;
            }
            for server in &servers {
                if let Some(recording) = record::recording("accuracy", &name, &layout, server) {
                    cases.extend(of_trace(
                        &format!("{name} ({})", server.name()),
                        &layout.expect,
                        era,
                        &recording.path,
                    )?);
                }
            }
        }
    }
    Ok(cases)
}

fn of_trace(
    name: &str,
    expect: &Expect,
    era: Era,
    path: &std::path::Path,
) -> Result<Vec<Case>, String> {
    let explanation = explain(&model(path)?);
    Ok(of_era(expect, era)
        .map(|judged: &Judged| {
            let outcome = outcome(judged, &explanation);
            Case {
                name: format!("{name}, {}", judged.backend),
                said: if outcome == Outcome::Right {
                    String::new()
                } else {
                    told(judged, &explanation)
                },
                outcome,
            }
        })
        .collect())
}

/// What must be said of one backend of a recording of the corpus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    trace: String,
    backend: String,
    verdict: String,
    /// None for a backend that is used.
    #[serde(default)]
    rule: Option<String>,
    #[serde(default)]
    object: Option<String>,
}

/// What must be said of the only start of a model in a recording of the corpus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    trace: String,
    rule: String,
    certain: bool,
}

#[derive(Debug, Deserialize)]
struct Book {
    recording: Vec<Known>,
    start: Vec<Start>,
}

/// The start of a model in a recording, against what was done to make it.
fn of_start(start: &Start, path: &std::path::Path) -> Result<Case, String> {
    let explanation = explain(&model(path)?);
    let told = match explanation.models.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    let sure = told.is_some_and(|told| told.certainty == Certainty::Certain);
    let outcome = match told {
        Some(told) if told.rule == start.rule && sure == start.certain => Outcome::Right,
        Some(_) if sure => Outcome::WrongAndCertain,
        _ => Outcome::Wrong,
    };
    Ok(Case {
        name: format!("{}, its model", start.trace),
        said: if outcome == Outcome::Right {
            String::new()
        } else {
            format!("{:?}, not {start:?}", explanation.models)
        },
        outcome,
    })
}

/// Recordings of real servers in the corpus, against what was laid out for them (`verdicts.toml`).
///
/// # Errors
/// A recording or the list of verdicts that cannot be read.
pub fn corpus() -> Result<Vec<Case>, String> {
    let folder = crate::workspace().join("tests/corpus/traces");
    let path = folder.join("verdicts.toml");
    let shown = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|why| shown(&why))?;
    let book: Book = toml::from_str(&text).map_err(|why| shown(&why))?;
    let mut cases = Vec::new();
    for known in book.recording {
        let name = format!("{}.vgt", known.trace);
        let judged = Judged {
            backend: known.backend,
            verdict: known.verdict,
            rule: known.rule,
            object: known.object,
            era: None,
        };
        let expect = Expect {
            verdict: vec![judged],
            ..Expect::default()
        };
        cases.extend(of_trace(&name, &expect, Era::Runner, &folder.join(&name))?);
    }
    for start in &book.start {
        let path = folder.join(format!("{}.vgt", start.trace));
        cases.push(of_start(start, &path)?);
    }
    Ok(cases)
}
