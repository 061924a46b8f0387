//! Puts a line of slog together again that people broke for reading: its rest stands in further lines, indented.
//!
//! In: lines without their wrapping. Out: the same, a broken one as one line with the number of its first.

use super::lines::LONGEST;
use crate::discover::slog;

/// The line of slog whose rest may follow.
#[derive(Default)]
pub(super) struct Joined {
    waiting: Option<(u64, Vec<u8>)>,
}

impl Joined {
    /// Takes a line, and hands on what is whole.
    pub(super) fn line(&mut self, number: u64, line: &[u8], mut whole: impl FnMut(u64, &[u8])) {
        if let Some((_, waiting)) = &mut self.waiting
            && goes_on(waiting, line)
        {
            let rest = line.trim_ascii();
            let room = LONGEST.saturating_sub(waiting.len() + 1).min(rest.len());
            waiting.push(b' ');
            waiting.extend_from_slice(rest.get(..room).unwrap_or_default());
            return;
        }
        self.rest(&mut whole);
        if slog::looks_like(line) {
            self.waiting = Some((number, line.to_vec()));
        } else {
            whole(number, line);
        }
    }

    /// What is left when the log ends.
    pub(super) fn rest(&mut self, mut whole: impl FnMut(u64, &[u8])) {
        if let Some((number, line)) = self.waiting.take() {
            whole(number, &line);
        }
    }
}

/// An indented line that begins with a field, or that stands inside of a value.
fn goes_on(waiting: &[u8], line: &[u8]) -> bool {
    if !line.first().is_some_and(u8::is_ascii_whitespace) {
        return false;
    }
    let text = line.trim_ascii_start();
    let name = text
        .iter()
        .take(64)
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')));
    let field = name.is_some_and(|end| end > 0 && text.get(end) == Some(&b'='));
    !text.is_empty() && (field || is_inside_of_a_value(waiting))
}

fn is_inside_of_a_value(line: &[u8]) -> bool {
    let mut inside = false;
    let mut escaped = false;
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Joined;

    fn joined(text: &str) -> Vec<(u64, String)> {
        let mut out = Vec::new();
        let mut joined = Joined::default();
        let mut take = |number, line: &[u8]| {
            out.push((number, String::from_utf8_lossy(line).into_owned()));
        };
        for (at, line) in text.lines().enumerate() {
            joined.line(at as u64 + 1, line.as_bytes(), &mut take);
        }
        joined.rest(&mut take);
        out
    }

    #[test]
    fn a_broken_line_is_one_line_again() {
        let text =
            "time=1 level=INFO source=a.go:1\n msg=offload a.b=1\n  c=\"x\n   y\"\nraw\n d=2";
        assert_eq!(
            joined(text),
            [
                (
                    1,
                    "time=1 level=INFO source=a.go:1 msg=offload a.b=1 c=\"x y\"".to_owned()
                ),
                (5, "raw".to_owned()),
                (6, " d=2".to_owned()),
            ]
        );
    }

    #[test]
    fn indented_words_of_a_child_are_lines_of_their_own() {
        let text = "time=1 level=INFO msg=\"a\"\n  Device 0: X, compute capability 8.9\n  current device: 0";
        assert_eq!(joined(text).len(), 3);
    }

    proptest! {
        #[test]
        fn whole_lines_stay_as_they_are(text in r"((time=1 level=INFO msg=x|raw|k=v|)\n){0,6}") {
            let lines: Vec<String> = joined(&text).into_iter().map(|(_, line)| line).collect();
            let before: Vec<String> = text.lines().map(str::to_owned).collect();
            prop_assert_eq!(lines, before);
        }
    }
}
