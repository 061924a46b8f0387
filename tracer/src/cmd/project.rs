//! `vgputrace.toml`: what a project never counts as a difference, and what its gate looks at.
//!
//! ```toml
//! [ignore]
//! rules = ["words", "setting:OLLAMA_KEEP_ALIVE"]
//! [gate]
//! keys = ["setting:LD_*", "file:libcuda.so.1"]
//! ```

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Report;
use crate::diff::Rule;

/// Name of the file.
const NAME: &str = "vgputrace.toml";
/// Largest file that is read, in bytes; it is written by hand.
const LARGEST: u64 = 1 << 20;

/// The rules of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Facts that never count.
    pub ignore: Vec<Rule>,
    /// Facts that a gate compares beside the verdicts.
    pub gate: Vec<Rule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    ignore: Ignore,
    gate: Gate,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ignore {
    rules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Gate {
    keys: Vec<String>,
}

impl Project {
    /// The file that is named, else the nearest one from the working directory upwards, else no rules.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else than rules.
    pub fn find(named: Option<&Path>) -> Result<Self, Report> {
        let path = match named {
            Some(path) => path.to_path_buf(),
            None => match nearest(&std::env::current_dir().unwrap_or_default()) {
                Some(path) => path,
                None => return Ok(Self::default()),
            },
        };
        let mut text = String::new();
        std::fs::File::open(&path)
            .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
            .map_err(|error| {
                Report::new(format!("cannot read {}", path.display())).because(&error)
            })?;
        Self::read(&text).map_err(|why| {
            Report::new(format!("{}: {why}", path.display()))
                .help("its tables are [ignore] with rules = [...] and [gate] with keys = [...]")
        })
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        Ok(Self {
            ignore: rules(&file.ignore.rules)?,
            gate: rules(&file.gate.keys)?,
        })
    }
}

fn rules(texts: &[String]) -> Result<Vec<Rule>, String> {
    texts.iter().map(|text| Rule::new(text)).collect()
}

/// The file in this folder or the nearest one above it.
fn nearest(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(NAME))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::{NAME, Project, nearest};
    use crate::diff::Rule;

    #[test]
    fn rules_and_keys_are_read_and_anything_else_is_refused() {
        let project = Project::read(
            "[ignore]\nrules = [\"words\"]\n[gate]\nkeys = [\"file:libcuda.so.1\"]\n",
        );
        assert_eq!(
            project,
            Ok(Project {
                ignore: vec![Rule::new("words").expect("a rule")],
                gate: vec![Rule::new("file:libcuda.so.1").expect("a rule")],
            })
        );
        assert_eq!(Project::read(""), Ok(Project::default()));
        for wrong in [
            "[ignored]\n",
            "[ignore]\nrules = [1]",
            "[gate]\nkeys = [\"\"]",
            "x",
        ] {
            assert!(Project::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_nearest_file_upwards_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).expect("folders");
        std::fs::write(folder.path().join(NAME), "").expect("a file");
        assert_eq!(nearest(&below), Some(folder.path().join(NAME)));
        std::fs::write(folder.path().join("a").join(NAME), "").expect("a file");
        assert_eq!(nearest(&below), Some(folder.path().join("a").join(NAME)));
    }
}
