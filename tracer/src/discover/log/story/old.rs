//! Before 0.12 the server itself loaded the drivers (discover or gpu: gpu.go, gpu_info_*.c): results of their functions, and
//! the libraries that the release carries. The rest of such a log is told by its lines.

use super::Story;
use crate::discover::log::raw;
use crate::discover::model::{Child, Evidence, Line};
use crate::discover::role::Role;
use crate::discover::slog::values::words;

impl Story {
    /// Takes a line of an old server; false when it is about something else.
    pub(super) fn old_line(&mut self, _number: u64, line: &Line) -> bool {
        let Some(seen) = line.seen.clone() else {
            return false;
        };
        let message = line.message.as_str();
        if let Some(listed) = message.strip_prefix("Dynamic LLM libraries") {
            let listed = line.field("runners").unwrap_or_else(|| listed.trim_start());
            for name in words(listed)
                .into_iter()
                .filter(|name| !name.starts_with("cpu"))
                .take(100)
            {
                self.folder(name, &seen);
            }
            return true;
        }
        let said = line.field("error").or_else(|| line.field("err"));
        match said {
            Some(said) => self.old_raw(&format!("{message}: {said}"), &seen),
            None => self.old_raw(message, &seen),
        }
        false
    }

    /// A load or the result of a driver's function, in a line of slog or in raw text that nobody else said.
    pub(super) fn old_raw(&mut self, text: &str, seen: &Evidence) {
        if !raw::tells(text, seen) {
            return;
        }
        let children = &self.model.children;
        let server = children.iter().position(|child| child.role == Role::Server);
        let server = server.or_else(|| self.add_child(Child::new(Role::Server)));
        self.say(server, text, seen);
    }
}
