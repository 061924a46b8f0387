//! Children grouped into attempts.

use super::server::Looking;
use super::{failures, roles};
use crate::discover::model::{Attempt, Evidence, Model, Spawn};
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
        if let Some(Spawn::ExecFailed(_, seen) | Spawn::ForkFailed(_, seen)) =
            children.first().map(|child| &child.spawn)
        {
            attempt.seen = Some(seen.clone());
        }
    }
    failures::tell(&mut attempts, model, looking);
    attempts
}

fn path_of(child: &crate::discover::model::Child, step: Step) -> Text {
    let value = |name: &str| {
        let found = child.env.iter().find(|one| one.k.as_str() == name);
        found.and_then(|one| one.v.as_ref())
    };
    let path = match step {
        Step::Runner => value("OLLAMA_LIBRARY_PATH")
            .and_then(|all| roles::folders(all.as_str()).1)
            .map(str::to_owned),
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
