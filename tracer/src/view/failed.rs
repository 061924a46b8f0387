//! Which events say that something went wrong. One rule for the sign in a row, the filter `failed` and the summary.

use crate::event::call::Because;
use crate::event::signal::Signal;
use crate::event::{Errno, Event, Kind};

/// True for an event that reports a failure of what it is about.
#[must_use]
pub fn failed(event: &Event) -> bool {
    match &event.kind {
        Kind::ForkFailed(_)
        | Kind::ExecFailed(_)
        | Kind::Oom(_)
        | Kind::LoaderError(_)
        | Kind::Loss(_) => true,
        Kind::Exit(body) => match &body.signal {
            Some(signal) => is_crash(signal.as_str()) || body.core,
            None => body.code.is_some_and(|code| code != 0),
        },
        Kind::Signal(body) => is_fault(body),
        Kind::Open(body) => error(body.err),
        Kind::Stat(body) => error(body.err),
        Kind::Access(body) => error(body.err),
        Kind::Readlink(body) => error(body.err),
        Kind::Getcwd(body) => error(body.err),
        Kind::List(body) => error(body.err),
        Kind::Chdir(body) => error(body.err),
        Kind::Map(body) => error(body.err),
        Kind::Output(body) => error(body.err),
        Kind::Socket(body) => error(body.err),
        Kind::Library(body) => {
            body.problem.is_some()
                || body.closure.as_ref().is_some_and(|closure| {
                    closure.objects.iter().any(|object| object.file.is_none())
                        || !closure.missing_symbols.is_empty()
                        || !closure.missing_versions.is_empty()
                })
        }
        Kind::Return(body) => body.failed,
        Kind::Unfinished(body) => match body.because {
            Because::Slow => true,
            // Waiting for a connection or a child is how a server sits; it is no failure when the recording ends.
            Because::Exit | Because::End => body.call.is_some(),
            Because::Exec | Because::Unwound => false,
        },
        Kind::Fork(_)
        | Kind::Exec(_)
        | Kind::Compat(_)
        | Kind::Unmap(_)
        | Kind::LateLibrary(_)
        | Kind::Call(_)
        | Kind::Http(_)
        | Kind::Note(_)
        | Kind::End(_)
        | Kind::Unknown(..) => false,
    }
}

/// True for a signal that a fault or abort of the program itself raised.
#[must_use]
pub fn is_fault(signal: &Signal) -> bool {
    signal.address.is_some()
        || signal.at.is_some()
        || signal.name.as_str() == "SIGABRT"
        || (signal.from_pid.is_none() && is_crash(signal.name.as_str()))
}

/// True for the name of a signal whose default is to dump core. SIGKILL, SIGTERM and the like are how one process
/// ends another, and no failure by themselves.
#[must_use]
pub fn is_crash(signal: &str) -> bool {
    matches!(
        signal,
        "SIGSEGV"
            | "SIGBUS"
            | "SIGILL"
            | "SIGFPE"
            | "SIGABRT"
            | "SIGTRAP"
            | "SIGSYS"
            | "SIGQUIT"
            | "SIGXCPU"
            | "SIGXFSZ"
    )
}

/// EINPROGRESS, EINTR and EAGAIN are how a call that goes on answers.
fn error(err: Option<Errno>) -> bool {
    err.is_some_and(|err| !matches!(err.0, 4 | 11 | 115 | 512..=516))
}
