//! The terminal for two: taken over and given back, keys in, screens out.

use std::io;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{
    self, Event as Input, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use super::{Compared, Pair, draw};
use crate::tui::colour::Palette;
use crate::tui::keys;
use crate::tui::recording::Recording;
use crate::tui::state::Explain;
use crate::tui::terminal::{Mouse, begin_screen, suspend};
use crate::view::Looks;

/// Between two frames while something moves.
const FRAME: Duration = Duration::from_millis(33);
/// With nothing to do; a signal is seen within it.
const IDLE: Duration = Duration::from_secs(1);
/// How long one slice of reading may take before keys are looked at.
const SLICE: Duration = Duration::from_millis(20);

/// What a viewer of two begins with.
pub struct PairBegin {
    /// Good, bad.
    pub recordings: [Box<dyn Recording>; 2],
    /// What differs.
    pub compared: Compared,
    /// Signs of the terminal.
    pub looks: Looks,
    /// Colours of the terminal.
    pub palette: Palette,
    /// The rules.
    pub explain: Explain,
    /// Asked between frames: the viewer ends when it says so (a signal came).
    pub stop: Box<dyn Fn() -> bool>,
    /// Stops the process as Ctrl-Z does; comes back when it goes on.
    pub suspend: fn(),
}

/// Shows two recordings until the user leaves.
///
/// # Errors
/// The terminal cannot be set up, read or written. It is given back in any case, after a panic too.
pub fn run(begin: PairBegin) -> io::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let mouse = Mouse;
    let entered = begin_screen();
    let result = entered.and_then(|()| show(&mut terminal, begin));
    drop(mouse);
    ratatui::try_restore()?;
    result
}

fn show(terminal: &mut ratatui::DefaultTerminal, begin: PairBegin) -> io::Result<()> {
    let mut pair = Pair::new(begin.recordings, begin.looks, begin.explain, begin.compared);
    let mut last = Instant::now();
    let mut stale = true;
    loop {
        let started = Instant::now();
        let mut busy = pair.work();
        while busy && started.elapsed() < SLICE {
            busy = pair.work();
        }
        let now = Instant::now();
        let passed = now.duration_since(last).as_nanos();
        last = now;
        pair.pass(u64::try_from(passed).unwrap_or(u64::MAX));
        if stale || busy || pair.plays() {
            terminal.draw(|frame| draw::draw(&mut pair, begin.palette, frame))?;
            stale = false;
        }
        if (begin.stop)() || pair.is_over() {
            return Ok(());
        }
        let wait = if busy {
            Duration::ZERO
        } else if pair.plays() {
            FRAME
        } else {
            IDLE
        };
        if event::poll(wait)? {
            stale |= input(&mut pair, event::read()?);
            if pair.suspended() {
                suspend(terminal, begin.suspend)?;
            }
        }
        stale |= busy;
    }
}

/// Takes one input; true when the screen must be drawn anew.
fn input(pair: &mut Pair, input: Input) -> bool {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => {
            let control = key.modifiers.contains(KeyModifiers::CONTROL);
            if control && key.code == KeyCode::Char('z') {
                pair.ask_suspend();
            } else if pair.is_typing() {
                if let Some(typed) = keys::typed(key) {
                    pair.type_key(typed);
                }
            } else if let Some(action) = keys::action(key) {
                pair.act(action);
            }
            true
        }
        Input::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollDown => {
                pair.wheel(true, mouse.row, mouse.column);
                true
            }
            MouseEventKind::ScrollUp => {
                pair.wheel(false, mouse.row, mouse.column);
                true
            }
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) => {
                pair.click(mouse.row, mouse.column);
                true
            }
            _ => false,
        },
        Input::Resize(..) => true,
        _ => false,
    }
}
