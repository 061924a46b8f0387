//! The tracers that are compared, and how each is told to watch the same.

use std::ffi::OsString;
use std::process::Command;

use super::place::Place;
use super::subject::Subject;
use crate::{machine, step};

/// A way to run a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    /// Not traced.
    Bare,
    /// bpftrace with programs that do nothing: what the probes alone cost.
    Empty,
    /// The tool.
    Vgputrace,
    /// The tool, by stops instead of probes in the kernel.
    Ptrace,
    Bpftrace,
    PerfTrace,
    StraceSeccomp,
    Strace,
}

/// Calls that `vgputrace run` records, in the words of strace.
const CALLS: &str = "trace=open,openat,openat2,stat,lstat,newfstatat,statx,access,faccessat,faccessat2,readlink,\
    readlinkat,getcwd,chdir,fchdir,mmap,munmap,getdents64,execve,execveat,fork,vfork,clone,clone3,bind,listen,connect,\
    accept,accept4";

impl Peer {
    pub(super) const ALL: [Self; 8] = [
        Self::Bare,
        Self::Empty,
        Self::Vgputrace,
        Self::Ptrace,
        Self::Bpftrace,
        Self::PerfTrace,
        Self::StraceSeccomp,
        Self::Strace,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Empty => "empty probe (bpftrace, `{ }`)",
            Self::Vgputrace => "**vgputrace**",
            Self::Ptrace => "**vgputrace --engine ptrace**",
            Self::Bpftrace => "bpftrace, same probes",
            Self::PerfTrace => "perf trace",
            Self::StraceSeccomp => "strace -f --seccomp-bpf",
            Self::Strace => "strace -f",
        }
    }

    /// The program it needs, and the Debian package that has it.
    fn needs(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Bare | Self::Vgputrace | Self::Ptrace => None,
            Self::Empty | Self::Bpftrace => Some(("bpftrace", "bpftrace")),
            Self::PerfTrace => Some(("perf", "linux-perf")),
            Self::StraceSeccomp | Self::Strace => Some(("strace", "strace")),
        }
    }

    pub(super) fn is_absent(self) -> bool {
        self.needs()
            .is_some_and(|(program, _)| machine::program(program).is_none())
    }

    /// How much slower than untraced a turn is, roughly: loops have that many times fewer turns.
    pub(super) fn divisor(self, subject: &Subject) -> u64 {
        match (self, subject) {
            (Self::Bare | Self::Empty | Self::Vgputrace, _) => 1,
            (Self::Bpftrace | Self::PerfTrace, Subject::Load) => 3,
            (Self::Bpftrace | Self::PerfTrace, _) => 5,
            (_, Subject::Load) => 10,
            _ => 20,
        }
    }

    /// The words that run `target` under this peer; `None` when it cannot see what the subject is about.
    pub(super) fn command(
        self,
        place: &Place,
        subject: &Subject,
        target: &[OsString],
    ) -> Option<Vec<OsString>> {
        let blind = matches!(self, Self::PerfTrace | Self::Strace | Self::StraceSeccomp);
        if blind && matches!(subject, Subject::Symbol) {
            return None;
        }
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let output = place.file("traced");
        let mut command = match self {
            Self::Bare => Vec::new(),
            Self::Vgputrace | Self::Ptrace => {
                let engine = if self == Self::Ptrace {
                    "ptrace"
                } else {
                    "ebpf"
                };
                let trace = place.file("trace.vgt");
                let mut command = vec![place.tool.clone().into_os_string()];
                command.extend(words(&[
                    "run", "--json", "--engine", engine, "-o", &trace, "--",
                ]));
                command
            }
            Self::Strace => words(&["strace", "-f", "-o", &output, "-e", CALLS]),
            Self::StraceSeccomp => {
                words(&["strace", "-f", "--seccomp-bpf", "-o", &output, "-e", CALLS])
            }
            Self::PerfTrace => {
                let calls = subject.calls().join(",");
                let mut command = with_tracefs();
                command.extend(words(&["perf", "trace", "-e", &calls, "-o", &output]));
                command
            }
            Self::Bpftrace | Self::Empty => {
                let script = subject.script(place, self == Self::Empty)?;
                let mut command = with_tracefs();
                command.extend(words(&["bpftrace", "-o", &output, "-e", &script, "-c"]));
                let line: Vec<_> = target.iter().map(|word| word.to_string_lossy()).collect();
                command.push(line.join(" ").into());
                return Some(command);
            }
        };
        command.extend(target.iter().cloned());
        Some(command)
    }
}

/// bpftrace and perf look for tracepoints in tracefs, which not every machine mounts: it is mounted for them alone.
pub(super) fn with_tracefs() -> Vec<OsString> {
    let script = "mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec \"$@\"";
    ["unshare", "-m", "sh", "-c", script, "sh"]
        .map(OsString::from)
        .to_vec()
}

/// Installs the peers that are missing, where that is possible.
pub(super) fn install() {
    let mut packages: Vec<&str> = Peer::ALL
        .into_iter()
        .filter(|peer| peer.is_absent())
        .filter_map(|peer| peer.needs().map(|(_, package)| package))
        .collect();
    packages.dedup();
    if packages.is_empty() || !machine::is_root() || machine::program("apt-get").is_none() {
        return;
    }
    let mut update = Command::new("apt-get");
    update.args(["update", "-q"]);
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-y", "-q", "--no-install-recommends"])
        .args(&packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let label = format!("installing {}", packages.join(", "));
    let done = step::must("updating the package lists", "seconds", &mut update)
        .and_then(|_| step::must(&label, "a minute", &mut install));
    if let Err(error) = done {
        step::say(&format!("bench goes on without: {error:#}"));
    }
}
