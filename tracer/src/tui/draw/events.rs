//! All events in a list, and everything that is known of the one under the play head.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{select, write};
use crate::event::{Event, Kind};
use crate::tui::colour::Palette;
use crate::tui::state::State;
use crate::view::line::{Line, Role};
use crate::view::row::{Context, Detail, describe, who};
use crate::view::scene::Scene;
use crate::view::wrap::wrap;
use crate::view::{Looks, amount};

/// Deepest indentation of what happens inside calls.
const MAX_DEPTH: usize = 12;

/// Draws list and detail.
pub(super) fn draw(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let (list, detail) = if state.detail && area.height >= 12 {
        let [list, detail] =
            Layout::vertical([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
        (list, Some(detail))
    } else {
        (area, None)
    };
    state.sized(list.height);
    let mut lines = Vec::new();
    let mut at = None;
    for row in 0..list.height {
        let Some(index) = state.index_at(state.top + u64::from(row)) else {
            break;
        };
        if index == state.head {
            at = Some(row);
        }
        if let Some((event, _, scene)) = state.book.event(index) {
            lines.push(list_line(&event, &scene, state.looks));
        }
    }
    if lines.is_empty() {
        let mut line = Line::new();
        line.push(Role::Dim, "no event matches; Esc leaves the filter");
        lines.push(line);
    }
    write(frame, list, &lines, palette);
    if let Some(row) = at {
        select(frame, list, row);
    }
    if let Some(area) = detail {
        let lines = detail_lines(state, area.width);
        write(frame, area, &lines, palette);
    }
}

/// Time, process, and the row, indented inside calls.
pub(super) fn list_line(event: &Event, scene: &Scene, looks: Looks) -> Line {
    let row = describe(
        event,
        Context {
            scene,
            looks,
            detail: Detail::Short,
        },
    );
    let mut line = Line::new();
    let failed = event.kind.failed();
    let sign = if failed { looks.cross() } else { " " };
    line.push(
        Role::Dim,
        &format!("{:>11} ", amount::clock(scene.since_begin(event.time))),
    )
    .push(Role::Failed, sign)
    .plain(" ");
    if let Some(process) = event.process {
        line.push(Role::Process, &who(process, scene));
    }
    line.pad_to(32).plain(" ");
    line.push(Role::Dim, &looks.rule().repeat(depth(event, scene)));
    line.append(&row.first);
    line
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

/// Everything about the event under the play head.
fn detail_lines(state: &mut State, width: u16) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut rule = Line::new();
    let bar = if state.looks.unicode { "─" } else { "-" };
    rule.push(Role::Dim, &bar.repeat(usize::from(width)));
    lines.push(rule);
    let head = state.head;
    let Some((event, raw, scene)) = state.book.event(head) else {
        return lines;
    };
    let cause = cause_of(state, event.seq.0);
    for sentence in cause {
        for part in wrap(&sentence, usize::from(width).max(20)) {
            let mut line = Line::new();
            line.push(Role::Failed, &part);
            lines.push(line);
        }
    }
    let mut first = Line::new();
    first
        .push(Role::Heading, &format!("{} ", event.seq))
        .plain(event.kind.name());
    if let Some(process) = event.process {
        first.plain("  ").push(Role::Process, &who(process, &scene));
        if let Some(pid) = scene.pid(process) {
            first.push(Role::Dim, &format!("  pid {pid}"));
        }
    }
    if let Some(tid) = event.tid {
        first.push(Role::Dim, &format!("  thread {tid}"));
    }
    if let Some(duration) = event.duration {
        let took = amount::duration(duration, state.looks.unicode);
        first.push(Role::Dim, &format!("  took {took}"));
    }
    if event.late {
        first.push(Role::Warning, "  late");
    }
    lines.push(first);
    let row = describe(
        &event,
        Context {
            scene: &scene,
            looks: state.looks,
            detail: Detail::Full,
        },
    );
    for line in std::iter::once(&row.first).chain(&row.more) {
        for part in pieces(line, width) {
            lines.push(part);
        }
    }
    for part in wrap(&raw, usize::from(width).max(20)) {
        let mut line = Line::new();
        line.push(Role::Dim, &part);
        lines.push(line);
    }
    lines
}

/// A long line over several.
fn pieces(line: &Line, width: u16) -> Vec<Line> {
    if line.width() <= usize::from(width) {
        return vec![line.clone()];
    }
    let mut text = String::new();
    line.write_plain(&mut text);
    wrap(&text, usize::from(width).max(20))
        .into_iter()
        .map(|part| {
            let mut line = Line::new();
            line.plain(&part);
            line
        })
        .collect()
}

/// The causes that name this event as their evidence.
fn cause_of(state: &mut State, seq: u64) -> Vec<String> {
    let explanation = state.explanation();
    let mut causes = Vec::new();
    for backend in &explanation.backends {
        for finding in &backend.findings {
            let named = finding.evidence.iter().any(|evidence| {
                matches!(evidence.at, crate::discover::model::At::Event(one) if one.0 == seq)
            });
            if named {
                let verdict = backend.verdict.name();
                causes.push(format!("{}: {verdict}: {}", backend.name, finding.sentence));
            }
        }
    }
    causes
}
