//! Joins lines that a terminal or a mail program broke.
//!
//! In: lines without their wrapping. Out: the program's lines, each with the number of its first part. A line of slog never ends
//! within quotes; where lines do, and those behind them close the quotes, the text was broken, and its longest parts tell the
//! width. That is learned from the first lines; any other log passes unchanged.

use super::lines::LONGEST;
use super::raw;
use crate::discover::slog;

/// How much is looked at before the first line is given on.
const HEAD_LINES: usize = 400;
const HEAD_BYTES: usize = 1 << 20;
/// Parts of one line at most.
const MOST_PARTS: usize = 2_000;

/// How lines were broken, at which width in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// Not at all.
    Never,
    /// After so many letters, as terminals do.
    Anywhere(usize),
    /// Between words.
    BetweenWords(usize),
}

/// Where in a line of slog one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quotes {
    #[default]
    Outside,
    Inside,
    Escaped,
}

impl Quotes {
    /// After these bytes.
    fn after(self, text: &[u8]) -> Self {
        text.iter().fold(self, |at, byte| match (at, byte) {
            (Self::Outside, b'"') | (Self::Escaped, _) => Self::Inside,
            (Self::Inside, b'"') => Self::Outside,
            (Self::Inside, b'\\') => Self::Escaped,
            (at, _) => at,
        })
    }
}

/// A line that may go on.
#[derive(Debug)]
struct Pending {
    number: u64,
    text: Vec<u8>,
    is_record: bool,
    quotes: Quotes,
    /// The last part.
    last: Vec<u8>,
    parts: usize,
}

/// The lines so far.
#[derive(Debug, Default)]
pub(super) struct Folds {
    head: Vec<(u64, Vec<u8>)>,
    bytes: usize,
    broken: Option<Broken>,
    pending: Option<Pending>,
}

impl Folds {
    /// Takes a line, and gives on what is whole.
    pub(super) fn push(&mut self, number: u64, line: &[u8], give: &mut impl FnMut(u64, &[u8])) {
        match self.broken {
            Some(Broken::Never) => give(number, line),
            Some(how) => self.join(how, number, line, give),
            None => {
                self.bytes += line.len();
                self.head.push((number, line.to_vec()));
                if self.head.len() >= HEAD_LINES || self.bytes >= HEAD_BYTES {
                    self.learned(give);
                }
            }
        }
    }

    /// Gives on what is left when the log ends.
    pub(super) fn rest(&mut self, give: &mut impl FnMut(u64, &[u8])) {
        if self.broken.is_none() {
            self.learned(give);
        }
        if let Some(last) = self.pending.take() {
            give(last.number, &last.text);
        }
    }

    /// At which width its lines were broken.
    pub(super) const fn width(&self) -> Option<usize> {
        match self.broken {
            Some(Broken::Anywhere(width) | Broken::BetweenWords(width)) => Some(width),
            Some(Broken::Never) | None => None,
        }
    }

    fn learned(&mut self, give: &mut impl FnMut(u64, &[u8])) {
        let head = std::mem::take(&mut self.head);
        self.broken = Some(learn(&head));
        for (number, line) in &head {
            self.push(*number, line, give);
        }
    }

    fn join(&mut self, how: Broken, number: u64, line: &[u8], give: &mut impl FnMut(u64, &[u8])) {
        if let Some(pending) = &mut self.pending
            && let Some(sign) = pending.goes_on(how, line)
        {
            pending.add(sign, line);
            return;
        }
        if let Some(whole) = self.pending.replace(Pending::new(number, line)) {
            give(whole.number, &whole.text);
        }
    }
}

impl Pending {
    fn new(number: u64, line: &[u8]) -> Self {
        let is_record = slog::looks_like(line);
        Self {
            number,
            text: line.to_vec(),
            is_record,
            quotes: if is_record {
                Quotes::default().after(line)
            } else {
                Quotes::Outside
            },
            last: line.to_vec(),
            parts: 1,
        }
    }

