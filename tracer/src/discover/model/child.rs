//! One process of an attempt: what it was given, what it did, how it ended.

use crate::event::call::Site;
use crate::event::process::EnvVar;
use crate::event::{Errno, Hex, Proc, Seq, Text};

use super::{Answer, Evidence, Folder, Init, Load, Search, Words};
use crate::discover::role::Role;

/// One process that tried to use backends.
#[derive(Clone, Debug)]
pub struct Child {
    /// What it is.
    pub role: Role,
    /// Its process; `None` in a log, or when it could not be made.
    pub process: Option<Proc>,
    /// Raw pid; 0 when not known.
    pub pid: u32,
    /// The program and its arguments.
    pub argv: Vec<Text>,
    /// Its environment, as far as it was kept.
    pub env: Vec<EnvVar>,
    /// All of its environment was seen.
    pub env_whole: bool,
    /// Its working directory.
    pub cwd: Text,
    /// Effective user id; `None` when not known.
    pub uid: Option<u32>,
    /// Effective group id; `None` when not known.
    pub gid: Option<u32>,
    /// The loader ignores LD_LIBRARY_PATH and LD_PRELOAD.
    pub secure: bool,
    /// How it came to be, or why not.
    pub spawn: Spawn,
    /// The event of its exec.
    pub exec: Option<Seq>,
    /// When its program began and when it ended, nanoseconds of CLOCK_BOOTTIME; 0 when not known.
    pub begun: u64,
    /// See `begun`.
    pub ended: u64,
    /// Folders it listed itself, with what it saw in each. One entry a folder.
    pub walked: Vec<Folder>,
    /// How often each folder of `walked` was listed, in the same order.
    pub walks: Vec<u32>,
    /// Loads of ggml backends by dlopen, and of drivers and runtimes, in order. CPU variants are in it too.
    pub loads: Vec<Load>,
    /// The loader's words outside any dlopen: before main (missing library of the program, preload), lazy binding.
    pub loader_words: Vec<Words>,
    /// Symbols asked by dlsym that were not there.
    pub missed_symbols: Vec<Symbol>,
    /// Objects named in LD_PRELOAD or /etc/ld.so.preload that were mapped or could not be.
    pub preloaded: Vec<Text>,
    /// Files of libraries that were mapped executable, in order of the first mapping, each once, with where it was seen.
    /// A file that is mapped says which one answered to its soname.
    pub mapped: Vec<(Text, Seq)>,
    /// How the loader looked for each name, in order. Empty in a log.
    pub searches: Vec<Search>,
    /// Calls of `ggml_backend_init` and what came of them.
    pub inits: Vec<Init>,
    /// The backends that were registered, with where that was seen: by name (`CUDA`, `CPU`) in a log, by file in a trace.
    pub registered: Vec<Said>,
    /// Calls of drivers, runtimes and NVML, in order; at most some thousands.
    pub calls: Vec<DriverCall>,
    /// What it said on standard output and error, in whole lines that matter.
    pub said: Vec<Said>,
    /// Files it could not open or make, that matter to the verdict (temporary file, device nodes, sockets, and what the driver
    /// looked for while it started).
    pub refused: Vec<(Errno, Evidence)>,
    /// It listened, and no connection came until its end: where.
    pub unasked: Option<Evidence>,
    /// Device nodes of GPUs and resources of PCI devices that it opened; some of them, where it opened many.
    pub opened_devices: Vec<Evidence>,
    /// What it told the server.
    pub answer: Option<Answer>,
    /// Faults and fatal signals.
    pub crashes: Vec<Crash>,
    /// How it ended.
    pub end: End,
    /// A call that had not come back when it ended or when the recording ended: what hung.
    pub hanging: Option<Evidence>,
    /// The library whose constructor was running when it ended.
    pub constructor: Option<Text>,
}

