//! What `run` and `attach` have in common: where the trace goes, what is recorded, and how.

use std::path::PathBuf;

use clap::ValueEnum;

use super::amount;
use crate::cmd::run;

/// Smallest trace that holds more than its own header.
const SMALLEST: u64 = 64 * 1024;

/// Options of a recording.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Recording {
    /// Write the trace to this file, which must not exist [default: a dated name in this folder].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Which values of environment variables are recorded.
    ///
    /// Names of secrets (KEY, TOKEN, SECRET, PASS, CRED, AUTH) are never recorded with their value.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = EnvValues::Listed)]
    env_values: EnvValues,

    /// Stop recording at this size of the trace; what is recorded goes on.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", value_parser = trace_size)]
    max_size: u64,

    /// No progress and no summary; errors and warnings only.
    #[arg(short, long)]
    quiet: bool,

    /// Print the summary as one line of JSON.
    #[arg(long)]
    json: bool,

    /// How to record.
    #[arg(long, value_enum, default_value_t = Engine::Auto)]
    engine: Engine,

    /// Which functions of GPU drivers and runtimes are recorded; every process that maps their files pays for the probes.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Calls::Discovery)]
    calls: Calls,

    /// Let every opening of a driver, runtime or backend that is not known yet wait until it is probed, so that no first call
    /// is missed; needs CAP_SYS_ADMIN and slows openings down on the whole machine.
    #[arg(long)]
    hold: bool,

    /// Say more about what the recorder does; twice for the probes' own diagnostics.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Recording {
    /// The same without clap, for a command that nothing is known of yet.
    pub(super) fn into_props(self) -> run::Props {
        run::Props {
            output: self.output,
            timeout: None,
            until: None,
            user: None,
            set_env: Vec::new(),
            unset_env: Vec::new(),
            all_env_values: self.env_values == EnvValues::All,
            max_size: self.max_size,
            tui: false,
            quiet: self.quiet,
            json: self.json,
            engine: self.engine.into(),
            like_unit: None,
            calls: self.calls.into(),
            hold: self.hold,
            virtual_gpu: None,
            verbose: self.verbose,
            command: Vec::new(),
        }
    }
}

/// Which values are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EnvValues {
    /// Those that decide about libraries and GPUs (LD_*, OLLAMA_*, GGML_*, CUDA_* and so on).
    Listed,
    /// All but those of secrets.
    All,
}

/// Which functions of drivers are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Calls {
    /// None: the loader's and ggml's only.
    None,
    /// Those that decide whether a GPU is used.
    Discovery,
    /// All of CUDA's driver and NVML, launches and copies too.
    All,
}

/// How to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// The best that this machine allows.
    Auto,
    /// Programs in the kernel; needs Linux 6.6 or newer.
    Ebpf,
    /// Stops of the command, without any rights; slower, and the command ends with the recorder.
    Ptrace,
}

impl From<Engine> for run::Engine {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Auto => Self::Auto,
            Engine::Ebpf => Self::Ebpf,
            Engine::Ptrace => Self::Ptrace,
        }
    }
}

impl From<Calls> for run::Calls {
    fn from(calls: Calls) -> Self {
        match calls {
            Calls::None => Self::None,
            Calls::Discovery => Self::Discovery,
            Calls::All => Self::All,
        }
    }
}

fn trace_size(text: &str) -> Result<u64, String> {
    let bytes = amount::size(text)?;
    if bytes < SMALLEST {
        return Err("a trace needs at least 64KiB".to_owned());
    }
    Ok(bytes)
}
