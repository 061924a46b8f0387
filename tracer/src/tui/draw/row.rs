//! A row of a list: what stays in its place (time, sign, process), and a text that can be moved sideways.

use crate::event::{Event, Kind, Proc};
use crate::tui::state::State;
use crate::view::line::{Line, Role};
use crate::view::row::{Context, Detail, describe};
use crate::view::scene::Scene;
use crate::view::{Looks, amount, escape};

/// Deepest indentation of what happens inside calls.
const MAX_DEPTH: usize = 12;

/// One row.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) head: Line,
    pub(super) text: Line,
}

impl Row {
    /// As it is shown when so many columns of the text have gone out at the left.
    pub(super) fn shown(self, left: u16) -> Line {
        let mut line = self.head;
        if left == 0 {
            line.append(&self.text);
        } else {
            line.append(&self.text.from_column(usize::from(left)));
        }
        line
    }

    /// The same words, as something that has not happened yet.
    pub(super) fn dim(&self) -> Self {
        let dim = |line: &Line| {
            let mut text = String::new();
            line.write_plain(&mut text);
            let mut line = Line::new();
            line.push(Role::Dim, &text);
            line
        };
        Self {
            head: dim(&self.head),
            text: dim(&self.text),
        }
    }
}

/// An event: time, sign, process, and what happened, indented inside calls.
pub(super) fn of_event(event: &Event, scene: &Scene, looks: Looks, width: u16) -> Row {
    let described = describe(
        event,
        Context {
            scene,
            looks,
            detail: Detail::Short,
        },
    );
    let mut row = Row::default();
    let failed = event.kind.failed();
    let sign = if failed { looks.cross() } else { " " };
    let name = event.process.and_then(|process| {
        let role = scene.role(process).filter(|role| is_telling(role));
        role.or_else(|| scene.name(process))
    });
    row.head
        .push(
            Role::Dim,
            &format!("{:>11} ", amount::clock(scene.since_begin(event.time))),
        )
        .push(Role::Failed, sign)
        .plain(" ");
    who(&mut row.head, event.process, name, looks, width);
    row.text
        .push(Role::Dim, &looks.rule().repeat(depth(event, scene)))
        .append(&described.first);
    row
}

/// A role that says more than the name of the program.
pub(super) fn is_telling(role: &str) -> bool {
    role != "other"
}

/// What a process is called here: its role, else its program.
pub(super) fn name_of(state: &mut State, process: Proc) -> Option<String> {
    let roles = state.roles();
    let role = roles.get(&process.number).filter(|role| is_telling(role));
    role.cloned().or_else(|| {
        let lane = state.digest.lanes.get(&process.number)?;
        let program = lane.program();
        (!program.is_empty()).then(|| program.to_owned())
    })
}

/// Number and name of a process in a column of its own, as far as the screen has room for the name.
pub(super) fn who(
    line: &mut Line,
    process: Option<Proc>,
    name: Option<&str>,
    looks: Looks,
    width: u16,
) {
    // `p12.1 runner[cuda_v12] pass 1`, the same without the pass, and the number alone.
    let (columns, name) = match width {
        100.. => (30, name),
        60.. => (22, name.and_then(|name| name.split(' ').next())),
        _ => (6, None),
    };
    let to = line.width() + columns;
    if let Some(process) = process {
        let text = match name {
            Some(name) => format!("{process} {name}"),
            None => process.to_string(),
        };
        let text = escape::text(&text);
        let room = columns.saturating_sub(1);
        line.push(Role::Process, &escape::fit(&text, room, looks.dots()));
    }
    line.pad_to(to);
}

/// How many calls an event is inside of.
fn depth(event: &Event, scene: &Scene) -> usize {
    let mut depth = 0;
    let mut parent = match &event.kind {
        Kind::Return(back) => scene.call(back.call).and_then(|open| open.parent),
        _ => event.parent,
    };
    while let Some(seq) = parent {
        depth += 1;
        if depth >= MAX_DEPTH {
            break;
        }
        parent = scene.call(seq).and_then(|open| open.parent);
    }
    depth
}
