//! The signs of the timeline. Each kind has its own, so nothing is told by colour alone.

use crate::tui::digest::lane::{Mark, Work};
use crate::view::Looks;
use crate::view::line::Role;

/// One column's sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub(super) text: &'static str,
    pub(super) role: Role,
}

const fn pick(looks: Looks, unicode: &'static str, ascii: &'static str, role: Role) -> Sign {
    Sign {
        text: if looks.unicode { unicode } else { ascii },
        role,
    }
}

/// A process is alive.
pub(super) const fn life(looks: Looks) -> Sign {
    pick(looks, "─", "-", Role::Dim)
}

/// It has ended.
pub(super) const fn end(looks: Looks, failed: bool) -> Sign {
    pick(
        looks,
        "┤",
        "]",
        if failed { Role::Failed } else { Role::Dim },
    )
}

/// The server's patience ends.
pub(super) const fn limit(looks: Looks) -> Sign {
    pick(looks, "╎", "|", Role::Warning)
}

/// A stretch was left out.
pub(super) const fn gap(looks: Looks) -> Sign {
    pick(looks, "≈", "~", Role::Dim)
}

/// A process is busy.
pub(super) const fn of_work(work: Work, looks: Looks) -> Sign {
    match work {
        Work::Walk => pick(looks, "░", "w", Role::Dim),
        Work::Load => pick(looks, "▄", "=", Role::Object),
        Work::Nested => pick(looks, "█", "#", Role::Object),
        Work::Init => pick(looks, "▒", "i", Role::Process),
        Work::Driver => pick(looks, "▓", "d", Role::Result),
    }
}

/// Something happened to it.
pub(super) const fn of_mark(mark: Mark, looks: Looks) -> Sign {
    match mark {
        Mark::Word => pick(looks, "·", ".", Role::Plain),
        Mark::Failure => pick(looks, "✗", "!", Role::Failed),
        Mark::Signal => pick(looks, "S", "S", Role::Warning),
        Mark::Kill => pick(looks, "K", "K", Role::Warning),
    }
}
