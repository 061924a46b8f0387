//! What of an event could not be read, where a verdict may depend on it.

use crate::event::call::Value;
use crate::event::{Errno, Event, Kind, Seen, Text, Why};

/// EFAULT: the program itself gave an address that cannot be read.
const EFAULT: Errno = Errno(14);

/// What could not be read, in words.
pub(super) fn of(event: &Event) -> Option<&'static str> {
    let unread = |path: &Seen<Text>, err: Option<Errno>| {
        err != Some(EFAULT) && matches!(path, Seen::No(why) if *why != Why::Null)
    };
    match &event.kind {
        Kind::Open(open) => {
            unread(&open.path, open.err).then_some("a path that was opened could not be read")
        }
        Kind::Stat(stat) => {
            unread(&stat.path, stat.err).then_some("a path that was looked at could not be read")
        }
        Kind::List(list) if list.cut => Some("not all names of a listed folder could be read"),
        Kind::List(list) => {
            unread(&list.path, list.err).then_some("the path of a listed folder could not be read")
        }
        Kind::Map(map) => {
            unread(&map.path, map.err).then_some("the file of a mapping could not be read")
        }
        Kind::Call(call) if matches!(call.function.as_str(), "dlopen" | "dlmopen") => call
            .args
            .iter()
            .any(|(_, value)| match value {
                Value::Unseen(why) => *why != Why::Null,
                Value::Str(Seen::No(why)) => *why != Why::Null,
                _ => false,
            })
            .then_some("the name of a library that was loaded could not be read"),
        _ => None,
    }
}
