//! Which events say that something the program wanted did not happen. A fact about the record, no judgement: most
//! failed opens are a search that goes on.

use super::call::{Because, Unfinished};
use super::signal::Signal;
use super::{Errno, Kind, Seen, Text};

impl Kind {
    /// The call, program or load recorded here did not succeed.
    #[must_use]
    pub fn failed(&self) -> bool {
        match self {
            Self::ForkFailed(_)
            | Self::ExecFailed(_)
            | Self::Oom(_)
            | Self::LoaderError(_)
            | Self::Loss(_) => true,
            Self::Exit(exit) => match &exit.signal {
                Some(signal) => exit.core || is_crash(signal.as_str()),
                None => exit.code.is_some_and(|code| code != 0),
            },
            Self::Signal(signal) => signal.is_fault(),
            Self::Open(open) => error(open.err),
            Self::Stat(stat) => error(stat.err),
            Self::Access(access) => error(access.err),
            Self::Readlink(readlink) => error(readlink.err),
            Self::Getcwd(getcwd) => error(getcwd.err),
            Self::List(list) => error(list.err),
            Self::Chdir(chdir) => error(chdir.err),
            Self::Ioctl(ioctl) => error(ioctl.err),
            Self::Map(map) => error(map.err),
            Self::Output(output) => error(output.err),
            Self::Socket(socket) => error(socket.err),
            Self::Library(library) => {
                library.problem.is_some()
                    || library.closure.as_ref().is_some_and(|closure| {
                        !closure.missing_symbols.is_empty()
                            || !closure.missing_versions.is_empty()
                            || closure.objects.iter().any(|object| object.file.is_none())
                    })
            }
            Self::Return(back) => back.failed,
            Self::Counted(counted) => counted.failed > 0,
            Self::Unfinished(open) => open.is_telling(),
            Self::Fork(_)
            | Self::Exec(_)
            | Self::Compat(_)
            | Self::Unmap(_)
            | Self::LateLibrary(_)
            | Self::Call(_)
            | Self::Http(_)
            | Self::Root(_)
            | Self::Note(_)
            | Self::End(_)
            | Self::Unknown(..) => false,
        }
    }
}

impl Signal {
    /// A fault or abort of the program itself. A signal that one process sends another is somebody's success.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        let name = self.name.as_str();
        self.address.is_some()
            || self.at.is_some()
            || name == "SIGABRT"
            || (self.from_pid.is_none() && is_crash(name))
    }
}

impl Unfinished {
    /// It hangs, or never came back: a traced function, or a system call about a path. A descriptor is waited on
    /// as a matter of course, and the end of the recording cuts what it cuts.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let path = |about: &Seen<Text>| {
            about
                .value()
                .is_some_and(|text| text.as_str().contains('/'))
        };
        let telling = self.call.is_some() || self.about.as_ref().is_some_and(path);
        telling && matches!(self.because, Because::Slow | Because::Exit)
    }
}

/// True for the name of a signal whose default is to dump core (signal(7)). SIGKILL, SIGTERM and the like are how one
/// process ends another: Ollama ends each discovery runner by SIGKILL.
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

/// EINTR, EAGAIN, EINPROGRESS and the kernel's restarts are how a call answers that goes on.
fn error(err: Option<Errno>) -> bool {
    err.is_some_and(|err| !matches!(err.0, 4 | 11 | 115 | 512..=516))
}

#[cfg(test)]
mod tests {
    use crate::event::call::{Because, Unfinished};
    use crate::event::net::Socket;
    use crate::event::process::Exit;
    use crate::event::{Errno, Kind, Seen, Text};

    #[test]
    fn an_exit_with_code_0_and_a_connect_that_goes_on_are_no_failures() {
        let exit = |code| {
            Kind::Exit(Exit {
                pid: 1,
                code: Some(code),
                signal: None,
                core: false,
            })
        };
        assert!(!exit(0).failed());
        assert!(exit(2).failed());
        let connect = |err| {
            Kind::Socket(Socket {
                call: Text::from("connect"),
                address: None,
                fd: 3,
                err: Some(Errno(err)),
                already: false,
            })
        };
        assert!(!connect(115).failed());
        assert!(connect(111).failed());
    }

    #[test]
    fn being_ended_by_another_process_is_no_crash() {
        let killed = |signal| {
            Kind::Exit(Exit {
                pid: 1,
                code: None,
                signal: Some(Text::from(signal)),
                core: false,
            })
        };
        assert!(!killed("SIGKILL").failed());
        assert!(killed("SIGSEGV").failed());
    }

    #[test]
    fn waiting_on_a_descriptor_is_no_hang_and_waiting_for_a_file_is() {
        let slow = |about: &str| {
            Kind::Unfinished(Unfinished {
                call: None,
                function: Text::from("x"),
                about: Some(Seen::Yes(Text::from(about))),
                because: Because::Slow,
            })
        };
        assert!(!slow("7").failed());
        assert!(slow("/nfs/libggml-cuda.so").failed());
    }
}