    /// What stood at the break, when the line goes on with this one.
    fn goes_on(&self, how: Broken, line: &[u8]) -> Option<&'static [u8]> {
        let long = self.text.len() + line.len() > LONGEST || self.parts >= MOST_PARTS;
        if long || begins(line) {
            return None;
        }
        let open = self.quotes != Quotes::Outside;
        let length = letters(&self.last);
        match how {
            Broken::Never => None,
            // What is marked on a screen loses the spaces at its right.
            Broken::Anywhere(width) if open || (self.is_record && length + 1 == width) => {
                Some(if length >= width { b"" } else { b" " })
            }
            Broken::Anywhere(width) => (length == width).then_some(b""),
            Broken::BetweenWords(width) => {
                let word = line
                    .split(|byte| *byte == b' ')
                    .find(|word| !word.is_empty())?;
                // Some count the space at the end.
                let full = length + 1 + letters(word) >= width;
                let whole = !self.last.trim_ascii().contains(&b' ') && length == width;
                // Behind a record whose quotes are closed stand more fields.
                let fits = if self.is_record {
                    whole || word.contains(&b'=')
                } else {
                    !begins_anew(line, word)
                };
                let goes_on = open || (full && length <= width && fits);
                goes_on.then_some(if whole { b"" } else { b" " })
            }
        }
    }

    fn add(&mut self, sign: &[u8], line: &[u8]) {
        // Mail programs and forms indent what follows.
        let line = if sign.is_empty() && !self.last.starts_with(b" ") {
            line
        } else {
            line.trim_ascii_start()
        };
        for part in [sign, line] {
            self.text.extend_from_slice(part);
            if self.is_record {
                self.quotes = self.quotes.after(part);
            }
        }
        self.last = line.to_vec();
        self.parts += 1;
    }
}

/// A line that certainly is a new one.
fn begins(line: &[u8]) -> bool {
    line.trim_ascii().is_empty() || slog::looks_like(line) || line.starts_with(b"[GIN")
}

/// Words of a child: `ggml_cuda_init: ...`, `0.00.021.035 I ...`, `PC=0x...`, an entry of a list.
fn begins_anew(line: &[u8], word: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    // Functions of ggml; a library or a folder may stand anywhere in a line.
    let is_function = word.ends_with(b":")
        && word.contains(&b'_')
        && !word.contains(&b'/')
        && !word.contains(&b'.');
    is_function || raw::has_prefix(&text) || raw::is_of_list(&text) || word == b"Device"
}

fn letters(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).chars().count()
}

/// How the lines were broken.
fn learn(head: &[(u64, Vec<u8>)]) -> Broken {
    let (mut closed, mut cut) = (0_usize, 0_usize);
    let mut lengths: Vec<usize> = Vec::new();
    let mut lines = head.iter().map(|(_, line)| line.as_slice()).peekable();
    while let Some(line) = lines.next() {
        let mut quotes = if slog::looks_like(line) {
            Quotes::default().after(line)
        } else {
            continue;
        };
        let mut parts = Vec::new();
        let mut last = line;
        while quotes != Quotes::Outside {
            parts.push(letters(last.trim_ascii_start()));
            let Some(next) = lines.next_if(|next| !begins(next)) else {
                break;
            };
            quotes = quotes.after(next);
            last = next;
        }
        if parts.is_empty() {
            continue;
        }
        if quotes == Quotes::Outside {
            closed += 1;
            lengths.append(&mut parts);
        } else if lines.peek().is_some() {
            cut += 1;
        }
    }
    let width = lengths.iter().copied().max().unwrap_or(0);
    if closed == 0 || cut > closed {
        return Broken::Never;
    }
    let full = lengths.iter().filter(|length| **length + 1 >= width);
    if full.count() * 10 >= lengths.len() * 9 {
        Broken::Anywhere(width)
    } else {
        Broken::BetweenWords(width)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Folds;

    fn joined(lines: &[&str]) -> Vec<(u64, String)> {
        let mut folds = Folds::default();
        let mut all = Vec::new();
        let mut give = |number, line: &[u8]| {
            all.push((number, String::from_utf8_lossy(line).into_owned()));
        };
        for (number, line) in (1..).zip(lines) {
            folds.push(number, line.as_bytes(), &mut give);
        }
        folds.rest(&mut give);
        all
    }

    #[test]
    fn a_record_that_ends_within_quotes_goes_on() {
        assert_eq!(
            joined(&["time=1 level=INFO msg=\"a b", "c\" k=v", "raw"]),
            [
                (1, "time=1 level=INFO msg=\"a bc\" k=v".to_owned()),
                (3, "raw".to_owned())
            ]
        );
    }

    #[test]
    fn lines_that_somebody_cut_off_are_not_joined() {
        let lines = [
            "time=1 level=INFO msg=\"a b",
            "raw",
            "time=2 level=INFO msg=\"c d",
            "time=3 level=INFO msg=e",
        ];
        let given = joined(&lines);
        assert_eq!(given.len(), lines.len(), "{given:?}");
    }

    #[test]
    fn lines_of_the_same_length_are_no_sign() {
        let lines = [
            "time=1 level=INFO msg=aa",
            "raw text of same length",
            "more",
        ];
        assert_eq!(joined(&lines).len(), 3);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(lines in prop::collection::vec("(time=1 level=INFO msg=)?[a\" ]{0,12}", 0..40)) {
            let letters = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
            let borrowed: Vec<&str> = lines.iter().map(String::as_str).collect();
            let given: String = joined(&borrowed).into_iter().map(|(_, line)| line).collect();
            prop_assert_eq!(letters(&given), letters(&lines.concat()));
        }
    }
}
