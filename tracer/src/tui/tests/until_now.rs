//! What had happened by the play head, and no more: rows that come later are counted in one line, and whoever goes on sees them.

use ratatui::crossterm::event::{Event as Input, KeyModifiers, MouseEvent, MouseEventKind};

use super::{Action, Made, Typed, View, explain, screen, settle, state, type_in};
use crate::event::{Event, Seq};
use crate::tui::State;
use crate::view::Looks;
use crate::view::samples::{bootstrap, event, wrote};

/// The views that end at the play head.
const VIEWS: [View; 4] = [View::Log, View::Processes, View::Libraries, View::Calls];

fn of(made: Made) -> State {
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    let mut state = State::new(Box::new(made), looks, explain);
    settle(&mut state);
    state
}

/// A process that says these things, each in one piece.
fn says(texts: &[&str]) -> Made {
    let mut events: Vec<Event> = bootstrap::events().into_iter().take(1).collect();
    for text in texts {
        let seq = events.len() as u64 + 1;
        events.push(event(seq, seq * 1_000, "p1.1", wrote(2, text)));
    }
    let mut made = Made::new(1);
    made.frames = events.chunks(2).map(<[Event]>::to_vec).collect();
    made
}

/// The lines of the body below the title that are not empty.
fn body(state: &mut State, width: u16, height: u16) -> Vec<String> {
    let shown = screen(state, width, height);
    let lines = shown.lines().skip(2).take(usize::from(height) - 4);
    let lines = lines.map(|line| line.trim_matches(['"', ' ']).to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

fn counts(line: &str) -> bool {
    line.starts_with('…') && line.contains(" later ")
}

#[test]
fn wherever_the_play_head_is_the_rows_until_there_are_shown_and_those_to_come_are_counted() {
    let mut state = state(7);
    settle(&mut state);
    for view in VIEWS {
        state.act(Action::Show(view));
        let rows = state.rows();
        for head in (0..state.book.total()).chain((0..state.book.total()).rev()) {
            state.go(head);
            let mut lines = body(&mut state, 100, 30);
            let last = lines.pop_if(|line| counts(line));
            if rows == 0 {
                assert_eq!(lines, ["none in this recording"], "{view:?}");
                continue;
            }
            let now = (0..rows).filter(|row| state.index_at(*row) <= Some(head));
            assert_eq!(lines.len(), now.count(), "{view:?} at {head}: {lines:?}");
            let to_come = rows - lines.len() as u64;
            assert_eq!(last.is_some(), to_come > 0, "{view:?} at {head}");
            if let Some(last) = last {
                assert!(last.starts_with(&format!("… {to_come} later ")), "{last}");
            }
        }
        state.act(Action::Last);
        assert_eq!(state.rows_by_now(), rows, "at the end nothing is hidden");
    }
}

#[test]
fn the_log_in_the_middle_looks_like_this() {
    let mut state = of(says(&["one\n", "two\nthree\n", "four\n", "five\n"]));
    state.act(Action::Show(View::Log));
    state.go(2);
    let shown = screen(&mut state, 72, 8);
    insta::assert_snapshot!(shown, @r#"
    " 1 Overview  2 Timeline  3 Events [4 Log] 5 Processes  6 Libraries  7 Ca"
    "what the processes said  3                                              "
    "   0.002000 p1.1 server           one                                   "
    "   0.003000 p1.1 server           two                                   "
    "   0.003000 p1.1 server           three                                 "
    "… 2 later lines: j shows the next, Space plays, G goes to the end       "
    "‖   0.003000 of   0.005000  event 3 of 5  1.00x                         "
    "? keys  1 what to do  f failed  Space play  / search  e filter  Tab view"
    "#);
    // What does not fit goes out at the top, and the count keeps its line.
    let shown = screen(&mut state, 72, 6);
    insta::assert_snapshot!(shown, @r#"
    " 1 Overview  2 Timeline  3 Events [4 Log] 5 Processes  6 Libraries  7 Ca"
    "what the processes said  3                                              "
    "   0.003000 p1.1 server           three                                 "
    "… 2 later lines: j shows the next, Space plays, G goes to the end       "
    "‖   0.003000 of   0.005000  event 3 of 5  1.00x                         "
    "? keys  1 what to do  f failed  Space play  / search  e filter  Tab view"
    "#);
}

#[test]
fn going_down_shows_what_comes_next_and_going_up_takes_it_back() {
    let mut state = of(says(&["one\n", "two\nthree\n", "four\n", "five\n"]));
    state.act(Action::Show(View::Log));
    state.go(0);
    let mut now = |action| {
        state.act(action);
        let mut lines = body(&mut state, 60, 24);
        let _ = lines.pop_if(|line| counts(line));
        let last = lines
            .last()
            .map(|line| line.rsplit(' ').next().map(str::to_owned));
        (lines.len(), last.flatten().unwrap_or_default())
    };
    let is = |rows: usize, word: &str| (rows, word.to_owned());
    assert_eq!(now(Action::Up(1)), is(0, ""), "up is never forward");
    assert_eq!(
        now(Action::Down(1)),
        is(1, "one"),
        "the first is not left out"
    );
    // Two lines of one event come and go together.
    assert_eq!(now(Action::Down(1)), is(3, "three"));
    assert_eq!(now(Action::Down(1)), is(4, "four"));
    assert_eq!(now(Action::Up(1)), is(3, "three"));
    assert_eq!(now(Action::Up(1)), is(1, "one"));
    assert_eq!(now(Action::Up(1)), is(1, "one"));
    assert_eq!(now(Action::PageDown), is(5, "five"));
    assert_eq!(now(Action::PageUp), is(1, "one"));
    assert_eq!(now(Action::Last), is(5, "five"));
    assert_eq!(now(Action::Down(3)), is(5, "five"));
    assert_eq!(now(Action::First), is(1, "one"));
}

#[test]
fn the_wheel_and_a_click_on_the_count_go_on_and_a_row_that_is_not_there_is_no_target() {
    let mut state = of(says(&["one\n", "two\n", "three\n", "four\n", "five\n"]));
    state.act(Action::Show(View::Log));
    state.go(1);
    let _ = screen(&mut state, 60, 20);
    for row in [3, 4, 10] {
        state.act(Action::Click { row, column: 3 });
        assert_eq!(state.head, 1, "row {row} is empty");
    }
    state.act(Action::Click { row: 2, column: 3 });
    assert_eq!(state.head, 2, "the line of the count");
    state.act(Action::Click { row: 1, column: 3 });
    assert_eq!(state.head, 1);
    let wheel = Input::Mouse(MouseEvent {
        kind: MouseEventKind::ScrollDown,
        column: 3,
        row: 3,
        modifiers: KeyModifiers::NONE,
    });
    assert!(state.take(&wheel));
    assert_eq!(state.head, 4);
    // The count has the last line of a list that is full.
    let shown = screen(&mut state, 60, 6);
    assert!(
        shown
            .lines()
            .nth(3)
            .is_some_and(|line| line.contains("1 later line")),
        "{shown}"
    );
    state.act(Action::Click { row: 2, column: 3 });
    assert_eq!(state.head, 5);
}

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
fn at_the_growing_end_nothing_is_hidden() {
    let mut made = says(&["one\n", "two\n"]);
    made.grows = true;
    let mut state = of(made);
    state.follow_the_end();
    settle(&mut state);
    state.act(Action::Show(View::Log));
    assert!(body(&mut state, 60, 20).iter().all(|line| !counts(line)));
    state.act(Action::Up(1));
    assert!(body(&mut state, 60, 20).iter().any(|line| counts(line)));
    state.act(Action::Last);
    assert!(state.follow);
    let lines = body(&mut state, 60, 20);
    assert_eq!((lines.len(), counts(&lines[1])), (2, false), "{lines:?}");
}

#[test]
fn a_recording_without_events_has_nothing_to_move_on() {
    let mut made = Made::new(1);
    made.frames.clear();
    let mut state = of(made);
    for view in View::ALL {
        state.act(Action::Show(view));
        for action in [
            Action::Down(1),
            Action::Up(1),
            Action::Last,
            Action::First,
            Action::PageUp,
        ] {
            state.act(action);
            let _ = screen(&mut state, 80, 24);
        }
        state.act(Action::Click { row: 1, column: 40 });
        assert_eq!(state.head, 0);
    }
    assert_eq!(body(&mut state, 80, 24), ["none in this recording"]);
}

#[test]
fn a_process_has_a_lane_and_a_command_once_it_has_them() {
    let mut state = state(7);
    settle(&mut state);
    let events = bootstrap::events();
    let exec = |event: &&Event| event.process.is_some_and(|one| one.number == 3);
    let exec = events.iter().find(exec).expect("the first runner").seq;
    let Seq(number) = exec;
    state.act(Action::Show(View::Processes));
    state.go(number - 2);
    let forked = screen(&mut state, 100, 30);
    assert!(!forked.contains("runner"), "{forked}");
    state.go(number - 1);
    let executed = screen(&mut state, 100, 30);
    assert!(executed.contains("runner[cuda_v13]"), "{executed}");
    state.act(Action::Show(View::Timeline));
    let lanes = |state: &mut State| {
        let shown = screen(state, 100, 30);
        shown.lines().filter(|line| line.starts_with("\"p")).count()
    };
    assert_eq!(lanes(&mut state), 3);
    state.go(0);
    assert_eq!(lanes(&mut state), 1);
    state.go(u64::MAX);
    assert_eq!(lanes(&mut state), state.digest.order.len());
}

#[test]
fn a_load_has_looked_in_the_places_where_it_has_looked_by_then() {
    let mut state = state(7);
    settle(&mut state);
    let looked = |state: &mut State| {
        let shown = screen(state, 120, 100);
        shown.matches("looked, #").count()
    };
    let failed =
        |event: &Event| matches!(&event.kind, crate::event::Kind::Return(back) if back.failed);
    let events = bootstrap::events();
    let back = events.iter().position(failed).expect("a load that fails");
    state.go(back as u64);
    let all = looked(&mut state);
    assert!(all >= 3, "{}", screen(&mut state, 120, 100));
    let crate::event::Kind::Return(of) = &events[back].kind else {
        unreachable!()
    };
    state.go(of.call.0 - 1);
    assert_eq!(looked(&mut state), 0);
}
