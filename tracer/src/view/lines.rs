//! Joins written pieces to whole lines: programs write one line in several calls, from several threads
//! (llama-server does). Events in, events out; everything but output passes unchanged.

use std::collections::BTreeMap;

use crate::event::output::Output;
use crate::event::{Event, Kind, Proc, Seen, Text};

/// A line without an end is given out when it is this long, in bytes.
const MAX_LINE: usize = 64 * 1024;
/// All unfinished lines together; beyond it they are given out as they are.
const MAX_HELD: usize = 1024 * 1024;
/// Programs and descriptors with an unfinished line at a time.
const MAX_OPEN: usize = 1024;

/// Unfinished lines of each process and descriptor.
#[derive(Debug, Default)]
pub struct Lines {
    open: BTreeMap<(Option<Proc>, u32), Piece>,
    held: usize,
}

/// The beginning of a line, and the event that brought its last piece.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    last: Event,
}

impl Lines {
    /// Takes one event and appends what is to be read now. A joined line has the number and time of its last piece.
    pub fn push(&mut self, event: Event, out: &mut Vec<Event>) {
        match &event.kind {
            Kind::Output(Output {
                fd,
                text: Seen::Yes(text),
                err: None,
                ..
            }) => {
                let key = (event.process, *fd);
                let bytes = text.to_bytes().into_owned();
                self.add(key, &bytes, event, out);
            }
            Kind::Output(output) => {
                self.flush(|key| *key == (event.process, output.fd), out);
                out.push(event);
            }
            Kind::Exec(_) | Kind::Exit(_) => {
                let number = event.process.map(|process| process.number);
                self.flush(|key| key.0.map(|process| process.number) == number, out);
                out.push(event);
            }
            _ => out.push(event),
        }
    }

    /// Appends every line that has no end yet.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        self.flush(|_| true, out);
    }

    fn add(&mut self, key: (Option<Proc>, u32), bytes: &[u8], event: Event, out: &mut Vec<Event>) {
        let mut all = match self.open.remove(&key) {
            Some(piece) => {
                self.held -= piece.bytes.len().min(self.held);
                piece.bytes
            }
            None => Vec::new(),
        };
        all.extend_from_slice(bytes);
        let rest = match all.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => all.split_off(end + 1),
            None => std::mem::take(&mut all),
        };
        if !all.is_empty() {
            out.push(whole(&all, event.clone()));
        }
        if rest.len() >= MAX_LINE {
            out.push(whole(&rest, event));
        } else if !rest.is_empty() {
            self.held += rest.len();
            let piece = Piece {
                bytes: rest,
                last: event,
            };
            self.open.insert(key, piece);
        }
        if self.held > MAX_HELD || self.open.len() > MAX_OPEN {
            self.flush(|_| true, out);
        }
    }

    /// Gives out the unfinished lines that `which` names, oldest first.
    fn flush(&mut self, which: impl Fn(&(Option<Proc>, u32)) -> bool, out: &mut Vec<Event>) {
        if self.open.is_empty() {
            return;
        }
        let mut found: Vec<Piece> = self
            .open
            .extract_if(.., |key, _| which(key))
            .map(|(_, piece)| piece)
            .collect();
        found.sort_by_key(|piece| piece.last.seq);
        for piece in found {
            self.held -= piece.bytes.len().min(self.held);
            out.push(whole(&piece.bytes, piece.last));
        }
    }
}

fn whole(bytes: &[u8], mut event: Event) -> Event {
    if let Kind::Output(output) = &mut event.kind {
        output.length = bytes.len() as u64;
        output.text = Seen::Yes(Text::from_bytes(bytes));
    }
    event
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::event::process::Exit;
    use crate::event::{Event, Kind, Seen};
    use crate::view::samples::{event, open, wrote};

    fn joined(events: Vec<Event>) -> Vec<(u64, String)> {
        let (mut lines, mut out) = (Lines::default(), Vec::new());
        for event in events {
            lines.push(event, &mut out);
        }
        lines.finish(&mut out);
        out.into_iter()
            .map(|event| match event.kind {
                Kind::Output(output) => match output.text {
                    Seen::Yes(text) => (event.seq.0, text.as_str().to_owned()),
                    _ => (event.seq.0, "?".to_owned()),
                },
                kind => (event.seq.0, kind.name().to_owned()),
            })
            .collect()
    }

    #[test]
    fn pieces_become_lines_and_processes_are_kept_apart() {
        let exit = Kind::Exit(Exit {
            pid: 1,
            code: Some(0),
            signal: None,
            core: false,
        });
        let events = vec![
            event(1, 0, "p1.1", wrote(2, "load: ")),
            event(2, 0, "p2.1", wrote(2, "other\nhalf")),
            event(3, 0, "p1.1", open("/x", None)),
            event(4, 0, "p1.1", wrote(2, "done\nnext")),
            event(5, 0, "p1.1", exit),
        ];
        let expected = [
            (2, "other\n"),
            (3, "open"),
            (4, "load: done\n"),
            (4, "next"),
            (5, "exit"),
            (2, "half"),
        ];
        let expected: Vec<_> = expected.map(|(seq, text)| (seq, text.to_owned())).into();
        assert_eq!(joined(events), expected);
    }

    #[test]
    fn a_character_that_is_split_between_two_writes_is_whole_again() {
        let mut first = event(1, 0, "p1.1", wrote(1, ""));
        let mut second = event(2, 0, "p1.1", wrote(1, ""));
        for (event, bytes) in [
            (&mut first, &b"gr\xc3"[..]),
            (&mut second, &b"\xb6\xc3\x9fe\n"[..]),
        ] {
            if let Kind::Output(output) = &mut event.kind {
                output.text = Seen::Yes(crate::event::Text::from_bytes(bytes));
            }
        }
        assert_eq!(joined(vec![first, second]), [(2, "größe\n".to_owned())]);
    }

    #[test]
    fn an_endless_line_is_given_out_in_parts() {
        let part = "x".repeat(40_000);
        let events = (1..=40).map(|seq| event(seq, 0, "p1.1", wrote(1, &part)));
        let parts = joined(events.collect());
        assert_eq!(parts.len(), 20);
        assert!(parts.iter().all(|(_, text)| text.len() == 80_000));
    }
}
