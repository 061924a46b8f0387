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

    /// It shows what had happened by the play head, and nothing of later. Events and Timeline have the play head inside:
    /// they are what it is moved on.
    pub(in crate::tui) const fn ends_at_the_play_head(self) -> bool {
        matches!(
            self,
            Self::Log | Self::Processes | Self::Libraries | Self::Calls
        )
    }

    /// Each row is an event, picked by its kind: a filter takes rows out, and a search stops at them. A process is many events.
    pub(in crate::tui) const fn has_rows_that_are_events(self) -> bool {
        matches!(self, Self::Log | Self::Libraries | Self::Calls)
    }
}
