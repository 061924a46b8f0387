//! Fills the [`Model`] from a log alone: of Ollama's server (all eras), or of a ggml program.
//!
//! ```text
//! bytes -> lines (bounded) -> wrapping (journal, docker, ...) -> turned (newest first) -> folds (broken at a width)
//!       -> joined (rest indented) -> starts (of the server) -> story (one start) -> Model
//!                                                              slog, raw, words
//! ```
//!
//! What a log cannot tell stays empty, and `Blind::log_level` says how much it could have told. Children appear only
//! where lines prove them. A log is read once, from its beginning to its end (one that runs
//! newest line first from its end); what is kept has a bound, whatever its
//! length, and what was left out is said in `Model::notes`. Reads from what it is given, and does no other I/O.

mod export;
mod folds;
mod joined;
mod lines;
mod pasted;
pub(super) mod raw;
mod room;
mod starts;
mod story;
mod turned;
mod words;
mod wrapping;

use std::io::{self, BufRead};

use crate::event::Text;

use super::Model;
use super::model::{Container, Starter, is_of_image};
use folds::Folds;
use joined::Joined;
use lines::{LONGEST, Lines};
use starts::Starts;
use turned::Turned;
use wrapping::Wrapping;

/// Reads a log. `screen` takes the secrets out of each line before anything of it is kept.
///
/// # Errors
/// What reading `input` gives; an interrupted read is tried again.
pub fn read(input: impl BufRead, screen: impl Fn(&[u8]) -> Text) -> io::Result<Model> {
    let mut lines = Lines::new(input);
    let mut wrapping = Wrapping::default();
    let mut turned = Turned::default();
    let mut folds = Folds::default();
    let mut joined = Joined::default();
    let mut starts = Starts::default();
    let mut take = |number: u64, line: &[u8]| starts.line(number, line, &screen);
    let mut give = |number: u64, line: &[u8]| joined.line(number, line, &mut take);
    while let Some(number) = lines.advance()? {
        let Some(line) = wrapping.strip(lines.line()) else {
            continue;
        };
        // A message of some loggers holds several lines; one document of JSON holds all, which are counted then.
        for (index, line) in (0_u64..).zip(line.split(|byte| *byte == b'\n')) {
            let number = if number == 1 { number + index } else { number };
            let line = line.get(..LONGEST.min(line.len())).unwrap_or_default();
            turned.line(number, line, |number, line| {
                folds.push(number, line, &mut give);
            });
        }
    }
    if let Some(line) = wrapping.rest() {
        turned.line(lines.number(), &line, |number, line| {
            folds.push(number, line, &mut give);
        });
    }
    turned.rest(|number, line| folds.push(number, line, &mut give));
    folds.rest(&mut give);
    joined.rest(&mut take);
    let mut model = starts.into_model(lines.cut());
    if wrapping.of_container() || is_of_image(&model) {
        model.starter = Starter::Container(Container::default());
    }
    if turned.is_turned() {
        model.notes.push(
            "The lines of this log run newest first; they were read from the last to the first."
                .to_owned(),
        );
    }
    if let Some(width) = folds.width() {
        model.notes.push(format!(
            "The lines of this log were broken at {width} columns, and are joined here by guess; the log itself tells more surely."
        ));
    }
    Ok(model)
}

#[cfg(test)]
mod tests;
