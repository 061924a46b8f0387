//! Fills the [`Model`] from a log alone: of Ollama's server (all eras), or of a ggml program.
//!
//! ```text
//! bytes -> lines (bounded) -> wrapping (journal, docker, ...) -> starts (of the server) -> story (one start) -> Model
//!                                                                                      slog, raw, words
//! ```
//!
//! What a log cannot tell stays empty, and `Blind::log_level` says how much it could have told. Children appear only
//! where lines prove them. A log is read once, from its beginning to its end; what is kept has a bound, whatever its
//! length, and what was left out is said in `Model::notes`. Reads from what it is given, and does no other I/O.

mod lines;
mod raw;
mod room;
mod starts;
mod story;
mod words;
mod wrapping;

use std::io::{self, BufRead};

use crate::event::Text;

use super::Model;
use lines::Lines;
use starts::Starts;
use wrapping::Wrapping;

/// Reads a log. `screen` takes the secrets out of each line before anything of it is kept.
///
/// # Errors
/// What reading `input` gives; an interrupted read is tried again.
pub fn read(input: impl BufRead, screen: impl Fn(&[u8]) -> Text) -> io::Result<Model> {
    let mut lines = Lines::new(input);
    let mut wrapping = Wrapping::default();
    let mut starts = Starts::default();
    while let Some(number) = lines.advance()? {
        let Some(line) = wrapping.strip(lines.line()) else {
            continue;
        };
        // A message of some loggers holds several lines.
        for line in line.split(|byte| *byte == b'\n') {
            starts.line(number, line, &screen);
        }
    }
    if let Some(line) = wrapping.rest() {
        starts.line(lines.number(), &line, &screen);
    }
    Ok(starts.into_model(lines.cut()))
}

#[cfg(test)]
mod tests;
