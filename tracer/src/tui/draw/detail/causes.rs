//! The causes that an event proves, with what to do: what was known by then.

use crate::diagnose::Certainty;
use crate::event::Event;
use crate::tui::state::State;
use crate::tui::state::so_far::{Shown, Standing};
use crate::tui::state::told::{Backend, Cause, Told};
use crate::view::line::Role;

/// The causes that name this event as their evidence, the first with what to do; where no backend names any event, what is
/// to be said of the machine and of models.
pub(super) fn of(state: &mut State, event: &Event) -> Vec<(Role, String)> {
    let Shown { told, standing } = state.shown();
    let whole = matches!(standing, Standing::Whole | Standing::Opening);
    let seq = event.seq.0;
    let mut lines = Vec::new();
    if standing != Standing::WorkingOut {
        lines = of_backends(&told, seq, "");
    }
    // A failure may say what it means, also where the loader needs some calls more to come back with it.
    if lines.is_empty() && !whole && event.kind.failed() {
        lines = of_backends(&state.told(), seq, " in the end");
    }
    if lines.is_empty() {
        lines = of_others(&told, seq, whole);
    }
    if lines.is_empty() && whole {
        let aside = told.backends.iter().filter(|one| one.aside);
        let causes = aside.flat_map(|backend| &backend.causes);
        let named = causes.filter(|cause| cause.events.contains(&seq));
        lines.extend(named.map(|cause| (Role::Dim, cause.sentence.clone())));
    }
    lines
}

/// `when` stands behind the verdict.
fn of_backends(told: &Told, seq: u64, when: &str) -> Vec<(Role, String)> {
    let mut lines = Vec::new();
    for backend in told.backends.iter().filter(|one| !one.aside) {
        for (at, cause) in backend.causes.iter().enumerate() {
            if !cause.events.contains(&seq) {
                continue;
            }
            let verdict = if at == 0 {
                format!("{}{when}", backend.verdict)
            } else {
                "and then".to_owned()
            };
            let words = format!("{}: {verdict}: {}", backend.name, sentence(cause));
            lines.push((Role::Failed, words));
            if lines.len() == 1 {
                lines.extend(to_do(cause));
            }
        }
    }
    lines
}

/// What is to be said of models and of the machine. Of the whole, what no event shows is told beside any of them, where no
/// backend has something to show.
fn of_others(told: &Told, seq: u64, whole: bool) -> Vec<(Role, String)> {
    let shows =
        |one: &Backend| !one.aside && one.causes.iter().any(|cause| !cause.events.is_empty());
    let everywhere = whole && !told.backends.iter().any(shows);
    let mut lines = Vec::new();
    for cause in told.models.iter().chain(&told.general) {
        if cause.events.contains(&seq) || (cause.events.is_empty() && everywhere) {
            let first = lines.is_empty();
            lines.push((Role::Warning, sentence(cause)));
            lines.extend(to_do(cause).filter(|_| first));
        }
    }
    lines
}

/// The cause, and whether something else could be it.
fn sentence(cause: &Cause) -> String {
    if cause.certainty == Certainty::Likely.name() {
        format!("{} (likely)", cause.sentence)
    } else {
        cause.sentence.clone()
    }
}

/// A sentence and the command that it ends with; the rest is in Overview.
fn to_do(cause: &Cause) -> Option<(Role, String)> {
    let first = cause.remedy.first()?;
    let command = cause.remedy.get(1).filter(|next| next.starts_with("$ "));
    let words = command.map_or_else(|| first.clone(), |command| format!("{first} {command}"));
    Some((Role::Verb, format!("to do: {words}")))
}
