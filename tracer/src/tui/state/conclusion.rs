//! What the rules say of a fold: drawn at once, or on a thread of its own while the screen goes on.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Explain;
use super::told::Told;
use crate::discover::events::Discovery;

/// How long somebody who has nothing else to do waits before he looks at the keys again.
const MOMENT: Duration = Duration::from_millis(5);

/// What the rules have where they run otherwise, in bytes: the first thread's stack (setrlimit(2), RLIMIT_STACK).
const STACK: usize = 8 << 20;

/// What is told of the events of a fold; `damaged` when the recording does not have them all.
pub(super) fn draw(fold: &Discovery, damaged: bool, explain: Explain) -> Told {
    let mut model = fold.finish();
    model.blind.damaged = damaged;
    Told::so_far(&explain(&model), &model)
}

/// A conclusion that is being drawn.
#[derive(Debug)]
pub(super) struct Drawing {
    /// Events of the fold.
    until: u64,
    thread: JoinHandle<Told>,
}

impl Drawing {
    /// Begins.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn begin(
        fold: &Arc<Discovery>,
        until: u64,
        damaged: bool,
        explain: Explain,
    ) -> io::Result<Self> {
        let fold = Arc::clone(fold);
        let builder = thread::Builder::new()
            .name("conclusion".to_owned())
            .stack_size(STACK);
        let thread = builder.spawn(move || draw(&fold, damaged, explain))?;
        Ok(Self { until, thread })
    }

    /// The events it is about and what is told of them, once it is drawn; waits a moment for it.
    ///
    /// # Errors
    /// It is not drawn yet.
    pub(super) fn wait(self) -> Result<(u64, Told), Self> {
        if !self.thread.is_finished() {
            thread::sleep(MOMENT);
        }
        if !self.thread.is_finished() {
            return Err(self);
        }
        match self.thread.join() {
            Ok(told) => Ok((self.until, told)),
            // A fault of the rules ends the viewer wherever they run.
            Err(fault) => std::panic::resume_unwind(fault),
        }
    }
}
