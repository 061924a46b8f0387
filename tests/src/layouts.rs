//! Layouts: what lies below an Ollama's folders, how its server is started, and the facts that a recording of its
//! bootstrap must then hold. Each is a file of data in `tests/layouts`; no code belongs to one.
//!
//! ```text
//! NAME.toml -> format -> place (a copy of an Ollama's tree in a temporary folder, changed)
//!                     -> record (once per layout, era and engine; finished recordings are kept in target/layouts)
//!                     -> facts (roles of processes, who loaded what, how it ended)
//! ```

pub mod facts;
pub mod format;
mod place;
pub mod record;
pub mod roles;
pub mod same;
pub mod server;
pub mod ways;

pub use format::{Era, Layout};

use std::path::PathBuf;

/// The folder of the layouts.
#[must_use]
pub fn folder() -> PathBuf {
    crate::workspace().join("tests/layouts")
}

/// The names of all layouts, sorted.
#[must_use]
pub fn names() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_suffix(".toml").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// Reads a layout.
///
/// # Errors
/// No such file, or a key or value that the format does not know.
pub fn read(name: &str) -> Result<Layout, String> {
    let path = folder().join(format!("{name}.toml"));
    let text =
        std::fs::read_to_string(&path).map_err(|why| format!("{}: {why}", path.display()))?;
    toml::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))
}

/// Records a layout under every server of this era (the recordings of other tests are taken when they fit) and checks
/// its facts. What cannot run here is skipped by name.
///
/// # Panics
/// With every fact that does not hold, and the events that tell the story.
#[track_caller]
pub fn check(test: &str, name: &str, era: Era) {
    let layout = match read(name) {
        Ok(layout) => layout,
        Err(why) => panic!("{why}"),
    };
    if !layout.eras.contains(&era) {
        return;
    }
    for server in server::of(test, era) {
        let Some(recording) = record::recording(test, name, &layout, &server) else {
            continue;
        };
        let mut wrong = facts::wrong(&layout.expect, era, &recording.events);
        wrong.extend(facts::verdicts::wrong(&layout.expect, era, &recording.path));
        assert!(
            wrong.is_empty(),
            "{name} under {}:\n- {}\n{}\n{}",
            server.name(),
            wrong.join("\n- "),
            roles::table(&recording.events),
            recording.events.story(facts::TELLING)
        );
    }
}