impl Child {
    /// A process of which nothing is known but its role.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            role,
            process: None,
            pid: 0,
            argv: Vec::new(),
            env: Vec::new(),
            env_whole: false,
            cwd: Text::default(),
            uid: None,
            gid: None,
            secure: false,
            spawn: Spawn::default(),
            exec: None,
            begun: 0,
            ended: 0,
            walked: Vec::new(),
            walks: Vec::new(),
            loads: Vec::new(),
            loader_words: Vec::new(),
            missed_symbols: Vec::new(),
            preloaded: Vec::new(),
            mapped: Vec::new(),
            searches: Vec::new(),
            inits: Vec::new(),
            registered: Vec::new(),
            calls: Vec::new(),
            said: Vec::new(),
            refused: Vec::new(),
            unasked: None,
            opened_devices: Vec::new(),
            answer: None,
            crashes: Vec::new(),
            end: End::default(),
            hanging: None,
            constructor: None,
        }
    }
}

/// How a process came to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Spawn {
    /// The program runs.
    #[default]
    Done,
    /// fork, clone or vfork failed.
    ForkFailed(Errno, Evidence),
    /// exec failed.
    ExecFailed(Errno, Evidence),
    /// The server said that it could not start it; nothing else is known (a log).
    Failed(Evidence),
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum End {
    /// Not seen: it was running when the recording ended, or the log does not tell.
    #[default]
    Unknown,
    /// It ended by itself.
    Exit(u8, Option<Evidence>),
    /// The server killed it: the normal end of a runner and of the brief start.
    KilledByServer {
        /// Before it had answered: out of time.
        before_answer: bool,
        /// Nanoseconds it had been running.
        after: u64,
        /// Where.
        seen: Option<Evidence>,
    },
    /// The kernel's out-of-memory killer.
    OutOfMemory(Option<Evidence>),
    /// A signal of somebody else, or its own: name, who, where.
    Signal {
        /// `SIGKILL`; empty in a log that tells only that it was some signal.
        name: Text,
        /// Command name or role of the sender, where it is known.
        by: Option<Text>,
        /// Where.
        seen: Option<Evidence>,
    },
}

/// A fault or an abort.
#[derive(Clone, Debug, PartialEq)]
pub struct Crash {
    /// `SIGSEGV`, `SIGABRT`.
    pub signal: Text,
    /// The address that was accessed.
    pub address: Option<Hex>,
    /// Where the program was.
    pub at: Option<Site>,
    /// Traced functions that were open on that thread, innermost first.
    pub inside: Vec<Text>,
    /// The library whose constructor was running, if one was.
    pub constructor: Option<Text>,
    /// Where it was seen.
    pub seen: Evidence,
}

/// A call of a driver, a runtime or NVML.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverCall {
    /// `cuda`, `nvml`, `cudart`, `hip`, `vulkan`, `cublas`.
    pub api: Text,
    /// `cuInit`.
    pub function: Text,
    /// The file that provides it.
    pub of: Option<Text>,
    /// Result by name (`CUDA_ERROR_NO_DEVICE`), or the number as text; empty while it has not come back.
    pub result: Text,
    /// The result as a number, where it is known.
    pub code: Option<i64>,
    /// The call failed, by the function's table.
    pub failed: bool,
    /// Outputs and arguments that matter, name and value in words.
    pub values: Vec<(Text, Text)>,
    /// Nanoseconds it took; `None` while it has not come back.
    pub took: Option<u64>,
    /// The object that called.
    pub from: Option<Text>,
    /// The event of the call; in a log the number of the line (`Model::at`).
    pub seq: Seq,
}

/// A line of a child.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The line without its end.
    pub text: Text,
    /// Where it was written.
    pub seen: Evidence,
}

/// A symbol that was asked for in vain.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol {
    /// Its name.
    pub name: Text,
    /// The file it was asked of, where it is known.
    pub of: Option<Text>,
    /// Where.
    pub seen: Evidence,
}
