//! The end of the fold: a model from what was kept.

use std::sync::Arc;

use super::server::Looking;
use super::{Discovery, Start, attempts, folders, missing, models, not_made, programs};
use crate::discover::model::{At, Child, Era, Evidence, Model, Recorder, Spawn, Starter};
use crate::discover::role::{Role, Step};
use crate::event::{Seq, Text};

impl Discovery {
    /// The model of all that was seen so far; of several starts of a server, of the last whose discovery came to its end.
    #[must_use]
    pub fn finish(&self) -> Model {
        self.clone().into_model()
    }

    /// The same when nothing more comes: without a copy of what was kept.
    #[must_use]
    pub fn into_model(mut self) -> Model {
        let mut current = Start {
            looking: std::mem::take(&mut self.looking),
            children: std::mem::take(&mut self.children),
        };
        // The server starts its children when it has all names (discover/runner.go).
        let listing = current.children.is_empty() && !current.looking.is_over();
        if listing && !self.ended {
            current.looking.forget_open_lists();
        }
        let older = self.whole.take().filter(|_| !current.looking.finished());
        let about = if older.is_some() {
            "the last one whose discovery came to its end (a later start is not whole)"
        } else {
            "the last one"
        };
        let mut model = self.of_start(older.unwrap_or(current));
        model.roles = self.processes.roles();
        model.blind = self.blind;
        model.blind.cut = !self.ended;
        // ptrace sees no functions of processes that it has not started.
        let by_calls_alone = self
            .header
            .as_ref()
            .is_some_and(|header| header.attached.is_some() && header.engine.as_str() == "ptrace");
        model.blind.began_late =
            by_calls_alone || model.server.as_ref().is_some_and(|server| server.already);
        model.virtual_gpu = self.virtual_gpu;
        let group = model
            .server
            .as_ref()
            .and_then(|server| server.cgroup.as_ref());
        model.starter = Starter::of(group.map(Text::as_str), self.header.as_ref());
        if self.processes.beside() > 0 {
            model.notes.push(
                "Another `ollama serve` looked for devices at the same time; this is about the first one alone."
                    .to_owned(),
            );
        }
        if self.earlier > 0 {
            model.notes.push(format!(
                "The trace holds {} starts of the server; this is about {about}.",
                u64::from(self.earlier) + 1,
            ));
        }
        model
    }

    fn of_start(&self, start: Start) -> Model {
        let Start {
            looking,
            mut children,
        } = start;
        let mut model = Model {
            command: self
                .header
                .as_ref()
                .map(|header| header.command.clone())
                .unwrap_or_default(),
            recorder: self.header.as_ref().map(|header| Recorder {
                tool: header.tool.clone(),
                engine: header.engine.clone(),
                calls: header.calls.clone(),
            }),
            libraries: self.libraries.all(),
            ..Model::default()
        };
        not_made::name_folders(&mut children, &looking);
        let finished = children.into_iter().map(Arc::unwrap_or_clone);
        model.children = finished.map(|one| one.finish(self.last)).collect();
        missing::name_askers(&mut model.children, &model.libraries);
        missing::share_causes(&mut model.children);
        looking.finish(&mut model);
        let server = model.server.as_ref().and_then(|server| server.process);
        let first = model.children.first().and_then(|child| child.process);
        model.host = self
            .header
            .as_ref()
            .map(|header| self.roots.seen_by(server.or(first), &header.host));
        model.attempts = attempts::group(&model, &looking);
        (model.era, model.era_seen) = era(&model, &looking);
        folders::gather(&mut model, &looking);
        programs::gather(&mut model);
        model.models = models::starts(&model);
        model
    }
}

/// The era, from what the server and its children did.
fn era(model: &Model, looking: &Looking) -> (Era, Option<Evidence>) {
    // Which program a process would have run is not known when it could not be made.
    let made = |child: &&Child| !matches!(child.spawn, Spawn::ForkFailed(..));
    for child in model.children.iter().filter(made) {
        let era = match child.role.step() {
            Some(Step::Runner) => Era::Runner,
            Some(_) => Era::LlamaServer,
            None if child.role == Role::Program => Era::Ggml,
            None => continue,
        };
        let seen = child.process.map(|_| Evidence {
            at: At::Event(child.exec.unwrap_or(Seq(0))),
            text: Text::from(argv(&child.argv)),
        });
        return (era, seen);
    }
    looking
        .era()
        .map_or((Era::Unknown, None), |(era, seen)| (era, Some(seen)))
}

/// Arguments as one text.
fn argv(words: &[Text]) -> String {
    let words: Vec<&str> = words.iter().map(Text::as_str).collect();
    words.join(" ")
}
