//! What the tracker asks the recorder to look up, as events: facts about libraries and roots, and why a load failed.

use super::facts::Facts;
use super::place::Whose;
use super::tracker::{Tracker, Wish};
use crate::event::loss::Note;
use crate::event::{Event, Kind, Text};

/// Grants a wish that needs nothing but files.
pub fn look_up(wish: &Wish, facts: &mut Facts, tracker: &mut Tracker, events: &mut Vec<Event>) {
    let found = match wish {
        Wish::Library { path, tgid } => facts
            .library(tracker.whose(*tgid), path)
            .map(|library| (*tgid, Kind::Library(Box::new(library)))),
        Wish::Closure {
            error,
            file,
            context,
        } => facts
            .closure(tracker.whose(context.tgid), *error, file, context)
            .map(|library| (context.tgid, Kind::Library(Box::new(library)))),
        Wish::Root { tgid } => facts
            .root(tracker.whose(*tgid))
            .map(|root| (*tgid, Kind::Root(Box::new(root)))),
        Wish::Counts { .. } | Wish::EntryPoint { .. } | Wish::Program { .. } => None,
    };
    if let Some(whose) = whose(wish, tracker)
        && facts.is_first_unread(whose)
    {
        let text = format!(
            "process {} ended before its files were looked at, and nobody is left in its mount namespace: facts about files there \
             are missing, and files of the same names elsewhere were not taken for them",
            whose.tgid
        );
        let note = Note {
            id: Text::from("files_unread"),
            text: Text::from(text),
        };
        events.push(event_of(tracker, whose.tgid, Kind::Note(note), events));
    }
    if let Some((tgid, kind)) = found {
        events.push(event_of(tracker, tgid, kind, events));
    }
}

/// Whose files a wish is about.
fn whose(wish: &Wish, tracker: &Tracker) -> Option<Whose> {
    match wish {
        Wish::Library { tgid, .. } => Some(tracker.whose(*tgid)),
        Wish::Closure { context, .. } => Some(tracker.whose(context.tgid)),
        Wish::Counts { .. }
        | Wish::EntryPoint { .. }
        | Wish::Program { .. }
        | Wish::Root { .. } => None,
    }
}

/// An event about something looked up for a process, at the time of the event that made it necessary.
pub fn event_of(tracker: &mut Tracker, tgid: u32, kind: Kind, events: &[Event]) -> Event {
    let time = events.last().map_or(0, |event| event.time);
    let process = tracker.process(tgid).map(|process| process.id);
    tracker.own(time, None, process, kind)
}
