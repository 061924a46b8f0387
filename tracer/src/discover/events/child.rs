//! One process of an attempt under construction.

mod beyond;
mod calls;
mod files;
mod searches;
mod signals;
mod walks;

use std::collections::{BTreeMap, BTreeSet};

use self::beyond::Beyond;
use super::MAX_EACH;
use super::answers::{self, Http};
use super::ends::{self, Kills};
use super::lines::{Lines, Whole};
use super::loads::Loading;
use super::roles::variable;
use crate::discover::model::{Child, Crash, End, Evidence, Said, Search, Spawn};
use crate::discover::role::{Role, Step};
use crate::event::library::{Library, Map};
use crate::event::process::{Exec, ExecFailed, Exit, ForkFailed};
use crate::event::{Errno, Event, Kind, Proc, Seq, Text};

use searches::Searching;

/// A traced function that has not come back.
#[derive(Clone, Debug)]
struct Open {
    function: Text,
    tid: Option<u32>,
    /// The library whose constructor it is.
    constructor: Option<Text>,
}

/// A child and what is still open.
#[derive(Clone, Debug)]
pub(super) struct Building {
    child: Child,
    loading: Loading,
    searching: Searching,
    lines: Lines,
    out: Vec<Whole>,
    http: BTreeMap<i32, Http>,
    /// Driver calls that are open: index into `Child::calls`.
    open_calls: BTreeMap<Seq, usize>,
    /// Traced functions that are open, for crashes, by the call's number.
    open: BTreeMap<Seq, Open>,
    /// The call that `Child::hanging` tells of.
    slow: Option<Seq>,
    /// Files that the driver looked for in vain while it started.
    sought: usize,
    /// Files in `Child::mapped`.
    mapped: BTreeSet<Text>,
    /// SIGKILL of the server: when.
    killed: Option<Seq>,
    foreign_kill: Option<(Text, Option<Text>, Seq)>,
    /// A connection came.
    asked: bool,
    /// A signal that it sent to itself: a crash if it ends by it.
    raised: Option<Crash>,
    oom: Option<Seq>,
    exit: Option<(Exit, u64, Seq)>,
    /// Entries of each list that may be kept now.
    most: usize,
    /// A call was left out.
    full: bool,
    /// What is kept all the same.
    beyond: Beyond,
}

impl Building {
    pub(super) fn new(role: Role, process: Option<Proc>) -> Self {
        let mut building = Self {
            child: Child {
                process,
                ..Child::new(role)
            },
            loading: Loading::default(),
            searching: Searching::default(),
            lines: Lines::default(),
            out: Vec::new(),
            http: BTreeMap::new(),
            open_calls: BTreeMap::new(),
            open: BTreeMap::new(),
            slow: None,
            sought: 0,
            mapped: BTreeSet::new(),
            killed: None,
            foreign_kill: None,
            asked: false,
            raised: None,
            oom: None,
            exit: None,
            most: 0,
            full: false,
            beyond: Beyond::default(),
        };
        building.limit(MAX_EACH);
        building
    }

    /// From now on each list has so many entries at most.
    pub(super) fn limit(&mut self, most: usize) {
        self.most = most;
        self.loading.limit(most);
    }

    /// Entries that it keeps.
    pub(super) fn kept(&self) -> usize {
        let child = &self.child;
        child.calls.len()
            + child.said.len()
            + child.loads.len()
            + child.inits.len()
            + child.refused.len()
            + child.mapped.len()
            + child.searches.len()
            + child.loader_words.len()
            + child.missed_symbols.len()
            + self.out.len()
            + self.http.len()
            + self.beyond.kept()
    }

    /// A call was left out since there was no room: what is not among them proves nothing.
    pub(super) const fn is_full(&self) -> bool {
        self.full || self.loading.is_full()
    }

    pub(super) fn executed(&mut self, exec: &Exec, seq: Seq, time: u64) {
        let child = &mut self.child;
        child.exec = Some(seq);
        child.begun = time;
        child.pid = exec.pid;
        child.argv = exec.argv.value().cloned().unwrap_or_default();
        child.env = exec.env.value().cloned().unwrap_or_default();
        child.env_whole = exec.env.whole().is_some();
        child.cwd = exec.cwd.value().cloned().unwrap_or_default();
        child.uid = Some(exec.uid[1]);
        child.gid = Some(exec.gid[1]);
        child.secure = exec.secure;
        child.preloaded = preloaded(exec);
    }

