//! The child: the loader program that this one carries, so that the system's own loader does the work, with LD_LIBRARY_PATH and
//! LD_PRELOAD, even where this program is a static binary.
//!
//! It tells its steps on what was its standard output (`shim/load`); whatever the library itself writes goes to standard error
//! and is shown as such.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};

use super::Plan;
use crate::cmd::Report;
use crate::event::Text;
use crate::sys::load::{Below, Credentials, contain};
use crate::view::try_load::{End, Loaded};

/// Bytes of output that are kept.
const OUTPUT: u64 = 64 << 10;
/// Symbols that a backend has (ggml-backend-impl.h).
const SYMBOLS: [&str; 2] = ["ggml_backend_init", "ggml_backend_score"];
/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// How long what it wrote is waited for after its end; a process of its own may keep the pipe open.
const REST: Duration = Duration::from_millis(500);

/// The loader program, as a file in memory: it needs no folder that is writable and executable.
pub(super) struct Loader(File);

impl Loader {
    /// Makes it.
    pub(super) fn new() -> Result<Self, Report> {
        let failed = "cannot make a file in memory for the attempt";
        let file = memfd_create("vgpu_load", MemfdFlags::CLOEXEC)
            .map_err(|error| Report::new(failed).because(&error))?;
        let mut file = File::from(file);
        file.write_all(vgputrace_bundle::LOADER)
            .map_err(|error| Report::new(failed).because(&error))?;
        Ok(Self(file))
    }

    /// Its path in this process, and in a child until it executes something.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

/// Starts the child and waits for its end.
pub(super) fn load(
    loader: &Loader,
    plan: &Plan,
    credentials: Option<Credentials>,
    timeout: Duration,
) -> Result<Loaded, Report> {
    let mut command = Command::new(loader.path());
    command
        .arg(&plan.library)
        .args(SYMBOLS)
        .env_clear()
        .envs(plan.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let below = match &plan.root {
        Some(root) => Some(below(loader, plan, root).map_err(|error| {
            Report::new(format!("cannot go into {}", root.display())).because(&error)
        })?),
        None => {
            command.current_dir(&plan.cwd);
            None
        }
    };
    contain(&mut command, credentials, below);
    let mut child = command.spawn().map_err(|error| {
        Report::new("cannot start the attempt")
            .because(&error)
            .help("it needs /proc, this system's /lib64/ld-linux-x86-64.so.2, and a working directory that its user may enter")
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
    let mut loaded = Loaded {
        output: Text::from_bytes(&text(said)),
        ..Loaded::default()
    };
    understand(&steps, &mut loaded);
    loaded.end = end;
    Ok(loaded)
}

/// The same attempt below the root of another process.
fn below(loader: &Loader, plan: &Plan, root: &Path) -> std::io::Result<Below> {
    let word = |text: &OsStr| CString::new(text.as_bytes()).map_err(std::io::Error::from);
    let mut arguments = vec![
        word(OsStr::new("vgpu_load"))?,
        word(plan.library.as_os_str())?,
    ];
    for symbol in SYMBOLS {
        arguments.push(word(OsStr::new(symbol))?);
    }
    let mut environment = Vec::new();
    for (name, value) in &plan.environment {
        let mut pair = name.clone();
        pair.push("=");
        pair.push(value);
        environment.push(word(&pair)?);
    }
    let cwd = word(plan.cwd.as_os_str())?;
    let program = loader.0.try_clone()?;
    Ok(Below::new(
        File::open(root)?,
        cwd,
        program,
        arguments,
        environment,
    ))
}

/// The words of the loader program.
fn understand(steps: &[u8], loaded: &mut Loaded) {
    let Some(rest) = steps.strip_prefix(b"begin\n") else {
        return;
    };
    loaded.begun = true;
    if let Some(error) = rest.strip_prefix(b"refused\n") {
        loaded.error = Some(Text::from_bytes(error));
    } else if let Some(symbols) = rest.strip_prefix(b"opened\n") {
        loaded.opened = true;
        let lines = symbols.split(|byte| *byte == b'\n');
        let known =
            lines.filter_map(|line| SYMBOLS.into_iter().find(|name| name.as_bytes() == line));
        loaded.symbols = known.map(str::to_owned).collect();
    }
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

#[cfg(test)]
mod tests {
    use super::understand;
    use crate::view::try_load::Loaded;

    fn understood(steps: &[u8]) -> (bool, bool, Option<String>, Vec<String>) {
        let mut loaded = Loaded::default();
        understand(steps, &mut loaded);
        let error = loaded.error.map(|error| error.as_str().to_owned());
        (loaded.begun, loaded.opened, error, loaded.symbols)
    }

    #[test]
    fn each_way_to_end_is_understood() {
        assert_eq!(understood(b""), (false, false, None, vec![]));
        assert_eq!(understood(b"begin\n"), (true, false, None, vec![]));
        let refused = (true, false, Some("a\nb".to_owned()), vec![]);
        assert_eq!(understood(b"begin\nrefused\na\nb"), refused);
        let symbols = vec!["ggml_backend_init".to_owned()];
        let opened = (true, true, None, symbols);
        assert_eq!(
            understood(b"begin\nopened\nggml_backend_init\nother\n"),
            opened
        );
    }
}
