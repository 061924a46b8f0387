//! What was known by the play head: the rules' own answer from the events until then, near and far.

use proptest::prelude::*;
use serde_json::json;

use super::{Action, Made, View, screen, settle};
use crate::diagnose::{Verdict, explain};
use crate::discover::events::Discovery;
use crate::event::{Event, Kind, Seq};
use crate::tui::State;
use crate::tui::state::so_far::Standing;
use crate::tui::state::told::Told;
use crate::view::Looks;
use crate::view::samples::bootstrap;

/// More events of no interest than are folded while a screen is drawn.
const MANY: usize = 20_000;

/// The bootstrap with the rules of the real program, and as many events of no interest behind it.
fn state(size: usize, more: usize) -> State {
    let mut made = Made::new(size);
    let mut events = bootstrap::events();
    let end = events.pop().expect("an end");
    let dull = events
        .iter()
        .find(|event| matches!(event.kind, Kind::Open(_)));
    let dull = dull.expect("an open").clone();
    let time = events.last().map_or(0, |event| event.time);
    for at in 0..more as u64 {
        events.push(Event {
            seq: Seq(events.len() as u64 + 1),
            time: time + at,
            ..dull.clone()
        });
    }
    events.push(Event {
        seq: Seq(events.len() as u64 + 1),
        time: time + more as u64,
        ..end
    });
    made.frames = events.chunks(size).map(<[Event]>::to_vec).collect();
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    State::new(Box::new(made), looks, explain)
}

/// What the rules say of the first events, without any of the viewer's short cuts.
fn direct(until: usize, more: usize) -> Told {
    let mut discovery = Discovery::new(Some(&bootstrap::header()));
    let mut other = state(1_000, more);
    for index in 0..until {
        let (event, ..) = other.event(index as u64).expect("an event");
        discovery.push(&event);
    }
    let model = discovery.finish();
    Told::so_far(&explain(&model), &model)
}

fn is_failed_return(event: &Event) -> bool {
    matches!(&event.kind, Kind::Return(back) if back.failed)
}

fn row(shown: &str, backend: &str) -> String {
    let line = shown.lines().find(|line| {
        let mut words = line
            .split_whitespace()
            .skip_while(|word| word.starts_with('"'));
        words.nth(1) == Some(backend)
    });
    line.unwrap_or_default().to_owned()
}

#[test]
fn a_backend_fails_when_its_load_fails_and_not_before() {
    let mut state = state(7, 0);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    let events = bootstrap::events();
    let failed = events.iter().position(is_failed_return);
    let failed = failed.expect("the load that fails") as u64;
    state.go(0);
    let begun = screen(&mut state, 120, 60);
    assert!(begun.contains("none is known"), "{begun}");
    state.go(failed - 1);
    let before = screen(&mut state, 120, 60);
    assert!(row(&before, "cuda_v13").contains("at work"), "{before}");
    assert!(!before.contains("libcuda.so.1"), "{before}");
    state.go(failed);
    let after = screen(&mut state, 120, 60);
    assert!(row(&after, "cuda_v13").contains("failed"), "{after}");
    assert!(after.contains("libcuda.so.1"), "{after}");
    assert!(after.contains("is looking for devices"), "{after}");
    state.go(u64::MAX);
    let end = screen(&mut state, 120, 60);
    assert!(end.contains("uses the CPU"), "{end}");
    assert_eq!(state.shown().standing, Standing::Whole);
    assert_eq!(*state.shown().told, *state.told());
}

#[test]
fn it_opens_with_the_whole_answer_until_the_play_head_moves() {
    let mut state = state(7, 0);
    settle(&mut state);
    assert_eq!(state.shown().standing, Standing::Opening);
    state.act(Action::Show(View::Overview));
    let opened = screen(&mut state, 120, 60);
    assert!(opened.contains("uses the CPU"), "{opened}");
    let head = state.head;
    state.go(head);
    assert_eq!(state.shown().standing, Standing::SoFar);
    let moved = screen(&mut state, 120, 60);
    assert!(!moved.contains("uses the CPU"), "{moved}");
}

#[test]
fn at_the_end_of_a_recording_that_goes_on_nothing_is_over() {
    let mut made = Made::new(7);
    made.grows = true;
    let mut events = bootstrap::events();
    let failed = events.iter().position(is_failed_return);
    events.truncate(failed.expect("the load that fails"));
    made.frames = events.chunks(7).map(<[Event]>::to_vec).collect();
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    let mut state = State::new(Box::new(made), looks, explain);
    state.follow_the_end();
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    let shown = screen(&mut state, 120, 60);
    assert!(row(&shown, "cuda_v13").contains("at work"), "{shown}");
    assert!(shown.contains("the recording goes on"), "{shown}");
    assert!(
        !shown.contains("ends before") && !shown.contains("has no end"),
        "{shown}"
    );
}

