//! Lines of the server about itself: version, variables, which folders it passes over.

use super::Story;
use crate::discover::model::{Era, Evidence, Level, Line, Server};
use crate::discover::slog::values::{base_name, map, parent};
use crate::event::Text;
use crate::event::process::EnvVar;

impl Story {
    /// The server, made when nothing was known of it.
    pub(super) fn server(&mut self) -> &mut Server {
        self.model.server.get_or_insert_default()
    }

    /// Takes a line about the server; false when it is about something else.
    pub(super) fn server_line(&mut self, _number: u64, line: &Line) -> bool {
        let Some(seen) = line.seen.clone() else {
            return false;
        };
        match line.message.as_str() {
            "server config" => self.config(line, &seen),
            "skipping available library at user's request" => {
                self.skipped(line, &seen);
                if let Some(requested) = line.field("requested") {
                    self.requested(requested, &seen);
                }
            }
            message if message.starts_with("jetpack not detected") => self.skipped(line, &seen),
            message if message.starts_with("experimental Vulkan support disabled") => {
                if let Some(folder) = self.folder("vulkan", &seen) {
                    folder.skip_line = Some(seen);
                }
            }
            message if message.starts_with("Listening on ") => self.listening(message, &seen),
            _ => return false,
        }
        true
    }

    /// `server config env="map[...]"`: the variables that Ollama reads, with their defaults.
    fn config(&mut self, line: &Line, seen: &Evidence) {
        self.from_start = true;
        let variables: Vec<_> = map(line.field("env").unwrap_or_default());
        for (name, value) in &variables {
            match *name {
                "OLLAMA_DEBUG" => self.lowest = self.lowest.min(debug_level(value)),
                "LLAMA_ARG_FIT" => self.hint = Some((Era::LlamaServer, seen.clone())),
                "OLLAMA_NEW_ENGINE" if self.hint.is_none() => {
                    self.hint = Some((Era::Runner, seen.clone()));
                }
                "OLLAMA_LLM_LIBRARY" if !value.is_empty() => self.requested(value, seen),
                _ => (),
            }
        }
        let env = variables
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| EnvVar {
                k: Text::from(*name),
                v: Some(Text::from(*value)),
                len: None,
            })
            .collect();
        let server = self.server();
        server.env = env;
        server.seen = Some(seen.clone());
    }

    /// `Listening on 127.0.0.1:11434 (version 0.16.3)`.
    fn listening(&mut self, message: &str, seen: &Evidence) {
        self.listened = true;
        let version = message
            .split_once("(version ")
            .and_then(|(_, rest)| rest.split_once(')'));
        if let Some((version, _)) = version {
            self.model.version = Some(Text::from(version));
        }
        let server = self.server();
        server.seen.get_or_insert_with(|| seen.clone());
    }

    /// A folder that the server passed over, by its field `libDir`.
    fn skipped(&mut self, line: &Line, seen: &Evidence) {
        let Some(path) = line.field("libDir") else {
            return;
        };
        if path != base_name(path) {
            self.library_dir(parent(path), seen);
        }
        if let Some(folder) = self.folder(path, seen) {
            folder.skip_line = Some(seen.clone());
        }
    }
}

/// The level that OLLAMA_DEBUG lets through, as `server config` prints it: a level of slog, or a truth value until 0.9.
fn debug_level(value: &str) -> Level {
    match value {
        "DEBUG" | "true" | "1" => Level::Debug,
        value if value.starts_with("DEBUG-") || value.starts_with("TRACE") || value == "2" => {
            Level::Trace
        }
        _ => Level::Info,
    }
}
