//! What befell the server's own program while it was loaded: the loader's words, a constructor that crashed or ended it.
//!
//! It is told by the same events as a child's, so a child of no attempt keeps them.

use super::FEW;
use super::child::Building;
use crate::discover::model::Server;
use crate::discover::role::Role;
use crate::event::library::Library;
use crate::event::process::Exec;
use crate::event::signal::Signal;
use crate::event::{Event, Text};

/// The server as a process that is being loaded.
#[derive(Clone, Debug, Default)]
pub(super) struct Beginning {
    process: Option<Box<Building>>,
    lacks: Vec<Text>,
}

impl Beginning {
    pub(super) fn executed(&mut self, event: &Event, exec: &Exec) {
        let mut process = Building::new(Role::Server, event.process);
        process.executed(exec, event.seq, event.time);
        process.limit(FEW);
        self.process = Some(Box::new(process));
    }

    /// A call, its end, or words of the loader.
    pub(super) fn push(&mut self, event: &Event) {
        if let Some(process) = &mut self.process {
            process.push(event);
        }
    }

    pub(super) fn signal(&mut self, event: &Event, signal: &Signal) {
        if let Some(process) = &mut self.process {
            process.signal(event, signal, None);
        }
    }

    /// Facts of a library that the loader could not bind: all symbols that are missing, not the first one only.
    pub(super) fn facts(&mut self, library: &Library) {
        if let Some(closure) = &library.closure {
            let symbols = closure.missing_symbols.iter();
            let new: Vec<Text> = symbols
                .filter(|name| !self.lacks.contains(name))
                .take(FEW.saturating_sub(self.lacks.len()))
                .cloned()
                .collect();
            self.lacks.extend(new);
        }
    }

    /// Gives the server what is known of it.
    pub(super) fn put_into(self, server: &mut Server) {
        if let Some(process) = self.process {
            let process = process.finish(0);
            server.loader_words = process.loader_words;
            server.crashes = process.crashes;
            server.constructor = process.constructor;
        }
        server.lacks = self.lacks;
    }
}
