//! Model starts: the GPU folder a model was given, how many of its layers went to a GPU, and what speaks for why.

use super::Story;
use super::ended::ended;
use crate::discover::model::{Child, End, Evidence, Level, Line, ModelStart, Placed};
use crate::discover::role::Role;
use crate::discover::slog::values::{base_name, parent, path_list};
use crate::discover::starts_of_models::{self, is_reason};
use crate::event::Text;
use crate::event::process::EnvVar;

/// Most model starts and most reasons of one.
const MOST: usize = 200;
const MOST_REASONS: usize = 40;

impl Story {
    /// Takes a line about a model; false when it is about something else.
    pub(super) fn model_line(&mut self, _number: u64, line: &Line) -> bool {
        let Some(seen) = line.seen.clone() else {
            return false;
        };
        let message = line.message.as_str();
        if self.offloaded(message, &seen) {
            return true;
        }
        match message {
            "starting llama-server" | "starting llama server" => {
                let command = line
                    .field("cmd")
                    .or_else(|| line.field("args"))
                    .unwrap_or_default();
                self.model_start(command, &seen);
            }
            "llama runner terminated" | "llama-server terminated" => {
                self.model_ended(&ended(line.field("error").unwrap_or_default(), &seen));
                self.reason(seen);
            }
            "loading model" => {
                let requested = line
                    .field("requested")
                    .and_then(|layers| layers.parse().ok());
                if let Some(model) = self.model.models.last_mut() {
                    model.num_gpu = requested.or(model.num_gpu);
                }
            }
            message if message == "offload" || message.starts_with("offload to ") => {
                self.fitted(line, &seen)
            }
            // Free memory is asked before the process is made (server/sched.go).
            message if message.starts_with("unable to refresh") => self.stale = Some(seen),
            // Where the start itself is not in the log, the request for a load and its sums tell of it.
            "load" | "model weights"
                if line
                    .field("request")
                    .is_none_or(|request| request.contains("GPULayers:")) =>
            {
                if self.model.models.is_empty() && self.open.is_empty() {
                    self.add_model(&seen);
                }
                self.reason(seen);
            }
            message if is_reason(message) => self.reason(seen),
            // Lines of the scheduler about a loaded model (server/sched.go, 0.7 to 0.24).
            _ if line.field("runner.vram").is_some() => self.counted(seen),
            _ if self.model.finished && line.level == Level::Error => self.reason(seen),
            _ => return false,
        }
        true
    }

    /// A process was started for a model.
    pub(super) fn model_start(&mut self, command: &str, seen: &Evidence) {
        let mut child = Child::new(Role::Model {
            dir: Text::default(),
        });
        child.argv = command
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(Text::from)
            .collect();
        let child = self.add_child(child);
        self.speaker = child.or(self.speaker);
        // Before 0.12 the line about its memory comes first.
        if !self.awaits_process() {
            self.add_model(seen);
        }
        let asked = starts_of_models::asked(command);
        if let Some(model) = self.model.models.last_mut() {
            model.child = child;
            model.num_gpu = asked.or(model.num_gpu);
        }
        self.awaits_environment = child.is_some();
    }

    /// The process of the last model ended by itself. That the server ended one is no line of this kind, or is told as a kill.
    fn model_ended(&mut self, end: &End) {
        let by_server = matches!(end, End::Signal { name, .. } if matches!(name.as_str(), "SIGKILL" | "SIGTERM" | "SIGINT"));
        let child = self
            .model
            .models
            .last()
            .and_then(|model| self.model.children.get_mut(model.child?));
        if let Some(child) = child.filter(|_| !by_server) {
            child.end = end.clone();
        }
    }

    /// The environment of a model's process, in the line after its start; false when it is of another process.
    pub(super) fn model_environment(
        &mut self,
        line: &Line,
        env: &[EnvVar],
        seen: &Evidence,
    ) -> bool {
        if !std::mem::take(&mut self.awaits_environment) {
            return false;
        }
        let dirs = path_list(line.field("OLLAMA_LIBRARY_PATH").unwrap_or_default());
        let backend = line.field("GGML_BACKEND_PATH").unwrap_or_default();
        let dir = match (dirs.as_slice(), backend) {
            ([_], "") => "cpu",
            ([_, .., last], "") => base_name(last),
            ([], "") => "",
            (_, backend) => base_name(parent(backend)),
        };
        if let Some(first) = dirs.first() {
            self.library_dir(first, seen);
        }
        let Some(model) = self.model.models.last_mut() else {
            return true;
        };
        model.dir = Text::from(dir);
        if let Some(child) = model
            .child
            .and_then(|child| self.model.children.get_mut(child))
        {
            child.env = env.to_vec();
        }
        true
    }

