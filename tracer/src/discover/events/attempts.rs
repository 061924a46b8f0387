//! Children grouped into attempts, and the starts of models.

use super::roles;
use super::server::Looking;
use crate::discover::model::{Attempt, Evidence, Model, ModelStart, Spawn};
use crate::discover::role::{Role, Step};
use crate::event::Text;

/// Attempts in order of their begin.
pub(super) fn group(model: &Model, looking: &Looking) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    let server = model.server.as_ref();
    for (index, child) in model.children.iter().enumerate() {
        let (step, dir, pass) = match &child.role {
            Role::Attempt { step, dir, pass } => (*step, dir, *pass),
            Role::Refresh { step, dir } => (*step, dir, 0),
            _ => continue,
        };
        let device = roles::device(&child.env, server).filter(|_| pass != 1);
        let joined = attempts.iter_mut().rev().find(|attempt| {
            attempt.dir == *dir
                && attempt.pass == pass
                && attempt.device == device
                && step != Step::Runner
                && !attempt
                    .children
                    .iter()
                    .filter_map(|index| model.children.get(*index))
                    .any(|other| other.role.step() >= Some(step))
        });
        match joined {
            Some(attempt) => attempt.children.push(index),
            None => attempts.push(Attempt {
                dir: dir.clone(),
                path: path_of(child, step),
                pass,
                children: vec![index],
                device,
                begun: child.begun,
                seen: child
                    .exec
                    .map(|seq| Evidence::event(seq, format!("{} is started", child.role))),
                ..Attempt::default()
            }),
        }
    }
    for attempt in &mut attempts {
        let children: Vec<_> = attempt
            .children
            .iter()
            .filter_map(|index| model.children.get(*index))
            .collect();
        let ended = children.iter().map(|child| child.ended).max().unwrap_or(0);
        attempt.took = Some(ended.saturating_sub(attempt.begun));
        // The list alone makes devices; a runner answers for itself.
        attempt.answer = children
            .iter()
            .filter(|child| matches!(child.role.step(), Some(Step::Runner | Step::List)))
            .find_map(|child| child.answer.clone());
        if let Some(Spawn::ExecFailed(_, seen)) = children.first().map(|child| &child.spawn) {
            attempt.seen = Some(seen.clone());
        }
    }
    failures(&mut attempts, looking);
    attempts
}

fn path_of(child: &crate::discover::model::Child, step: Step) -> Text {
    let value = |name: &str| {
        let found = child.env.iter().find(|one| one.k.as_str() == name);
        found.and_then(|one| one.v.as_ref())
    };
    let path = match step {
        Step::Runner => value("OLLAMA_LIBRARY_PATH").and_then(|all| {
            let mut parts = all.as_str().split(':');
            parts.next()?;
            parts.next_back().map(str::to_owned)
        }),
        Step::Start | Step::List => value("GGML_BACKEND_PATH")
            .and_then(|path| path.as_str().rsplit_once('/'))
            .map(|(folder, _)| folder.to_owned()),
        Step::Probe => {
            let mut dirs = child
                .argv
                .windows(2)
                .filter(|pair| pair[0].as_str() == "--lib-dir")
                .map(|pair| pair[1].as_str());
            dirs.next();
            dirs.next_back().map(str::to_owned)
        }
    };
    Text::from(path.unwrap_or_default())
}

/// The server's own lines about attempts that failed, by the folder they name.
fn failures(attempts: &mut [Attempt], looking: &Looking) {
    let failed = [
        "failure during GPU discovery",
        "failure during llama-server GPU discovery",
        "failed to start runner to discovery GPUs",
    ];
    for line in &looking.said {
        if !failed.contains(&line.message.as_str()) {
            continue;
        }
        let dirs = line
            .field("OLLAMA_LIBRARY_PATH")
            .or_else(|| line.field("libDirs"))
            .unwrap_or_default();
        let dir = dirs
            .trim_matches(['[', ']'])
            .split(' ')
            .skip(1)
            .last()
            .map_or("cpu", roles::base);
        let found = attempts
            .iter_mut()
            .find(|attempt| attempt.dir.as_str() == dir && attempt.failure_line.is_none());
        if let Some(attempt) = found {
            attempt.failure_line.clone_from(&line.seen);
        }
    }
}

/// Starts of models.
pub(super) fn models(model: &Model) -> Vec<ModelStart> {
    let mut starts: Vec<ModelStart> = Vec::new();
    for (index, child) in model.children.iter().enumerate() {
        if let Role::Model { dir } = &child.role {
            starts.push(ModelStart {
                dir: dir.clone(),
                child: Some(index),
                seen: child
                    .exec
                    .map(|seq| Evidence::event(seq, format!("{} is started", child.role))),
                ..ModelStart::default()
            });
        }
    }
    for start in &mut starts {
        let child = start.child.and_then(|index| model.children.get(index));
        for said in child.iter().flat_map(|child| &child.said) {
            let text = said.text.as_str();
            if let Some(layers) = offloaded(text) {
                start.offloaded = Some(layers);
                start.reasons.push(said.seen.clone());
            }
        }
    }
    starts
}

/// `offloaded 33/33 layers to GPU` (llama.cpp src/llama-model.cpp; Ollama's ggml.go).
pub(in crate::discover) fn offloaded(text: &str) -> Option<(u32, u32)> {
    let rest = text.split_once("offloaded ")?.1;
    let (done, rest) = rest.split_once('/')?;
    let all = rest.split_once(" layers to GPU")?.0;
    Some((done.trim().parse().ok()?, all.trim().parse().ok()?))
}
