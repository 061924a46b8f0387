//! The whole explanation as a file: which text is asked for, and what came of it. Written by the loop, not here.

use std::path::{Path, PathBuf};

use super::State;
use super::prompt::{Prompt, Wrong};
use crate::view::{Looks, explain};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where; it must not exist.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

impl Request {
    /// The form follows the name: Markdown, JSON, else text with the whole story.
    pub(super) fn new(state: &mut State, name: String) -> Self {
        let path = PathBuf::from(name);
        let explanation = state.explanation();
        let model = state.model();
        let looks = Looks {
            colour: false,
            unicode: true,
        };
        let ending = path.extension().and_then(|ending| ending.to_str());
        let text = match ending {
            Some("md") => explain::to_markdown(&explanation, &model),
            Some("json") => explain::to_json(&explanation),
            _ => format!(
                "{}\n{}",
                explain::write(&explanation, looks),
                explain::story(&model, looks)
            ),
        };
        Self { path, text }
    }
}

impl State {
    /// Asks for a name: that of the trace, with another ending.
    pub(in crate::tui) fn ask_for_a_file(&mut self) {
        if self.reading.is_some() {
            self.message =
                "the recording is being read again; ask once more when that is done".to_owned();
            return;
        }
        let name = self.book.recording().name();
        let base = Path::new(&name).file_stem().map_or_else(
            || "trace".into(),
            |stem| stem.to_string_lossy().into_owned(),
        );
        let base = base.split(':').next().unwrap_or_default().to_owned();
        self.prompt = Some(Prompt::write(format!("{base}.explained.txt")));
    }

    /// The file that is to be written, once.
    pub fn request(&mut self) -> Option<Request> {
        self.request.take()
    }

    /// What came of it.
    pub fn written(&mut self, path: &Path, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.prompt = None;
                self.message = format!("the explanation is in {}", path.display());
            }
            Err(message) => {
                if let Some(prompt) = &mut self.prompt {
                    let at = 0..prompt.text.len();
                    prompt.wrong = Some(Wrong { at, message });
                }
            }
        }
    }
}
