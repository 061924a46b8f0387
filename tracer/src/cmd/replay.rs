//! `replay`: the viewer over a trace file.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Report, terminal};
use crate::event::host::Header;
use crate::trace::{Error, Reader};
use crate::tui::{self, Begin, FrameFacts, Page, Palette, Recording};

/// What to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Props {
    /// The trace.
    pub trace: PathBuf,
}

/// Shows a trace until the user leaves.
///
/// # Errors
/// The trace cannot be read, or there is no terminal.
pub fn run(props: &Props) -> Result<u8, Report> {
    let reader = Reader::open(&props.trace).map_err(|error| Report::from_error(&error))?;
    if !(std::io::stdout().is_terminal() && std::io::stdin().is_terminal()) {
        let shown = props.trace.display();
        return Err(Report::new("replay needs a terminal, and this is none")
            .help(format!("as text: vgputrace show {shown}"))
            .help(format!(
                "why a backend was not used: vgputrace explain {shown}"
            )));
    }
    let looks = terminal::standard_output();
    let palette = if looks.colour {
        Palette::Sixteen
    } else {
        Palette::Plain
    };
    let stop = ended_by_signal()?;
    tui::run(Begin {
        recording: Box::new(File::new(&props.trace, reader)),
        looks,
        palette,
        explain: crate::diagnose::explain,
        stop: Box::new(move || stop.load(Ordering::Relaxed)),
        suspend,
    })
    .map_err(|error| Report::new("cannot use the terminal").because(&error))?;
    Ok(0)
}

/// Set by SIGTERM, so that the terminal is given back before the end. SIGHUP keeps its default: the terminal is gone
/// then, and reading it on would come back at once for ever.
fn ended_by_signal() -> Result<Arc<AtomicBool>, Report> {
    let flag = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(&flag))
        .map_err(|error| Report::new("cannot watch for signals").because(&error))?;
    Ok(flag)
}

/// What Ctrl-Z does elsewhere.
fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// A trace file as the viewer reads it.
struct File {
    name: String,
    reader: Reader,
}

impl File {
    fn new(path: &Path, reader: Reader) -> Self {
        Self {
            name: path.display().to_string(),
            reader,
        }
    }
}

impl Recording for File {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn header(&self) -> Option<&Header> {
        self.reader.header()
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        let frames = self.reader.frames().map_err(words)?;
        Ok(frames
            .iter()
            .map(|frame| FrameFacts {
                events: frame.events,
            })
            .collect())
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        let frame = self.reader.frame(frame).map_err(words)?;
        let mut page = Page::default();
        for (event, raw) in frame.iter() {
            page.events.push(event.clone());
            page.raw.push(raw.to_owned());
        }
        Ok(page)
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = self.reader.warnings().iter();
        warnings.map(ToString::to_string).collect()
    }

    fn grows(&self) -> bool {
        false
    }
}

fn words(error: Error) -> String {
    error.to_string()
}
