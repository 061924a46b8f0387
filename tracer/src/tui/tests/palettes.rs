//! Each palette on the smallest screen: which words have which look. Failures are told without colours too.

use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Action, Palette, View, draw, settle, state};
use crate::tui::State;

/// Every line in pieces of one look: `[red bold]words`.
fn looks(state: &mut State, palette: Palette) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
    let drawn = terminal.draw(|frame| draw(state, palette, frame));
    let buffer = drawn.expect("a screen").buffer.clone();
    let mut out = String::new();
    for row in 0..24 {
        let mut last = String::new();
        let mut line = String::new();
        for cell in (0..80).filter_map(|column| buffer.cell((column, row))) {
            let mut look = format!("{:?} {:?}", cell.fg, cell.modifier).to_lowercase();
            look = look
                .replace("reset", "")
                .replace("none", "")
                .trim()
                .to_owned();
            if look != last && cell.symbol() != " " {
                let _ = write!(line, "[{look}]");
                last = look;
            }
            line.push_str(cell.symbol());
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn all(palette: Palette) -> String {
    let mut state = state(50);
    settle(&mut state);
    let mut out = String::new();
    for view in [
        View::Overview,
        View::Timeline,
        View::Events,
        View::Processes,
    ] {
        state.act(Action::Show(view));
        out.push_str(&looks(&mut state, palette));
        out.push('\n');
    }
    out
}

#[test]
fn sixteen_colours() {
    insta::assert_snapshot!(all(Palette::Sixteen));
}

#[test]
fn a_light_background_has_neither_yellow_nor_cyan() {
    let shown = all(Palette::Light);
    assert!(
        !shown.contains("yellow") && !shown.contains("cyan"),
        "{shown}"
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn no_colours_at_all() {
    let shown = all(Palette::Plain);
    for colour in ["red", "green", "yellow", "blue", "magenta", "cyan"] {
        assert!(!shown.contains(&format!("[{colour}")), "{shown}");
    }
    insta::assert_snapshot!(shown);
}
