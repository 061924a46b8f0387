//! Can 0.30 and later start llama-server, by which they look for devices?

use super::files::describe;
use super::load::{missing_libraries, searched};
use super::versions::versions;
use super::words::{at, found, list, plural, shell};
use super::{Check, Scene};
use crate::diagnose::{Certainty, Finding};
use crate::discover::model::Era;
use crate::event::Text;

pub(super) fn check(scene: &Scene<'_>, check: &mut Check) {
    if scene.era != Era::LlamaServer {
        return;
    }
    let server = &scene.ollama.llama_server;
    let Some(file) = &server.file else {
        check.general.push(Finding {
            missing_object: server.passed.first().cloned(),
            missing: server.passed.clone(),
            evidence: server.passed.iter().map(|path| at(path, "ENOENT")).collect(),
            remedy: vec![
                "install the same release again, whole: the program alone is not enough".to_owned(),
            ],
            ..found(
                "VG310",
                "spawn",
                format!(
                    "llama-server is not there, and {} looks for devices by starting it: no backend is ever tried",
                    scene.ollama.program
                ),
            )
        });
        return;
    };
    // Root executes a file that has any execute bit at all (path_resolution(7)).
    let any = file.mode.is_none_or(|mode| mode & 0o111 != 0);
    let why = if server.noexec {
        Some("it is on a file system mounted noexec".to_owned())
    } else if !any || !scene.may(file.mode, file.owner, 1) {
        Some(format!("the user {} may not execute it", scene.user()))
    } else {
        file.problem
            .as_ref()
            .map(|problem| problem.as_str().to_owned())
    };
    if let Some(why) = why {
        check.general.push(Finding {
            missing_object: Some(file.path.clone()),
            evidence: vec![at(&file.path, describe(file))],
            remedy: vec![format!("$ sudo chmod a+rx {}", shell(file.path.as_str()))],
            ..found(
                "VG311",
                "spawn",
                format!("{} cannot be started: {why}", file.path),
            )
        });
        return;
    }
    needs(file.path.clone(), scene, check);
}

fn needs(path: Text, scene: &Scene<'_>, check: &mut Check) {
    let closure = &scene.ollama.llama_server.closure;
    let missing = missing_libraries(closure);
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|object| object.name.as_str()).collect();
        check.general.push(Finding {
            missing_object: missing.first().map(|object| object.name.clone()),
            missing: missing.iter().map(|object| object.name.clone()).collect(),
            evidence: missing.iter().flat_map(|object| searched(scene, object)).collect(),
            remedy: vec!["install the same release again, whole".to_owned()],
            ..found(
                "VG312",
                "spawn",
                format!(
                    "{path} ends with code 127 before it does anything: {} {} nowhere the loader looks",
                    list(names.iter().copied()),
                    plural(names.len(), "is", "are")
                ),
            )
        });
    } else if let Some(symbol) = closure.missing_symbols.first() {
        check.general.push(Finding {
            missing_object: Some(symbol.clone()),
            missing: closure.missing_symbols.clone(),
            // A function that is bound at its first call only stops the program there.
            certainty: Certainty::Likely,
            evidence: vec![at(&path, format!("or a library of it refers to {symbol}"))],
            remedy: vec!["install one release, whole".to_owned()],
            ..found(
                "VG312",
                "spawn",
                format!(
                    "{path} and its libraries are of different releases: nothing defines {}",
                    list(closure.missing_symbols.iter().map(Text::as_str))
                ),
            )
        });
    }
    if let Some(finding) = versions(scene, &path, closure) {
        check.general.push(Finding {
            rule: "VG312",
            stage: "spawn",
            ..finding
        });
    }
}
