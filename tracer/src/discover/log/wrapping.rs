//! Takes off what stands around a program's line: journal and syslog prefixes, the JSON of container engines, time stamps,
//! names of containers, colours.
//!
//! In: a line of the file. Out: the line as the program wrote it, or nothing while it is not whole: container engines cut
//! long lines into parts. Formats: journald's `short*` (systemd, logs-show.c), docker's json-file, Kubernetes' CRI log,
//! `docker logs -t`, `docker compose logs`, `kubectl logs --prefix`; what databases of logs give out is `export`'s, what pages
//! do to letters is `pasted`'s.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::export::{self, Export, Held};
use super::lines::LONGEST;
use super::pasted::Pasted;
use crate::discover::slog;

/// `DATE HOST NAME[PID]: `, in any language and with or without the host; kernel and systemd may have no pid.
static JOURNAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)^(?:\S{2,12} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?",
        r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:[+-]\d\d:?\d\d|Z)?",
        r"|\S{2,12} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+",
        r"|\[ *\d+\.\d+\]) (?:\S+ )?(?:([^\s\[:]+)\[\d+\]|(kernel|systemd)): ",
    ))
    .ok()
});

/// Time stamp of container engines, with the stream and the part sign of CRI.
static STAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?[ \t]",
        r"(?:(?:stdout|stderr) ([FP]) )?",
    ))
    .ok()
});

/// `ollama-1  | ` of compose, `[pod/ollama-0/ollama] ` of kubectl.
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)^(?:[A-Za-z0-9][\w.@-]* +\| |\[pod/\S+\] )").ok());

/// Colours and other control sequences of terminals (ECMA-48).
static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?-u)\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])").ok()
});

/// How many wrappings one line may have.
const DEEPEST: usize = 4;

/// What is known of the lines so far.
#[derive(Default)]
pub(super) struct Wrapping {
    /// What was read of a line that a container engine cut into parts.
    parts: Vec<u8>,
    /// What stood in front of the last line of slog, of a kind that is not known: quotation signs, numbers of lines, names of
    /// other tools. The words of children have the same in front of them.
    around: Vec<u8>,
    /// What a database of logs made of them.
    export: Export,
    /// What pages and mail made of their letters.
    pasted: Pasted,
    /// An engine of containers wrapped a line.
    of_container: bool,
}

impl Wrapping {
    /// The line as the program wrote it; `None` while more of it is to come.
    pub(super) fn strip<'a>(&mut self, line: Cow<'a, [u8]>) -> Option<Cow<'a, [u8]>> {
        let mut line = without_escapes(line);
        let mut whole = true;
        match self.export.open(&line) {
            Held::Itself => {}
            Held::Nothing => return None,
            Held::Text(text, ended) => (line, whole) = (without_escapes(Cow::Owned(text)), ended),
        }
        line = self.pasted.undo(line);
        for _ in 0..DEEPEST {
            if line.starts_with(b"time=") {
                break;
            }
            match one_layer(&line) {
                Some((inner, layer)) => {
                    whole &= layer.ended;
                    self.of_container |= layer.of_container;
                    line = without_escapes(Cow::Owned(inner));
                }
                None => break,
            }
        }
        if whole && self.parts.is_empty() {
            return Some(self.inner(line));
        }
        let room = LONGEST.saturating_sub(self.parts.len()).min(line.len());
        self.parts
            .extend_from_slice(line.get(..room).unwrap_or_default());
        if whole { self.rest() } else { None }
    }

    /// An engine of containers wrapped lines: compose, kubectl, a runtime of Kubernetes, docker's own files.
    pub(super) const fn of_container(&self) -> bool {
        self.of_container
    }

    /// What is left when the log ends.
    pub(super) fn rest(&mut self) -> Option<Cow<'static, [u8]>> {
        let parts = std::mem::take(&mut self.parts);
        (!parts.is_empty()).then(|| self.inner(Cow::Owned(parts)))
    }

    /// The line behind a prefix of some other kind.
    fn inner<'a>(&mut self, line: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let at = match begin_of_record(&line) {
            // Words of C without an end of line, and the server's next line after them.
            Some(at) if ends_in_a_word(&line, at) => {
                let (words, record) = line.split_at(at);
                return Cow::Owned([words, b"\n", record].concat());
            }
            Some(at) => {
                self.around = line.get(..at).unwrap_or_default().to_vec();
                at
            }
            None => end_of_same(&self.around, &line).unwrap_or(0),
        };
        let inner = if at == 0 { line } else { rest_from(line, at) };
        // Markdown's code.
        match inner.strip_suffix(b"`") {
            Some(code) if self.around.ends_with(b"`") => Cow::Owned(code.to_vec()),
            _ => inner,
        }
    }
}