    pub(super) const fn role(&self) -> &Role {
        &self.child.role
    }

    pub(super) const fn spawn(&self) -> &Spawn {
        &self.child.spawn
    }

    /// Its folder became known.
    pub(super) fn name_folder(&mut self, name: Text) {
        if let Role::Attempt { dir, .. } = &mut self.child.role {
            *dir = name;
        }
    }

    /// It could not be made.
    pub(super) fn not_made(&mut self, err: Errno, seen: Evidence, time: u64) {
        self.child.spawn = Spawn::ForkFailed(err, seen);
        self.child.begun = time;
    }

    pub(super) fn exec_failed(&mut self, event: &Event, failed: &ExecFailed) {
        let file = failed.file.value().map_or("", |file| file.as_str());
        let seen = Evidence::event(event.seq, format!("execve({file}) = {}", failed.err));
        self.child.spawn = Spawn::ExecFailed(failed.err, seen);
        self.child.begun = event.time;
    }

    /// A running child could not start another program.
    pub(super) fn refused_exec(&mut self, event: &Event, failed: &ExecFailed) {
        let file = failed.file.value().map_or("", |file| file.as_str());
        self.refuse(event, failed.err, format!("execve {file}"));
    }

    /// It could not make a process or a thread.
    pub(super) fn fork_failed(&mut self, event: &Event, failed: &ForkFailed) {
        self.refuse(event, failed.err, failed.call.as_str().to_owned());
    }

    /// The system refused it something.
    fn refuse(&mut self, event: &Event, err: Errno, text: String) {
        self.loading.refused(event, err, &text, &mut self.child);
        if self.child.refused.len() < self.most {
            let seen = Evidence::event(event.seq, text);
            self.child.refused.push((err, seen));
        }
    }

    /// The server could not reach it.
    pub(super) fn unreached(&mut self, event: &Event, err: Errno, address: &Text) {
        if self.child.refused.len() < self.most {
            let text = format!("connect {address} by the server");
            self.child
                .refused
                .push((err, Evidence::event(event.seq, text)));
        }
    }

    /// It was given this port to answer at.
    pub(super) fn is_at(&self, port: &str) -> bool {
        let mut pairs = self.child.argv.windows(2);
        pairs.any(|pair| matches!(pair, [name, value] if name.as_str() == "--port" && value.as_str() == port))
    }

    pub(super) fn facts(&mut self, library: &Library) {
        self.loading.facts(library, &mut self.child);
    }

    pub(super) fn push(&mut self, event: &Event) {
        match &event.kind {
            Kind::Call(call) => self.call(event, call),
            Kind::Return(back) => self.returned(event, back),
            Kind::Unfinished(open) => self.unfinished(event, open),
            Kind::LoaderError(error) => {
                self.not_loaded(event, error);
                self.loading.error(event, error, &mut self.child);
            }
            Kind::Map(map) => self.mapped(event, map),
            Kind::Unmap(unmap) => {
                if let Some(path) = unmap.path.value() {
                    self.loading.unmapped(path);
                }
            }
            Kind::List(list) => self.walked(event, list),
            Kind::Open(open) => self.opened(event, open),
            Kind::Stat(stat) => self.looked_at(event, stat),
            Kind::Socket(socket) => {
                let address = socket.address.as_ref().map_or("", |text| text.as_str());
                match (socket.err, socket.call.as_str()) {
                    (Some(err), "bind") => self.refuse(event, err, format!("bind {address}")),
                    (Some(err), "connect") => self.not_reached(event, err, address),
                    (None, "listen") => {
                        let seen = Evidence::event(event.seq, format!("listen {address}"));
                        self.child.unasked.get_or_insert(seen);
                    }
                    (None, "accept") => self.asked = true,
                    _ => {}
                }
            }
            Kind::Output(output) => {
                let whole = self.lines.push(event, output);
                self.said(output.fd, whole);
            }
            Kind::Http(http) => {
                if self.http.len() >= MAX_EACH && !self.http.contains_key(&http.fd) {
                    return;
                }
                let of_fd = self.http.entry(http.fd).or_default();
                match &http.answer {
                    None => of_fd.asked = true,
                    Some(answer) => {
                        let text = answer.value().map_or("", |text| text.as_str());
                        of_fd.push(event.seq, text, answer.whole().is_some());
                    }
                }
            }
            _ => {}
        }
    }

