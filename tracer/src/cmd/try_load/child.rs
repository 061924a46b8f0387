//! The child: this program once more, with a hidden command, so that LD_LIBRARY_PATH and LD_PRELOAD take effect.
//!
//! It tells its steps as JSON lines on what was its standard output; whatever the library itself writes goes to standard
//! error and is shown as such.

use std::ffi::CString;
use std::io::{Read, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::cmd::Report;
use crate::event::Text;
use crate::sys::load::{self, Credentials};
use crate::view::try_load::{End, Loaded};

/// Bytes of output that are kept.
const OUTPUT: u64 = 64 << 10;
/// Symbols that a backend has (ggml-backend-impl.h).
const SYMBOLS: [&str; 2] = ["ggml_backend_init", "ggml_backend_score"];
/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How long what it wrote is waited for after its end; a process of its own may keep the pipe open.
const REST: Duration = Duration::from_millis(500);

/// One line of the child.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    /// It is about to call dlopen.
    Begin,
    /// dlopen refused.
    Refused { error: Text },
    /// dlopen came back with a handle; which of the known symbols are there.
    Opened { symbols: Vec<String> },
}

/// Starts the child and waits for its end.
pub(super) fn load(
    own: &Path,
    plan: &Plan,
    credentials: Option<Credentials>,
    timeout: Duration,
) -> Result<Loaded, Report> {
    let mut command = Command::new(own);
    command
        .arg("load-here")
        .arg(&plan.library)
        .env_clear()
        .envs(plan.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&plan.cwd)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    load::contain(&mut command, credentials);
    let mut child = command.spawn().map_err(|error| {
        Report::new(format!("cannot start {} for the attempt", own.display()))
            .because(&error)
            .help("the user who tries must be able to execute this file and to enter the working directory")
    })?;
    let steps = child.stdout.take().map(collect);
    let said = child.stderr.take().map(collect);
    let end = wait(&mut child, timeout)
        .map_err(|error| Report::new("cannot wait for the attempt").because(&error))?;
    let text = |receiver: Option<Receiver<Vec<u8>>>| {
        let mut all = Vec::new();
        if let Some(receiver) = receiver {
            let until = Instant::now() + REST;
            while let Ok(piece) =
                receiver.recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                all.extend(piece);
            }
        }
        all
    };
    let steps = text(steps);
    let steps = steps
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Step>(line).ok());
    let mut loaded = Loaded {
        output: Text::from_bytes(&text(said)),
        ..Loaded::default()
    };
    for step in steps {
        match step {
            Step::Begin => loaded.begun = true,
            Step::Refused { error } => loaded.error = Some(error),
            Step::Opened { symbols } => {
                loaded.opened = true;
                loaded.symbols = symbols;
            }
        }
    }
    loaded.end = end;
    Ok(loaded)
}

/// What a pipe brings, piece by piece, up to a limit; the rest is read and thrown away.
fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut left = OUTPUT;
        let mut piece = [0; 4096];
        while let Ok(size @ 1..) = pipe.read(&mut piece) {
            let kept = u64::try_from(size).unwrap_or(0).min(left);
            left -= kept;
            let kept = piece.get(..usize::try_from(kept).unwrap_or(0));
            // Nobody may be waiting any more; the pipe is emptied all the same.
            let _ = sender.send(kept.unwrap_or_default().to_vec());
        }
    });
    receiver
}

fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<End> {
    let until = Instant::now() + timeout;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(ended(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(End::Timeout(timeout.as_secs()));
        }
        std::thread::sleep(LOOK);
    }
}

fn ended(status: ExitStatus) -> End {
    match (status.code(), status.signal()) {
        (Some(code), _) => End::Exit(code),
        (None, Some(number)) => {
            let name = nix::sys::signal::Signal::try_from(number).map_or_else(
                |_| format!("signal {number}"),
                |signal| signal.as_str().to_owned(),
            );
            End::Signal(name)
        }
        (None, None) => End::Exit(-1),
    }
}

/// The child's side.
///
/// # Errors
/// Its descriptors cannot be arranged, or its parent is gone.
pub fn here(library: &Path) -> Result<u8, Report> {
    let fail = |what: &'static str| move |error: nix::Error| Report::new(what).because(&error);
    let tell = nix::unistd::dup(std::io::stdout()).map_err(fail("dup"))?;
    nix::unistd::dup2_stdout(std::io::stderr()).map_err(fail("dup2"))?;
    let mut tell = std::fs::File::from(tell);
    let mut say = |step: &Step| -> Result<(), Report> {
        let mut line = serde_json::to_vec(step)
            .map_err(|error| Report::new("cannot write a step").because(&error))?;
        line.push(b'\n');
        tell.write_all(&line)
            .map_err(|error| Report::new("nobody reads what this child says").because(&error))
    };
    let path = CString::new(library.as_os_str().as_bytes())
        .map_err(|error| Report::new("a path with a NUL").because(&error))?;
    say(&Step::Begin)?;
    match load::open(&path) {
        Ok(handle) => {
            let has = |name: &&&str| CString::new(**name).is_ok_and(|name| handle.has(&name));
            let symbols = SYMBOLS.iter().filter(has).map(|name| (*name).to_owned());
            say(&Step::Opened {
                symbols: symbols.collect(),
            })?;
            load::leave(0)
        }
        Err(words) => {
            say(&Step::Refused {
                error: Text::from_bytes(&words),
            })?;
            load::leave(1)
        }
    }
}
