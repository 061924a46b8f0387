//! Attempts of which the log has no line of the server: somebody left those of DEBUG and TRACE out, and the words of the
//! processes stayed. The file that is loaded tells the folder.

use super::{Phase, Story};
use crate::discover::log::raw;
use crate::discover::model::{Era, Evidence};
use crate::discover::role::Step;
use crate::discover::slog::values::{base_name, parent};

/// The GPU backend that a line of ggml's loader is about (ggml-backend-reg.cpp).
fn backend(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("load_backend: ")?;
    let path = match rest.strip_prefix("failed to load ") {
        Some(rest) => rest.split_once(": ")?.0,
        None => rest.split_once(" backend from ")?.1.trim_end(),
    };
    let name = base_name(path);
    let of_gpu = name.contains("ggml-") && !name.contains("ggml-cpu") && !name.contains("-base");
    // What lies in the library folder itself is loaded by every process.
    let folder = parent(path);
    let below = base_name(folder) != "ollama" && base_name(parent(folder)) == "ollama";
    (of_gpu && below).then_some(path)
}

impl Story {
    /// Begins the attempt that a load belongs to, or gives the one under way its folder.
    pub(super) fn told_by_load(&mut self, text: &str, seen: &Evidence) {
        let looks = self.discovers && self.model.models.is_empty();
        if !self.has_records || !looks || self.phase != Phase::First {
            return;
        }
        let Some(path) = backend(text) else {
            return;
        };
        let folder = parent(path);
        let dirs = [parent(folder), folder];
        if let Some(open) = self.only() {
            let Some(attempt) = self.model.attempts.get(open) else {
                return;
            };
            let begun = attempt.seen.as_ref().map_or("", |seen| seen.text.as_str());
            let by_words = backend(begun).is_some();
            if attempt.dir.is_empty() {
                self.name(open, &dirs, seen);
            }
            let same = self
                .model
                .attempts
                .get(open)
                .is_some_and(|attempt| attempt.path.as_str() == folder);
            if same || !by_words {
                return;
            }
            self.close(open);
        }
        if !self.open.is_empty() {
            return;
        }
        let logger = raw::has_prefix(text);
        if logger {
            self.era(Era::LlamaServer, seen);
        }
        let hint = self.hint.as_ref().map(|(era, _)| *era);
        let lists = logger || hint == Some(Era::LlamaServer);
        let step = if lists { Step::List } else { Step::Runner };
        self.begin(&dirs, step, seen);
    }
}
