//! The screen of two: the answer, two columns with their names, the difference that is looked at, the keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::Pair;
use crate::tui::colour::Palette;
use crate::tui::draw::{body, too_small, write};
use crate::view::line::{Line, Role};
use crate::view::wrap::wrap;
use crate::view::{amount, escape};

/// Below this two columns show nothing useful.
const SMALLEST: (u16, u16) = (40, 10);
/// Lines of the answer and of a difference.
const SENTENCE: usize = 3;
/// What the keys do.
const KEYS: [(&str, &str); 8] = [
    ("n N", "next difference, difference before"),
    ("Tab", "the other column gets the keys"),
    (
        "j k, Ctrl-d Ctrl-u, g G",
        "rows, screens, first and last: both columns move",
    ),
    ("f F", "next failure of this column, failure before"),
    ("Space > <", "play, faster, slower"),
    ("3 4 5 6 7", "Events, Log, Processes, Libraries, Calls"),
    ("Esc", "leave this"),
    ("q", "quit"),
];

/// Draws everything.
pub(super) fn draw(pair: &mut Pair, palette: Palette, frame: &mut Frame<'_>) {
    let area = frame.area();
    if too_small(SMALLEST, palette, frame) {
        return;
    }
    let width = usize::from(area.width);
    let answer = sentence(Role::Heading, &pair.compared.headline, width);
    let difference = current(pair, width);
    let rows = |lines: &[Line]| Constraint::Length(u16::try_from(lines.len()).unwrap_or(0));
    let [head, columns, foot, keys] = Layout::vertical([
        rows(&answer),
        Constraint::Min(1),
        rows(&difference),
        Constraint::Length(1),
    ])
    .areas(area);
    write(frame, head, &answer, palette);
    if pair.help {
        help(frame, columns, palette);
    } else {
        let [good, between, bad] = Layout::horizontal([
            Constraint::Fill(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(columns);
        column(pair, 0, palette, frame, good);
        rule(frame, between, palette);
        column(pair, 1, palette, frame, bad);
    }
    write(frame, foot, &difference, palette);
    let mut hint = Line::new();
    hint.push(
        Role::Dim,
        "n next difference  N before  Tab other column  Space play  ? keys  q quit",
    );
    write(frame, keys, &[hint], palette);
}

/// Name, moment and list of one side.
fn column(pair: &mut Pair, at: usize, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let active = pair.active == at;
    let Some(side) = pair.sides.get_mut(at) else {
        return;
    };
    let name = if at == 0 { "GOOD" } else { "BAD" };
    let now = amount::clock(side.now());
    let mut line = Line::new();
    let text = if active {
        format!("[{name}]")
    } else {
        format!(" {name} ")
    };
    line.push(if active { Role::Heading } else { Role::Dim }, &text)
        .push(Role::Process, &format!(" {now} "))
        .push(Role::Dim, &escape::text(&side.book.recording().name()));
    if let Some(percent) = side.progress() {
        line.push(Role::Warning, &format!(" reading, {percent} %"));
    }
    let [title, list] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    write(frame, title, &[line], palette);
    body(side, palette, frame, list);
}

/// The line between the columns.
fn rule(frame: &mut Frame<'_>, area: Rect, palette: Palette) {
    let mut line = Line::new();
    line.push(Role::Dim, "|");
    let lines = vec![line; usize::from(area.height)];
    write(frame, area, &lines, palette);
}

/// The difference that is looked at, and which of how many it is.
fn current(pair: &Pair, width: usize) -> Vec<Line> {
    let stops = &pair.compared.stops;
    let Some((at, stop)) = pair.stop.and_then(|at| Some((at, stops.get(at)?))) else {
        return sentence(Role::Dim, "no difference", width);
    };
    let follows = if stop.ripple {
        ", follows from one before"
    } else {
        ""
    };
    let text = format!("{} of {}{follows}: {}", at + 1, stops.len(), stop.sentence);
    sentence(Role::Warning, &text, width)
}

/// A sentence in few lines; a longer one is cut.
fn sentence(role: Role, text: &str, width: usize) -> Vec<Line> {
    let text = escape::text(text);
    let parts = wrap(&text, width).into_iter().take(SENTENCE);
    parts
        .map(|part| {
            let mut line = Line::new();
            line.push(role, &part);
            line
        })
        .collect()
}

fn help(frame: &mut Frame<'_>, area: Rect, palette: Palette) {
    let lines: Vec<Line> = KEYS
        .iter()
        .map(|(keys, what)| {
            let mut line = Line::new();
            line.push(Role::Heading, &format!("{keys:<25}"));
            line.plain(what);
            line
        })
        .collect();
    write(frame, area, &lines, palette);
}
