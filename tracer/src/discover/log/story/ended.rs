//! How a process ended, in the words of Go's os/exec and syscall packages.

use crate::discover::model::{End, Evidence};
use crate::event::Text;

/// Signals as Go's os.ProcessState names them (syscall/zerrors_linux_amd64.go), and the numbers of Windows' exceptions.
const SIGNALS: &[(&str, &str)] = &[
    ("segmentation fault", "SIGSEGV"),
    ("aborted", "SIGABRT"),
    ("bus error", "SIGBUS"),
    ("illegal instruction", "SIGILL"),
    ("floating point exception", "SIGFPE"),
    ("killed", "SIGKILL"),
    ("terminated", "SIGTERM"),
    ("trace/breakpoint trap", "SIGTRAP"),
    ("bad system call", "SIGSYS"),
    ("hangup", "SIGHUP"),
    ("interrupt", "SIGINT"),
    ("c0000005", "access violation (0xc0000005)"),
    ("c000001d", "illegal instruction (0xc000001d)"),
    ("c0000135", "a DLL was not found (0xc0000135)"),
    ("c0000139", "a DLL lacks a function (0xc0000139)"),
    ("c0000142", "a DLL failed to start (0xc0000142)"),
    ("c0000409", "abort (0xc0000409)"),
];

/// `exit status 127`, `signal: segmentation fault (core dumped)`.
pub(super) fn ended(text: &str, seen: &Evidence) -> End {
    let seen = Some(seen.clone());
    if let Some(code) = text
        .strip_prefix("exit status ")
        .and_then(|code| code.parse().ok())
    {
        return End::Exit(code, seen);
    }
    // An exception of Windows ends a process with its number.
    let exception = text
        .strip_prefix("exit status 0x")
        .and_then(|rest| rest.split(':').next());
    let Some(signal) = text.strip_prefix("signal: ").or(exception) else {
        return End::Unknown;
    };
    let words = signal.trim_end_matches(" (core dumped)");
    let name = SIGNALS.iter().find(|(known, _)| *known == words);
    End::Signal {
        name: Text::from(name.map_or(words, |(_, name)| *name)),
        by: None,
        seen,
    }
}

/// The program of `fork/exec PROGRAM: why`.
pub(super) fn program_of(error: &str) -> Text {
    let program = error
        .strip_prefix("fork/exec ")
        .and_then(|rest| rest.rsplit_once(": "));
    Text::from(program.map_or("", |(program, _)| program))
}

#[cfg(test)]
mod tests {
    use super::{ended, program_of};
    use crate::discover::model::{End, Evidence};

    #[test]
    fn codes_signals_and_exceptions_are_told_apart() {
        let seen = Evidence::line(1, "x");
        assert!(matches!(ended("exit status 127", &seen), End::Exit(127, _)));
        for (text, expected) in [
            ("signal: segmentation fault (core dumped)", "SIGSEGV"),
            ("signal: something new", "something new"),
            (
                "exit status 0xc0000005: The instruction at 0xp",
                "access violation (0xc0000005)",
            ),
        ] {
            let end = ended(text, &seen);
            assert!(
                matches!(&end, End::Signal { name, .. } if name.as_str() == expected),
                "{end:?}"
            );
        }
        assert_eq!(ended("context deadline exceeded", &seen), End::Unknown);
        assert_eq!(
            program_of("fork/exec /a b/c: permission denied").as_str(),
            "/a b/c"
        );
        assert!(program_of("other").is_empty());
    }
}
