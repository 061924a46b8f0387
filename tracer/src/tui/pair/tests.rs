//! Two made recordings side by side: keys move both, and the screen tells the difference.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Compared, Pair, Stop, draw};
use crate::tui::tests::Made;
use crate::tui::{Action, Palette, Typed};
use crate::view::Looks;

pub(in crate::tui) fn pair() -> Pair {
    let stop = |sentence: &str, events| Stop {
        sentence: sentence.to_owned(),
        events,
        ripple: false,
    };
    let compared = Compared {
        headline: "BAD stops being like GOOD at server: OLLAMA_DEBUG is `1` (was not set)"
            .to_owned(),
        stops: vec![
            stop("OLLAMA_DEBUG is `1` (was not set)", [Some(3), Some(5)]),
            stop("libcublas.so.12 comes from /opt", [None, Some(9)]),
        ],
        anchors: vec![(3, 5), (8, 10)],
    };
    let recording = || -> Box<dyn crate::tui::Recording> { Box::new(Made::new(7)) };
    let explain = |model: &_| crate::diagnose::explain(model);
    let mut pair = Pair::new(
        [recording(), recording()],
        Looks::default(),
        explain,
        compared,
    );
    while pair.work() {}
    pair
}

fn heads(pair: &Pair) -> [u64; 2] {
    [0, 1].map(|side: usize| pair.sides.get(side).map_or(0, |side| side.head))
}

pub(in crate::tui) fn screen(pair: &mut Pair, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    let drawn = terminal.draw(|frame| draw::draw(pair, Palette::Plain, frame));
    let buffer = drawn.expect("a screen").buffer.clone();
    let row = |row| -> String {
        let cells = (0..width).filter_map(|column| buffer.cell((column, row)));
        cells.map(ratatui::buffer::Cell::symbol).collect()
    };
    (0..height).map(|at| row(at) + "\n").collect()
}

#[test]
fn it_opens_at_the_first_difference_and_goes_from_one_to_the_next() {
    let mut pair = pair();
    assert_eq!(heads(&pair), [2, 4]);
    pair.act(Action::NextMatch);
    // The good side does not have it: it goes where it would be.
    assert_eq!(heads(&pair), [6, 8]);
    pair.act(Action::NextMatch);
    assert_eq!(heads(&pair), [6, 8]);
    pair.act(Action::PreviousMatch);
    assert_eq!(heads(&pair), [2, 4]);
}

#[test]
fn what_moves_one_column_moves_the_other() {
    let mut pair = pair();
    pair.act(Action::Down(5));
    assert_eq!(heads(&pair), [7, 9]);
    pair.act(Action::NextView);
    pair.act(Action::Up(5));
    assert_eq!(heads(&pair), [2, 4]);
    pair.act(Action::First);
    assert_eq!(heads(&pair)[0], 0);
    pair.act(Action::Last);
    let last = pair.sides.first().map_or(0, |side| side.book.total() - 1);
    assert_eq!(heads(&pair)[0], last);
}

#[test]
fn the_screen_tells_the_answer_both_sides_and_the_difference() {
    let mut pair = pair();
    let shown = screen(&mut pair, 120, 24);
    for words in [
        "BAD stops being like GOOD",
        " GOOD ",
        "[BAD]",
        "1 of 2: OLLAMA_DEBUG is `1`",
        "n N differences",
    ] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    pair.act(Action::Help);
    assert!(screen(&mut pair, 80, 24).contains("the other column gets the keys"));
    assert!(screen(&mut pair, 30, 8).contains("too small"));
    pair.act(Action::Quit);
    assert!(pair.is_over());
}

fn type_in(pair: &mut Pair, text: &str) {
    for character in text.chars() {
        pair.type_key(Typed::Character(character));
    }
    pair.type_key(Typed::Enter);
    while pair.work() {}
}

#[test]
fn a_filter_counts_for_both_columns_and_esc_leaves_it() {
    let mut pair = pair();
    let all = [0, 1].map(|side: usize| pair.sides[side].rows());
    pair.act(Action::Filter);
    assert!(pair.is_typing());
    type_in(&mut pair, "kind:exec");
    assert!(!pair.is_typing());
    let some = [0, 1].map(|side: usize| pair.sides[side].rows());
    assert!(some[0] > 0 && some[0] < all[0], "{some:?} of {all:?}");
    assert_eq!(some[0], some[1]);
    assert!(screen(&mut pair, 120, 24).contains("filter kind:exec"));
    pair.act(Action::Back);
    assert_eq!([0, 1].map(|side: usize| pair.sides[side].rows()), all);
}

#[test]
fn a_wrong_filter_is_told_and_changes_neither_column() {
    let mut pair = pair();
    let all = pair.sides[0].rows();
    pair.act(Action::Filter);
    type_in(&mut pair, "kind:(");
    assert!(pair.is_typing());
    let shown = screen(&mut pair, 120, 24);
    assert!(shown.contains("filter: kind:("), "{shown}");
    assert!(shown.contains("allowed"), "{shown}");
    pair.type_key(Typed::Cancel);
    assert_eq!(pair.sides[0].rows(), all);
}

#[test]
fn n_goes_through_the_matches_of_a_search_and_then_through_differences_again() {
    let mut pair = pair();
    pair.act(Action::First);
    pair.act(Action::Search);
    type_in(&mut pair, "kind:exec");
    let [_, bad] = heads(&pair);
    pair.act(Action::NextMatch);
    let [_, next] = heads(&pair);
    assert!(next > bad);
    let search = pair.sides[1].search.as_ref().expect("a search");
    assert!(search.found.contains(&next));
    assert!(screen(&mut pair, 120, 24).contains("n N matches"));
    pair.act(Action::Back);
    pair.act(Action::NextMatch);
    assert_eq!(heads(&pair), [6, 8]);
}

#[test]
fn a_click_gives_its_column_the_keys_and_the_wheel_moves_the_one_below_it() {
    let mut pair = pair();
    let _ = screen(&mut pair, 121, 24);
    assert_eq!(pair.active, 1);
    // The lists begin below the answer and the names of the columns.
    let list = pair.bodies[0];
    pair.click(list.y + 1, list.x + 3);
    assert_eq!(pair.active, 0);
    assert_eq!(heads(&pair)[0], pair.sides[0].top + 1);
    let before = heads(&pair);
    pair.wheel(true, list.y, pair.bodies[1].x + 1);
    assert_eq!(pair.active, 1);
    assert_eq!(heads(&pair)[1], before[1] + 3);
    // The answer, the line between and what lies below are no rows.
    let (active, before) = (pair.active, heads(&pair));
    pair.click(0, 0);
    pair.click(list.y, list.x + list.width);
    assert_eq!((pair.active, heads(&pair)), (active, before));
}
