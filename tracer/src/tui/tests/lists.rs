//! Lists: names of processes, texts that go on beyond the screen, clicks into rows.

use super::{Action, Made, State, View, explain, screen, settle, state};
use crate::event::{Kind, Text};
use crate::tui::digest::MAX_INDICES;
use crate::view::Looks;

/// The row of the screen with these words.
fn row_with(shown: &str, words: &str) -> String {
    let row = shown.lines().find(|line| line.contains(words));
    row.unwrap_or_else(|| panic!("no {words:?}:\n{shown}"))
        .to_owned()
}

#[test]
fn events_name_the_role_of_their_process_as_far_as_there_is_room() {
    let mut state = state(7);
    settle(&mut state);
    let wide = screen(&mut state, 120, 30);
    assert!(row_with(&wide, "runner[").contains(" pass 1"), "{wide}");
    let small = screen(&mut state, 80, 30);
    assert!(!row_with(&small, "runner[").contains(" pass 1"), "{small}");
    let column = screen(&mut state, 50, 30);
    assert!(!column.contains("runner["), "{column}");
    assert!(column.contains("p1.1 "), "{column}");
}

#[test]
fn a_text_is_moved_sideways_and_its_time_and_process_stay() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::First);
    let before = screen(&mut state, 80, 30);
    state.act(Action::Later);
    let after = screen(&mut state, 80, 30);
    let first = |shown: &str| shown.lines().nth(1).unwrap_or_default().to_owned();
    let (before, after) = (first(&before), first(&after));
    let columns = |line: &str, from: usize, to: usize| -> String {
        line.chars().skip(from).take(to - from).collect()
    };
    // One more for the quote that the picture puts around each line.
    assert_eq!(columns(&before, 0, 37), columns(&after, 0, 37));
    assert_eq!(columns(&before, 45, 80), columns(&after, 37, 72));
    state.act(Action::Earlier);
    state.act(Action::Earlier);
    assert_eq!(first(&screen(&mut state, 80, 30)), before);
}

#[test]
fn processes_show_their_role_and_end_before_their_command() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Last);
    state.act(Action::Show(View::Processes));
    let shown = screen(&mut state, 80, 24);
    let server = row_with(&shown, "p1 ");
    let at = |words: &str| server.find(words).unwrap_or(usize::MAX);
    assert!(at("server") < at("ollama serve"), "{server}");
    assert!(row_with(&shown, "runner[").contains("after"), "{shown}");
}

#[test]
fn a_line_of_the_log_does_not_repeat_its_time() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Last);
    state.act(Action::Show(View::Log));
    let shown = screen(&mut state, 120, 24);
    assert!(shown.contains("level="), "{shown}");
    assert!(!shown.contains("time="), "{shown}");
}

/// The made recording whose calls of `ggml_backend_init` are calls of a driver.
fn with_driver_calls() -> (State, usize) {
    let mut made = Made::new(7);
    let mut calls = 0;
    for event in made.frames.iter_mut().flatten() {
        if let Kind::Call(call) = &mut event.kind
            && call.api.as_str() == "ggml"
        {
            call.api = Text::from("cuda");
            calls += 1;
        }
    }
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    (State::new(Box::new(made), looks, explain), calls)
}

#[test]
fn calls_beyond_the_most_that_are_kept_are_counted() {
    let (mut all, calls) = with_driver_calls();
    settle(&mut all);
    assert!(calls > 0);
    assert_eq!((all.digest.calls.len(), all.digest.more_calls), (calls, 0));
    let (mut full, _) = with_driver_calls();
    full.digest.calls = vec![0; MAX_INDICES];
    settle(&mut full);
    full.act(Action::Last);
    full.act(Action::Show(View::Calls));
    let shown = screen(&mut full, 100, 20);
    let words = format!("{calls} more are not kept");
    assert!(row_with(&shown, "calls of").contains(&words), "{shown}");
}

#[test]
fn a_click_selects_the_row_under_the_mouse() {
    let mut state = state(7);
    settle(&mut state);
    for view in [View::Events, View::Log, View::Libraries, View::Processes] {
        state.act(Action::Last);
        state.act(Action::Show(view));
        let shown = screen(&mut state, 100, 30);
        // Libraries and others have a title above their rows.
        let title = u16::from(view != View::Events);
        let index = state.index_at(state.top + 2);
        state.act(Action::Click {
            row: 2 + title,
            column: 5,
        });
        if let Some(index) = index {
            assert_eq!(state.head, index, "{view:?}:\n{shown}");
        }
        let head = state.head;
        state.act(Action::Click { row: 27, column: 5 });
        if view == View::Events {
            assert_eq!(state.head, head, "a click into the detail moves nothing");
        }
    }
    state.act(Action::Show(View::Overview));
    let head = state.head;
    state.act(Action::Click { row: 3, column: 5 });
    assert_eq!(state.head, head);
}

#[test]
fn processes_that_work_for_a_backend_are_visited_in_order() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::First);
    let mut visited = Vec::new();
    for _ in 0..100 {
        state.act(Action::NextBackend);
        if !state.message.is_empty() {
            break;
        }
        visited.push(state.head);
    }
    let roles = state.roles();
    let order = state.digest.order.iter();
    let expected: Vec<u64> = order
        .filter(|lane| roles.get(&lane.1).is_some_and(|role| role.contains('[')))
        .map(|lane| lane.0)
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(visited, expected);
    state.act(Action::PreviousBackend);
    assert_eq!(state.head, expected[expected.len() - 2]);
}

#[test]
fn the_keys_of_every_view_fit_the_smallest_screen() {
    let mut state = state(7);
    settle(&mut state);
    state.act(Action::Help);
    for view in View::ALL {
        state.act(Action::Show(view));
        let (small, wide) = (screen(&mut state, 80, 24), screen(&mut state, 200, 60));
        let keys = |shown: &str| -> Vec<String> {
            let lines = shown.lines().map(|line| line.trim_matches(['"', ' ']));
            let lines = lines.skip(1).take_while(|line| !line.is_empty());
            let lines = lines.take_while(|line| !line.starts_with('‖'));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(keys(&small), keys(&wide), "{view:?}");
        assert!(small.contains("suspend, quit"), "{view:?}: {small}");
    }
}
