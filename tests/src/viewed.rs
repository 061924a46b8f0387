//! A trace under the viewer's state, without a terminal: for screens in documents and for figures.

use std::io::{Read, Seek};
use std::path::Path;

use vgputrace::cmd::replay::recording;
use vgputrace::diagnose::explain;
use vgputrace::event::host::Header;
use vgputrace::trace::Reader;
use vgputrace::tui::{FrameFacts, Page, Recording, State};
use vgputrace::view::Looks;

const LOOKS: Looks = Looks {
    colour: true,
    unicode: true,
};

/// A trace as the viewer reads it.
struct Trace<R> {
    name: String,
    reader: Reader<R>,
}

impl<R: Read + Seek> Recording for Trace<R> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn header(&self) -> Option<&Header> {
        self.reader.header()
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        let frames = self.reader.frames().map_err(|error| error.to_string())?;
        let facts = frames.iter().map(|frame| FrameFacts {
            events: frame.events,
            to: frame.to.0,
        });
        Ok(facts.collect())
    }

    fn page(&mut self, frame: usize) -> Result<Page, String> {
        let frame = self
            .reader
            .frame(frame)
            .map_err(|error| error.to_string())?;
        let parts = frame.into_parts();
        Ok(Page {
            events: parts.events,
            texts: parts.texts,
            lines: parts.lines,
        })
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_damaged(&self) -> bool {
        self.reader.is_damaged()
    }

    fn grows(&self) -> bool {
        false
    }
}

/// The viewer over a trace; nothing of it is read yet.
///
/// # Errors
/// It is no trace.
pub fn open(trace: &Path) -> Result<State, String> {
    let reader = Reader::open(trace).map_err(|error| error.to_string())?;
    let name = trace.file_name().unwrap_or_default().to_string_lossy();
    Ok(of(reader, &name))
}

/// The viewer over a trace file, as `replay` reads it.
///
/// # Errors
/// It is no trace.
pub fn replayed(trace: &Path) -> Result<State, String> {
    let recording = recording(trace).map_err(|error| error.to_string())?;
    Ok(State::new(recording, LOOKS, explain))
}

/// The viewer over what a reader gives.
pub fn of<R: Read + Seek + 'static>(reader: Reader<R>, name: &str) -> State {
    let recording = Trace {
        name: name.to_owned(),
        reader,
    };
    State::new(Box::new(recording), LOOKS, explain)
}

/// Reads all of it.
pub fn settle(state: &mut State) {
    while state.work() {}
}
