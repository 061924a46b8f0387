//! The line at the bottom into which a filter, a search or a jump is typed.

use super::State;
use super::list::Matching;
use crate::view::filter::Filter;

/// Bytes that a prompt takes.
const LONGEST: usize = 1_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Ask {
    Filter,
    Search,
    Jump,
}

/// The line.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Prompt {
    pub(in crate::tui) ask: Ask,
    pub(in crate::tui) text: String,
    /// What is wrong with it.
    pub(in crate::tui) error: Option<String>,
}

impl Prompt {
    pub(in crate::tui) fn filter(known: Option<&Matching>) -> Self {
        Self {
            ask: Ask::Filter,
            text: known.map_or_else(String::new, |known| known.text.clone()),
            error: None,
        }
    }

    pub(in crate::tui) const fn search() -> Self {
        Self {
            ask: Ask::Search,
            text: String::new(),
            error: None,
        }
    }

    pub(in crate::tui) const fn jump() -> Self {
        Self {
            ask: Ask::Jump,
            text: String::new(),
            error: None,
        }
    }

    /// What stands before the text.
    pub(in crate::tui) const fn sign(&self) -> &'static str {
        match self.ask {
            Ask::Filter => "filter: ",
            Ask::Search => "/",
            Ask::Jump => "go to (number, or seconds such as 1.5s): ",
        }
    }
}

/// A key of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A character.
    Character(char),
    /// Takes the last one away.
    Erase,
    /// Takes the last word away.
    EraseWord,
    /// Does it.
    Enter,
    /// Leaves it.
    Cancel,
}

impl State {
    /// A line is being typed.
    #[must_use]
    pub const fn is_typing(&self) -> bool {
        self.prompt.is_some()
    }

    /// Takes a key of the prompt.
    pub fn type_key(&mut self, typed: Typed) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        match typed {
            Typed::Character(character) => {
                if prompt.text.len() < LONGEST && !character.is_control() {
                    prompt.text.push(character);
                }
                prompt.error = None;
            }
            Typed::Erase => {
                if prompt.text.pop().is_none() {
                    self.prompt = None;
                }
            }
            Typed::EraseWord => {
                let kept = prompt.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                prompt.text.truncate(kept);
            }
            Typed::Cancel => self.prompt = None,
            Typed::Enter => self.entered(),
        }
    }

    fn entered(&mut self) {
        let Some(prompt) = self.prompt.clone() else {
            return;
        };
        let text = prompt.text.trim().to_owned();
        let done = match prompt.ask {
            Ask::Filter if text.is_empty() => {
                self.matching = None;
                Ok(())
            }
            Ask::Search if text.is_empty() => {
                self.search = None;
                Ok(())
            }
            Ask::Filter => matching(&text).map(|made| self.matching = Some(made)),
            Ask::Search => matching(&text).map(|made| self.search = Some(made)),
            Ask::Jump => self.jump(&text),
        };
        match done {
            Ok(()) => {
                self.prompt = None;
                // Small recordings are matched at once, large ones between keys.
                for _ in 0..4 {
                    self.work();
                }
                if prompt.ask == Ask::Search && self.search.is_some() {
                    self.found(true);
                }
                self.go(self.head);
            }
            Err(error) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.error = Some(error);
                }
            }
        }
    }

    fn jump(&mut self, text: &str) -> Result<(), String> {
        if let Ok(number) = text.strip_prefix('#').unwrap_or(text).parse::<u64>() {
            self.go(number.saturating_sub(1));
            return Ok(());
        }
        let seconds = text
            .strip_suffix('s')
            .and_then(|number| number.trim().parse::<f64>().ok())
            .filter(|seconds| seconds.is_finite() && (0.0..1e9).contains(seconds))
            .ok_or("a number such as 120, or seconds such as 1.5s")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked just above"
        )]
        let nanos = (seconds * 1e9) as u64;
        let origin = self
            .book
            .recording()
            .header()
            .map(|header| header.clock.boot.0);
        let index = self.book.at_time(origin.unwrap_or(0).saturating_add(nanos));
        self.go(index);
        Ok(())
    }
}

fn matching(text: &str) -> Result<Matching, String> {
    let filter = Filter::parse(text).map_err(|error| error.to_string())?;
    Ok(Matching::new(text.to_owned(), filter))
}
