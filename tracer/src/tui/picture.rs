//! A screen as text, or as a picture (SVG) for documents: drawn into memory by the same code that draws a terminal.

use std::fmt::Write as _;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::colour::Palette;
use super::draw::draw;
use super::state::State;

/// Size of a cell and of its letters, in pixels.
const CELL: (u32, u32) = (8, 17);
const LETTERS: u32 = 13;
/// Space around the text, in pixels.
const BORDER: u32 = 8;
const PAPER: &str = "#1d1f21";
const INK: &str = "#d5d8d6";
const DIM: &str = "#83888a";

/// The screen as lines, without blanks at their ends.
#[must_use]
pub fn text(state: &mut State, palette: Palette, (width, height): (u16, u16)) -> String {
    let buffer = drawn(state, palette, (width, height));
    let mut out = String::new();
    for row in 0..buffer.area.height {
        let mut line = String::new();
        for cell in row_of(&buffer, row) {
            line.push_str(cell.symbol());
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen as a picture. Without a script, a link or a font of its own.
#[must_use]
pub fn svg(state: &mut State, palette: Palette, (width, height): (u16, u16)) -> String {
    let buffer = drawn(state, palette, (width, height));
    let (wide, high) = (
        u32::from(width) * CELL.0 + 2 * BORDER,
        u32::from(height) * CELL.1 + 2 * BORDER,
    );
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"{LETTERS}\">\n\
         <rect width=\"{wide}\" height=\"{high}\" rx=\"6\" fill=\"{PAPER}\"/>"
    );
    for row in 0..height {
        let cells: Vec<&Cell> = row_of(&buffer, row).collect();
        let mut column = 0;
        while let Some(first) = cells.get(column) {
            let alike = |cell: &&&Cell| cell.fg == first.fg && cell.modifier == first.modifier;
            let length = cells.iter().skip(column).take_while(alike).count().max(1);
            let run = cells.get(column..column + length).unwrap_or_default();
            piece(&mut out, run, row, column);
            column += length;
        }
    }
    out.push_str("</svg>\n");
    out
}

fn drawn(state: &mut State, palette: Palette, (width, height): (u16, u16)) -> Buffer {
    // A screen in memory has no errors.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(frame) = terminal.draw(|frame| draw(state, palette, frame));
    frame.buffer.clone()
}

fn row_of(buffer: &Buffer, row: u16) -> impl Iterator<Item = &Cell> {
    (0..buffer.area.width).filter_map(move |column| buffer.cell((column, row)))
}

/// Cells of one look, side by side.
fn piece(out: &mut String, run: &[&Cell], row: u16, column: usize) {
    let Some(look) = run.first() else { return };
    let text: String = run.iter().map(|cell| cell.symbol()).collect();
    let reversed = look.modifier.contains(Modifier::REVERSED);
    if text.trim().is_empty() && !reversed {
        return;
    }
    let x = u32::try_from(column).unwrap_or(0) * CELL.0 + BORDER;
    let y = u32::from(row) * CELL.1 + BORDER;
    let width = u32::try_from(run.len()).unwrap_or(0) * CELL.0;
    let ink = ink(look);
    let ink = if reversed {
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{ink}\"/>",
            CELL.1
        );
        PAPER
    } else {
        ink
    };
    let weight = if look.modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "<text x=\"{x}\" y=\"{}\" textLength=\"{width}\" fill=\"{ink}\"{weight} xml:space=\"preserve\">{}</text>",
        y + LETTERS,
        escaped(&text)
    );
}

const fn ink(cell: &Cell) -> &'static str {
    match cell.fg {
        Color::Red => "#ff6b6b",
        Color::Green => "#8fd28f",
        Color::Yellow => "#f0c674",
        Color::Magenta => "#c9a0dc",
        Color::Cyan => "#7fc8d8",
        _ if cell.modifier.contains(Modifier::DIM) => DIM,
        _ => INK,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
