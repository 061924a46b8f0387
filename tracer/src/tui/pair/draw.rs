//! The screen of two: the answer, two columns with their names, the difference that is looked at, the keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::Pair;
use crate::tui::colour::Palette;
use crate::tui::draw::{bar, body, too_small, write};
use crate::view::line::{Line, Role};
use crate::view::wrap::wrap_all;
use crate::view::{amount, escape};

/// Below this two columns show nothing useful.
const SMALLEST: (u16, u16) = (40, 10);
/// Lines of the answer and of a difference.
const SENTENCE: usize = 3;
/// What the keys do.
const KEYS: [(&str, &str); 15] = [
    (
        "n N",
        "next difference, difference before; matches of a search",
    ),
    ("Tab", "the other column gets the keys"),
    (
        "j k, Ctrl-d Ctrl-u, g G",
        "rows, screens, first and last: both columns move",
    ),
    ("f F", "next failure of this column, failure before"),
    (
        "b B",
        "next process that works for a backend, the one before",
    ),
    ("Space > <", "play, faster, slower"),
    ("3 4 5 6 7", "Events, Log, Processes, Libraries, Calls"),
    ("h l, left right", "what is left, right of the columns"),
    ("/", "search in both"),
    ("e", "filter both; Tab completes names"),
    (":", "go to an event's number or a time"),
    ("Esc", "leave help, filter, search"),
    ("mouse", "click or drag: column and play head; wheel: rows"),
    ("Ctrl-z", "suspend"),
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
    let difference = remark(pair).unwrap_or_else(|| current(pair, width));
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
    write(frame, keys, &[last(pair, area.width)], palette);
}

/// The last line: what is typed, what is to be said, or what the keys do.
fn last(pair: &Pair, width: u16) -> Line {
    let mut line = Line::new();
    let Some(side) = pair.sides.get(pair.active) else {
        return line;
    };
    if let Some(prompt) = &side.prompt {
        return bar::typed(prompt, usize::from(width), side.looks);
    }
    if let Some(trouble) = &side.book.trouble {
        line.push(Role::Failed, trouble);
    } else if !side.message.is_empty() {
        line.push(Role::Warning, &side.message);
    } else if side.search.is_some() {
        line.push(
            Role::Dim,
            "n N matches  Esc leaves the search  Tab other side  Space play  ? keys  q quit",
        );
    } else {
        line.push(
            Role::Dim,
            "n N differences  / search  e filter  Tab other side  Space play  ? keys  q quit",
        );
    }
    line
}

/// What is to be said about the line that is typed.
fn remark(pair: &Pair) -> Option<Vec<Line>> {
    let side = pair.sides.get(pair.active)?;
    let remark = bar::remark(side.prompt.as_ref()?, side.looks)?;
    Some(vec![remark])
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
        .push(Role::Dim, &short_name(&side.book.recording().name()));
    if let Some(percent) = side.progress() {
        line.push(Role::Warning, &format!(" reading, {percent} %"));
    }
    bar::matches(&mut line, side);
    let [title, list] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    write(frame, title, &[line], palette);
    body(side, palette, frame, list);
    if let Some(kept) = pair.bodies.get_mut(at) {
        *kept = list;
    }
}

/// The file's name without its folders: a column is narrow.
fn short_name(name: &str) -> String {
    let short = name.rsplit('/').next().unwrap_or(name);
    escape::text(short).into_owned()
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
    let mut parts = wrap_all(&text, width);
    if parts.len() > SENTENCE {
        parts.truncate(SENTENCE);
        if let Some(last) = parts.last_mut() {
            let kept = escape::fit(last, width.saturating_sub(3), "");
            *last = format!("{kept}...");
        }
    }
    parts
        .into_iter()
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
