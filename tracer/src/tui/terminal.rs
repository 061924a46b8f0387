//! The terminal: taken over and given back, whatever happens; keys in, screens out.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::MoveTo;
use ratatui::crossterm::event::{
    self, DisableMouseCapture, EnableMouseCapture, Event as Input, KeyEventKind,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{Clear, ClearType};
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use super::colour::Palette;
use super::draw;
use super::recording::Recording;
use super::state::snapshot::Cache;
use super::state::{Explain, Keyboard, State};
use super::typing;
use crate::view::Looks;

/// Between two frames while something moves.
pub(super) const FRAME: Duration = Duration::from_millis(33);
/// Between two looks at a recording that grows.
const LOOK: Duration = Duration::from_millis(250);
/// With nothing to do the terminal is asked this rarely.
const IDLE: Duration = Duration::from_secs(3600);
/// How long one slice of reading may take before keys are looked at.
pub(super) const SLICE: Duration = Duration::from_millis(20);

/// The size of a terminal that was told none, as on a serial line (tty_ioctl(4): 0 by 0): that of a VT100.
const UNTOLD: Rect = Rect {
    x: 0,
    y: 0,
    width: 80,
    height: 24,
};

/// Types into the recorded command; false when it takes nothing just now.
pub type Keys = Box<dyn FnMut(&[u8]) -> bool>;

/// What a viewer begins with.
pub struct Begin {
    /// The recording.
    pub recording: Box<dyn Recording>,
    /// The play head stays at the end of a recording that grows.
    pub follow: bool,
    /// The keyboard of the recorded command, where it can be typed to.
    pub keyboard: Option<Keys>,
    /// Where what a long pass gave is kept for the next time.
    pub cache: Option<Box<dyn Cache>>,
    /// Signs of the terminal.
    pub looks: Looks,
    /// Colours of the terminal.
    pub palette: Palette,
    /// The rules.
    pub explain: Explain,
    /// Asked between frames: the viewer ends when it says so (a signal came).
    pub stop: Box<dyn Fn() -> bool>,
    /// Writes a new file; says what is wrong where it cannot.
    pub write: fn(&Path, &str) -> Result<(), String>,
    /// Stops the process as Ctrl-Z does; comes back when it goes on.
    pub suspend: fn(),
}

/// Shows a recording until the user leaves.
///
/// # Errors
/// The terminal cannot be set up, read or written. It is given back in any case, after a panic too.
pub fn run(begin: Begin) -> io::Result<()> {
    with_terminal(|terminal| show(terminal, begin))
}

/// Takes the terminal over for this, and gives it back.
pub(super) fn with_terminal(
    show: impl FnOnce(&mut ratatui::DefaultTerminal) -> io::Result<()>,
) -> io::Result<()> {
    let mut terminal = take_over()?;
    let mouse = Mouse;
    let entered = begin_screen();
    let result = entered.and_then(|()| show(&mut terminal));
    drop(mouse);
    give_back(&mut terminal)?;
    result
}

/// Raw keys, a screen of its own where there is one, and a size.
fn take_over() -> io::Result<ratatui::DefaultTerminal> {
    let terminal = ratatui::try_init()?;
    let size = terminal.size()?;
    if size.width > 0 && size.height > 0 {
        return Ok(terminal);
    }
    let options = TerminalOptions {
        viewport: Viewport::Fixed(UNTOLD),
    };
    ratatui::Terminal::with_options(CrosstermBackend::new(io::stdout()), options)
}

/// On a terminal that has one screen only the last picture stays: what comes next stands on its last line.
fn give_back(terminal: &mut ratatui::DefaultTerminal) -> io::Result<()> {
    let last = terminal.get_frame().area().bottom().saturating_sub(1);
    let moved = execute!(io::stdout(), MoveTo(0, last), Clear(ClearType::CurrentLine));
    ratatui::try_restore()?;
    moved
}

/// The mouse is given back when this goes, after a panic too; the screen and the keyboard are by ratatui's own hook.
struct Mouse;

impl Drop for Mouse {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = execute!(io::stdout(), DisableMouseCapture);
    }
}

fn show(terminal: &mut ratatui::DefaultTerminal, mut begin: Begin) -> io::Result<()> {
    let mut state = State::new(begin.recording, begin.looks, begin.explain);
    let (mut last, mut looked) = (Instant::now(), Instant::now());
    if let Some(bytes) = begin.cache.as_mut().and_then(|cache| cache.load()) {
        state.restore(&bytes);
    }
    if begin.follow {
        state.follow_the_end();
    }
    if begin.keyboard.is_some() {
        state.keyboard = Keyboard::Viewer;
    }
    let mut stale = true;
    loop {
        if looked.elapsed() >= LOOK && state.book.recording().grows() {
            looked = Instant::now();
            if state.book.grow() {
                state.grown();
                stale = true;
            }
        }
        stale |= state.keyboard_of_nobody();
        let started = Instant::now();
        let mut busy = state.work();
        let worked = busy;
        while busy && started.elapsed() < SLICE {
            busy = state.work();
        }
        if !busy
            && let Some(cache) = &mut begin.cache
            && state.is_worth_keeping()
        {
            cache.store(&mut |out| state.snapshot(out));
        }
        let now = Instant::now();
        let passed = now.duration_since(last);
        last = now;
        // The picture on which playing ends is one more.
        stale |= state.play.playing;
        state.pass(u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX));
        if stale || worked {
            terminal.draw(|frame| draw::draw(&mut state, begin.palette, frame))?;
            stale = false;
        }
        if (begin.stop)() || state.is_over() {
            return Ok(());
        }
        let wait = if busy {
            Duration::ZERO
        } else if state.play.playing || state.is_waiting() {
            FRAME
        } else if state.book.recording().grows() {
            LOOK
        } else {
            // A signal interrupts this wait.
            IDLE.min(LOOK * 4)
        };
        if event::poll(wait)? {
            let event = event::read()?;
            stale |= match &mut begin.keyboard {
                Some(keys) if state.keyboard == Keyboard::Command => {
                    hand_on(&mut state, event, keys);
                    true
                }
                _ => state.take(&event),
            };
            if let Some(request) = state.request() {
                let result = (begin.write)(&request.path, &request.text);
                state.written(&request.path, result);
            }
            if state.suspended() {
                suspend(terminal, begin.suspend)?;
            }
        }
        stale |= busy;
    }
}

/// Gives the terminal back, stops, and takes it again.
pub(super) fn suspend(terminal: &mut ratatui::DefaultTerminal, stop: fn()) -> io::Result<()> {
    execute!(io::stdout(), DisableMouseCapture)?;
    give_back(terminal)?;
    stop();
    *terminal = take_over()?;
    begin_screen()
}

/// Clears the screen, for terminals that have no second one, and asks for the mouse. Nothing is asked that the terminal
/// would have to answer (`Terminal::clear` asks for the cursor's place): a serial line may not.
fn begin_screen() -> io::Result<()> {
    execute!(io::stdout(), Clear(ClearType::All), EnableMouseCapture)
}

/// A key while the keyboard is the command's.
fn hand_on(state: &mut State, input: Input, keys: &mut Keys) {
    match input {
        Input::Key(key) if key.kind == KeyEventKind::Release => {}
        Input::Key(key) if typing::takes_back(key) => state.take_keyboard(),
        Input::Key(key) => {
            let taken = keys(&typing::bytes(key));
            state.message.clear();
            if !taken {
                "the command takes no keys just now".clone_into(&mut state.message);
            }
        }
        _ => {}
    }
}
