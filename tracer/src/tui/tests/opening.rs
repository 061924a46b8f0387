//! The first screen: what it says beside the cause, and how one comes back to it.

use super::{Action, Made, View, screen, settle};
use crate::diagnose::{Certainty, Explanation, Finding};
use crate::discover::Model;
use crate::discover::model::Evidence;
use crate::event::Seq;
use crate::tui::State;
use crate::view::Looks;

fn finding(rule: &'static str, sentence: &str, event: u64) -> Finding {
    Finding {
        rule,
        stage: "model",
        sentence: sentence.to_owned(),
        missing_object: None,
        missing: Vec::new(),
        certainty: Certainty::Likely,
        evidence: vec![Evidence::event(Seq(event), "here")],
        remedy: vec!["Leave it out:".to_owned(), "$ unset IT".to_owned()],
    }
}

/// A model that is not on the card, and a machine that explains it.
fn of_a_model(_: &Model) -> Explanation {
    Explanation {
        general: vec![finding("VG180", "The machine has no card.", 2)],
        models: vec![finding("VG162", "It was asked for.", 5)],
        cpu_only: true,
        finished: true,
        ..super::explain(&Model::default())
    }
}

fn without_backends(model: &Model) -> Explanation {
    Explanation {
        backends: Vec::new(),
        ..of_a_model(model)
    }
}

fn opened(explain: fn(&Model) -> Explanation) -> State {
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    let mut state = State::new(Box::new(Made::new(5)), looks, explain);
    settle(&mut state);
    state
}

#[test]
fn what_explains_the_whole_stands_above_the_cause() {
    let mut state = opened(of_a_model);
    let first = screen(&mut state, 100, 30);
    let machine = first.find("The machine has no card.");
    let cause = first.find("cuda_v12: failed:");
    assert!(machine.is_some() && machine < cause, "{first}");
    // By there it was not known yet.
    state.act(Action::Down(1));
    let moved = screen(&mut state, 100, 30);
    assert!(!moved.contains("The machine has no card."), "{moved}");
    assert!(moved.contains("── by here: "), "{moved}");
}

#[test]
fn a_model_has_its_remedy_and_says_how_sure_it_is() {
    let mut state = opened(without_backends);
    assert_eq!(state.head, 4);
    let first = screen(&mut state, 100, 30);
    assert!(first.contains("It was asked for. (likely)"), "{first}");
    assert!(first.contains("to do: Leave it out: $ unset IT"), "{first}");
}

#[test]
fn escape_goes_back_to_the_first_screen_from_everywhere() {
    let mut state = opened(of_a_model);
    let first = screen(&mut state, 100, 30);
    for away in [
        Action::Down(3),
        Action::Last,
        Action::First,
        Action::NextFailure,
    ] {
        state.act(away);
        state.act(Action::Back);
        assert_eq!(screen(&mut state, 100, 30), first, "{away:?}");
    }
    // What is on the screen goes first.
    state.act(Action::Down(1));
    state.act(Action::Help);
    state.act(Action::Back);
    assert_eq!(state.head, 4);
    state.act(Action::Back);
    assert_eq!(state.head, 3);
}

#[test]
fn enter_shows_the_event_of_a_row_and_hides_nothing() {
    let mut state = opened(of_a_model);
    let first = screen(&mut state, 100, 30);
    state.act(Action::Open);
    assert_eq!(screen(&mut state, 100, 30), first);
    state.act(Action::Detail);
    state.act(Action::Show(View::Log));
    state.act(Action::Open);
    let shown = screen(&mut state, 100, 30);
    assert!(shown.contains("[3 Events]"), "{shown}");
    assert!(shown.contains("cuda_v12: failed:"), "{shown}");
    state.act(Action::Last);
    state.act(Action::Show(View::Overview));
    state.act(Action::Open);
    assert_eq!(screen(&mut state, 100, 30), first);
}
