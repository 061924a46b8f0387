//! A program to run, described once and run in several ways: bare, traced, or started and left running.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::recorded::Recorded;
use crate::running::Running;

/// In front of a command: gives up every right and becomes the user "nobody" of every distribution.
pub const AS_NOBODY: [&str; 6] = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all",
    "--",
];

/// What to run.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    options: Vec<OsString>,
    wrapper: Vec<OsString>,
    folder: Option<PathBuf>,
    output: Option<PathBuf>,
    input: Vec<u8>,
    limit: Duration,
    quiet: bool,
}

/// How a run ended and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// As the parent saw it.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Outcome {
    /// The code as a shell shows it: 128 and the number for a death by signal.
    #[must_use]
    pub fn shell_code(&self) -> i32 {
        self.status
            .code()
            .or_else(|| self.status.signal().map(|signal| 128 + signal))
            .unwrap_or(-1)
    }

    /// Standard output as text.
    #[must_use]
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    #[must_use]
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// Describes a program; ends after a minute at the latest.
#[must_use]
pub fn trace(program: impl AsRef<Path>) -> Target {
    Target {
        program: program.as_ref().to_path_buf(),
        arguments: Vec::new(),
        variables: vec![(
            "PATH".into(),
            "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".into(),
        )],
        options: Vec::new(),
        wrapper: Vec::new(),
        folder: None,
        output: None,
        input: Vec::new(),
        limit: Duration::from_secs(60),
        quiet: true,
    }
}

impl Target {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let arguments = arguments.into_iter().map(|one| one.as_ref().to_owned());
        self.arguments.extend(arguments);
        self
    }

    /// Adds a variable to the environment, which otherwise holds PATH only.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds options of `vgputrace run`.
    #[must_use]
    pub fn options(mut self, options: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let options = options.into_iter().map(|one| one.as_ref().to_owned());
        self.options.extend(options);
        self
    }

    /// Starts the recorder by this command, whose last argument is followed by the recorder's own: `unshare -m`, for
    /// mounts that nobody else sees.
    #[must_use]
    pub fn recorder_under(mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let words = words.into_iter().map(|one| one.as_ref().to_owned());
        self.wrapper = words.collect();
        self
    }

    /// The same by one more command, which runs first.
    #[must_use]
    pub(crate) fn recorder_also_under(mut self, mut words: Vec<OsString>) -> Self {
        words.append(&mut self.wrapper);
        self.wrapper = words;
        self
    }

    /// Starts the program by another that executes it: `prlimit --nofile=64`.
    #[must_use]
    pub fn under(mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut all: Vec<OsString> = words
            .into_iter()
            .map(|one| one.as_ref().to_owned())
            .collect();
        all.push(self.program.clone().into_os_string());
        all.append(&mut self.arguments);
        self.program = all.remove(0).into();
        self.arguments = all;
        self
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn in_folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_path_buf());
        self
    }

    /// Writes the trace here instead of into a temporary folder.
    #[must_use]
    pub fn output(mut self, path: impl AsRef<Path>) -> Self {
        self.output = Some(path.as_ref().to_path_buf());
        self
    }

    /// Standard input; empty otherwise.
    #[must_use]
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
        self
    }

    /// Longest time for the run; then everything is killed and the test fails.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the recorder without `--quiet`, with its summary.
    #[must_use]
    pub const fn talkative(mut self) -> Self {
        self.quiet = false;
        self
    }

    /// Runs it without any recorder.
    ///
    /// # Panics
    /// When it cannot be started or takes too long.
    #[must_use]
    #[track_caller]
    pub fn bare(&self) -> Outcome {
        self.start_bare().finish()
    }

    /// Starts it without any recorder.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    #[track_caller]
    pub fn start_bare(&self) -> Running {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        Running::start(self.set_up(command), &self.input, self.limit, None)
    }

    /// Runs it under `vgputrace run` and reads the trace.
    ///
    /// # Panics
    /// When the recorder cannot be started, takes too long, or left no readable trace.
    #[must_use]
    #[track_caller]
    pub fn run(&self) -> Recorded {
        self.start().record()
    }

    /// Starts it under `vgputrace run`.
    ///
    /// # Panics
    /// When the recorder cannot be started.
    #[must_use]
    #[track_caller]
    pub fn start(&self) -> Running {
        let Some(binary) = crate::binary() else {
            panic!("vgputrace is not built: the test's gate should have said so");
        };
        let mut words = self.wrapper.iter().cloned();
        let mut command = match words.next() {
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(binary);
                command
            }
            None => Command::new(binary),
        };
        command.arg("run");
        if self.quiet {
            command.arg("--quiet");
        }
        let folder = self.output.is_none().then(crate::open_folder);
        let path = match (&self.output, &folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => folder.path().join("run.vgt"),
            (None, None) => PathBuf::from("run.vgt"),
        };
        // A target that asks for an engine gets it.
        let asked = self.options.iter().any(|option| option == "--engine");
        if let Some(engine) = crate::gate::chosen_engine().filter(|_| !asked) {
            command.arg("--engine").arg(engine);
        }
        command.arg("-o").arg(&path).args(&self.options);
        command.arg("--").arg(&self.program).args(&self.arguments);
        Running::start(
            self.set_up(command),
            &self.input,
            self.limit,
            Some((path, folder)),
        )
    }

    fn set_up(&self, mut command: Command) -> Command {
        command.env_clear();
        if !self.quiet {
            // It remembers good runs: not among those of whoever runs the tests.
            command.env("XDG_STATE_HOME", crate::workspace().join("target/state"));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }
}
