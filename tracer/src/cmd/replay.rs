//! `replay`: the viewer over a trace file, or over a trace that the program carries.

mod ahead;
mod cache;
mod examples;
mod growing;
mod pair;
mod recorded;

use std::fs::File;
use std::io::{Cursor, IsTerminal as _, Write as _};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::standard_output::StandardOutput;
use super::terminal::Background;
use super::{Report, terminal};
use crate::sys::inherited;
use crate::trace::Reader;
use crate::tui::{self, Begin, Cache, Palette, Recording};
use crate::view::Looks;

use cache::CacheFile;
pub use examples::Example;
use growing::Growing;
use recorded::Recorded;

/// What to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Props {
    /// A trace file.
    File(PathBuf),
    /// A trace file that a recorder writes just now: the play head stays at its end. With a descriptor that leads to the
    /// keyboard of what is recorded.
    Follow(PathBuf, Option<RawFd>),
    /// Two trace files side by side: the good one, and the bad one.
    Pair(PathBuf, PathBuf),
    /// A trace that the program carries.
    Example(Example),
    /// The names of those.
    List,
    /// No trace was named.
    Nothing,
}

/// Shows a trace until the user leaves.
///
/// # Errors
/// The trace cannot be read, or there is no terminal.
pub fn run(props: &Props) -> Result<u8, Report> {
    let recording = match props {
        Props::File(path) => recording(path)?,
        Props::Follow(path, _) => follow(path)?,
        Props::Example(example) => carried(*example)?,
        Props::Pair(good, bad) => {
            on_a_terminal(props)?;
            return pair::run(good, bad);
        }
        Props::List => return list(),
        Props::Nothing => {
            return Err(Report::new("replay needs a trace")
                .help("one that was recorded: vgputrace replay FILE.vgt")
                .help("to see what this is: vgputrace replay --example crash"));
        }
    };
    on_a_terminal(props)?;
    let looks = terminal::standard_output();
    let palette = palette(looks);
    let stop = ended_by_signal()?;
    tui::run(Begin {
        recording,
        cache: cache(props),
        follow: matches!(props, Props::Follow(..)),
        looks,
        palette,
        explain: crate::diagnose::explain,
        keyboard: keyboard(props)?,
        stop: Box::new(move || stop.load(Ordering::Relaxed)),
        write,
        suspend,
    })
    .map_err(|error| Report::new("cannot use the terminal").because(&error))?;
    Ok(0)
}

/// Fails where the viewer cannot be shown, and says what to use instead.
fn on_a_terminal(props: &Props) -> Result<(), Report> {
    if !(std::io::stdout().is_terminal() && std::io::stdin().is_terminal()) {
        let words = "replay needs a terminal, and this is none";
        return Err(no_terminal(props, words));
    }
    if !terminal::has_a_screen() {
        let words =
            "replay needs a terminal that can place text, and TERM says that this one cannot";
        return Err(no_terminal(props, words));
    }
    Ok(())
}

fn palette(looks: Looks) -> Palette {
    if !looks.colour {
        return Palette::Plain;
    }
    // On a background that is not known the colours of the user's theme are the safe ones.
    match (terminal::background(), terminal::has_all_colours()) {
        (Some(Background::Dark), true) => Palette::OwnOnDark,
        (Some(Background::Light), true) => Palette::OwnOnLight,
        (Some(Background::Light), false) => Palette::Light,
        (Some(Background::Dark) | None, _) => Palette::Sixteen,
    }
}

/// A trace file as the viewer reads it: frames on demand, those that follow on other processors.
///
/// # Errors
/// It cannot be read, or is no trace.
pub fn recording(path: &Path) -> Result<Box<dyn Recording>, Report> {
    let mut reader = Reader::open(path).map_err(|error| Report::from_error(&error).near(path))?;
    let name = path.display().to_string();
    if growing::is_written(path, &mut reader) {
        return Ok(Box::new(Growing::new(name, reader)));
    }
    Ok(Box::new(Recorded::new(name, reader).ahead(path)))
}

fn follow(path: &Path) -> Result<Box<dyn Recording>, Report> {
    let reader = growing::wait_for(path).map_err(|error| Report::from_error(&error))?;
    Ok(Box::new(Growing::new(path.display().to_string(), reader)))
}

fn carried(example: Example) -> Result<Box<dyn Recording>, Report> {
    let name = format!("{}: {}", example.name(), example.title());
    let reader = Reader::new(Cursor::new(example.bytes()), Path::new(example.name()))
        .map_err(|error| Report::from_error(&error))?;
    Ok(Box::new(Recorded::new(name, reader)))
}

/// A file of the cache, for a trace of the user's.
fn cache(props: &Props) -> Option<Box<dyn Cache>> {
    let Props::File(path) = props else {
        return None;
    };
    CacheFile::of(path).map(|file| Box::new(file) as Box<dyn Cache>)
}

/// Types into the recorded command. What it does not take is not waited for.
fn keyboard(props: &Props) -> Result<Option<tui::Keys>, Report> {
    let Props::Follow(_, Some(number)) = props else {
        return Ok(None);
    };
    let terminal = inherited::own(*number)
        .map_err(|error| Report::new("cannot type into the command").because(&error))?;
    let mut terminal = File::from(terminal);
    Ok(Some(Box::new(move |bytes: &[u8]| {
        let mut asked = [PollFd::new(&terminal, PollFlags::OUT)];
        let now = Timespec::default();
        let ready = poll(&mut asked, Some(&now)).is_ok_and(|ready| ready > 0);
        ready && terminal.write_all(bytes).is_ok()
    })))
}

fn list() -> Result<u8, Report> {
    let mut out = StandardOutput::new();
    for example in Example::ALL {
        out.write(format!("{:<14}{}\n", example.name(), example.title()).as_bytes())?;
    }
    out.finish()?;
    Ok(0)
}

fn no_terminal(props: &Props, words: &str) -> Report {
    let report = Report::new(words);
    match props {
        Props::File(path) | Props::Follow(path, _) => {
            let shown = path.display();
            report
                .help(format!("as text: vgputrace show {shown}"))
                .help(format!(
                    "why a backend was not used: vgputrace explain {shown}"
                ))
        }
        Props::Pair(good, bad) => report.help(format!(
            "as text: vgputrace diff {} {}",
            good.display(),
            bad.display()
        )),
        _ => report,
    }
}

/// Set by SIGTERM, so that the terminal is given back before the end. SIGHUP keeps its default: the terminal is gone
/// then, and reading it on would come back at once for ever.
fn ended_by_signal() -> Result<Arc<AtomicBool>, Report> {
    let flag = Arc::new(AtomicBool::new(false));
    // A recorder that starts the viewer has them blocked.
    nix::sys::signal::SigSet::all()
        .thread_unblock()
        .map_err(|error| Report::new("cannot watch for signals").because(&error))?;
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&flag))
        .map_err(|error| Report::new("cannot watch for signals").because(&error))?;
    Ok(flag)
}

/// Writes a new file for the user who asked; an old one is left alone.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => "there is such a file already".to_owned(),
        _ => error.to_string(),
    })?;
    file.write_all(text.as_bytes())
        .map_err(|error| error.to_string())
}

/// What Ctrl-Z does elsewhere.
fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}
