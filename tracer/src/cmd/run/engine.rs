//! Which engine records, and what it watches from the start.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Engine, Props, Target};
use crate::cmd::Report;
use crate::cmd::report::{RECORDER, sentence};
use crate::event::Text;
use crate::event::loss::Note;
use crate::source::ebpf::kernel::Kernel;
use crate::source::ebpf::load::Sizes;
use crate::source::ebpf::session::{Options, interest_in};
use crate::source::library::Root;
use crate::source::library::candidates::{Start, candidates};
use crate::source::place::namespace_of;
use crate::source::plan::Interest;
use crate::source::screen::Policy;
use crate::source::session::{Error, Session};
use crate::source::tracker::Settings;
use crate::source::{ebpf, ptrace};
use crate::sys::spawn::Command;

/// Loads the engine and watches every file that the target may use. For an engine that was not asked for, says why it is
/// used.
///
/// # Errors
/// The engine that was asked for is not possible.
pub(super) fn session(
    props: &Props,
    target: &mut Target,
) -> Result<(Session, Option<String>), Report> {
    let (mut session, why) = choose(props).map_err(|error| report(&error))?;
    if let Session::Ptrace(_) = &session {
        target.command.filter = Some(ptrace::filter());
        target.notes.push(Note {
            id: Text::from("engine_ptrace"),
            text: Text::from(cost(why.as_deref())),
        });
        if why.is_some() || !props.quiet {
            say(&format!("vgputrace: {}\n", cost(why.as_deref())));
        }
    }
    watch_candidates(&mut session, &target.command)?;
    Ok((session, why))
}

/// The engine, and why it is another one than the best.
fn choose(props: &Props) -> Result<(Session, Option<String>), Error> {
    match props.engine {
        Engine::Ebpf => Ok((by_ebpf(props)?, None)),
        Engine::Ptrace => Ok((by_ptrace(props)?, None)),
        Engine::Auto => match by_ebpf(props) {
            Ok(session) => Ok((session, None)),
            Err(error) => Ok((by_ptrace(props)?, Some(sentence(&error)))),
        },
    }
}

pub(in crate::cmd) fn by_ptrace(props: &Props) -> Result<Session, Error> {
    Ok(Session::Ptrace(ptrace::Session::new(
        settings(props),
        props.calls,
    )?))
}

pub(in crate::cmd) fn by_ebpf(props: &Props) -> Result<Session, Error> {
    let kernel = Kernel::read()?;
    let options = Options {
        sizes: Sizes::default(),
        settings: settings(props),
        calls: props.calls,
        verbose: props.verbose >= 2,
    };
    let session = ebpf::session::Session::new(&kernel, options)?;
    Ok(Session::Ebpf(Box::new(session), Box::new(kernel)))
}

fn settings(props: &Props) -> Settings {
    Settings {
        environment: if props.all_env_values {
            Policy::All
        } else {
            Policy::Allowlist
        },
        mount_namespace: namespace_of(std::process::id()).unwrap_or(0),
    }
}

/// That ptrace records, and why: it was asked for, or eBPF is not possible.
pub(in crate::cmd) fn taken(why: Option<&str>) -> String {
    match why {
        Some(why) => format!("recording with ptrace instead of eBPF ({why})"),
        None => "recording with ptrace, as asked".to_owned(),
    }
}

/// What the user has to know about ptrace, in one line.
fn cost(why: Option<&str>) -> String {
    let engine = taken(why);
    let privileges = if rustix::process::geteuid().is_root() {
        ""
    } else {
        ", setuid programs below it gain no rights (no_new_privs)"
    };
    format!(
        "{engine}: each recorded call stops the command for a moment{privileges}, and \
         the command ends when the recorder does"
    )
}

/// Watches the files that the target may load.
fn watch_candidates(session: &mut Session, command: &Command) -> Result<(), Report> {
    let value = |name: &str| {
        let found = command.env.iter().find(|(key, _)| key == name)?;
        Some(Text::from_bytes(found.1.as_bytes()))
    };
    let start = Start {
        library_path: value("LD_LIBRARY_PATH"),
        preload: value("LD_PRELOAD"),
        backend_path: value("GGML_BACKEND_PATH"),
        cwd: command
            .cwd
            .clone()
            .or_else(|| std::env::current_dir().ok())
            .unwrap_or_default(),
    };
    let found = candidates(&command.program, &start, &Root::default());
    let named = named_libraries(&command.args, &start.cwd);
    let known = found
        .list
        .iter()
        .map(|candidate| (&candidate.path, interest_in(candidate)));
    let named = named.iter().map(|path| (path, Interest::ByContent));
    for (path, interest) in known.chain(named) {
        session
            .probe(path, interest)
            .map_err(|error| report(&error))?;
    }
    Ok(())
}

/// Libraries that the command line names, or whose folder it names: those of ggml and its backends. Most files a folder
/// is looked through for: the arguments may name anything.
fn named_libraries(args: &[OsString], cwd: &Path) -> Vec<PathBuf> {
    const MOST: usize = 1_000;
    let is_library = |path: &PathBuf| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| {
            name.contains(".so") && (name.contains("ggml") || name.contains("llama"))
        })
    };
    let mut found = Vec::new();
    for path in args.iter().skip(1).map(|arg| cwd.join(arg)) {
        if let Ok(entries) = std::fs::read_dir(&path) {
            found.extend(
                entries
                    .take(MOST)
                    .flatten()
                    .map(|entry| entry.path())
                    .filter(is_library),
            );
        } else if is_library(&path) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// An engine's error for the user.
pub(in crate::cmd) fn report(error: &Error) -> Report {
    let report = Report::from_error(error).code(RECORDER);
    error.help().into_iter().fold(report, Report::help)
}

#[expect(clippy::print_stderr, reason = "the user's word of warning")]
fn say(text: &str) {
    eprint!("{text}");
}
