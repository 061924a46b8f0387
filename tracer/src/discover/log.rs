//! Fills the [`Model`] from a log alone: of Ollama's server (all eras), or of a ggml program.
//!
//! ```text
//! bytes -> lines (bounded) -> wrapping (journal, docker, ...) -> joined -> starts (of the server) -> story (one start) -> Model
//!                                                                                      slog, raw, words
//! ```
//!
//! What a log cannot tell stays empty, and `Blind::log_level` says how much it could have told. Children appear only
//! where lines prove them. A log is read once, from its beginning to its end; what is kept has a bound, whatever its
//! length, and what was left out is said in `Model::notes`. Reads from what it is given, and does no other I/O.

mod joined;
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
use joined::Joined;
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
    let mut joined = Joined::default();
    let mut starts = Starts::default();
    let mut take = |number: u64, line: &[u8]| starts.line(number, line, &screen);
    while let Some(number) = lines.advance()? {
        let Some(line) = wrapping.strip(lines.line()) else {
            continue;
        };
        // A message of some loggers holds several lines.
        for line in line.split(|byte| *byte == b'\n') {
            joined.line(number, line, &mut take);
        }
    }
    if let Some(line) = wrapping.rest() {
        joined.line(lines.number(), &line, &mut take);
    }
    joined.rest(&mut take);
    Ok(starts.into_model(lines.cut()))
}

#[cfg(test)]
mod tests;
