//! The views and their names.

/// The views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Verdicts and the health of the trace.
    Overview,
    /// Lanes over time.
    Timeline,
    /// All events, with the detail of the one under the play head.
    #[default]
    Events,
    /// The words of the processes.
    Log,
    /// The process tree.
    Processes,
    /// Which libraries are mapped.
    Libraries,
    /// The driver's diary.
    Calls,
}

impl View {
    /// All, in the order of their keys.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::Timeline,
        Self::Events,
        Self::Log,
        Self::Processes,
        Self::Libraries,
        Self::Calls,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Timeline => "Timeline",
            Self::Events => "Events",
            Self::Log => "Log",
            Self::Processes => "Processes",
            Self::Libraries => "Libraries",
            Self::Calls => "Calls",
        }
    }
}
