//! The load of a model whose start is not in the log: people paste the lines that they hold for the telling ones.

use super::{Phase, Story};
use crate::discover::model::{Child, Evidence, Line};
use crate::discover::role::Role;
use crate::discover::starts_of_models::{is_of_a_load, is_trouble};

/// Most lines that are kept until words come that only a load has.
const MOST_BEFORE: usize = 8;

/// What a runner says first that is there for a model alone: the discovery of 0.12 to 0.24 uses the other engine.
const ENGINE_OF_MODELS: &str = "starting go runner";

impl Story {
    /// Takes text that speaks of trouble: of the model that was started last, or of one whose start was not seen.
    pub(super) fn load_words(&mut self, text: &str, seen: &Evidence) {
        let discovers = self.discovers || !self.model.attempts.is_empty();
        if !self.open.is_empty() || (discovers && self.phase != Phase::After) {
            return;
        }
        let of_a_load = is_of_a_load(text);
        if !of_a_load && !is_trouble(text) {
            return;
        }
        if self.model.models.is_empty() {
            if !of_a_load {
                if self.before_load.len() < MOST_BEFORE {
                    self.before_load.push(seen.clone());
                }
                return;
            }
            let before = std::mem::take(&mut self.before_load);
            self.add_model(seen);
            self.from_words = true;
            for earlier in before {
                self.reason(earlier);
            }
        }
        self.reason(seen.clone());
    }

    /// The process of a model by its first words, where the line that started it is not in the log.
    pub(super) fn model_speaks(&mut self, line: &Line, seen: &Evidence) -> Option<usize> {
        let message = line.message.as_str();
        let first = message == ENGINE_OF_MODELS || message == "starting ollama engine";
        let begins = first && (self.model.finished || message == ENGINE_OF_MODELS);
        if !begins && !self.awaits_process() {
            return None;
        }
        self.model_process(seen)
    }

    /// Raw words of a model's process after the discovery, likewise. A server before 0.12 speaks in raw words too.
    pub(super) fn model_words(&mut self, text: &str, seen: &Evidence) -> Option<usize> {
        const OF_GGML: &[&str] = &[
            "load_backend: ",
            "ggml_cuda_init: ",
            "ggml_vulkan: ",
            "load_tensors: ",
        ];
        let speaks = OF_GGML.iter().any(|words| text.starts_with(words));
        let after = self.model.finished || self.awaits_process();
        if !speaks || !after {
            return None;
        }
        self.model_process(seen)
    }

    fn model_process(&mut self, seen: &Evidence) -> Option<usize> {
        let child = self.add_child(Child::new(Role::Model {
            dir: crate::event::Text::default(),
        }))?;
        if !self.awaits_process() {
            self.add_model(seen);
        }
        self.speaker = Some(child);
        if let Some(model) = self.model.models.last_mut() {
            model.child = Some(child);
        }
        Some(child)
    }
}
