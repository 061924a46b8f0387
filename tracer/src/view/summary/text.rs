//! The summary as one screen of text. Sections without content are left out; long lists are cut and counted.

mod recording;
mod story;
mod trouble;

use crate::event::Proc;

use super::super::line::{Line, Role};
use super::super::{Looks, amount, escape};
use super::Summary;

/// Column where the content of a section begins.
const COLUMN: usize = 11;
/// Columns for names in one line.
const NAMES: usize = 90;

/// The trace file, as the caller knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Path as the user gave it.
    pub path: String,
    /// Bytes on disk.
    pub size: Option<u64>,
    /// What the reader had to say about damage.
    pub warnings: Vec<String>,
}

/// Lines of a summary under construction.
#[derive(Debug)]
pub struct Page {
    looks: Looks,
    lines: Vec<Line>,
    section: &'static str,
}

impl Page {
    /// Writes a summary.
    #[must_use]
    pub fn write(summary: &Summary, file: &File, looks: Looks) -> String {
        let mut page = Self {
            looks,
            lines: Vec::new(),
            section: "",
        };
        recording::trust(&mut page, summary, file);
        recording::recording(&mut page, summary, file);
        story::processes(&mut page, summary);
        story::folders(&mut page, summary);
        story::loaded(&mut page, summary);
        trouble::failed(&mut page, summary);
        trouble::ended_badly(&mut page, summary);
        recording::events(&mut page, summary);
        let mut out = String::new();
        for line in &page.lines {
            line.write(looks, &mut out);
        }
        out
    }

    /// Names the section that the next line begins.
    fn section(&mut self, name: &'static str) {
        self.section = name;
    }

    /// A line of content; the first of a section carries its name.
    fn line(&mut self, build: impl FnOnce(&mut Line, Looks)) {
        let mut line = Line::new();
        line.push(Role::Heading, std::mem::take(&mut self.section));
        line.pad_to(COLUMN - 1).plain(" ");
        build(&mut line, self.looks);
        self.lines.push(line);
    }

    /// Content of at most `limit` lines, then how many were left out.
    fn list<T>(
        &mut self,
        limit: usize,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Line, Looks, T),
    ) {
        let mut items = items.into_iter();
        for item in items.by_ref().take(limit) {
            self.line(|line, looks| each(line, looks, item));
        }
        let left = items.count();
        if left > 0 {
            self.line(|line, looks| {
                line.push(Role::Dim, &format!("{} {left} more", looks.dots()));
            });
        }
    }
}

/// Processes as `p3.1 p4.1`, the first few of many.
fn who<'a>(processes: impl IntoIterator<Item = &'a Proc>) -> String {
    let all: Vec<String> = processes.into_iter().map(ToString::to_string).collect();
    match all.get(..5) {
        Some(first) if all.len() > 6 => {
            format!("{} and {} more", first.join(" "), all.len() - first.len())
        }
        _ => all.join(" "),
    }
}

/// `2 times, ` for what happened more than once.
fn times(count: u64) -> String {
    if count > 1 {
        format!("{}, ", amount::of(count, "time"))
    } else {
        String::new()
    }
}

/// Words as `a b c`, cut to `columns`.
fn words<'a>(words: impl IntoIterator<Item = &'a str>, columns: usize, looks: Looks) -> String {
    let all: Vec<String> = words
        .into_iter()
        .map(|word| escape::word(word).into_owned())
        .collect();
    escape::fit(&all.join(" "), columns, looks.dots()).into_owned()
}