    /// `offloaded N/M layers to GPU`, in a line of slog or in raw text.
    pub(super) fn offloaded(&mut self, text: &str, seen: &Evidence) -> bool {
        let found = starts_of_models::offloaded(text);
        if found.is_none() {
            return false;
        }
        if self.model.models.is_empty() {
            self.add_model(seen);
        }
        if let Some(model) = self.model.models.last_mut() {
            model.offloaded = found;
            model.planned = false;
        }
        self.reason(seen.clone());
        true
    }

    /// How much of a loaded model the server counts in the memory of GPUs. Many lines say the same: the first is kept.
    fn counted(&mut self, seen: Evidence) {
        if self.model.models.is_empty() {
            self.add_model(&seen);
        }
        let known = |known: &Evidence| known.text.as_str().contains("runner.vram=");
        let last = self.model.models.last();
        if !last.is_some_and(|model| model.reasons.iter().any(known)) {
            self.reason(seen);
        }
    }

    /// The place of a layer or of weights, in raw text. Each layer has such a line: true for one that says nothing new.
    pub(super) fn placed(&mut self, text: &str, seen: &Evidence) -> bool {
        let mut first = Placed::default();
        if !self.open.is_empty() || starts_of_models::place(&mut first, text).is_none() {
            return false;
        }
        if self.model.models.is_empty() {
            self.add_model(seen);
            self.from_words = true;
        }
        let model = self.model.models.last_mut();
        model.is_some_and(|model| starts_of_models::place(&mut model.placed, text) == Some(false))
    }

    /// `offload to cuda layers.requested=-1 layers.model=33 layers.offload=20 memory.available=...` (before 0.12).
    fn fitted(&mut self, line: &Line, seen: &Evidence) {
        self.add_model(seen);
        let number = |name: &str| line.field(name).and_then(|value| value.parse::<i64>().ok());
        let layers = |name: &str| number(name).and_then(|layers| u32::try_from(layers).ok());
        if let Some(model) = self.model.models.last_mut() {
            model.num_gpu = number("layers.requested");
            model.offloaded = layers("layers.offload").zip(layers("layers.model"));
            model.planned = true;
        }
        self.reason(seen.clone());
    }

    /// The last model has no process yet, and its start itself was seen.
    pub(super) fn awaits_process(&self) -> bool {
        let last = self.model.models.last();
        !self.from_words && last.is_some_and(|model| model.child.is_none())
    }

    pub(super) fn add_model(&mut self, seen: &Evidence) {
        self.from_words = false;
        self.before_load.clear();
        if self.model.models.len() < MOST {
            self.model.models.push(ModelStart {
                seen: Some(seen.clone()),
                reasons: self.stale.take().into_iter().collect(),
                ..ModelStart::default()
            });
        }
    }

    pub(super) fn reason(&mut self, seen: Evidence) {
        if let Some(model) = self.model.models.last_mut()
            && model.reasons.len() < MOST_REASONS
            && model.reasons.last() != Some(&seen)
        {
            model.reasons.push(seen);
        }
    }

    /// The folders of models that only their own words tell, and the names of their processes, when all was read.
    pub(super) fn name_models(&mut self) {
        // Words before the first line of slog are of the model then, not of a program.
        let program = self
            .model
            .children
            .iter()
            .position(|child| child.role == Role::Program);
        if let Some(last) = self.model.models.last_mut().filter(|_| self.has_records) {
            last.child = last.child.or(program);
        }
        for model in &mut self.model.models {
            let Some(child) = model
                .child
                .and_then(|child| self.model.children.get_mut(child))
            else {
                continue;
            };
            let used = child.inits.iter().find(|init| {
                init.registered && !base_name(init.file.as_str()).contains("ggml-cpu")
            });
            if let Some(used) = used.filter(|_| model.dir.is_empty()) {
                model.dir = Text::from(base_name(parent(used.file.as_str())));
            }
            child.role = Role::Model {
                dir: model.dir.clone(),
            };
        }
    }
}
