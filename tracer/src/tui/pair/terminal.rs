//! The terminal for two: taken over and given back, keys in, screens out.

use std::io;
use std::time::{Duration, Instant};

use ratatui::crossterm::event;

use super::{Compared, Pair, draw};
use crate::tui::colour::Palette;
use crate::tui::recording::Recording;
use crate::tui::state::Explain;
use crate::tui::terminal::{FRAME, SLICE, suspend, with_terminal};
use crate::view::Looks;

/// With nothing to do; a signal is seen within it.
const IDLE: Duration = Duration::from_secs(1);

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
    with_terminal(|terminal| show(terminal, begin))
}

fn show(terminal: &mut ratatui::DefaultTerminal, begin: PairBegin) -> io::Result<()> {
    let mut pair = Pair::new(begin.recordings, begin.looks, begin.explain, begin.compared);
    let mut last = Instant::now();
    let mut stale = true;
    loop {
        let started = Instant::now();
        let mut busy = pair.work();
        let worked = busy;
        while busy && started.elapsed() < SLICE {
            busy = pair.work();
        }
        let now = Instant::now();
        let passed = now.duration_since(last).as_nanos();
        last = now;
        // The picture on which playing ends is one more.
        stale |= pair.plays();
        pair.pass(u64::try_from(passed).unwrap_or(u64::MAX));
        if stale || worked {
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
            stale |= pair.take(&event::read()?);
            if pair.suspended() {
                suspend(terminal, begin.suspend)?;
            }
        }
        stale |= busy;
    }
}
