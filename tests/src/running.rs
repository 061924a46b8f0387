//! A started program: wait for its words, send it signals, take its end within a time limit.
//!
//! Standard output and error go to files, so that no descendant that lives on can hold a reader up.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use crate::recorded::Recorded;
use crate::target::Outcome;

const TICK: Duration = Duration::from_millis(5);

/// A program that was started, in a process group of its own.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: File,
    stderr: File,
    ends: Instant,
    command: String,
    trace: Option<(PathBuf, Option<TempDir>)>,
}

impl Running {
    #[track_caller]
    pub(crate) fn start(
        mut command: Command,
        input: &[u8],
        limit: Duration,
        trace: Option<(PathBuf, Option<TempDir>)>,
    ) -> Self {
        let words = format!("{command:?}");
        let started = (|| {
            let (stdin, stdout, stderr) = (
                tempfile::tempfile()?,
                tempfile::tempfile()?,
                tempfile::tempfile()?,
            );
            (&stdin).write_all(input)?;
            (&stdin).seek(SeekFrom::Start(0))?;
            command.stdin(Stdio::from(stdin)).process_group(0);
            command.stdout(Stdio::from(stdout.try_clone()?));
            command.stderr(Stdio::from(stderr.try_clone()?));
            Ok::<_, std::io::Error>((command.spawn()?, stdout, stderr))
        })();
        match started {
            Ok((child, stdout, stderr)) => Self {
                child,
                stdout,
                stderr,
                ends: Instant::now() + limit,
                command: words,
                trace,
            },
            Err(error) => panic!("{words}: {error}"),
        }
    }

    /// Where the trace is being written.
    ///
    /// # Panics
    /// For a program that runs bare.
    #[must_use]
    #[track_caller]
    pub fn trace_path(&self) -> &Path {
        match &self.trace {
            Some((path, _)) => path,
            None => panic!("{} runs bare", self.command),
        }
    }

    /// Pid of the started process: the recorder, when there is one.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until standard output holds these words, and returns all of it.
    ///
    /// # Panics
    /// When the time is over.
    #[track_caller]
    pub fn wait_for(&mut self, words: &str) -> String {
        self.wait_until(words, |running| {
            let text = String::from_utf8_lossy(&running.said().0).into_owned();
            text.contains(words).then_some(text)
        })
    }

    /// As [`Self::wait_for`], on standard error.
    ///
    /// # Panics
    /// When the time is over.
    #[track_caller]
    pub fn wait_for_error(&mut self, words: &str) -> String {
        self.wait_until(words, |running| {
            let text = String::from_utf8_lossy(&running.said().1).into_owned();
            text.contains(words).then_some(text)
        })
    }

    /// Waits until `look` finds something.
    ///
    /// # Panics
    /// When the time is over.
    #[track_caller]
    pub fn wait_until<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            if Instant::now() > self.ends {
                self.give_up(&format!("waiting for {what:?}"));
            }
            sleep(TICK);
        }
    }

    /// Standard output so far.
    #[must_use]
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.said().0).into_owned()
    }

    /// Sends a signal to the started process alone.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = pid(self.child.id()) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Sends a signal to the whole process group, as a terminal does for Ctrl-C.
    pub fn signal_group(&self, signal: Signal) {
        if let Some(pid) = pid(self.child.id()) {
            let _ = kill_process_group(pid, signal);
        }
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// When the time is over.
    #[must_use]
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        self.end()
    }

    /// Waits for the recorder's end and reads the trace.
    ///
    /// # Panics
    /// When the time is over or the trace cannot be read.
    #[must_use]
    #[track_caller]
    pub fn record(mut self) -> Recorded {
        let outcome = self.end();
        match self.trace.take() {
            Some((path, folder)) => Recorded::read(outcome, path, folder),
            None => panic!("{} runs bare", self.command),
        }
    }

    #[track_caller]
    fn end(&mut self) -> Outcome {
        let status: ExitStatus = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() > self.ends => self.give_up("waiting for its end"),
                Ok(None) => sleep(TICK),
                Err(error) => panic!("{}: wait: {error}", self.command),
            }
        };
        let (stdout, stderr) = self.said();
        Outcome {
            status,
            stdout,
            stderr,
        }
    }

    /// Standard output and error so far. Reads at its own position: the program shares the file's.
    fn said(&self) -> (Vec<u8>, Vec<u8>) {
        let read = |file: &File| {
            use std::os::fd::AsRawFd;
            let mut bytes = Vec::new();
            // A second opening has a position of its own.
            if let Ok(mut own) = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())) {
                let _ = own.read_to_end(&mut bytes);
            }
            bytes
        };
        (read(&self.stdout), read(&self.stderr))
    }

    #[track_caller]
    fn give_up(&self, what: &str) -> ! {
        self.signal_group(Signal::KILL);
        let (stdout, stderr) = self.said();
        panic!(
            "{}: time is over while {what}\nstdout: {}\nstderr: {}",
            self.command,
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        );
    }
}

impl Drop for Running {
    /// Leaves nothing behind when a test fails in the middle.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal_group(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn pid(raw: u32) -> Option<Pid> {
    i32::try_from(raw).ok().and_then(Pid::from_raw)
}