    fn said(&mut self, fd: u32, whole: Vec<Whole>) {
        for line in whole {
            if !line.text.is_empty() {
                let said = Said {
                    text: line.text.clone(),
                    seen: Evidence::event(line.seq, line.text.clone()),
                };
                if self.child.said.len() < self.most {
                    self.child.said.push(said);
                } else {
                    self.beyond.said(said);
                }
            }
            if fd == 1 && self.out.len() < self.most {
                self.out.push(line);
            }
        }
    }

    fn mapped(&mut self, event: &Event, map: &Map) {
        let Some(path) = map.path.value() else { return };
        let ended = self.searching.mapped(event, path);
        self.searched(ended);
        if let Some(err) = map.err {
            self.refuse(event, err, format!("executable mapping of {path}"));
            return;
        }
        self.loading.mapped(event, path, &mut self.child);
        if self.mapped.contains(path) {
            return;
        }
        self.full |= self.mapped.len() >= self.most;
        if self.mapped.len() < self.most {
            self.mapped.insert(path.clone());
            self.child.mapped.push((path.clone(), event.seq));
        }
    }

    fn searched(&mut self, ended: Option<Search>) {
        let known = &mut self.child.searches;
        known.extend(ended.filter(|_| known.len() < self.most));
    }

    pub(super) fn oom(&mut self, event: &Event) {
        self.oom = Some(event.seq);
    }

    pub(super) fn exited(&mut self, event: &Event, exit: &Exit) {
        self.exit = Some((exit.clone(), event.time, event.seq));
    }

    /// The child as it is now.
    pub(super) fn finish(mut self, last: u64) -> Child {
        let rest = self.lines.rest();
        self.said(1, rest);
        let ended = self.searching.end();
        self.searched(ended);
        // What was being written when it was killed is told behind the kill; nothing is begun after it.
        let answered = self.has_answered();
        self.hangs_inside();
        let mut building = self;
        building.beyond.put_into(&mut building.child);
        let mut child = building.child;
        let constructors = building.open.values().map(|open| &open.constructor);
        child.constructor = constructors.flatten().last().cloned();
        child
            .unasked
            .take_if(|_| building.asked || building.http.values().any(|http| http.asked));
        child.ended = building.exit.as_ref().map_or(last, |(_, time, _)| *time);
        child.end = building.exit.map_or(End::Unknown, |(exit, time, seq)| {
            ends::end(
                &exit,
                seq,
                &Kills {
                    server: building.killed.map(|seq| (seq, !answered)),
                    foreign: building.foreign_kill,
                    oom: building.oom,
                    ran: time.saturating_sub(child.begun),
                },
            )
        });
        if let End::Signal { name, by: None, .. } = &child.end
            && let Some(raised) = building.raised.filter(|raised| raised.signal == *name)
            && name.as_str() != "SIGKILL"
            && child.crashes.is_empty()
        {
            child.crashes.push(raised);
        }
        child.answer = match child.role.step() {
            Some(Step::List) => answers::list(&building.out),
            Some(Step::Probe) => answers::probe(&building.out),
            None if child.role == Role::Program => answers::list(&building.out),
            _ => building.http.values().find_map(Http::answer),
        };
        if !ends::by_kill(&child.end) {
            child.hanging = None;
        }
        given_back(&mut child);
        building.loading.settle(&mut child);
        child
    }
}

/// What LD_PRELOAD names, split as the loader does (glibc, elf/rtld.c, handle_preload_list); a name with a slash does not
/// count in a program that runs with more rights than its caller.
fn preloaded(exec: &Exec) -> Vec<Text> {
    let value = variable(exec, "LD_PRELOAD").map_or("", |value| value.as_str());
    value
        .split([' ', ':'])
        .filter(|name| !name.is_empty() && !(exec.secure && name.contains('/')))
        .take(MAX_EACH)
        .map(Text::from)
        .collect()
}

/// CPU variants that were opened for their score only.
fn given_back(child: &mut Child) {
    for load in &mut child.loads {
        let name = super::roles::base(load.asked.as_str());
        load.given_back = name.starts_with("libggml-cpu-");
    }
}
