//! The whole story in order (`--verbose`): what the server saw, what each process loaded, asked and answered. Entries of processes
//! that ran at one time alternate as they happened.

pub(super) mod words;

use super::super::line::{Line, Role as Colour};
use super::super::{Looks, amount};
use super::paragraph::Page;
use super::place;
use crate::discover::Model;
use crate::discover::model::{At, Child, Evidence};
use crate::discover::role::Role;
use words::{end_of, of_answer, of_folder, of_init, of_load, of_model, role};

/// Entries of one kind and one process that are told; how many more there are is told too.
const MAX_EACH: usize = 64;

/// One thing that happened.
struct Entry {
    /// Its event or line; without one, that of what was told before it.
    order: u64,
    /// Index of the process in the model; `None` is the server.
    of: Option<usize>,
    mark: String,
    colour: Colour,
    text: String,
}

/// Entries as they are gathered, a process at a time.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    of: Option<usize>,
    latest: u64,
}

impl Entries {
    fn add(&mut self, seen: Option<&Evidence>, colour: Colour, text: impl Into<String>) {
        let order = match seen.map(|seen| &seen.at) {
            Some(At::Event(seq)) => seq.0,
            Some(At::Line(number)) => *number,
            _ => self.latest,
        };
        self.latest = order;
        self.list.push(Entry {
            order,
            of: self.of,
            mark: seen.map_or_else(String::new, |seen| format!("{} ", place(seen))),
            colour,
            text: text.into(),
        });
    }

    /// Each of a list, as many as are told.
    fn each<T>(&mut self, all: impl IntoIterator<Item = T>, tell: impl Fn(&mut Self, T)) {
        let mut all = all.into_iter();
        for one in all.by_ref().take(MAX_EACH) {
            tell(self, one);
        }
        let more = all.count();
        if more > 0 {
            let words = format!("and {} more of this kind", amount::count(more as u64));
            self.add(None, Colour::Dim, words);
        }
    }
}

/// Writes the story.
#[must_use]
pub fn write(model: &Model, looks: Looks) -> String {
    let mut page = Page::new(looks);
    heading(&mut page, "the story, in order");
    let mut entries = Entries::default();
    of_server(&mut entries, model);
    for (index, child) in model.children.iter().enumerate() {
        entries.of = Some(index);
        // What has no place of its own stands where the process begins.
        if let Some(exec) = child.exec {
            entries.latest = exec.0;
        }
        of_child(&mut entries, model, child);
    }
    let mut all = entries.list;
    all.sort_by_key(|entry| entry.order);
    let mut told = vec![false; model.children.len()];
    let mut now = None;
    for entry in &all {
        if entry.of != now || page.lines.len() == 1 {
            now = entry.of;
            page.gap();
            let known =
                now.and_then(|index| Some((model.children.get(index)?, told.get_mut(index)?)));
            let who = known.map_or_else(|| "server".to_owned(), |(child, told)| who(child, told));
            heading(&mut page, &who);
        }
        page.hanging(4, &entry.mark, entry.colour, &entry.text);
    }
    page.finish()
}

fn heading(page: &mut Page, text: &str) {
    let mut line = Line::new();
    line.push(Colour::Heading, text);
    page.lines.push(line);
}

/// `runner[cuda_v12] pass 1 p3.1, pid 8031, 294 ms`; the second time without pid and time.
fn who(child: &Child, told: &mut bool) -> String {
    let process = child
        .process
        .map_or_else(String::new, |process| format!(" {process}"));
    let mut who = format!("{}{process}", child.role);
    if std::mem::replace(told, true) {
        who.push_str(", further");
        return who;
    }
    if child.pid != 0 {
        who.push_str(&format!(", pid {}", child.pid));
    }
    if child.ended != 0 {
        let took = child.ended.saturating_sub(child.begun) / 1_000_000;
        who.push_str(&format!(", {took} ms"));
    }
    who
}

/// What it found, and what it uses in the end.
fn of_server(entries: &mut Entries, model: &Model) {
    entries.each(&model.folders, |entries, folder| {
        let seen = folder.listed.as_ref().or(folder.seen.as_ref());
        entries.add(seen, Colour::Plain, of_folder(folder));
    });
    entries.each(&model.devices, |entries, device| {
        let words = format!("the server uses {} {}", device.library, device.id);
        entries.add(device.seen.as_ref(), Colour::Result, words);
    });
    if let Some(seen) = &model.cpu_only {
        entries.add(Some(seen), Colour::Plain, "the server uses the CPU alone");
    }
    entries.each(&model.models, |entries, start| {
        entries.add(start.seen.as_ref(), Colour::Plain, of_model(start));
    });
}

fn of_child(entries: &mut Entries, model: &Model, child: &Child) {
    let walks = child.walked.iter().zip(&child.walks);
    entries.each(walks, |entries, (folder, walks)| {
        let words = format!("listed {} {walks} times", folder.path);
        entries.add(folder.listed.as_ref(), Colour::Dim, words);
    });
    entries.each(&child.loader_words, |entries, words| {
        entries.add(Some(&words.seen), Colour::Plain, words.seen.text.as_str());
    });
    let (variants, loads): (Vec<_>, Vec<_>) = child.loads.iter().partition(|load| load.given_back);
    if let Some(first) = variants.first() {
        let words = format!("{} loads of CPU variants", variants.len());
        entries.add(first.seen.as_ref(), Colour::Dim, words);
    }
    entries.each(loads, |entries, load| {
        entries.add(load.seen.as_ref(), role(&load.outcome), of_load(load));
    });
    entries.each(&child.inits, |entries, init| {
        entries.add(init.seen.as_ref(), Colour::Plain, of_init(init));
    });
    let calls = child.calls.iter();
    let calls = calls.filter(|call| call.failed || call.took.is_none());
    entries.each(calls, |entries, call| {
        let result = match call.result.as_str() {
            "" => "has not come back",
            result => result,
        };
        let seen = Evidence {
            at: model.at(call.seq),
            text: call.function.clone(),
        };
        let words = format!("{} = {result}", call.function);
        entries.add(Some(&seen), Colour::Warning, words);
    });
    entries.each(&child.crashes, |entries, crash| {
        entries.add(Some(&crash.seen), Colour::Failed, crash.seen.text.as_str());
    });
    // What a process with a model says about devices is asked for before it has any.
    let says = |answer: &&_| !matches!(child.role, Role::Model { .. }) || !of_nothing(answer);
    if let Some(answer) = child.answer.as_ref().filter(says) {
        entries.add(answer.seen.as_ref(), Colour::Plain, of_answer(answer));
    }
    let (seen, text) = end_of(child);
    // Without a place it is the last thing of this process.
    let ended = entries.list.iter().filter(|entry| entry.of == entries.of);
    entries.latest = ended
        .map(|entry| entry.order)
        .max()
        .unwrap_or(entries.latest);
    entries.add(seen, Colour::Dim, text);
}

fn of_nothing(answer: &crate::discover::model::Answer) -> bool {
    answer.error.is_none() && answer.devices.is_empty()
}
