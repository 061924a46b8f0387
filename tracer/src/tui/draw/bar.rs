//! The first line: views. The last two: play head and what can be typed, or what is being typed.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::write;
use crate::tui::colour::Palette;
use crate::tui::state::prompt::Prompt;
use crate::tui::state::{Keyboard, State, View};
use crate::view::line::{Line, Role};
use crate::view::{Looks, amount, escape};

/// Columns below which the name of the recording is left out of the first line.
const FEW: usize = 8;
/// Stands in the first line of a recording whose GPU was none.
const VIRTUAL: &str = "virtual GPU";

/// Names of the views, the current one in brackets, and the name of the recording. Where there is no room for the names
/// beside the word about a virtual GPU, the others have their numbers only.
pub(super) fn tabs(state: &State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let label = state.digest.is_virtual().then_some(VIRTUAL);
    let mut line = names(state.view, true);
    let room = usize::from(area.width);
    if label.is_some_and(|label| line.width() + 2 + label.len() > room) {
        line = names(state.view, false);
    }
    if let Some(label) = label {
        line.plain("  ").push(Role::Warning, label);
    }
    let name = escape::text(&state.book.recording().name()).into_owned();
    let free = room.saturating_sub(line.width() + 2);
    // Of a long path the end tells more; of a few letters nothing does.
    if free >= FEW {
        let name = end_of(&name, free, state.looks);
        line.plain("  ").push(Role::Dim, &name);
    }
    write(frame, area, &[line], palette);
}

/// The end of a text that fits so many columns.
fn end_of(text: &str, columns: usize, looks: Looks) -> String {
    if escape::width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(escape::width(looks.dots()));
    let mut begin = 0;
    while let Some(rest) = text.get(begin..).filter(|rest| escape::width(rest) > room) {
        begin += rest.chars().next().map_or(1, char::len_utf8);
    }
    format!("{}{}", looks.dots(), text.get(begin..).unwrap_or_default())
}

fn names(current: View, all: bool) -> Line {
    let mut line = Line::new();
    for (at, view) in View::ALL.iter().enumerate() {
        let number = at + 1;
        if *view == current {
            line.push(Role::Heading, &format!("[{number} {}]", view.name()));
        } else if all {
            line.push(Role::Dim, &format!(" {number} {} ", view.name()));
        } else {
            line.push(Role::Dim, &format!(" {number} "));
        }
    }
    line
}

/// Play head, progress, prompt.
pub(super) fn foot(state: &mut State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let now = state.now();
    let total = state.book.total();
    let mut first = Line::new();
    let sign = match (state.play.playing, state.looks.unicode) {
        (true, true) => "▶",
        (true, false) => ">",
        (false, true) => "‖",
        (false, false) => "=",
    };
    let percent = state.play.percent(state.digest.last);
    first
        .push(Role::Heading, &format!("{sign} {}", amount::clock(now)))
        .push(
            Role::Dim,
            &format!(" of {}", amount::clock(state.digest.last)),
        )
        .plain(&format!(
            "  event {} of {total}",
            (state.head + 1).min(total)
        ))
        .push(
            Role::Dim,
            &format!("  {}.{:02}x", percent / 100, percent % 100),
        );
    if let Some(percent) = state.progress() {
        first.push(Role::Warning, &format!("  reading, {percent} %"));
    }
    if let Some(percent) = state.reread() {
        first.push(
            Role::Dim,
            &format!("  known from before, read again {percent} %"),
        );
    }
    if state.digest.lost > 0 {
        first.push(
            Role::Failed,
            &format!("  {} records were lost", state.digest.lost),
        );
    }
    matches(&mut first, state);
    let second = match &state.prompt {
        Some(prompt) => typed(prompt, usize::from(area.width), state.looks),
        None => hint(state),
    };
    let prompt = state.prompt.as_ref();
    let remark = prompt.and_then(|prompt| remark(prompt, state.looks));
    write(frame, area, &[remark.unwrap_or(first), second], palette);
}

/// Filter and search, how many match, and how far they have come.
pub(in crate::tui) fn matches(line: &mut Line, state: &State) {
    for (name, matching) in [("filter", &state.matching), ("search", &state.search)] {
        if let Some(matching) = matching {
            let count = matching.found.len();
            let more = matching
                .progress(&state.book)
                .map_or_else(String::new, |percent| {
                    format!(" so far, {percent} %, Esc ends")
                });
            line.push(
                Role::Process,
                &format!("  {name} {} ({count}{more})", matching.text),
            );
        }
    }
}

/// The line that is typed: what is wrong with it is marked where it stands.
pub(in crate::tui) fn typed(prompt: &Prompt, width: usize, looks: Looks) -> Line {
    let mut line = Line::new();
    line.push(Role::Heading, prompt.sign());
    let text = &prompt.text;
    // Of a long line the end is shown, where it is typed.
    let room = width.saturating_sub(line.width() + 3).max(8);
    let mut begin = 0;
    while escape::width(text.get(begin..).unwrap_or_default()) > room {
        begin += text
            .get(begin..)
            .and_then(|rest| rest.chars().next())
            .map_or(1, char::len_utf8);
    }
    if begin > 0 {
        line.push(Role::Dim, looks.dots());
    }
    let wrong = prompt.wrong.as_ref().map_or(0..0, |wrong| wrong.at.clone());
    let from = wrong.start.clamp(begin, text.len());
    let to = wrong.end.clamp(from, text.len());
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    line.plain(part(begin..from))
        .push(Role::Failed, part(from..to))
        .plain(part(to..text.len()));
    line.push(Role::Heading, "_");
    line
}

/// What is to be said about it, in the line above.
pub(in crate::tui) fn remark(prompt: &Prompt, looks: Looks) -> Option<Line> {
    let mut line = Line::new();
    if let Some(wrong) = &prompt.wrong {
        line.push(
            Role::Failed,
            &format!("{} {}", looks.cross(), wrong.message),
        );
    } else if prompt.offers.is_empty() {
        return None;
    } else {
        line.push(Role::Dim, &prompt.offers.join(" "));
    }
    Some(line)
}

fn hint(state: &State) -> Line {
    let mut line = Line::new();
    if state.keyboard == Keyboard::Command {
        line.push(
            Role::Warning,
            "what is typed goes to the command   Ctrl-] takes the keyboard back",
        );
        if !state.message.is_empty() {
            line.plain("   ").push(Role::Failed, &state.message);
        }
        return line;
    }
    if let Some(trouble) = &state.book.trouble {
        line.push(Role::Failed, trouble);
    } else if state.message.is_empty() {
        line.push(
            Role::Dim,
            "? keys  1 what to do  f failed  Space play  / search  e filter  Tab view  q quit",
        );
    } else {
        line.push(Role::Warning, &state.message);
    }
    line
}
