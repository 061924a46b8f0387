//! The command line: clap types, turned into plain props for `cmd`. Decides nothing else and reads no file.

pub mod ab;
pub mod amount;
pub mod attach;
pub mod check;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod expect;
pub mod explain;
pub mod man;
mod recording;
pub mod replay;
pub mod run;
pub mod setup_caps;
pub mod shim;
pub mod show;
#[cfg(test)]
mod tests;
pub mod try_load;

use clap::{CommandFactory, Parser, Subcommand};

/// Records why Ollama did or did not use a GPU backend.
///
/// Every library that is searched, opened and loaded, every word of the dynamic loader, every process, signal and
/// line of output, in order; as a trace that can be read on another machine.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "vgputrace",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
        Ollama is slow or says library=cpu? Start here:\n  \
        vgputrace explain                         reads its newest log and checks what is installed\n  \
        sudo vgputrace run -- ollama serve        records a start, and says why\n\n\
        Examples:\n  \
        vgputrace replay --example crash\n  \
        sudo vgputrace run --like-unit ollama.service\n  \
        sudo vgputrace attach --unit ollama.service --restart\n  \
        vgputrace check\n  \
        vgputrace doctor\n  \
        vgputrace explain run.vgt\n  \
        vgputrace explain server.log\n  \
        vgputrace show --summary run.vgt\n  \
        vgputrace show run.vgt kind:dlopen,loader_error"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run a command and record it and all its children.
    ///
    /// The command gets this terminal, this environment and this working directory. Its output is recorded and not
    /// changed; a summary follows on standard error. Recording needs root, or CAP_BPF and CAP_PERFMON.
    Run(Box<run::Args>),
    /// Record what somebody else starts, or has started: a process, a service, a container, the next start of a program.
    ///
    /// What runs already is told as far as /proc knows it: environment, libraries, children; what it did before is not in the
    /// recording. Ctrl-C ends the recording and leaves everything running.
    Attach(Box<attach::Args>),
    /// Read a trace: as text, as JSON, or summed up.
    ///
    /// Text has one line for each event: seconds since the recording began, process, and what happened; what
    /// happens inside a call is indented below it. Colours are used on a terminal, unless NO_COLOR is set.
    Show(show::Args),
    /// Say why Ollama used or did not use each backend: from a trace, or from a log.
    ///
    /// First a table with one verdict for each backend, then for each that is not used the cause, what proves it, and what to do. Works
    /// on another machine than the recorded one, and without root.
    Explain(explain::Args),
    /// Say where a bad run stops being like a good one.
    ///
    /// The answer in one sentence first; then the verdicts that changed, and all other differences, best explanation first. Either side
    /// may be a trace or a log; only what both can show is compared.
    Diff(diff::Args),
    /// Record a command twice, as it is and with other variables, and say where the two runs part.
    Ab(ab::Args),
    /// Tell whether backends have the verdicts one counts on, for CI and packagers.
    Expect(expect::Args),
    /// Look at a trace in the terminal: events, timeline, log, with a play head.
    ///
    /// Opens at the first cause of failure, with the explanation beside it. The play head is the moment that is looked at: it steps,
    /// plays, and jumps to the next failure, and every view shows what had happened by then. ? shows the keys.
    Replay(replay::Args),
    /// Tell whether recording works here, and what is missing.
    ///
    /// Kernel, rights, limits and costs; then Ollama's library tree, driver libraries, GPUs, device nodes and the service in one
    /// glance, each with the command that mends it. Reads only, starts nothing, works without root.
    Doctor(doctor::Args),
    /// Print the command that lets this program record without root.
    ///
    /// CAP_BPF and CAP_PERFMON on its file: all that eBPF needs. Other users' processes stay closed.
    SetupCaps(setup_caps::Args),
    /// Look at an installed Ollama, with no run at all: which backends could be loaded, and what is missing.
    ///
    /// Finds the library folder as Ollama does, follows what each backend would load as the dynamic loader does with
    /// Ollama's own variables, and looks at driver libraries, GPUs, device nodes and the unit. Reads only, starts nothing,
    /// works without root.
    Check(check::Args),
    /// Load one library as a runner would, in a process of its own, and show every error.
    ///
    /// The process gets the environment of a recorded process, or the one Ollama would give for a backend folder, and
    /// calls dlopen once. What nothing provides is told all at once, then the loader's own words, or the signal. The
    /// library's constructors run, so do this with libraries that Ollama would load anyway.
    Try(try_load::Args),
    /// The virtual GPU's libraries: where programs find them, and how they can fail.
    ///
    /// Driver, NVML, CUDA runtime and cuBLAS for a machine without a GPU, inside this program. Programs find one device, allocate and
    /// copy; kernels do not run. `vgputrace run --shim` uses them for one recording and changes nothing.
    Shim(shim::Args),
    /// Print the completion script for a shell.
    Completions(completions::Args),
    /// Print the manual page, or write all of them to a folder.
    Man(man::Args),
}

/// The whole command line, for completions and manual pages.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
}
