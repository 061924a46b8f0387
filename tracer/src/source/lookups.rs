//! What the tracker asks the recorder to look up, as events: facts about libraries, and why a load failed.

use super::facts::Facts;
use super::tracker::{Tracker, Wish};
use crate::event::{Event, Kind};

/// Grants a wish that needs nothing but files.
pub fn look_up(wish: &Wish, facts: &mut Facts, tracker: &mut Tracker, events: &mut Vec<Event>) {
    let found = match wish {
        Wish::Library { path, tgid } => facts.library(*tgid, path).map(|library| (*tgid, library)),
        Wish::Closure {
            error,
            file,
            context,
        } => facts
            .closure(*error, file, context)
            .map(|library| (context.tgid, library)),
        Wish::Counts { .. } | Wish::EntryPoint { .. } | Wish::Program { .. } => None,
    };
    if let Some((tgid, library)) = found {
        events.push(event_of(
            tracker,
            tgid,
            Kind::Library(Box::new(library)),
            events,
        ));
    }
}

/// An event about something looked up for a process, at the time of the event that made it necessary.
pub fn event_of(tracker: &mut Tracker, tgid: u32, kind: Kind, events: &[Event]) -> Event {
    let time = events.last().map_or(0, |event| event.time);
    let process = tracker.process(tgid).map(|process| process.id);
    tracker.own(time, None, process, kind)
}
