//! `vgputrace replay`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cmd::replay::{Example, Props};

/// Options of `replay`; what the command does is said at `Command::Replay`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Inside, ? shows the keys: f goes to the next failure, Space plays, / searches,
e filters, Tab turns to the next view, q leaves.

Exit codes:
  0  shown
  2  the trace cannot be read, or this is no terminal

Examples:
  vgputrace replay --example crash     to see what this is
  vgputrace replay run.vgt
  vgputrace replay --follow run.vgt
  vgputrace replay --diff good.vgt bad.vgt")]
pub struct Args {
    /// The trace.
    #[arg(value_name = "TRACE")]
    trace: Option<PathBuf>,

    /// Stay at the end of a trace that is being written.
    #[arg(long, conflicts_with = "example")]
    follow: bool,

    /// A descriptor that leads to the keyboard of the recorded command; `run --tui` gives it.
    #[arg(long, value_name = "FD", requires = "follow", hide = true)]
    keyboard: Option<i32>,

    /// Two traces side by side, locked together, at their first difference.
    #[arg(
        long,
        num_args = 2,
        value_names = ["GOOD", "BAD"],
        conflicts_with_all = ["trace", "follow", "example"]
    )]
    diff: Option<Vec<PathBuf>>,

    /// Show a trace that the program carries; `list` names them.
    #[arg(long, value_name = "NAME", conflicts_with = "trace")]
    example: Option<Name>,
}

/// A trace that the program carries, or all their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    One(Example),
    List,
}

impl ValueEnum for Name {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::One(Example::Healthy),
            Self::One(Example::VersionNode),
            Self::One(Example::Crash),
            Self::List,
        ]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        match self {
            Self::One(example) => example.to_possible_value(),
            Self::List => Some(clap::builder::PossibleValue::new("list").help("Their names")),
        }
    }
}

impl Args {
    /// The same without clap.
    #[must_use]
    pub fn into_props(self) -> Props {
        if let Some([good, bad]) = self.diff.as_deref() {
            return Props::Pair(good.clone(), bad.clone());
        }
        match (self.example, self.trace) {
            (Some(Name::One(example)), _) => Props::Example(example),
            (None, Some(trace)) if self.follow => Props::Follow(trace, self.keyboard),
            (None, Some(trace)) => Props::File(trace),
            (Some(Name::List), _) => Props::List,
            (None, None) => Props::Nothing,
        }
    }
}
