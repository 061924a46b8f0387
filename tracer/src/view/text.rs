//! Events as aligned text: time, process, and the row, indented inside calls.
//!
//! ```text
//!   0.031204  p3.1 ollama  dlopen("/usr/local/lib/ollama/cuda_v13/libggml-cuda.so", NOW|LOCAL)
//!   0.031377  p3.1 ollama  │ open /usr/lib/libcuda.so.1 RDONLY|CLOEXEC = ENOENT no such file ✗
//!   0.031420  p3.1 ollama  │ ↳ loader: libcuda.so.1: cannot open shared object file: No such file or directory
//!   0.031498  p3.1 ollama  └ dlopen = NULL ✗  294 µs
//! ```
//!
//! A call whose return follows at once is one line. The fold keeps at most one call waiting.

mod requests;
#[cfg(test)]
mod tests;

use crate::event::call::Return;
use crate::event::{Event, Kind, Proc, Seq};

use super::filter::Filter;
use super::line::{Line, Role};
use super::roles::Roles;
use super::row::{self, Context, Detail, Row};
use super::scene::Scene;
use super::{Looks, amount, escape};

use requests::Requests;

/// Columns of the process: at the beginning, and at most.
const PROCESS_COLUMNS: (usize, usize) = (16, 26);
/// Deepest indentation of nested calls.
const MAX_DEPTH: usize = 16;

/// Turns events into text, in order.
#[derive(Debug)]
pub struct Renderer {
    looks: Looks,
    numbers: bool,
    scene: Scene,
    process_columns: usize,
    waiting: Option<Waiting>,
    requests: Requests,
    /// What else an event must be to be shown.
    only: Option<fn(&Event, &Scene) -> bool>,
}

/// A call that may still be joined with its return, and the loader's words in between.
#[derive(Debug)]
struct Waiting {
    call: Seq,
    /// The call's own event, when it is to be shown.
    entry: Option<Event>,
    loader: Vec<Event>,
}

impl Renderer {
    /// A renderer before the first event. `origin`: see [`Scene::new`]. `numbers` puts event numbers in front.
    #[must_use]
    pub fn new(origin: Option<u64>, looks: Looks, numbers: bool) -> Self {
        Self {
            looks,
            numbers,
            scene: Scene::new(origin),
            process_columns: PROCESS_COLUMNS.0,
            waiting: None,
            requests: Requests::default(),
            only: None,
        }
    }

    /// What each process is to the discovery, for a filter that asks.
    pub fn roles(&mut self, roles: Roles) {
        self.scene = std::mem::take(&mut self.scene).with_roles(roles);
    }

    /// Shows only events that `which` takes, beside what the filter says.
    pub fn only(&mut self, which: fn(&Event, &Scene) -> bool) {
        self.only = Some(which);
    }

    /// What is known so far.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// Takes the next event; appends finished lines to `out` if the filter lets it through. Returns whether it did.
    pub fn event(&mut self, event: &Event, filter: &Filter, out: &mut String) -> bool {
        self.scene.before(event);
        let taken = self.only.is_none_or(|which| which(event, &self.scene));
        let shown = taken && filter.matches(event, &self.scene);
        if shown {
            self.show_or_hold(event, out);
        }
        self.scene.after(event);
        shown
    }

    /// Appends what still waits.
    pub fn finish(&mut self, out: &mut String) {
        self.requests_out(out);
        self.flush(out);
    }

    /// In the diary, requests of device nodes in a row become one line, unless events are numbered.
    fn show_or_hold(&mut self, event: &Event, out: &mut String) {
        let folds = self.only.is_some() && !self.numbers;
        if folds && Requests::may_take(event) {
            self.flush(out);
            if !self.requests.take(event) {
                self.requests_out(out);
                self.requests.take(event);
            }
            return;
        }
        self.requests_out(out);
        self.show(event, out);
    }

    /// Writes the run of requests that waits.
    fn requests_out(&mut self, out: &mut String) {
        let run = std::mem::take(&mut self.requests);
        match (run.row(self.looks), run.first.first()) {
            (Some(row), Some(first)) => self.write(first, self.depth(first.parent), "", &row, out),
            _ => run.first.iter().for_each(|event| self.plain(event, out)),
        }
    }

