//! The first line: views. The last two: play head and what can be typed, or what is being typed.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::write;
use crate::tui::colour::Palette;
use crate::tui::state::{State, View};
use crate::view::amount;
use crate::view::line::{Line, Role};

/// Names of the views, the current one in brackets, and the name of the recording.
pub(super) fn tabs(state: &State, palette: Palette, frame: &mut Frame<'_>, area: Rect) {
    let mut line = Line::new();
    for (at, view) in View::ALL.iter().enumerate() {
        let number = at + 1;
        if *view == state.view {
            line.push(Role::Heading, &format!("[{number} {}]", view.name()));
        } else {
            line.push(Role::Dim, &format!(" {number} {} ", view.name()));
        }
    }
    line.plain("  ")
        .push(Role::Dim, &state.book.recording().name());
    write(frame, area, &[line], palette);
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
    let percent = state.play.percent();
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
    if state.digest.lost > 0 {
        first.push(
            Role::Failed,
            &format!("  {} records were lost", state.digest.lost),
        );
    }
    for (name, matching) in [("filter", &state.matching), ("search", &state.search)] {
        if let Some(matching) = matching {
            let count = matching.found.len();
            let more = if matching.done { "" } else { "+" };
            first.push(
                Role::Process,
                &format!("  {name} {} ({count}{more})", matching.text),
            );
        }
    }
    let second = match &state.prompt {
        Some(prompt) => {
            let mut line = Line::new();
            line.push(Role::Heading, prompt.sign()).plain(&prompt.text);
            line.push(Role::Heading, "_");
            if let Some(error) = &prompt.error {
                line.push(Role::Failed, &format!("  {error}"));
            }
            line
        }
        None => hint(state),
    };
    write(frame, area, &[first, second], palette);
}

fn hint(state: &State) -> Line {
    let mut line = Line::new();
    if let Some(trouble) = &state.book.trouble {
        line.push(Role::Failed, trouble);
    } else if state.message.is_empty() {
        line.push(
            Role::Dim,
            "? keys   f next failure   Space play   / search   e filter   Tab view   q quit",
        );
    } else {
        line.push(Role::Warning, &state.message);
    }
    line
}