#[test]
fn what_is_far_is_worked_out_while_the_play_head_rests_and_given_up_when_it_moves() {
    // In one frame there is no place to begin at but the first.
    let mut state = state(2 * MANY, MANY);
    settle(&mut state);
    state.act(Action::Show(View::Overview));
    state.go(15_000);
    let waits = screen(&mut state, 120, 60);
    assert!(
        waits.contains("working out what was known by here"),
        "{waits}"
    );
    assert!(state.is_waiting() && state.work(), "it is worked on");
    state.go(16_500);
    assert!(!state.work(), "nobody has asked for this one yet");
    let _ = screen(&mut state, 120, 60);
    settle(&mut state);
    assert!(!state.is_waiting());
    let known = screen(&mut state, 120, 60);
    assert!(row(&known, "cuda_v13").contains("failed"), "{known}");
    assert_eq!(*state.shown().told, direct(16_501, MANY));
    // Who goes back step by step does not wait again.
    for head in (15_000..16_500).rev().step_by(500) {
        state.go(head);
        assert_eq!(state.shown().standing, Standing::SoFar, "at {head}");
    }
    let until = usize::try_from(state.head).expect("small") + 1;
    assert_eq!(*state.shown().told, direct(until, MANY));
    // What is near is there at once, also where it lies before.
    state.go(3);
    assert_eq!(state.shown().standing, Standing::SoFar);
    assert_eq!(*state.shown().told, direct(4, MANY));
}

/// What a screen of the overview shows of a recording that is large.
fn page(state: &mut State) -> String {
    let _ = screen(state, 120, 60);
    settle(state);
    screen(state, 120, 60)
}

#[test]
fn a_large_fold_is_concluded_beside_the_screen_and_the_last_answer_stays_until_then() {
    let mut state = state(1_000, MANY);
    settle(&mut state);
    let events = bootstrap::events();
    let failed = events.iter().position(is_failed_return);
    let failed = failed.expect("the load that fails") as u64;
    state.so_far.is_large_from(0);
    state.act(Action::Show(View::Overview));
    state.go(failed);
    let known = page(&mut state);
    assert!(row(&known, "cuda_v13").contains("failed"), "{known}");
    // The next one is not there when it is asked for, and does not become another one while the play head goes on.
    state.go(15_000);
    for head in [15_000, 15_100, 15_200] {
        state.go(head);
        assert_eq!(state.shown().standing, Standing::WorkingOut);
        let waits = screen(&mut state, 120, 60);
        assert!(waits.contains("working out what was known"), "{waits}");
        assert!(row(&waits, "cuda_v13").contains("failed"), "{waits}");
        assert!(state.work(), "it is worked on");
    }
    let known = page(&mut state);
    assert!(!known.contains("working out"), "{known}");
    assert_eq!(*state.shown().told, direct(15_201, MANY));
    // And back.
    state.go(20);
    let _ = page(&mut state);
    assert_eq!(*state.shown().told, direct(21, MANY));
}

/// getdents64 gives as many names as fit: what is not among the first ones may come with the next.
#[test]
fn a_folder_that_is_still_being_listed_lacks_nothing() {
    let mut events = bootstrap::events();
    let listed = |event: &Event| matches!(event.kind, Kind::List(_));
    let at = events.iter().position(listed).expect("a listing");
    let (mut first, mut end) = (events[at].clone(), events[at].clone());
    if let (Kind::List(first), Kind::List(rest), Kind::List(end)) =
        (&mut first.kind, &mut events[at].kind, &mut end.kind)
    {
        rest.names = first.names.split_off(2);
        end.names.clear();
        end.entries = 0;
    }
    // A look that only servers since 0.30 take says early which backends there may be.
    let stat = json!({"path": "/work/dist/linux-amd64/lib/ollama", "err": "ENOENT"});
    let look = Event {
        kind: Kind::Stat(serde_json::from_value(stat).expect("a stat")),
        ..first.clone()
    };
    events.splice(at..at, [look, first]);
    let at = at + 1;
    events.insert(at + 2, end);
    for (event, number) in events.iter_mut().zip(1..) {
        event.seq = Seq(number);
    }
    let mut made = Made::new(7);
    made.frames = events.chunks(7).map(<[Event]>::to_vec).collect();
    let looks = Looks {
        colour: false,
        unicode: true,
    };
    let mut state = State::new(Box::new(made), looks, explain);
    settle(&mut state);
    let absent = |state: &mut State, head: usize| {
        state.go(head as u64);
        let told = state.shown().told;
        told.backends.iter().any(|one| one.is(Verdict::Absent))
    };
    assert!(!absent(&mut state, at));
    assert!(!absent(&mut state, at + 1));
    assert!(absent(&mut state, at + 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn wherever_the_play_head_goes_the_answer_is_that_of_the_events_until_then(
        heads in prop::collection::vec(0u64..60, 1..8),
        size in 1usize..40,
    ) {
        let mut state = state(size, 0);
        settle(&mut state);
        for head in heads {
            state.go(head);
            let shown = state.shown();
            if shown.standing == Standing::SoFar {
                let until = usize::try_from(state.head).expect("small") + 1;
                prop_assert_eq!(&*shown.told, &direct(until, 0));
            }
        }
    }
}
