//! Where the loader looks for a library that a dlopen asks for, in its order (ld.so(8)), with the values of this very
//! process; and where it looked inside of this call.

use crate::event::call::{Call, Value};
use crate::event::{Event, Kind, Text};
use crate::tui::state::State;
use crate::view::line::{Line, Role};
use crate::view::scene::Scene;
use crate::view::{amount, errno, escape};

/// Places that are listed; the rest is counted.
const MOST: usize = 24;

/// Nothing for an event that is no dlopen.
pub(super) fn lines(state: &mut State, event: &Event, scene: &Scene) -> Vec<Line> {
    let (call, seq) = match &event.kind {
        Kind::Call(call) => (call.clone(), event.seq),
        Kind::Return(back) => match scene.call(back.call) {
            Some(open) => (open.call.clone(), back.call),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let Some(asked) = asked(&call) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut head = Line::new();
    head.push(Role::Heading, "search  ")
        .push(Role::Object, &escape::word(asked.as_str()));
    let is_path = asked.as_str().contains('/');
    head.plain(if is_path {
        " is a path: that file or none; what it needs is searched like this:"
    } else {
        " is searched in this order (ld.so(8)):"
    });
    lines.push(head);
    let by = if is_path { Some(asked) } else { caller(&call) };
    lines.extend(places(state, event, scene, by.as_ref()));
    lines.extend(tried(state, seq));
    lines
}

/// The name that dlopen or dlmopen was given.
fn asked(call: &Call) -> Option<Text> {
    if !matches!(call.function.as_str(), "dlopen" | "dlmopen") {
        return None;
    }
    call.args.iter().find_map(|(_, value)| match value {
        Value::Str(text) => text.value().cloned(),
        _ => None,
    })
}

fn caller(call: &Call) -> Option<Text> {
    call.from.as_ref()?.object.clone()
}

/// The places in the loader's order.
fn places(state: &mut State, event: &Event, scene: &Scene, by: Option<&Text>) -> Vec<Line> {
    let model = state.model();
    let facts = by.and_then(|path| model.libraries.get(path));
    let of = by.map_or_else(
        || "the calling object".to_owned(),
        |path| escape::word(path.as_str().rsplit('/').next().unwrap_or_default()).into_owned(),
    );
    let unknown = "not known";
    let value = |path: &Option<Text>| match (facts, path) {
        (None, _) => unknown.to_owned(),
        (Some(_), None) => "none".to_owned(),
        (Some(_), Some(path)) => escape::word(path.as_str()).into_owned(),
    };
    let rpath = facts.and_then(|facts| facts.rpath.clone());
    let runpath = facts.and_then(|facts| facts.runpath.clone());
    let environment = event.process.and_then(|process| scene.environment(process));
    let variable = environment.map(|environment| {
        let found = environment.get(&Text::from("LD_LIBRARY_PATH"));
        found.and_then(|variable| variable.v.clone())
    });
    let variable = match variable {
        None => unknown.to_owned(),
        Some(None) => "not set".to_owned(),
        Some(Some(value)) => escape::word(value.as_str()).into_owned(),
    };
    let rpath_words = if runpath.is_some() {
        "does not count beside a RUNPATH".to_owned()
    } else {
        value(&rpath)
    };
    let steps = [
        (format!("RPATH of {of}"), rpath_words),
        ("LD_LIBRARY_PATH".to_owned(), variable),
        (format!("RUNPATH of {of}"), value(&runpath)),
        ("cache".to_owned(), "/etc/ld.so.cache".to_owned()),
        (
            "system's own folders".to_owned(),
            "/lib, /usr/lib and the like".to_owned(),
        ),
    ];
    let number = |(at, (name, value)): (usize, (String, String))| {
        let mut line = Line::new();
        line.plain(&format!("  {} {name}: ", at + 1));
        let role = if value.starts_with(['/', '"', '$']) {
            Role::Object
        } else {
            Role::Dim
        };
        line.push(role, &value);
        line
    };
    steps.into_iter().enumerate().map(number).collect()
}

/// Files that had been opened inside of this call by the play head, as far as they stand in its frame.
fn tried(state: &mut State, call: crate::event::Seq) -> Vec<Line> {
    let head = state.head;
    let Some((frame, at)) = state.book.place(head) else {
        return Vec::new();
    };
    let Some(leaf) = state.book.leaf(frame) else {
        return Vec::new();
    };
    let by_now = leaf.page.events.iter().take(at + 1);
    let opens = by_now.filter_map(|event| match &event.kind {
        Kind::Open(open) if event.parent == Some(call) => Some((event.seq, open)),
        _ => None,
    });
    let mut lines = Vec::new();
    let mut more = 0_u64;
    for (seq, open) in opens {
        if lines.len() >= MOST {
            more += 1;
            continue;
        }
        let mut line = Line::new();
        line.push(Role::Dim, &format!("  looked, {seq} "));
        line.word(Role::Object, &open.path);
        match open.err {
            Some(err) => {
                line.push(Role::Failed, &format!(" {}", errno::words(err)));
            }
            None => {
                line.push(Role::Result, " found");
            }
        }
        lines.push(line);
    }
    if more > 0 {
        let mut line = Line::new();
        line.push(
            Role::Dim,
            &format!("  and {}", amount::of(more, "more place")),
        );
        lines.push(line);
    }
    lines
}
