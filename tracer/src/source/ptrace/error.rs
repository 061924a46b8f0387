//! What can go wrong with the ptrace engine.

/// An error of the ptrace engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel does not let this process trace its child.
    #[error("the kernel does not let this process trace its own child: {0}")]
    Denied(std::io::Error),
    /// The kernel refuses a process that runs.
    #[error("the kernel does not let this process trace process {pid}: {source}")]
    NotAllowed {
        /// Which.
        pid: u32,
        /// The kernel's answer.
        source: std::io::Error,
    },
    /// Something of the recorder's own could not be made.
    #[error("{what}: {source}")]
    Start {
        /// What.
        what: &'static str,
        /// The kernel's answer.
        source: std::io::Error,
    },
}

impl Error {
    /// What the user can do, one line each.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::Denied(_) => vec![
                "something forbids ptrace: kernel.yama.ptrace_scope (2 wants CAP_SYS_PTRACE, 3 forbids all), a container's seccomp profile, or another tracer"
                    .into(),
            ],
            Self::NotAllowed { .. } => vec![
                "a process of another user needs root; with kernel.yama.ptrace_scope=1 one's own does too (sudo); a process has one tracer at most"
                    .into(),
            ],
            Self::Start { .. } => Vec::new(),
        }
    }
}
