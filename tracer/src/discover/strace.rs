//! Fills the [`Model`] from the text of strace (`-f`, `-ff`, `-t`, `-tt`, `-ttt`, `-r`, `-y`, `-Y`, `-v`, `-T`, `-x`; `-i`, `-k` and `-n` are passed over).
//!
//! ```text
//! text of each file -> lines (pid, time, call) -> order -> tree (which thread is whose) -> told (calls to events) -> Discovery
//!                                                          folders (what each child searched)   loader
//! ```
//!
//! strace shows system calls: files, processes, ends, and words when `write` is among them. It shows no call of a library, no
//! variable and no entry of a folder (but with `-v`). What the loader did is read from the files it looked for; a folder
//! that a child was started for, from where it searched. What strace does not show stays empty, and absence proves nothing.
//! Pure; memory is bounded by the text, which the caller bounds.

mod argument;
mod files;
mod folders;
mod line;
mod loader;
mod order;
mod told;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use super::Model;
use super::events::Discovery;
use super::log::raw::hear_of_load;
use super::model::Origin;
use crate::event::Text;
use crate::event::process::EnvVar;
use line::What;
use order::Entry;

/// Lines looked at to tell strace's text from another.
const LOOKED_AT: usize = 200;

/// The text of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The process it is about, from its name: `strace -ff -o NAME` writes `NAME.PID`.
    pub pid: Option<u32>,
    /// What it holds.
    pub text: String,
}

/// How texts are freed of secrets before anything of them is kept.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Any text.
    pub text: fn(&[u8]) -> Text,
    /// A variable: name and value.
    pub variable: fn(&[u8], &[u8]) -> EnvVar,
    /// Arguments.
    pub arguments: fn(&[Vec<u8>]) -> Vec<Text>,
}

/// The beginning of a text looks like strace's: most of its lines are calls, signals or ends.
#[must_use]
pub fn is_strace(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.len() > 1 && !text.ends_with('\n') {
        // The last one may be cut.
        lines.pop();
    }
    let (mut yes, mut no) = (0_usize, 0_usize);
    for text in lines.into_iter().take(LOOKED_AT) {
        let (_, rest) = line::head(text);
        match line::what(rest) {
            What::Other if rest.trim().is_empty() || rest.starts_with('>') => {}
            What::Other => no += 1,
            _ => yes += 1,
        }
    }
    yes > 0 && yes > no
}

/// Reads the files of one strace.
#[must_use]
pub fn read(files: &[File], screen: Screen) -> Model {
    let lines = order::lines(files);
    let tree = tree::Tree::new(&lines);
    let searched = folders::searched(&lines, &tree);
    let mut told = told::Told::new(&tree, &searched, screen);
    let mut discovery = Discovery::new(None);
    for entry in &lines {
        told.line(entry, &mut |event| discovery.push(&event));
    }
    let mut model = discovery.finish();
    settle(&mut model, &lines, &tree, &told);
    model
}

/// What strace cannot tell is taken back, and what is in the text is said first.
fn settle(model: &mut Model, lines: &[Entry<'_>], tree: &tree::Tree, told: &told::Told<'_>) {
    model.origin = Origin::Strace;
    if let Some(server) = &mut model.server {
        (server.uid, server.gid) = (None, None);
    }
    for child in &mut model.children {
        (child.uid, child.gid) = (None, None);
        // How a load ended no call shows; the program may say it.
        for said in child.said.clone() {
            if !said.text.as_str().ends_with(files::CUT) {
                hear_of_load(child, said.text.as_str(), &said.seen);
            }
        }
    }
    for (process, seen) in told.unseen() {
        if !model
            .blind
            .unread
            .iter()
            .any(|(known, _)| *known == process)
        {
            model.blind.unread.push((process, seen));
        }
    }
    model.notes.splice(0..0, words::about(model, lines, tree));
}
