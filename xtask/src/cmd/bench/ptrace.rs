//! The ptrace engine's targets: it may not cost more than strace, which stops for the same system calls by the same filter.

use super::peers::Peer;
use super::report::{Report, row};
use super::subject::Subject;

impl Report {
    /// A row for each loop of system calls, and for each bootstrap.
    pub(super) fn ptrace_rows(&self, out: &mut String) -> std::fmt::Result {
        for (index, subject) in self.subjects.iter().enumerate() {
            // strace sees none of its calls.
            if matches!(subject, Subject::Symbol) {
                continue;
            }
            let over = (Peer::Ptrace, Peer::StraceSeccomp);
            let ratio = self.ratio(index, over.0, over.1);
            let best = self.smallest(index, over.0, over.1);
            let what = format!("{}, by ptrace", subject.name());
            let target = "at most strace -f --seccomp-bpf";
            row(out, &what, target, ratio, best, (1.0, "x"))?;
        }
        Ok(())
    }
}
