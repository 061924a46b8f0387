//! What is typed into the last line: filters, completion, what is wrong and where, the name of a file.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Action, Typed, screen, settle, state, type_in};
use crate::tui::State;
use crate::tui::colour::Palette;
use crate::tui::draw::draw;

#[test]
fn a_filter_shows_what_matches_and_esc_leaves_it() {
    let mut state = state(5);
    settle(&mut state);
    let all = state.rows();
    state.act(Action::Filter);
    for character in "kind:exec".chars() {
        state.type_key(Typed::Character(character));
    }
    state.type_key(Typed::Enter);
    settle(&mut state);
    let some = state.rows();
    assert!(some > 0 && some < all, "{some} of {all}");
    state.act(Action::Back);
    assert_eq!(state.rows(), all);
}

#[test]
fn a_wrong_filter_is_told_in_place_and_changes_nothing() {
    let mut state = state(5);
    settle(&mut state);
    let all = state.rows();
    state.act(Action::Filter);
    for character in "kind:(".chars() {
        state.type_key(Typed::Character(character));
    }
    state.type_key(Typed::Enter);
    assert!(state.is_typing());
    assert!(
        state
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.wrong.is_some())
    );
    assert_eq!(state.rows(), all);
}

#[test]
fn names_are_completed_in_the_filter_line() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Filter);
    type_in(&mut state, "ki");
    state.type_key(Typed::Complete);
    type_in(&mut state, "dlo");
    state.type_key(Typed::Complete);
    let typed = |state: &State| state.prompt.as_ref().map(|prompt| prompt.text.clone());
    assert_eq!(typed(&state).as_deref(), Some("kind:dlopen "));
    type_in(&mut state, "name:o");
    state.type_key(Typed::Complete);
    assert_eq!(typed(&state).as_deref(), Some("kind:dlopen name:ollama "));
    type_in(&mut state, "kind:ex");
    state.type_key(Typed::Complete);
    let offers = state.prompt.as_ref().map(|prompt| prompt.offers.clone());
    let offers = offers.expect("a prompt");
    assert!(offers.contains(&"exec".to_owned()), "{offers:?}");
    assert!(screen(&mut state, 120, 24).contains("exec_failed"));
}

#[test]
fn the_wrong_part_of_a_filter_is_marked_where_it_stands() {
    use ratatui::style::Modifier;
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Filter);
    type_in(&mut state, "failed kind:opne");
    state.type_key(Typed::Enter);
    let mut terminal = Terminal::new(TestBackend::new(100, 24)).expect("a terminal");
    let drawn = terminal.draw(|frame| draw(&mut state, Palette::Sixteen, frame));
    let buffer = drawn.expect("a screen").buffer.clone();
    let marked: String = (0..100)
        .filter_map(|column| buffer.cell((column, 23)))
        .take_while(|cell| cell.symbol() != "_")
        .filter(|cell| {
            cell.fg == ratatui::style::Color::Red && cell.modifier.contains(Modifier::BOLD)
        })
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(marked, "opne");
    state.type_key(Typed::EraseWord);
    type_in(&mut state, "kind:open");
    assert!(
        state
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.wrong.is_none())
    );
}

#[test]
fn the_explanation_is_written_and_a_refusal_is_told_in_place() {
    let mut state = state(5);
    settle(&mut state);
    state.act(Action::Write);
    state.type_key(Typed::Enter);
    let request = state.request().expect("a file is asked for");
    assert_eq!(request.path.to_str(), Some("made.explained.txt"));
    assert!(
        request.text.contains("library is missing"),
        "{}",
        request.text
    );
    assert!(!request.text.contains('\u{1b}'));
    state.written(
        &request.path,
        Err("there is such a file already".to_owned()),
    );
    assert!(screen(&mut state, 120, 24).contains("there is such a file already"));
    let shown = screen(&mut state, 80, 24);
    assert!(shown.contains("made.explained.txt_"), "{shown}");
    type_in(&mut state, " and more");
    state.type_key(Typed::EraseLine);
    type_in(&mut state, "x.md");
    state.type_key(Typed::Enter);
    let request = state.request().expect("a file is asked for");
    assert!(request.text.contains("### Ollama"), "{}", request.text);
    state.written(&request.path, Ok(()));
    assert!(!state.is_typing());
    assert!(screen(&mut state, 120, 24).contains("x.md"));
}
