//! `viewer-panic`: the viewer over a recording that makes it panic, for the test that the terminal is given back all the same.

use std::process::ExitCode;

use vgputrace::diagnose::explain;
use vgputrace::event::host::Header;
use vgputrace::tui::{self, Begin, FrameFacts, Page, Palette, Recording};
use vgputrace::view::Looks;

/// One frame that nobody can read.
struct Hostile;

impl Recording for Hostile {
    fn name(&self) -> String {
        "hostile".to_owned()
    }

    fn header(&self) -> Option<&Header> {
        None
    }

    fn frames(&mut self) -> Result<Vec<FrameFacts>, String> {
        Ok(vec![FrameFacts { events: 1, to: 1 }])
    }

    fn page(&mut self, _frame: usize) -> Result<Page, String> {
        panic!("a fault on purpose")
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_damaged(&self) -> bool {
        false
    }

    fn grows(&self) -> bool {
        false
    }
}

fn main() -> ExitCode {
    let shown = tui::run(Begin {
        recording: Box::new(Hostile),
        follow: false,
        keyboard: None,
        cache: None,
        looks: Looks {
            colour: false,
            unicode: false,
        },
        palette: Palette::Plain,
        explain,
        stop: Box::new(|| false),
        write: |_, _| Err("not here".to_owned()),
        suspend: || {},
    });
    // Not reached but for a terminal that cannot be used.
    ExitCode::from(if shown.is_ok() { 3 } else { 4 })
}
