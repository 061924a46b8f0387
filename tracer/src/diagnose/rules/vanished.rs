//! A folder that the server saw, and the process it started did not.

use super::super::advice::RESTART;
use super::super::case::Case;
use super::super::explanation::Finding;
use super::super::rule::{Check, Rule, Stage};
use crate::discover::model::Evidence;
use crate::event::Errno;

pub(super) static RULES: &[&Rule] = &[&CLOSED_TO_CHILD];

static CLOSED_TO_CHILD: Rule = Rule {
    id: "VG038",
    stage: Stage::Spawn,
    title: "The folder is closed to the runner",
    story: "The server could list the folder and the runner could not: removed meanwhile, or a rule of a security module. ggml passes over it in silence.",
    proof: "The listing failed in the runner, or ggml's words \"search path ... does not exist\".",
    remedy: &[
        "See what the security module refused:",
        "$ sudo journalctl -k -g 'apparmor|avc'",
    ],
    rows: &["runner 19"],
    check: Check::Backend(closed_to_child),
};

fn closed_to_child(case: &Case<'_>) -> Vec<Finding> {
    let listed = case.folder.is_some_and(|folder| folder.names.is_some());
    if !listed || case.model.server.is_none() || case.loads().next().is_some() {
        return Vec::new();
    }
    let gone: Vec<&Evidence> = case
        .deciding()
        .flat_map(|child| &child.said)
        .filter(|said| {
            said.text
                .as_str()
                .ends_with(&format!("search path {} does not exist", case.path()))
        })
        .map(|said| &said.seen)
        .collect();
    if !gone.is_empty() {
        return vec![
            CLOSED_TO_CHILD
                .found(format!(
                    "The folder {} was there when the server looked, and gone when the runner did.",
                    case.name
                ))
                .object(case.path())
                .proof(gone)
                .so("Something moved or removed the folder while Ollama started: an update, a container's layer, a mount that went away.")
                .so(format!("$ ls -ld {}", case.path()))
                .so(RESTART),
        ];
    }
    let refused: Vec<(&Errno, &Evidence)> = case
        .deciding()
        .flat_map(|child| {
            let listed = child
                .walked
                .iter()
                .filter(|folder| folder.path.as_str() == case.path())
                .filter_map(|folder| folder.unreadable.as_ref())
                .map(|(err, seen)| (err, seen));
            let opened = child
                .refused
                .iter()
                .filter(|(_, seen)| seen.text.as_str() == format!("open {}", case.path()))
                .map(|(err, seen)| (err, seen));
            listed.chain(opened)
        })
        .collect();
    let Some((err, _)) = refused.first() else {
        return Vec::new();
    };
    vec![
        CLOSED_TO_CHILD
            .found(format!(
                "The process for {} could not list that folder ({err}), though the server could.",
                case.name
            ))
            .object(case.path())
            .proof(refused.iter().map(|(_, seen)| *seen))
            .do_all(CLOSED_TO_CHILD.remedy)
            .so(RESTART),
    ]
}
