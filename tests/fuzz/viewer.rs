//! The viewer: any keys on any trace, every view drawn on screens of many sizes.

use std::io::Cursor;
use std::path::Path;

use vgputrace::trace::Reader;
use vgputrace::tui::{Action, Palette, State, Typed, View, picture};
use vgputrace_tests::viewed;

use crate::engine::{corpus, run};

/// Keys pressed on one trace.
const KEYS: usize = 40;
/// Slices of reading between two keys.
const SLICES: usize = 50;

const ACTIONS: [Action; 34] = [
    Action::Down(1),
    Action::Up(3),
    Action::PageDown,
    Action::PageUp,
    Action::First,
    Action::Last,
    Action::NextFailure,
    Action::PreviousFailure,
    Action::NextBackend,
    Action::PreviousBackend,
    Action::Play,
    Action::Faster,
    Action::Slower,
    Action::Detail,
    Action::DetailDown,
    Action::DetailUp,
    Action::Filter,
    Action::Search,
    Action::Jump,
    Action::Write,
    Action::NextMatch,
    Action::PreviousMatch,
    Action::ZoomIn,
    Action::ZoomOut,
    Action::Earlier,
    Action::Later,
    Action::Compress,
    Action::Help,
    Action::Back,
    Action::NextView,
    Action::PreviousView,
    Action::Show(View::Timeline),
    Action::Show(View::Processes),
    Action::Show(View::Libraries),
];
const TYPED: [&str; 7] = [
    "failed",
    "kind:dl",
    "role:",
    "/lib(/",
    "1.5s",
    "#7",
    "name:o -text:\"x",
];

fn press(bytes: &[u8]) {
    let Ok(reader) = Reader::new(Cursor::new(bytes.to_vec()), Path::new("fuzz.vgt")) else {
        return;
    };
    let mut state = viewed::of(reader, "fuzz.vgt");
    // The last bytes choose the keys; what stands before them is the trace.
    for (at, byte) in bytes.iter().rev().take(KEYS).enumerate() {
        let byte = usize::from(*byte);
        if state.is_typing() {
            type_in(&mut state, byte);
        } else if byte % 5 == 4 {
            let (row, column) = ((byte % 60) as u16, (byte * 7 % 200) as u16);
            state.act(Action::Click { row, column });
        } else {
            state.act(ACTIONS[(byte + at) % ACTIONS.len()]);
        }
        for _ in 0..SLICES {
            if !state.work() {
                break;
            }
        }
        state.pass(20_000_000);
        let size = (1 + (byte * 3 % 160) as u16, 1 + (byte % 50) as u16);
        let shown = picture::text(&mut state, Palette::Sixteen, size);
        let harmless = |one: char| one == '\n' || !one.is_control();
        assert!(
            shown.chars().all(harmless),
            "a control byte is on the screen"
        );
    }
}

fn type_in(state: &mut State, byte: usize) {
    for character in TYPED[byte % TYPED.len()].chars() {
        state.type_key(Typed::Character(character));
    }
    state.type_key(Typed::Complete);
    state.type_key(Typed::Enter);
    if let Some(request) = state.request() {
        state.written(&request.path, Err("not here".to_owned()));
    }
    state.type_key(Typed::Cancel);
}

#[test]
fn any_key_on_any_trace_is_survived() {
    let packed = corpus("trace");
    let mut inputs: Vec<_> = packed
        .iter()
        .filter_map(|input| zstd::decode_all(input.as_slice()).ok())
        .collect();
    inputs.extend(packed);
    run("viewer", &inputs, press);
}
