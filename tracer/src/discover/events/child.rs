//! One process of an attempt under construction.

use std::collections::BTreeMap;

use super::answers::{self, Http};
use super::ends::{self, Kills};
use super::lines::{Lines, Whole};
use super::loads::Loading;
use super::values::{named, telling};
use crate::discover::model::{Child, Crash, DriverCall, End, Evidence, Folder, Place, Said, Spawn};
use crate::discover::role::{Role, Step};
use crate::event::call::{Because, Call, Return, Unfinished};
use crate::event::library::Library;
use crate::event::process::{Exec, ExecFailed, Exit};
use crate::event::signal::Signal;
use crate::event::{Event, Kind, Proc, Seen, Seq, Text};

/// Entries of each list of one process.
const MAX_EACH: usize = 4_096;
/// Tables of functions whose calls are driver calls.
const DRIVERS: [&str; 6] = ["cuda", "nvml", "cudart", "hip", "vulkan", "cublas"];
/// open flags of x86-64 (fcntl.h).
const O_CREAT: u64 = 0o100;

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
    lines: Lines,
    out: Vec<Whole>,
    http: BTreeMap<i32, Http>,
    /// Driver calls that are open: index into `Child::calls`.
    open_calls: BTreeMap<Seq, usize>,
    /// Traced functions that are open, for crashes, by the call's number.
    open: BTreeMap<Seq, Open>,
    /// SIGKILL of the server: when.
    killed: Option<(u64, Seq, bool)>,
    foreign_kill: Option<(Text, Option<Text>, Seq)>,
    oom: Option<Seq>,
    exit: Option<(Exit, u64, Seq)>,
}

impl Building {
    pub(super) fn new(role: Role, process: Option<Proc>) -> Self {
        Self {
            child: Child {
                process,
                ..Child::new(role)
            },
            loading: Loading::default(),
            lines: Lines::default(),
            out: Vec::new(),
            http: BTreeMap::new(),
            open_calls: BTreeMap::new(),
            open: BTreeMap::new(),
            killed: None,
            foreign_kill: None,
            oom: None,
            exit: None,
        }
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
        child.secure = exec.secure;
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
        self.refuse(failed.err, event.seq, format!("execve {file}"));
    }

    fn refuse(&mut self, err: crate::event::Errno, seq: Seq, text: String) {
        if self.child.refused.len() < MAX_EACH {
            self.child.refused.push((err, Evidence::event(seq, text)));
        }
    }

    pub(super) fn facts(&mut self, library: &Library) {
        self.loading.facts(library, &mut self.child);
    }