    fn show(&mut self, event: &Event, out: &mut String) {
        match &event.kind {
            Kind::Call(call) if !call.entry_only => {
                self.flush(out);
                self.wait(event.seq, Some(event.clone()));
            }
            Kind::LoaderError(body) if self.is_waiting(body.call) => self.add_loader(event),
            Kind::LoaderError(body) => {
                self.flush(out);
                match body.call.and_then(|call| self.scene.call(call)) {
                    Some(open) if open.shown_at.is_none() => {
                        self.wait(body.call.unwrap_or_default(), None);
                        self.add_loader(event);
                    }
                    _ => self.plain(event, out),
                }
            }
            Kind::Return(body) if self.is_waiting(Some(body.call)) => {
                if let Some(waiting) = self.waiting.take() {
                    self.join(event, body, &waiting, out);
                }
            }
            Kind::Return(body) => {
                self.flush(out);
                match self.scene.call(body.call).and_then(|open| open.shown_at) {
                    Some(depth) => {
                        let row = row::back(body, event.duration, self.looks);
                        self.write(event, depth, self.looks.corner(), &row, out);
                    }
                    None => self.plain(event, out),
                }
            }
            _ => {
                self.flush(out);
                self.plain(event, out);
            }
        }
    }

    fn wait(&mut self, call: Seq, entry: Option<Event>) {
        self.waiting = Some(Waiting {
            call,
            entry,
            loader: Vec::new(),
        });
    }

    fn is_waiting(&self, call: Option<Seq>) -> bool {
        call.is_some() && self.waiting.as_ref().map(|waiting| waiting.call) == call
    }

    fn add_loader(&mut self, event: &Event) {
        if let Some(waiting) = &mut self.waiting {
            waiting.loader.push(event.clone());
        }
    }

    /// One line for a call and its return, the loader's words under it.
    fn join(&mut self, event: &Event, body: &Return, waiting: &Waiting, out: &mut String) {
        let Some(open) = self.scene.call(body.call) else {
            self.plain(event, out);
            return;
        };
        // A backend has hundreds of constructors; in the diary only those count that do something, or never end.
        if self.only.is_some() && open.call.api.as_str() == "constructor" {
            return;
        }
        let mut row = row::joined(&open.call, body, event.duration, self.looks);
        for loader in &waiting.loader {
            if let Kind::LoaderError(words) = &loader.kind {
                row.more.push(row::loader(words, self.looks));
            }
        }
        let entry = waiting.entry.as_ref().unwrap_or(event);
        let depth = self.depth(entry.parent);
        self.write(entry, depth, "", &row, out);
    }

    /// Writes a waiting call without its return: something else happened inside or meanwhile.
    fn flush(&mut self, out: &mut String) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        if let Some(entry) = &waiting.entry {
            let depth = self.depth(entry.parent);
            self.plain(entry, out);
            self.scene.shown(waiting.call, depth);
        }
        for loader in &waiting.loader {
            self.plain(loader, out);
        }
    }

    fn plain(&mut self, event: &Event, out: &mut String) {
        let row = row::describe(
            event,
            Context {
                scene: &self.scene,
                looks: self.looks,
                detail: Detail::Short,
            },
        );
        let parent = match &event.kind {
            Kind::LoaderError(body) => body.call.or(event.parent),
            _ => event.parent,
        };
        self.write(event, self.depth(parent), "", &row, out);
    }

    /// How deep an event inside of `parent` stands: below the nearest call that was shown.
    fn depth(&self, parent: Option<Seq>) -> usize {
        let mut parent = parent;
        for _ in 0..MAX_DEPTH * 4 {
            let Some(open) = parent.and_then(|seq| self.scene.call(seq)) else {
                return 0;
            };
            if let Some(depth) = open.shown_at {
                return (depth + 1).min(MAX_DEPTH);
            }
            parent = open.parent;
        }
        0
    }

    fn write(&mut self, event: &Event, depth: usize, sign: &str, row: &Row, out: &mut String) {
        let mut line = Line::new();
        self.columns(event, &mut line);
        let begin = line.width();
        line.push(Role::Dim, &self.looks.rule().repeat(depth))
            .push(Role::Dim, sign)
            .append(&row.first);
        line.write(self.looks, out);
        let inner = if matches!(event.kind, Kind::Output(_)) {
            0
        } else {
            2
        };
        for more in &row.more {
            let mut line = Line::new();
            line.pad_to(begin)
                .push(Role::Dim, &self.looks.rule().repeat(depth))
                .plain(&" ".repeat(inner))
                .append(more);
            line.write(self.looks, out);
        }
    }

    fn columns(&mut self, event: &Event, line: &mut Line) {
        if self.numbers {
            line.push(Role::Dim, &format!("{:>6} ", event.seq.0));
        }
        let time = amount::clock(self.scene.since_begin(event.time));
        line.push(Role::Dim, &time).plain("  ");
        let begin = line.width();
        if let Some(process) = event.process {
            line.push(Role::Process, &self.process(process));
        }
        let used = line.width() - begin;
        self.process_columns = self.process_columns.max(used);
        line.pad_to(begin + self.process_columns).plain("  ");
    }

    fn process(&self, process: Proc) -> String {
        let who = row::who(process, &self.scene);
        let shown = escape::text(&who);
        escape::fit(&shown, PROCESS_COLUMNS.1, self.looks.dots()).into_owned()
    }
}
