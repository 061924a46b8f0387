//! The viewer's screens in the documents, drawn from the traces that the program carries.

use vgputrace::tui::{Action, Palette, State, View, picture};

use crate::{viewed, workspace};

/// Columns and rows.
const SIZE: (u16, u16) = (110, 32);

/// One picture.
struct Screen {
    name: &'static str,
    trace: &'static str,
    keys: &'static [Action],
}

const SCREENS: [Screen; 6] = [
    Screen {
        name: "events",
        trace: "version-node",
        keys: &[],
    },
    Screen {
        name: "overview",
        trace: "version-node",
        keys: &[Action::Show(View::Overview)],
    },
    Screen {
        name: "timeline",
        trace: "healthy",
        keys: &[Action::Show(View::Timeline), Action::Last, Action::Compress],
    },
    Screen {
        name: "crash",
        trace: "crash",
        keys: &[Action::Show(View::Timeline), Action::ZoomIn, Action::ZoomIn],
    },
    Screen {
        name: "log",
        trace: "healthy",
        keys: &[Action::Show(View::Log), Action::Last],
    },
    Screen {
        name: "processes",
        trace: "healthy",
        keys: &[Action::Show(View::Processes), Action::Last],
    },
];

/// What a newcomer sees without a key, as text: names of files, and traces of the corpus of both eras.
const FIRST: [(&str, &str); 2] = [
    ("first-runner", "runner-no-driver"),
    ("first-llama-server", "llama-server-init-crash"),
];

/// The smallest terminal.
const SMALL: (u16, u16) = (80, 24);

/// Names of files below docs/screens, and what belongs into them.
///
/// # Errors
/// A trace cannot be read.
pub fn all() -> Result<Vec<(String, String)>, String> {
    let mut pictures = Vec::new();
    for screen in &SCREENS {
        let mut state = opened(screen)?;
        let drawn = picture::svg(&mut state, Palette::Sixteen, SIZE);
        pictures.push((format!("{}.svg", screen.name), drawn));
    }
    for (name, trace) in FIRST {
        let trace = workspace().join(format!("tests/corpus/traces/{trace}.vgt"));
        let mut state = viewed::open(&trace)?;
        viewed::settle(&mut state);
        let drawn = picture::text(&mut state, Palette::Sixteen, SMALL);
        pictures.push((format!("{name}.txt"), drawn));
    }
    Ok(pictures)
}

fn opened(screen: &Screen) -> Result<State, String> {
    let trace = workspace().join(format!("tracer/traces/{}.vgt", screen.trace));
    let mut state = viewed::open(&trace)?;
    viewed::settle(&mut state);
    for action in screen.keys {
        state.act(*action);
        // A zoom follows the moment that was drawn.
        let _ = picture::text(&mut state, Palette::Sixteen, SIZE);
    }
    Ok(state)
}
