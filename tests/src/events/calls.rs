//! Traced calls put together again: the entry, what came back, and whether it ever did.

use vgputrace::event::call::{Call, LoaderError, Return, Unfinished, Value};
use vgputrace::event::{Event, Hex, Seen};

use super::Events;

/// A call of a traced function.
#[derive(Clone, Copy, Debug)]
pub struct Called<'a> {
    /// The event of the entry.
    pub event: &'a Event,
    /// The entry.
    pub call: &'a Call,
    /// The return, when it came back.
    pub returned: Option<(&'a Event, &'a Return)>,
    /// The last word that it had not come back.
    pub unfinished: Option<(&'a Event, &'a Unfinished)>,
}

impl Called<'_> {
    /// The first argument that is a string.
    #[must_use]
    pub fn string(&self) -> Option<&str> {
        self.call.args.iter().find_map(|(_, value)| match value {
            Value::Str(Seen::Yes(text)) => Some(text.as_str()),
            _ => None,
        })
    }

    /// It came back with something other than NULL or 0, and not marked as failed.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.returned
            .is_some_and(|(_, back)| !back.failed && !is_zero(&back.result))
    }

    /// It came back with NULL and is marked as failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.returned
            .is_some_and(|(_, back)| back.failed && is_zero(&back.result))
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number == 0,
        Value::Hex(Hex(number)) => *number == 0,
        Value::Unseen(why) => *why == vgputrace::event::Why::Null,
        Value::Str(text) => *text == Seen::No(vgputrace::event::Why::Null),
        Value::Name(_) => false,
    }
}

impl Events {
    /// The calls of a function, in order.
    #[must_use]
    pub fn calls(&self, function: &str) -> Vec<Called<'_>> {
        let (returned, unfinished) = (self.returned(), self.unfinished());
        self.entered()
            .into_iter()
            .filter(|(_, call)| call.function.as_str() == function)
            .map(|(event, call)| Called {
                event,
                call,
                returned: returned
                    .iter()
                    .find(|(_, back)| back.call == event.seq)
                    .copied(),
                unfinished: unfinished
                    .iter()
                    .rfind(|(_, open)| open.call == Some(event.seq))
                    .copied(),
            })
            .collect()
    }

    /// The only call of a function whose first string ends so.
    ///
    /// # Panics
    /// When there is none or more than one.
    #[must_use]
    #[track_caller]
    pub fn call_with(&self, function: &str, ending: &str) -> Called<'_> {
        let kinds = ["call", "return", "unfinished", "loader_error"];
        self.one(
            self.calls(function),
            &format!("{function} of {ending}"),
            &kinds,
            |one| one.string().is_some_and(|string| string.ends_with(ending)),
        )
    }

    /// The loader errors inside one call.
    #[must_use]
    pub fn errors_in(&self, called: &Called<'_>) -> Vec<&LoaderError> {
        self.loader_errors()
            .into_iter()
            .filter(|(_, error)| error.call == Some(called.event.seq))
            .map(|(_, error)| error)
            .collect()
    }

    /// The only loader error inside one call.
    ///
    /// # Panics
    /// When there is none or more than one (the loader signals a failure again while it unwinds; that is one error).
    #[must_use]
    #[track_caller]
    pub fn error_in(&self, called: &Called<'_>) -> &LoaderError {
        let found = self.errors_in(called);
        assert_eq!(
            found.len(),
            1,
            "loader errors in {:?}\n{}",
            called.call,
            self.story(&["call", "return", "loader_error"])
        );
        found[0]
    }
}

/// The sentence that `dlerror` makes of it: `OBJECT: TEXT[: STRERROR]` (glibc, dlfcn/dlerror.c).
#[must_use]
pub fn sentence(error: &LoaderError) -> String {
    let object = super::text(&error.object);
    let colon = if object.is_empty() { "" } else { ": " };
    let mut words = format!("{object}{colon}{}", super::text(&error.text));
    if let Some(number) = error.err {
        let words_of_number = match number.name() {
            Some("ENOENT") => "No such file or directory",
            Some("EACCES") => "Permission denied",
            Some("EISDIR") => "Is a directory",
            _ => "?",
        };
        words.push_str(": ");
        words.push_str(words_of_number);
    }
    words
}
