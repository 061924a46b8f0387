//! What can go wrong with the eBPF engine, each in one sentence and with the way out.

use std::path::PathBuf;

/// An error of the eBPF engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel has no BTF.
    #[error("this kernel offers no type information ({path}: {source})", path = path.display())]
    NoBtf {
        /// The file.
        path: PathBuf,
        /// Why it could not be read.
        source: std::io::Error,
    },
    /// The BTF cannot be understood.
    #[error("the kernel's type information cannot be read: {0}")]
    BadBtf(&'static str),
    /// A kernel structure or field is not there.
    #[error("this kernel has no field {structure}.{field}, which the recorder reads")]
    NoField {
        /// Structure.
        structure: &'static str,
        /// Field.
        field: &'static str,
    },
    /// The kernel cannot put one program on many functions.
    #[error("this kernel has no probes on many functions at once (uprobe multi-links)")]
    NoLinks,
    /// bpf(2) is not allowed.
    #[error("the kernel does not let this process trace: {what} is refused: {source}")]
    Denied {
        /// What was tried.
        what: String,
        /// The kernel's answer.
        source: std::io::Error,
    },
    /// The object could not be loaded.
    #[error("the kernel side could not be loaded: {0}")]
    Load(#[from] aya::EbpfError),
    /// A program could not be loaded or attached.
    #[error("the probe {program} could not be {step}: {source}")]
    Program {
        /// Which.
        program: String,
        /// `loaded` or `attached`.
        step: &'static str,
        /// Why.
        source: Box<aya::programs::ProgramError>,
    },
    /// The kernel's verifier takes a program for unsafe: each release of the kernel draws that line elsewhere.
    #[error("the kernel's verifier refuses the probe {program}: {why}")]
    Refused {
        /// Which.
        program: String,
        /// The last words of the verifier's log.
        why: String,
    },
    /// A map is missing or of another kind.
    #[error("the kernel side's table {map}: {source}")]
    Map {
        /// Which.
        map: &'static str,
        /// Why.
        source: Box<aya::maps::MapError>,
    },
    /// A program or map that this release needs is not in the object.
    #[error("the kernel side built into this program lacks {0}: it was built from other sources")]
    Missing(&'static str),
}

impl Error {
    /// What the user can do, one line each.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::NoBtf { .. } => vec![
                "the eBPF engine needs a kernel built with CONFIG_DEBUG_INFO_BTF (6.6 or newer)".into(),
            ],
            Self::Denied { .. } => vec![
                "tracing needs root, or the rights CAP_BPF and CAP_PERFMON".into(),
                "run it as root: sudo vgputrace run -- CMD".into(),
                "or give the program two rights once: sudo setcap cap_bpf,cap_perfmon+ep $(command -v vgputrace)"
                    .into(),
            ],
            Self::NoField { .. }
            | Self::BadBtf(_)
            | Self::NoLinks
            | Self::Program { .. }
            | Self::Refused { .. } => vec![
                "the eBPF engine needs Linux 6.6 or newer on x86-64".into(),
            ],
            Self::Load(_) | Self::Map { .. } | Self::Missing(_) => Vec::new(),
        }
    }
}
