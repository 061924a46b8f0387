//! A colon in the path of a folder. The server hands folders over in lists that are split there: OLLAMA_LIBRARY_PATH by the
//! runner (filepath.SplitList), LD_LIBRARY_PATH by the loader (ld.so(8)).

use crate::discover::model::{Era, Evidence, Missing, Outcome};

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use super::super::tree::words::shell;
use super::super::words::list;

pub(super) static RULES: &[&Rule] = &[&COLON];

static COLON: Rule = Rule {
    id: "VG042",
    stage: Stage::Spawn,
    title: "A colon in the folder's path",
    story: "The server hands its folders to the processes in lists whose parts are separated by colons, and neither list knows a way to write a colon that is none of them. Until 0.24 the runner \
so looks at the pieces of the path and never at the folder; from 0.30 on the backend itself is named whole, and what it needs from its own folder is not found.",
    proof: "The path, and that the runner never listed it; or a library that is missing and lies in the folder.",
    remedy: &["Give the folder a name without a colon."],
    rows: &[],
    check: Check::Backend(colon),
};

fn colon(case: &Case<'_>) -> Vec<Finding> {
    let path = case.path();
    if !path.starts_with('/') || !path.contains(':') || case.loaded() {
        return Vec::new();
    }
    let pieces: Vec<&str> = path.split(':').filter(|piece| !piece.is_empty()).collect();
    let pieces = list(&pieces);
    let started = || {
        case.attempts
            .iter()
            .filter_map(|attempt| attempt.seen.as_ref())
    };
    let finding = match case.model.era {
        Era::Runner if case.loads().next().is_none() && !case.children.is_empty() => {
            let walked = || case.deciding().flat_map(|child| &child.walked);
            if walked().any(|folder| folder.path.as_str() == path) {
                return Vec::new();
            }
            let said: Vec<&Evidence> = case.saying("skipping path which is not part").collect();
            COLON
                .found(format!(
                    "The runner never looked at {path}: the server names it in a list that is split at colons (OLLAMA_LIBRARY_PATH), so the runner was given {pieces}."
                ))
                .certain_if(walked().next().is_some() && case.absence_is_certain() || !said.is_empty())
                .proof(said)
                .proof(started())
        }
        Era::LlamaServer => {
            let names = case.folder.and_then(|folder| folder.names.as_ref());
            let lies_there = |name: &&str| {
                names.is_some_and(|names| names.iter().any(|one| one.as_str() == *name))
            };
            let failed = case
                .loads()
                .filter(|(_, load)| load.outcome == Outcome::Failed);
            let missing = failed
                .flat_map(|(_, load)| &load.missing)
                .filter_map(|missing| match missing {
                    Missing::Library { name, .. } => Some(name.as_str()),
                    _ => None,
                });
            let Some(name) = missing.into_iter().find(lies_there) else {
                return Vec::new();
            };
            let listed = case.folder.and_then(|folder| folder.listed.as_ref());
            COLON
                .found(format!(
                    "{name} lies in {path}, and the loader does not look there: the server names the folder in LD_LIBRARY_PATH, which is split at colons, so the loader looked in {pieces}."
                ))
                .certain_if(true)
                .proof(listed)
                .proof(started())
        }
        _ => return Vec::new(),
    };
    let finding = finding.object(path);
    let (folder, base) = path.rsplit_once('/').unwrap_or(("", path));
    let renamed = shell(&format!("{folder}/{}", base.replace(':', "_")));
    vec![if folder.contains(':') {
        finding
            .so("Move the whole installation, since one of the folders above has the colon.")
            .so(RESTART)
    } else {
        let path = format!("'{}'", path.replace('\'', r"'\''"));
        finding
            .so("Give it a name without a colon:")
            .so(format!("$ sudo mv {path} {renamed}"))
            .so(RESTART)
    }]
}
