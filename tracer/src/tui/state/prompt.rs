//! The line at the bottom into which a filter, a search, a jump or the name of a file is typed.

use std::ops::Range;

use super::State;
use super::matching::Matching;
use super::report::Request;
use crate::view::filter::{Filter, FilterError};

/// Bytes that a prompt takes.
const LONGEST: usize = 1_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Ask {
    Filter,
    Search,
    Jump,
    Write,
}

/// What is wrong with a line, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tui) struct Wrong {
    /// Bytes of the text.
    pub(in crate::tui) at: Range<usize>,
    pub(in crate::tui) message: String,
}

/// The line.
#[derive(Clone, Debug)]
pub(in crate::tui) struct Prompt {
    pub(in crate::tui) ask: Ask,
    pub(in crate::tui) text: String,
    pub(in crate::tui) wrong: Option<Wrong>,
    /// What the last word may be completed to, when it is more than one thing.
    pub(in crate::tui) offers: Vec<String>,
}

impl Prompt {
    const fn new(ask: Ask, text: String) -> Self {
        Self {
            ask,
            text,
            wrong: None,
            offers: Vec::new(),
        }
    }

    pub(in crate::tui) fn filter(known: Option<&Matching>) -> Self {
        let text = known.map_or_else(String::new, |known| known.text.clone());
        Self::new(Ask::Filter, text)
    }

    pub(in crate::tui) const fn search() -> Self {
        Self::new(Ask::Search, String::new())
    }

    pub(in crate::tui) const fn jump() -> Self {
        Self::new(Ask::Jump, String::new())
    }

    pub(in crate::tui) const fn write(name: String) -> Self {
        Self::new(Ask::Write, name)
    }

    /// What stands before the text.
    pub(in crate::tui) const fn sign(&self) -> &'static str {
        match self.ask {
            Ask::Filter => "filter: ",
            Ask::Search => "/",
            Ask::Jump => "go to (number, or seconds such as 1.5s): ",
            Ask::Write => "write the explanation to (.txt, .md or .json): ",
        }
    }

    /// A language is typed, which has names that can be completed.
    pub(in crate::tui) const fn is_filter(&self) -> bool {
        matches!(self.ask, Ask::Filter | Ask::Search)
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
    /// Takes all of it away.
    EraseLine,
    /// Completes the last word.
    Complete,
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
        if typed != Typed::Complete {
            prompt.offers.clear();
        }
        match typed {
            Typed::Character(character) => {
                if prompt.text.len() < LONGEST && !character.is_control() {
                    prompt.text.push(character);
                }
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
            Typed::EraseLine => prompt.text.clear(),
            Typed::Complete => self.complete(),
            Typed::Cancel => self.prompt = None,
            Typed::Enter => return self.entered(),
        }
        // What was wrong may be right by now; what is not finished yet is not called wrong.
        if let Some(prompt) = &mut self.prompt
            && prompt.wrong.take().is_some()
            && prompt.is_filter()
        {
            prompt.wrong = Filter::parse(&prompt.text).err().map(Wrong::from);
        }
    }

    fn entered(&mut self) {
        let Some(prompt) = self.prompt.clone() else {
            return;
        };
        let text = prompt.text.trim_end().to_owned();
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
            Ask::Jump => self.jump(text.trim()),
            Ask::Write if text.is_empty() => Ok(()),
            Ask::Write => {
                // The prompt stays until the file is there.
                self.request = Some(Request::new(self, text));
                return;
            }
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
                self.show_head();
            }
            Err(wrong) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.wrong = Some(wrong);
                }
            }
        }
    }

    fn jump(&mut self, text: &str) -> Result<(), Wrong> {
        if let Ok(number) = text.strip_prefix('#').unwrap_or(text).parse::<u64>() {
            self.go(number.saturating_sub(1));
            return Ok(());
        }
        let seconds = text
            .strip_suffix('s')
            .and_then(|number| number.trim().parse::<f64>().ok())
            .filter(|seconds| seconds.is_finite() && (0.0..1e9).contains(seconds))
            .ok_or_else(|| Wrong {
                at: 0..text.len(),
                message: "a number such as 120, or seconds such as 1.5s".to_owned(),
            })?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked just above"
        )]
        let nanos = (seconds * 1e9) as u64;
        let index = self.book.at_time(self.origin().saturating_add(nanos));
        self.go(index);
        Ok(())
    }
}

impl From<FilterError> for Wrong {
    fn from(error: FilterError) -> Self {
        Self {
            message: format!("{}; allowed: {}", error.message, error.allowed),
            at: error.at,
        }
    }
}

fn matching(text: &str) -> Result<Matching, Wrong> {
    let filter = Filter::parse(text).map_err(Wrong::from)?;
    Ok(Matching::new(text.to_owned(), filter))
}