/// What a wrapping says of its line.
struct Layer {
    /// The line ends here.
    ended: bool,
    of_container: bool,
}

/// One wrapping less; `None` where there is none.
fn one_layer(line: &[u8]) -> Option<(Vec<u8>, Layer)> {
    let layer = |ended, of_container| Layer {
        ended,
        of_container,
    };
    let shown = line.get(indent(line)..).unwrap_or_default();
    if shown.starts_with(b"{") || shown.starts_with(b"[{") {
        let (text, ended) = export::json(shown)?;
        // Docker's json-file: `{"log":"...","stream":"stderr","time":"..."}`.
        let of_docker = shown.starts_with(br#"{"log":"#)
            && memchr::memmem::find(shown, br#""stream":"std"#).is_some();
        return Some((text, layer(ended, of_docker)));
    }
    if let Some(found) = JOURNAL.as_ref()?.captures(line) {
        let rest = line.get(found.get(0)?.end()..)?;
        let name = found.get(1).or_else(|| found.get(2))?.as_bytes();
        // The kernel's and systemd's words are no words of Ollama.
        let foreign = matches!(name, b"kernel" | b"systemd");
        let rest = if foreign {
            [name, b": ", rest].concat()
        } else {
            rest.to_vec()
        };
        return Some((rest, layer(true, false)));
    }
    if let Some(found) = STAMP.as_ref()?.captures(line) {
        let rest = line.get(found.get(0)?.end()..)?.to_vec();
        let sign = found.get(1).map(|sign| sign.as_bytes());
        let ended = sign.is_none_or(|sign| sign == b"F");
        return Some((rest, layer(ended, sign.is_some())));
    }
    let found = NAME.as_ref()?.find(line)?;
    Some((line.get(found.end()..)?.to_vec(), layer(true, true)))
}

fn without_escapes(line: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr::memchr(0x1b, &line).is_none() {
        return line;
    }
    match ESCAPES.as_ref() {
        Some(escapes) => Cow::Owned(escapes.replace_all(&line, b"".as_slice()).into_owned()),
        None => line,
    }
}

/// How many bytes of indentation and quotation signs stand in front.
fn indent(line: &[u8]) -> usize {
    let quotes = |byte: &&u8| byte.is_ascii_whitespace() || **byte == b'>';
    line.iter().take_while(quotes).count()
}

/// Where a line of slog begins, behind whatever stands in front of it; `None` when it is none.
fn begin_of_record(line: &[u8]) -> Option<usize> {
    /// Where a prefix ends at the latest.
    const FARTHEST: usize = 200;
    if line.starts_with(b"time=") {
        return Some(0);
    }
    let indent = indent(line);
    if slog::looks_like(line.get(indent..).unwrap_or_default()) {
        return Some(indent);
    }
    let head = line.get(..FARTHEST.min(line.len())).unwrap_or_default();
    memchr::memmem::find(head, b"time=").filter(|at| {
        let rest = line.get(*at..).unwrap_or_default();
        let rest = rest.get(..80.min(rest.len())).unwrap_or_default();
        rest.get(5).is_some_and(u8::is_ascii_digit)
            && memchr::memmem::find(rest, b" level=").is_some()
    })
}

/// Whether the record that begins there stands at once behind a word.
fn ends_in_a_word(line: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| line.get(before));
    before.is_some_and(u8::is_ascii_alphanumeric)
}

/// Where a prefix like this one ends: numbers may be others, and the spaces that align them.
fn end_of_same(around: &[u8], line: &[u8]) -> Option<usize> {
    let numbered = around.iter().any(u8::is_ascii_digit);
    let run = |bytes: &[u8], from: usize, is: fn(&u8) -> bool| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| is(byte)).count()
    };
    let (mut at, mut end) = (0, 0);
    while let Some(byte) = around.get(at) {
        let is: fn(&u8) -> bool = match byte {
            b'0'..=b'9' => u8::is_ascii_digit,
            b' ' if numbered => |byte| *byte == b' ',
            _ if line.get(end) == Some(byte) => {
                (at, end) = (at + 1, end + 1);
                continue;
            }
            _ => return None,
        };
        let (own, mut length) = (run(around, at, is), run(line, end, is));
        if length == 0 && *byte != b' ' {
            return None;
        }
        // What is more at the end is the line's own.
        if *byte == b' ' && at + own == around.len() {
            length = length.min(own);
        }
        (at, end) = (at + own, end + length);
    }
    Some(end)
}

fn rest_from(line: Cow<'_, [u8]>, at: usize) -> Cow<'_, [u8]> {
    match line {
        Cow::Borrowed(line) => Cow::Borrowed(line.get(at..).unwrap_or_default()),
        Cow::Owned(line) => Cow::Owned(line.get(at..).unwrap_or_default().to_vec()),
    }
}

#[cfg(test)]
mod tests;
