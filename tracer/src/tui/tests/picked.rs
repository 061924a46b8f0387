//! Filter and search in the views whose rows are events: they keep to those rows, and find those to come.

use super::until_now::{body, of, says};
use super::{Action, Typed, View, screen, settle, state, type_in};
use crate::tui::State;

fn search(state: &mut State, words: &str) {
    state.act(Action::Search);
    type_in(state, words);
    state.type_key(Typed::Enter);
    settle(state);
    if state.head == 0 {
        // It was still looked for when it was asked.
        state.act(Action::NextMatch);
    }
}

fn filter(state: &mut State, words: &str) {
    state.act(Action::Filter);
    state.type_key(Typed::EraseLine);
    type_in(state, words);
    state.type_key(Typed::Enter);
    settle(state);
}

#[test]
fn a_search_finds_what_comes_later_and_stays_with_the_rows_of_the_view() {
    let mut state = state(7);
    settle(&mut state);
    state.go(0);
    // Events of many kinds name the folder; of those that are mappings it stops at each.
    state.act(Action::Show(View::Libraries));
    search(&mut state, "ollama");
    let mappings: Vec<u64> = (0..state.rows())
        .filter_map(|row| state.index_at(row))
        .collect();
    let all = state.search.clone().expect("a search").found;
    let expected: Vec<u64> = mappings
        .into_iter()
        .filter(|index| all.contains(index))
        .collect();
    assert!(expected.len() > 1 && all.len() > expected.len());
    let mut stops = vec![state.head];
    for _ in 0..expected.len() {
        state.act(Action::NextMatch);
        stops.push(state.head);
    }
    assert!(
        state.message.contains("Events has all"),
        "{}",
        state.message
    );
    assert_eq!(stops[..expected.len()], expected);
    state.act(Action::PreviousMatch);
    assert_eq!(state.head, expected[expected.len() - 2]);
    let shown = screen(&mut state, 100, 30);
    assert!(shown.contains("later mapping"), "{shown}");
}

#[test]
fn a_filter_takes_rows_out_and_counts_those_to_come() {
    let mut state = of(says(&[
        "a one\n",
        "b two\n",
        "a three\n",
        "b four\n",
        "a five\n",
    ]));
    state.act(Action::Show(View::Log));
    state.go(0);
    filter(&mut state, "/a .*e/");
    let words = |state: &mut State| -> Vec<String> {
        let lines = body(state, 90, 20);
        let last = lines
            .iter()
            .map(|line| line.rsplit("  ").next().unwrap_or_default().to_owned());
        last.collect()
    };
    let shown = words(&mut state);
    assert!(shown[0].starts_with("… 3 later lines"), "{shown:?}");
    state.act(Action::Down(2));
    assert_eq!(state.head, 3);
    let shown = words(&mut state);
    assert_eq!(shown[..2], ["a one", "a three"]);
    assert!(shown[2].starts_with("… 1 later line:"), "{shown:?}");
    // Processes are no events, and Esc gives the lines back.
    state.act(Action::Show(View::Processes));
    assert_eq!(state.rows(), 1);
    state.act(Action::Show(View::Log));
    filter(&mut state, "nowhere");
    assert_eq!(
        words(&mut state),
        ["nothing matches the filter here; Esc leaves it"]
    );
    for action in [
        Action::Down(1),
        Action::Up(1),
        Action::PageDown,
        Action::First,
        Action::NextMatch,
    ] {
        state.act(action);
        assert_eq!(state.head, 3, "{action:?}");
    }
    state.act(Action::Back);
    assert_eq!(words(&mut state)[..3], ["a one", "b two", "a three"]);
    state.act(Action::Last);
    assert_eq!(state.rows_by_now(), 5);
}

#[test]
fn a_filter_that_has_not_come_to_its_end_does_not_say_that_nothing_matches() {
    let mut state = of(says(&["one\n"; 100]));
    state.act(Action::Show(View::Log));
    state.act(Action::Filter);
    type_in(&mut state, "nowhere");
    state.type_key(Typed::Enter);
    assert_eq!(body(&mut state, 80, 24), ["none so far"]);
    settle(&mut state);
    let lines = body(&mut state, 80, 24);
    assert!(lines[0].starts_with("nothing matches"), "{lines:?}");
}
