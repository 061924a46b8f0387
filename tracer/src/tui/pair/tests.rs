//! Two made recordings side by side: keys move both, and the screen tells the difference.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Compared, Pair, Stop, draw};
use crate::tui::tests::Made;
use crate::tui::{Action, Palette};
use crate::view::Looks;

fn pair() -> Pair {
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

fn screen(pair: &mut Pair, width: u16, height: u16) -> String {
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
        "n next difference",
    ] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    pair.act(Action::Help);
    assert!(screen(&mut pair, 80, 24).contains("the other column gets the keys"));
    assert!(screen(&mut pair, 30, 8).contains("too small"));
    pair.act(Action::Quit);
    assert!(pair.is_over());
}
