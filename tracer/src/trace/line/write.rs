//! Event to line.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::super::decimal::{self, Signed};
use super::Chain;
use crate::event::{Event, Kind};

/// Appends the line of `event`, with its newline.
///
/// On an error `out` is as it was.
pub(in super::super) fn push(
    out: &mut Vec<u8>,
    event: &Event,
    before: Chain,
) -> Result<(), serde_json::Error> {
    let begin = out.len();
    push_head(out, event, before);
    // The kind is serialized as an object of one entry; its opening brace becomes the comma after the head.
    let joint = out.len();
    if let Err(error) = serde_json::to_writer(&mut *out, &Entry(&event.kind)) {
        out.truncate(begin);
        return Err(error);
    }
    if let Some(brace) = out.get_mut(joint) {
        *brace = b',';
    }
    if let (Kind::Unknown(..), Some(body)) = (&event.kind, out.get_mut(joint..)) {
        // A raw body may be spread over lines; a line break in JSON can only be white space.
        for byte in body.iter_mut().filter(|byte| **byte == b'\n') {
            *byte = b' ';
        }
    }
    out.push(b'\n');
    Ok(())
}

fn push_head(out: &mut Vec<u8>, event: &Event, before: Chain) {
    out.extend_from_slice(b"{\"dt\":");
    decimal::push(out, Signed::between(before.time, event.time));
    if Some(event.seq.0) != before.seq.checked_add(1) {
        out.extend_from_slice(b",\"n\":");
        decimal::push_integer(out, event.seq.0);
    }
    if let Some(process) = event.process {
        out.extend_from_slice(b",\"p\":\"p");
        decimal::push_integer(out, u64::from(process.number));
        out.push(b'.');
        decimal::push_integer(out, u64::from(process.generation));
        out.push(b'"');
    }
    if let Some(tid) = event.tid {
        out.extend_from_slice(b",\"tid\":");
        decimal::push_integer(out, u64::from(tid));
    }
    if let Some(duration) = event.duration {
        out.extend_from_slice(b",\"dur\":");
        decimal::push(out, Signed::between(0, duration));
    }
    if let Some(parent) = event.parent {
        out.extend_from_slice(b",\"up\":");
        decimal::push_integer(out, parent.0);
    }
    if event.late {
        out.extend_from_slice(b",\"late\":true");
    }
}

/// `{"open":{...}}`
struct Entry<'a>(&'a Kind);

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        self.0.serialize_entry(&mut map)?;
        map.end()
    }
}
