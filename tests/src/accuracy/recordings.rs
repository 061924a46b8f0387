//! Layouts under the stand-in and under real servers, and recordings of the corpus.

use vgputrace::diagnose::explain;

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

/// Recordings of real servers in the corpus: each is named after the layout whose verdicts hold for it.
///
/// # Errors
/// A recording or layout that cannot be read.
pub fn corpus() -> Result<Vec<Case>, String> {
    let folder = crate::workspace().join("tests/corpus/traces");
    let mut cases = Vec::new();
    for (era, name, object) in [
        (
            Era::Runner,
            "runner-undefined-symbol.vgt",
            "vgpu_defined_nowhere",
        ),
        (
            Era::LlamaServer,
            "llama-server-undefined-symbol.vgt",
            "vgpu_defined_nowhere",
        ),
    ] {
        let judged = Judged {
            backend: "cuda_v12".to_owned(),
            verdict: "failed".to_owned(),
            rule: Some("VG053".to_owned()),
            object: Some(object.to_owned()),
            era: Some(era),
        };
        let expect = Expect {
            verdict: vec![judged],
            ..Expect::default()
        };
        cases.extend(of_trace(name, &expect, era, &folder.join(name))?);
    }
    Ok(cases)
}
