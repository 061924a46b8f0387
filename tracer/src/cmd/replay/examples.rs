//! Traces that the program carries, so that anybody can see in ten seconds what a trace is. Where they come from:
//! tracer/traces/README.md.

/// A trace that the program carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Example {
    /// A backend that is found, tried again and used.
    Healthy,
    /// A CUDA runtime that lacks the version node that the backend wants.
    VersionNode,
    /// A backend that crashes while it starts.
    Crash,
}

impl Example {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Healthy, Self::VersionNode, Self::Crash];

    /// As it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::VersionNode => "version-node",
            Self::Crash => "crash",
        }
    }

    /// What it shows.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Healthy => "a backend that is found, tried again and used",
            Self::VersionNode => {
                "a CUDA runtime that lacks the version node that the backend wants"
            }
            Self::Crash => "a backend that crashes while it starts",
        }
    }

    /// The file.
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Healthy => include_bytes!("../../../traces/healthy.vgt"),
            Self::VersionNode => include_bytes!("../../../traces/version-node.vgt"),
            Self::Crash => include_bytes!("../../../traces/crash.vgt"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use super::Example;
    use crate::diagnose::{Verdict, explain};
    use crate::discover::events::Discovery;
    use crate::trace::Reader;

    #[test]
    fn each_example_is_whole_and_shows_what_its_title_says() {
        let expected = [
            (Verdict::Used, None),
            (Verdict::Failed, Some("VG054")),
            (Verdict::Failed, Some("VG085")),
        ];
        for (example, (verdict, rule)) in Example::ALL.into_iter().zip(expected) {
            let mut reader =
                Reader::new(Cursor::new(example.bytes()), Path::new(example.name())).unwrap();
            let mut discovery = Discovery::new(reader.header());
            for event in reader.events() {
                discovery.push(&event.unwrap());
            }
            assert!(reader.is_complete(), "{}", example.name());
            let explanation = explain(&discovery.finish());
            let backend = explanation
                .backends
                .iter()
                .find(|one| one.verdict == verdict);
            let cause = backend
                .and_then(|one| one.findings.first())
                .map(|finding| finding.rule);
            assert_eq!(
                (backend.is_some(), cause),
                (true, rule),
                "{}",
                example.name()
            );
        }
    }
}
