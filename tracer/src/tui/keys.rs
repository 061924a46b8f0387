//! Keys and what they do. The help is made from the same table.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::state::View;
use super::state::prompt::Typed;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Leave.
    Quit,
    /// Show or hide the keys.
    Help,
    /// Leave help, filter or search.
    Back,
    /// Another view.
    Show(View),
    /// The view after this one.
    NextView,
    /// The view before this one.
    PreviousView,
    /// Rows down.
    Down(u16),
    /// Rows up.
    Up(u16),
    /// A screen down.
    PageDown,
    /// A screen up.
    PageUp,
    /// To the begin.
    First,
    /// To the end.
    Last,
    /// To the next failure.
    NextFailure,
    /// To the last failure before.
    PreviousFailure,
    /// To the next process that works for a backend.
    NextBackend,
    /// To the process before that works for a backend.
    PreviousBackend,
    /// Play or pause.
    Play,
    /// Faster.
    Faster,
    /// Slower.
    Slower,
    /// Show or hide the detail.
    Detail,
    /// Ask for a filter.
    Filter,
    /// Ask for a search.
    Search,
    /// Ask for a number or time.
    Jump,
    /// Ask for a file that the explanation is written to.
    Write,
    /// To the next match.
    NextMatch,
    /// To the match before.
    PreviousMatch,
    /// Less time on the screen.
    ZoomIn,
    /// More time on the screen.
    ZoomOut,
    /// An earlier stretch of time; of a list, what is further left.
    Earlier,
    /// A later stretch of time; of a list, what is further right.
    Later,
    /// The detail a line down.
    DetailDown,
    /// The detail a line up.
    DetailUp,
    /// Give the keyboard to the recorded command.
    HandKeyboard,
    /// Leave stretches out in which nothing happens.
    Compress,
    /// A click into the body.
    Click {
        /// Row of the body.
        row: u16,
        /// Column of the body.
        column: u16,
    },
}

/// One line of the help.
pub(super) struct Help {
    pub(super) keys: &'static str,
    pub(super) what: &'static str,
    /// The views where it means something; empty for all.
    pub(super) views: &'static [View],
}

const fn everywhere(keys: &'static str, what: &'static str) -> Help {
    only(keys, what, &[])
}

const fn only(keys: &'static str, what: &'static str, views: &'static [View]) -> Help {
    Help { keys, what, views }
}

/// Keys, in words, and what they do. Those of a view fit a screen of 80 by 24; a test measures it.
pub(super) const HELP: &[Help] = &[
    everywhere("1 to 7", "the views, as the first line has them"),
    everywhere("Tab, Shift-Tab", "next view, view before"),
    everywhere("j k, arrows", "one row down, up: the play head moves along"),
    everywhere("Ctrl-d Ctrl-u, PgDn PgUp", "a screen down, up"),
    everywhere(
        "g G, Home End",
        "to the begin, the end; G follows what still grows",
    ),
    everywhere("f F", "next failure, failure before"),
    everywhere("b B", "next process at work for a backend, one before"),
    everywhere("Space > <", "play or pause; faster, slower (0.01x to 100x)"),
    everywhere("/ n N", "search, next match, match before"),
    everywhere(":", "go to an event's number or a time"),
    everywhere("e", "filter the events, as `show` does; Tab completes"),
    everywhere("", "role:runner[cuda_v12] kind:dlopen failed"),
    everywhere("", "text:cublas time:1s..2s /lib(cuda|nvidia)/"),
    everywhere("w", "write the whole explanation to a file"),
    only(
        "",
        "later rows are not there yet; j n Space G go on",
        &[View::Log, View::Processes, View::Libraries, View::Calls],
    ),
    only("d, J K", "detail: show or hide, scroll", &[View::Events]),
    only(
        "+ - h l",
        "less, more time; earlier, later",
        &[View::Timeline],
    ),
    only(
        "c",
        "leave out stretches in which nothing happens",
        &[View::Timeline],
    ),
    only(
        "h l, left right",
        "what is left, right of the screen",
        &[
            View::Events,
            View::Log,
            View::Processes,
            View::Libraries,
            View::Calls,
        ],
    ),
    everywhere("i", "type into `run --tui`'s command; Ctrl-] ends it"),
    everywhere("Esc", "leave help, filter, search"),
    everywhere("mouse", "click or drag: play head; wheel: rows"),
    everywhere("Ctrl-z, q", "suspend, quit"),
];

/// What a key means outside of the prompt.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c' | 'q') if control => Action::Quit,
        KeyCode::Char('d') if control => Action::PageDown,
        KeyCode::Char('u') if control => Action::PageUp,
        KeyCode::Char('f') if control => Action::PageDown,
        KeyCode::Char('b') if control => Action::PageUp,
        _ if control => return None,
        KeyCode::Char('q') => Action::Quit,
        KeyCode::Char('?') => Action::Help,
        KeyCode::Char(digit @ '1'..='7') => {
            let at = usize::try_from(u32::from(digit) - u32::from('1')).ok()?;
            Action::Show(*View::ALL.get(at)?)
        }
        KeyCode::Tab => Action::NextView,
        KeyCode::BackTab => Action::PreviousView,
        KeyCode::Char('j') | KeyCode::Down => Action::Down(1),
        KeyCode::Char('k') | KeyCode::Up => Action::Up(1),
        KeyCode::PageDown => Action::PageDown,
        KeyCode::PageUp => Action::PageUp,
        KeyCode::Char('g') | KeyCode::Home => Action::First,
        KeyCode::Char('G') | KeyCode::End => Action::Last,
        KeyCode::Char('f') => Action::NextFailure,
        KeyCode::Char('F') => Action::PreviousFailure,
        KeyCode::Char('b') => Action::NextBackend,
        KeyCode::Char('B') => Action::PreviousBackend,
        KeyCode::Char(' ') => Action::Play,
        KeyCode::Char('>' | ']') => Action::Faster,
        KeyCode::Char('<' | '[') => Action::Slower,
        KeyCode::Char('/') => Action::Search,
        KeyCode::Char('n') => Action::NextMatch,
        KeyCode::Char('N') => Action::PreviousMatch,
        KeyCode::Char(':') => Action::Jump,
        KeyCode::Char('e') => Action::Filter,
        KeyCode::Char('w') => Action::Write,
        KeyCode::Char('d') | KeyCode::Enter => Action::Detail,
        KeyCode::Char('+' | '=') => Action::ZoomIn,
        KeyCode::Char('-') => Action::ZoomOut,
        KeyCode::Char('c') => Action::Compress,
        KeyCode::Char('h') | KeyCode::Left => Action::Earlier,
        KeyCode::Char('l') | KeyCode::Right => Action::Later,
        KeyCode::Char('i') => Action::HandKeyboard,
        KeyCode::Char('J') => Action::DetailDown,
        KeyCode::Char('K') => Action::DetailUp,
        KeyCode::Esc => Action::Back,
        _ => return None,
    })
}

/// What a key means in the prompt.
pub(super) fn typed(key: KeyEvent) -> Option<Typed> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c') if control => Typed::Cancel,
        KeyCode::Char('w') if control => Typed::EraseWord,
        KeyCode::Char('u') if control => Typed::EraseLine,
        KeyCode::Char(_) if control => return None,
        KeyCode::Char(character) => Typed::Character(character),
        KeyCode::Backspace => Typed::Erase,
        KeyCode::Tab => Typed::Complete,
        KeyCode::Enter => Typed::Enter,
        KeyCode::Esc => Typed::Cancel,
        _ => return None,
    })
}
