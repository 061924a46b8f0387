//! Below the lanes: what the signs mean, the server's limit for this process, and the event under the play head.

use super::signs::{self, Sign};
use crate::tui::digest::lane::{Mark, Work};
use crate::tui::state::State;
use crate::view::line::{Line, Role};
use crate::view::{Looks, amount};

/// Signs and their meaning, on one line of 80 columns.
pub(super) fn meaning(looks: Looks, hidden: usize) -> Line {
    let mut line = Line::new();
    let mut tell = |sign: Sign, what: &str| {
        line.push(sign.role, sign.text).plain(&format!(" {what} "));
    };
    tell(signs::of_work(Work::Walk, looks), "list");
    tell(signs::of_work(Work::Load, looks), "dlopen");
    tell(signs::of_work(Work::Nested, looks), "nested");
    tell(signs::of_work(Work::Init, looks), "start");
    tell(signs::of_work(Work::Driver, looks), "driver");
    tell(signs::of_mark(Mark::Word, looks), "said");
    tell(signs::of_mark(Mark::Failure, looks), "fail");
    tell(signs::of_mark(Mark::Signal, looks), "signal");
    tell(signs::of_mark(Mark::Kill, looks), "kill");
    tell(signs::limit(looks), "limit");
    if hidden > 0 {
        let noun = if hidden == 1 { "process" } else { "processes" };
        let words = format!("{} more {noun}", amount::count(hidden as u64));
        line.push(Role::Dim, &words);
    }
    line
}

/// The line that stands for the processes that come later.
pub(super) fn later(number: usize, looks: Looks) -> Line {
    let noun = if number == 1 { "process" } else { "processes" };
    let words = format!(
        "{} {} later {noun}",
        looks.dots(),
        amount::count(number as u64)
    );
    let mut line = Line::new();
    line.push(Role::Dim, &words);
    line
}

/// How much of the server's limit the process under the play head has used.
pub(super) fn limit(state: &State, number: Option<u32>, now: u64) -> Line {
    let mut line = Line::new();
    let limits = state.limits();
    let own = number.and_then(|number| limits.iter().find(|limit| limit.lanes.contains(&number)));
    let Some(limit) = own else {
        line.push(Role::Dim, "no limit of the server's for this process");
        return line;
    };
    let unicode = state.looks.unicode;
    let whole = limit.at.saturating_sub(limit.from).max(1);
    let used = now.saturating_sub(limit.from);
    let percent = used.saturating_mul(100) / whole;
    let words = format!(
        "{} of {} ({percent} %) that the server waits {}",
        amount::duration(used, unicode),
        amount::duration(whole, unicode),
        limit.what,
    );
    let role = if percent >= 100 {
        Role::Failed
    } else {
        Role::Plain
    };
    line.push(role, &words);
    line
}