    pub(super) fn push(&mut self, event: &Event) {
        match &event.kind {
            Kind::Call(call) => self.call(event, call),
            Kind::Return(back) => self.returned(event, back),
            Kind::Unfinished(open) => self.unfinished(event, open),
            Kind::LoaderError(error) => self.loading.error(event, error, &mut self.child),
            Kind::Map(map) => self.mapped(event, map),
            Kind::Unmap(unmap) => {
                if let Some(path) = unmap.path.value() {
                    self.loading.unmapped(path);
                }
            }
            Kind::List(list) => self.walked(event, list),
            Kind::Open(open) => {
                let path = open.path.value().map_or("", |path| path.as_str());
                if let Some(err) = open.err
                    && (open.flags.0 & O_CREAT != 0 || is_device(path) || err.0 != 2)
                {
                    self.refuse(err, event.seq, format!("open {path}"));
                }
            }
            Kind::Socket(socket) => {
                if let Some(err) = socket.err
                    && socket.call.as_str() == "bind"
                {
                    let address = socket.address.as_ref().map_or("", |text| text.as_str());
                    self.refuse(err, event.seq, format!("bind {address}"));
                }
            }
            Kind::Output(output) => {
                let whole = self.lines.push(event, output);
                self.said(output.fd, whole);
            }
            Kind::Http(http) => {
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
            if self.child.said.len() < MAX_EACH && !line.text.is_empty() {
                self.child.said.push(Said {
                    text: line.text.clone(),
                    seen: Evidence::event(line.seq, line.text.clone()),
                });
            }
            if fd == 1 && self.out.len() < MAX_EACH {
                self.out.push(line);
            }
        }
    }

    fn call(&mut self, event: &Event, call: &Call) {
        if !call.entry_only && self.open.len() < MAX_EACH {
            self.open.insert(
                event.seq,
                Open {
                    function: call.function.clone(),
                    tid: event.tid,
                    constructor: (call.api.as_str() == "constructor")
                        .then(|| call.of.clone())
                        .flatten(),
                },
            );
        }
        self.loading.call(event, call, &mut self.child);
        if DRIVERS.contains(&call.api.as_str()) && self.child.calls.len() < MAX_EACH {
            self.open_calls.insert(event.seq, self.child.calls.len());
            self.child.calls.push(DriverCall {
                api: call.api.clone(),
                function: call.function.clone(),
                of: call.of.clone(),
                result: Text::default(),
                code: None,
                failed: false,
                values: call.args.iter().filter_map(telling).collect(),
                took: None,
                from: call.from.as_ref().and_then(|site| site.object.clone()),
                seq: event.seq,
            });
        }
    }

    fn returned(&mut self, event: &Event, back: &Return) {
        self.open.remove(&back.call);
        self.loading.returned(event, back, &mut self.child);
        let index = self.open_calls.remove(&back.call);
        if let Some(call) = index.and_then(|index| self.child.calls.get_mut(index)) {
            let (result, number) = named(&back.result);
            call.result = result;
            call.code = back.code.or(number);
            call.failed = back.failed;
            call.took = event.duration.or(Some(0));
            call.values.extend(back.outs.iter().filter_map(telling));
        }
    }

    fn unfinished(&mut self, event: &Event, open: &Unfinished) {
        self.loading.unfinished(event, open, &mut self.child);
        let about = open.about.as_ref().and_then(Seen::value);
        let telling = open.call.is_some() || about.is_some();
        if matches!(open.because, Because::Slow | Because::End) && telling {
            let seconds = event.duration.unwrap_or(0) / 1_000_000_000;
            let about = about.map_or_else(String::new, |about| format!(" {about}"));
            let text = format!("{}{about}, for {seconds} s", open.function);
            self.child.hanging = Some(Evidence::event(event.seq, text));
        }
    }

    fn mapped(&mut self, event: &Event, map: &crate::event::library::Map) {
        let Some(path) = map.path.value() else { return };
        if let Some(err) = map.err {
            self.refuse(err, event.seq, format!("executable mapping of {path}"));
            return;
        }
        self.loading.mapped(path);
        let known = self.child.mapped.iter().any(|(known, _)| known == path);
        if !known && self.child.mapped.len() < MAX_EACH {
            self.child.mapped.push((path.clone(), event.seq));
        }
    }

    fn walked(&mut self, event: &Event, list: &crate::event::file::List) {
        let Some(path) = list.path.value() else {
            return;
        };
        let known = self.child.walked.iter().position(|one| one.path == *path);
        let index = match known {
            Some(index) => index,
            None if self.child.walked.len() < 256 => {
                self.child.walked.push(Folder {
                    name: Text::from(super::roles::base(path.as_str())),
                    path: path.clone(),
                    place: Place::Elsewhere,
                    ..Folder::default()
                });
                self.child.walks.push(0);
                self.child.walked.len() - 1
            }
            None => return,
        };
        let (Some(folder), Some(walks)) = (
            self.child.walked.get_mut(index),
            self.child.walks.get_mut(index),
        ) else {
            return;
        };
        if list.entries == 0 {
            // The last, empty answer ends one walk.
            *walks = walks.saturating_add(1);
        }
        if let Some(err) = list.err {
            folder.unreadable = Some((err, Evidence::event(event.seq, format!("list {path}"))));
        }
        let names = folder.names.get_or_insert_with(Vec::new);
        if *walks == 0 && names.len() < MAX_EACH {
            names.extend(list.names.iter().cloned());
        }
        folder
            .listed
            .get_or_insert_with(|| Evidence::event(event.seq, format!("list {path}")));
    }

    /// A signal for this process. `server` is the server's number.
    pub(super) fn signal(&mut self, event: &Event, signal: &Signal, server: Option<u32>) {
        let name = signal.name.as_str();
        if signal.is_fault() || (name == "SIGABRT" && signal.from_pid == Some(self.child.pid)) {
            let inside = self.inside(event.tid);
            let constructor = self
                .open
                .values()
                .rev()
                .find(|open| open.tid == event.tid && open.constructor.is_some())
                .and_then(|open| open.constructor.clone());
            let crash = Crash {
                signal: signal.name.clone(),
                address: signal.address,
                at: signal.at.clone(),
                inside,
                constructor,
                seen: Evidence::event(event.seq, ends::describe(signal)),
            };
            // A handler that passes it on raises it a second time.
            let known = self
                .child
                .crashes
                .iter()
                .any(|known| known.signal == crash.signal && known.at == crash.at);
            if !known && self.child.crashes.len() < 64 {
                self.child.crashes.push(crash);
            }
            return;
        }
        if signal.from_pid.is_none() || self.exit.is_some() {
            return;
        }
        let sender = event.process.map(|process| process.number);
        if name == "SIGKILL" && sender.is_some() && sender == server {
            let answered = self.child.answer.is_some() || self.has_answered();
            self.killed
                .get_or_insert((event.time, event.seq, !answered));
        } else if matches!(
            name,
            "SIGKILL" | "SIGTERM" | "SIGINT" | "SIGSYS" | "SIGQUIT"
        ) {
            let by = signal.from_name.clone();
            self.foreign_kill = Some((signal.name.clone(), by, event.seq));
        }
    }

    /// Functions that are open on a thread, innermost first.
    fn inside(&self, tid: Option<u32>) -> Vec<Text> {
        self.open
            .values()
            .rev()
            .filter(|open| open.tid == tid)
            .map(|open| open.function.clone())
            .take(16)
            .collect()
    }

    /// What the server waits for has come: the runner's answer, the start's line.
    fn has_answered(&self) -> bool {
        match self.child.role.step() {
            Some(Step::Runner) => self.http.values().any(|http| http.answer().is_some()),
            Some(Step::Start) => self
                .child
                .said
                .iter()
                .any(|said| said.text.as_str().contains("system_info:")),
            _ => false,
        }
    }

    pub(super) fn oom(&mut self, event: &Event) {
        self.oom = Some(event.seq);
    }

    pub(super) fn exited(&mut self, event: &Event, exit: &Exit) {
        self.exit = Some((exit.clone(), event.time, event.seq));
    }

    /// The child as it is now.
    pub(super) fn finish(&self, last: u64) -> Child {
        let mut building = self.clone();
        let rest = building.lines.rest();
        building.said(1, rest);
        let mut child = building.child;
        child.ended = building.exit.as_ref().map_or(last, |(_, time, _)| *time);
        child.end = building.exit.map_or(End::Unknown, |(exit, time, seq)| {
            ends::end(
                &exit,
                seq,
                &Kills {
                    server: building.killed,
                    foreign: building.foreign_kill,
                    oom: building.oom,
                    ran: time.saturating_sub(child.begun),
                },
            )
        });
        child.answer = match child.role.step() {
            Some(Step::List) => answers::list(&building.out),
            Some(Step::Probe) => answers::probe(&building.out),
            _ => building.http.values().find_map(Http::answer),
        };
        if !matches!(
            child.end,
            End::KilledByServer {
                before_answer: true,
                ..
            } | End::Unknown
        ) {
            // It came back in the end, or died for another reason.
            child.hanging = child.hanging.filter(|_| child.end == End::Unknown);
        }
        given_back(&mut child);
        building.loading.settle(&mut child);
        child
    }
}

/// CPU variants that were opened for their score only.
fn given_back(child: &mut Child) {
    for load in &mut child.loads {
        let name = super::roles::base(load.asked.as_str());
        load.given_back = name.starts_with("libggml-cpu-");
    }
}

/// Device nodes and the kernel's words about drivers.
fn is_device(path: &str) -> bool {
    path.starts_with("/dev/nvidia")
        || path.starts_with("/dev/dri")
        || path == "/dev/kfd"
        || path.starts_with("/proc/driver/nvidia")
}
