//! What a reader must remember to put one event in words: names and pids of processes, environments, open calls,
//! build-ids. A fold over all events, shown or not; its memory is bounded for any input.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::roles::Roles;
use crate::event::call::{Because, Call};
use crate::event::process::{EnvVar, Exec};
use crate::event::{Event, Kind, Proc, Seq, Text};

/// Calls remembered at a time; beyond it the oldest is forgotten, and its return shown without arguments.
const MAX_OPEN_CALLS: usize = 65_536;
/// Library files whose build-id is remembered.
const MAX_LIBRARIES: usize = 65_536;

/// An environment: names in order, with what is known of the value.
pub type Environment = Rc<BTreeMap<Text, EnvVar>>;

/// A call that has been entered and not come back.
#[derive(Clone, Debug)]
pub struct OpenCall {
    /// The function and its arguments.
    pub call: Call,
    /// When it was entered, nanoseconds of CLOCK_BOOTTIME.
    pub time: u64,
    /// The process it runs in.
    pub process: Option<Proc>,
    /// The call it is inside of.
    pub parent: Option<Seq>,
    /// Columns of indentation its row got; `None` when it was not shown.
    pub shown_at: Option<usize>,
}

/// What is known of one process number.
#[derive(Clone, Debug, Default)]
struct Process {
    pid: Option<u32>,
    name: Option<Rc<str>>,
    environment: Option<Environment>,
}

/// The state between two events.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    origin: Option<u64>,
    /// Shared with the scenes that were kept before, until it changes.
    processes: Rc<BTreeMap<u32, Process>>,
    calls: BTreeMap<Seq, OpenCall>,
    build_ids: Rc<BTreeMap<Text, Text>>,
    roles: Roles,
}

impl Scene {
    /// A scene before the first event. `origin` is the begin of the recording in nanoseconds of CLOCK_BOOTTIME
    /// (the header's clock); without one the first event is time zero.
    #[must_use]
    pub fn new(origin: Option<u64>) -> Self {
        Self {
            origin,
            ..Self::default()
        }
    }

    /// The same, knowing what each process is to the discovery: that is told by a pass over the whole recording.
    #[must_use]
    pub fn with_roles(self, roles: Roles) -> Self {
        Self { roles, ..self }
    }

    /// What a process is to the discovery, where that is known.
    #[must_use]
    pub fn role(&self, process: Proc) -> Option<&str> {
        self.roles.get(&process.number).map(String::as_str)
    }

    /// Nanoseconds from the begin of the recording to `time`.
    #[must_use]
    pub fn since_begin(&self, time: u64) -> u64 {
        time.saturating_sub(self.origin.unwrap_or(0))
    }

    /// The short name of a process: the base name of its program, or of its parent's before the first exec.
    #[must_use]
    pub fn name(&self, process: Proc) -> Option<&str> {
        self.processes.get(&process.number)?.name.as_deref()
    }

    /// The raw pid of a process, where an event told it.
    #[must_use]
    pub fn pid(&self, process: Proc) -> Option<u32> {
        self.processes.get(&process.number)?.pid
    }

    /// The environment a process inherits or has, where it is known.
    #[must_use]
    pub fn environment(&self, process: Proc) -> Option<&Environment> {
        self.processes.get(&process.number)?.environment.as_ref()
    }

    /// The environment that an exec replaces: the one inherited at fork, or the parent's.
    #[must_use]
    pub fn environment_before(&self, process: Option<Proc>, exec: &Exec) -> Option<&Environment> {
        process
            .and_then(|process| self.environment(process))
            .or_else(|| exec.parent.and_then(|parent| self.environment(parent)))
    }

    /// A call that is open.
    #[must_use]
    pub fn call(&self, seq: Seq) -> Option<&OpenCall> {
        self.calls.get(&seq)
    }

    /// How many calls are open.
    #[must_use]
    pub fn open_calls(&self) -> usize {
        self.calls.len()
    }

    /// Forgets open calls: what they return is shown without their arguments.
    pub fn forget_calls(&mut self) {
        self.calls.clear();
    }

    /// Build-id of a file that a `library` event described.
    #[must_use]
    pub fn build_id(&self, path: &Text) -> Option<&Text> {
        self.build_ids.get(path)
    }

    /// Notes where the row of an open call was put, so that what happens inside is indented below it.
    pub fn shown(&mut self, seq: Seq, column: usize) {
        if let Some(open) = self.calls.get_mut(&seq) {
            open.shown_at = Some(column);
        }
    }

