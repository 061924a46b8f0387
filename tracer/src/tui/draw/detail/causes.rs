//! The causes that an event proves, with what to do: what was known by then.

use crate::event::Event;
use crate::tui::state::State;
use crate::tui::state::so_far::{Shown, Standing};
use crate::tui::state::told::{Backend, Told};
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
        lines.extend(of_others(&told, seq, whole));
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
                &backend.verdict
            } else {
                "and then"
            };
            let words = format!("{}: {verdict}{when}: {}", backend.name, cause.sentence);
            lines.push((Role::Failed, words));
            if lines.len() == 1 && !cause.remedy.is_empty() {
                // A sentence and the command that it ends with; the rest is in Overview.
                let command = cause.remedy.get(1).filter(|next| next.starts_with("$ "));
                let first = cause.remedy.first().into_iter().chain(command);
                let words: Vec<&str> = first.map(String::as_str).collect();
                lines.push((Role::Verb, format!("to do: {}", words.join(" "))));
            }
        }
    }
    lines
}

/// What is to be said of models and of the machine. Of the whole, what no event shows is told beside any of them, where no
/// backend has something to show.
fn of_others(told: &Told, seq: u64, whole: bool) -> impl Iterator<Item = (Role, String)> {
    let shows =
        |one: &Backend| !one.aside && one.causes.iter().any(|cause| !cause.events.is_empty());
    let everywhere = whole && !told.backends.iter().any(shows);
    let others = told.models.iter().chain(&told.general);
    others
        .filter(move |one| one.events.contains(&seq) || (one.events.is_empty() && everywhere))
        .map(|cause| (Role::Warning, cause.sentence.clone()))
}
