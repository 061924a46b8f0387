//! Which events say that something the program wanted did not happen. A fact about the record, no judgement: most
//! failed opens are a search that goes on.

use super::call::Because;
use super::{Errno, Kind};

impl Kind {
    /// The call, program or load recorded here did not succeed.
    #[must_use]
    pub fn failed(&self) -> bool {
        match self {
            Self::ForkFailed(_) | Self::ExecFailed(_) | Self::Oom(_) | Self::LoaderError(_) => true,
            Self::Exit(exit) => exit.signal.is_some() || exit.code.is_some_and(|code| code != 0),
            // Only a fault carries a place; a signal sent by a process is somebody's success.
            Self::Signal(signal) => signal.address.is_some() || signal.at.is_some(),
            Self::Open(open) => open.err.is_some(),
            Self::Stat(stat) => stat.err.is_some(),
            Self::Access(access) => access.err.is_some(),
            Self::Readlink(readlink) => readlink.err.is_some(),
            Self::Getcwd(getcwd) => getcwd.err.is_some(),
            Self::List(list) => list.err.is_some(),
            Self::Chdir(chdir) => chdir.err.is_some(),
            Self::Map(map) => map.err.is_some(),
            Self::Output(output) => output.err.is_some(),
            Self::Socket(socket) => socket.err.is_some_and(|err| !GOES_ON.contains(&err)),
            Self::Library(library) => {
                library.problem.is_some()
                    || library.closure.as_ref().is_some_and(|closure| {
                        !closure.missing_symbols.is_empty()
                            || !closure.missing_versions.is_empty()
                            || closure.objects.iter().any(|object| object.file.is_none())
                    })
            }
            Self::Return(back) => back.failed,
            // A system call that is waited in is no failure, nor is one that the end of the recording cut.
            Self::Unfinished(open) => {
                open.call.is_some() && matches!(open.because, Because::Slow | Because::Exit)
            }
            Self::Fork(_)
            | Self::Exec(_)
            | Self::Compat(_)
            | Self::Unmap(_)
            | Self::LateLibrary(_)
            | Self::Call(_)
            | Self::Http(_)
            | Self::Loss(_)
            | Self::Note(_)
            | Self::End(_)
            | Self::Unknown(..) => false,
        }
    }
}

/// EAGAIN and EINPROGRESS: a non-blocking socket at work.
const GOES_ON: [Errno; 2] = [Errno(11), Errno(115)];

#[cfg(test)]
mod tests {
    use crate::event::net::Socket;
    use crate::event::process::Exit;
    use crate::event::{Errno, Kind, Text};

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
            })
        };
        assert!(!connect(115).failed());
        assert!(connect(111).failed());
    }
}
