//! The server's own lines about attempts that failed, and the attempts they belong to.

use super::roles::base;
use super::server::Looking;
use crate::discover::model::{Attempt, Line, Model, Spawn};
use crate::event::Text;

/// Attempts that lines alone tell of end here.
const MAX_ATTEMPTS: usize = 4_096;

/// Lines with the folders and variables of the attempt (discover/runner.go).
const FAILED: [&str; 2] = [
    "failure during GPU discovery",
    "failure during llama-server GPU discovery",
];
/// The line of a runner that could not be started, which names no folder; the one about the folder comes after it.
const NOT_STARTED: &str = "failed to start runner to discovery GPUs";

/// Gives each attempt the server's line about its failure. One of which only the line tells (llama-server is missing, so
/// nothing was started) is added.
pub(super) fn tell(attempts: &mut Vec<Attempt>, model: &Model, looking: &Looking) {
    for line in &looking.said {
        match line.message.as_str() {
            message if FAILED.contains(&message) => failed(attempts, line),
            NOT_STARTED => {
                let not_made = |attempt: &&mut Attempt| {
                    let mut children = model.children_of(attempt);
                    attempt.failure_line.is_none()
                        && children.any(|child| child.spawn != Spawn::Done)
                };
                if let Some(attempt) = attempts.iter_mut().find(not_made) {
                    attempt.failure_line.clone_from(&line.seen);
                }
            }
            _ => {}
        }
    }
    attempts.sort_by_key(|attempt| attempt.begun);
}

fn failed(attempts: &mut Vec<Attempt>, line: &Line) {
    let dirs = line
        .field("OLLAMA_LIBRARY_PATH")
        .or_else(|| line.field("libDirs"))
        .unwrap_or_default();
    let mut parts = dirs.trim_matches(['[', ']']).split(' ');
    parts.next();
    let path = parts.next_back().unwrap_or_default();
    let dir = if path.is_empty() { "cpu" } else { base(path) };
    // The variables that were added: none in the first pass, a device in a refresh, both in the second pass.
    let added = line.field("extra_envs").unwrap_or_default();
    let pass = match (
        added.contains("GGML_CUDA_INIT"),
        added.contains("VISIBLE_DEVICES"),
    ) {
        (true, _) => 2,
        (false, true) => 0,
        (false, false) => 1,
    };
    let is_it = |attempt: &Attempt| {
        let device = attempt.device.as_ref().map_or("", Text::as_str);
        attempt.dir.as_str() == dir && attempt.pass == pass && added.contains(device)
    };
    let tried = attempts.iter().any(is_it);
    let room = attempts.len() < MAX_ATTEMPTS;
    let found = attempts
        .iter_mut()
        .find(|attempt| attempt.failure_line.is_none() && is_it(attempt));
    match found {
        Some(attempt) => attempt.failure_line.clone_from(&line.seen),
        None if !tried && pass == 1 && room => attempts.push(Attempt {
            dir: Text::from(dir),
            path: Text::from(path),
            pass,
            begun: line.time,
            failure_line: line.seen.clone(),
            seen: line.seen.clone(),
            ..Attempt::default()
        }),
        None => {}
    }
}