    /// To be told of every event before it is put in words.
    pub fn before(&mut self, event: &Event) {
        self.origin.get_or_insert(event.time);
        match &event.kind {
            Kind::Fork(fork) => {
                let parent = event
                    .process
                    .and_then(|parent| self.processes.get(&parent.number))
                    .cloned()
                    .unwrap_or_default();
                Rc::make_mut(&mut self.processes).insert(
                    fork.child.number,
                    Process {
                        pid: Some(fork.pid),
                        ..parent
                    },
                );
            }
            Kind::Exec(exec) => {
                if let Some(process) = event.process {
                    let processes = Rc::make_mut(&mut self.processes);
                    let known = processes.entry(process.number).or_default();
                    known.pid = Some(exec.pid);
                    known.name = name_of(exec).map(Rc::from);
                }
            }
            Kind::Call(call) if !call.entry_only => self.open(event, call),
            Kind::Library(library) => {
                if let Some(id) = &library.build_id
                    && self.build_ids.len() < MAX_LIBRARIES
                {
                    Rc::make_mut(&mut self.build_ids).insert(library.path.clone(), id.clone());
                }
            }
            _ => {}
        }
    }

    /// To be told of every event after it was put in words.
    pub fn after(&mut self, event: &Event) {
        match &event.kind {
            Kind::Exec(exec) => {
                if let Some(process) = event.process {
                    let list = exec.env.value().map_or(&[][..], Vec::as_slice);
                    let environment = list
                        .iter()
                        .map(|var| (var.k.clone(), var.clone()))
                        .collect();
                    let processes = Rc::make_mut(&mut self.processes);
                    let known = processes.entry(process.number).or_default();
                    known.environment = Some(Rc::new(environment));
                }
            }
            Kind::Exit(_) => {
                let ended = event.process.map(|process| process.number);
                let processes = Rc::make_mut(&mut self.processes);
                if let Some(known) = ended.and_then(|number| processes.get_mut(&number)) {
                    known.environment = None;
                }
            }
            Kind::Return(back) => {
                self.calls.remove(&back.call);
            }
            Kind::Unfinished(open) if open.because != Because::Slow => {
                if let Some(call) = open.call {
                    self.calls.remove(&call);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, event: &Event, call: &Call) {
        if self.calls.len() >= MAX_OPEN_CALLS {
            self.calls.pop_first();
        }
        self.calls.insert(
            event.seq,
            OpenCall {
                call: call.clone(),
                time: event.start(),
                process: event.process,
                parent: event.parent,
                shown_at: None,
            },
        );
    }
}

/// The base name of the program: of the file the kernel runs, else of the one that was asked for.
fn name_of(exec: &Exec) -> Option<&str> {
    let path = exec.exe.value().or_else(|| exec.file.value())?.as_str();
    path.rsplit('/').find(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::Scene;
    use crate::event::call::{Because, Unfinished};
    use crate::event::process::Fork;
    use crate::event::{Event, Kind, Proc, Seq, Text};
    use crate::view::samples;

    fn event(seq: u64, process: &str, kind: Kind) -> Event {
        Event {
            seq: Seq(seq),
            time: seq * 1000,
            duration: None,
            process: process.parse().ok(),
            tid: None,
            parent: None,
            late: false,
            kind,
        }
    }

    #[test]
    fn a_child_has_its_parents_name_until_its_own_exec() {
        let mut scene = Scene::new(None);
        let child: Proc = "p2.0".parse().unwrap();
        let fork = Kind::Fork(Fork { child, pid: 77 });
        for event in [
            event(
                1,
                "p1.1",
                Kind::Exec(samples::exec("/usr/bin/ollama", &["ollama"], &[])),
            ),
            event(2, "p1.1", fork),
        ] {
            scene.before(&event);
            scene.after(&event);
        }
        assert_eq!(scene.name(child), Some("ollama"));
        assert_eq!(scene.pid(child), Some(77));
        assert_eq!(scene.since_begin(2000), 1000);
        let exec = event(
            3,
            "p2.1",
            Kind::Exec(samples::exec("/x/llama-server", &["x"], &[])),
        );
        scene.before(&exec);
        scene.after(&exec);
        assert_eq!(scene.name("p2.1".parse().unwrap()), Some("llama-server"));
        assert_eq!(scene.name("p1.1".parse().unwrap()), Some("ollama"));
    }

    #[test]
    fn a_call_is_open_until_it_comes_back_or_is_given_up() {
        let mut scene = Scene::new(Some(0));
        let unfinished = |because| {
            Kind::Unfinished(Unfinished {
                call: Some(Seq(1)),
                function: Text::from("dlopen"),
                about: None,
                because,
            })
        };
        let call = event(1, "p1.1", Kind::Call(samples::dlopen("libcuda.so.1")));
        scene.before(&call);
        scene.after(&call);
        scene.after(&event(2, "p1.1", unfinished(Because::Slow)));
        assert!(scene.call(Seq(1)).is_some());
        scene.after(&event(3, "p1.1", unfinished(Because::Exit)));
        assert!(scene.call(Seq(1)).is_none());
    }
}
