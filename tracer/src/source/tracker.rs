//! From records to events: who a process is, where it is, which call is inside which.
//!
//! Pure: records in their order go in, events and wishes come out. Knows no engine, reads no file, looks at no clock.
//! A wish is something the recorder has to look up on the machine (facts about a library, the layout of an image).

mod already;
mod calls;
mod counted;
mod devices;
mod exec;
mod files;
mod listing;
mod memory;
mod network;
mod output;
mod pieces;
mod process;
mod signals;

use std::collections::{HashMap, HashSet};

pub use already::{Already, Descriptor, Opened, Region};
pub use calls::{Handles, Label, Probe, Probes, constructor_descriptor, descriptor};
pub use memory::{Image, ImageReader};
pub use process::{Process, Thread};

use crate::event::{Event, Kind, Proc, Seq};
use crate::source::place::Whose;
use crate::source::record::{Body, Record};
use crate::source::screen;

/// What the tracker asks the recorder for.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Facts about a library that was mapped or tried: its path, and the process it was seen in.
    Library {
        /// Absolute path.
        path: String,
        /// Raw process id.
        tgid: u32,
    },
    /// A load failed: who provides what for this file in this process?
    Closure {
        /// The loader error.
        error: Seq,
        /// The file asked for.
        file: String,
        /// The process as it was then; it may be gone by the time of looking.
        context: Box<LoadContext>,
    },
    /// A process has ended: calls of it that were only counted are to be told.
    Counts {
        /// Raw process id.
        tgid: u32,
    },
    /// A look-up gave the address of a function: it may be one that the file does not export.
    EntryPoint {
        /// Raw process id.
        tgid: u32,
        /// The object it is in.
        object: String,
        /// Its address in the object's own view.
        address: u64,
        /// The function that was asked for.
        function: &'static vgputrace_api::Function,
    },
    /// A new program in another mount namespace: facts about the root there.
    Root {
        /// Raw process id.
        tgid: u32,
    },
    /// A new program: its own libraries may need probes.
    Program {
        /// Raw process id.
        tgid: u32,
        /// Path of the executable.
        exe: String,
    },
}

/// What decides which files a load picks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadContext {
    /// Raw process id.
    pub tgid: u32,
    /// The program.
    pub exe: Option<String>,
    /// Working directory.
    pub cwd: String,
    /// LD_LIBRARY_PATH as it was when the program began, raw.
    pub library_path: Option<Vec<u8>>,
    /// AT_SECURE.
    pub secure: bool,
    /// The object that asks.
    pub caller: Option<String>,
    /// Objects that are mapped, in order of address.
    pub loaded: Vec<String>,
    /// Objects that were opened with RTLD_GLOBAL.
    pub global: Vec<String>,
}

/// What came out of one record.
#[derive(Debug, Default)]
pub struct Story {
    /// Events, in order.
    pub events: Vec<Event>,
    /// Wishes.
    pub wishes: Vec<Wish>,
}

/// Settings of a recording that shape its events.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How values of the environment are treated.
    pub environment: screen::Policy,
    /// The recorder's own mount namespace, by number; 0 when unknown.
    pub mount_namespace: u32,
}

impl Settings {
    /// A mount namespace that is not the recorder's.
    fn foreign(&self, namespace: u32) -> Option<u32> {
        let known = self.mount_namespace != 0 && namespace != 0;
        (known && namespace != self.mount_namespace).then_some(namespace)
    }
}

/// The state of a recording.
pub struct Tracker {
    settings: Settings,
    probes: Probes,
    handles: Handles,
    /// Where look-ups led to, by object and address.
    learned: HashSet<(String, u64)>,
    images: Box<dyn ImageReader>,
    processes: HashMap<u32, Process>,
    next_process: u32,
    next_seq: u64,
    newest: u64,
    story: Story,
}

/// A record this much older than one before it is marked late, in nanoseconds.
const LATE: u64 = 2_000_000;

impl Tracker {
    /// A tracker that knows no process yet.
    #[must_use]
    pub fn new(settings: Settings, images: Box<dyn ImageReader>) -> Self {
        Self {
            settings,
            probes: Probes::default(),
            handles: Handles::default(),
            learned: HashSet::new(),
            images,
            processes: HashMap::new(),
            next_process: 1,
            next_seq: 1,
            newest: 0,
            story: Story::default(),
        }
    }

    /// The functions that carry probes; the engine adds to it.
    pub fn probes_mut(&mut self) -> &mut Probes {
        &mut self.probes
    }

    /// A traced process by its raw id.
    #[must_use]
    pub fn process(&self, tgid: u32) -> Option<&Process> {
        self.processes.get(&tgid)
    }

    /// For a look at the files of a process.
    #[must_use]
    pub fn whose(&self, tgid: u32) -> Whose {
        let process = self.processes.get(&tgid);
        Whose {
            tgid,
            foreign: process.and_then(|process| process.foreign),
        }
    }

    /// How many traced processes are alive.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.processes
            .values()
            .filter(|process| !process.ended)
            .count()
    }

    /// Makes the first process known: the child that will become the target.
    pub fn begin(&mut self, tgid: u32, cwd: &str) -> Proc {
        let number = self.number();
        let process = Process::first(number, tgid, cwd);
        let id = process.id;
        self.processes.insert(tgid, process);
        id
    }

    /// Takes one record and returns what it means.
    pub fn take(&mut self, record: Record) -> Story {
        let mut story = Story::default();
        self.take_into(record, &mut story);
        story
    }

    /// Takes one record and adds what it means to a story, so that many records need one list.
    pub fn take_into(&mut self, record: Record, story: &mut Story) {
        std::mem::swap(&mut self.story, story);
        self.told_by(record);
        std::mem::swap(&mut self.story, story);
    }

    fn told_by(&mut self, record: Record) {
        self.newest = self.newest.max(record.time);
        self.settle(&record);
        // A dlsym that found its symbol leaves no record: it is over as soon as its thread does anything else.
        let thread = self
            .processes
            .get_mut(&record.tgid)
            .and_then(|process| process.threads.get_mut(&record.tid));
        if !matches!(&record.body, Body::Enter(..))
            && let Some(thread) = thread
        {
            thread.last = None;
        }
        let (tgid, tid, time) = (record.tgid, record.tid, record.time);
        match record.body {
            Body::Path(head, path) => self.thread(tgid, tid).path = Some((time, head, path)),
            Body::Sys(sys, text, second) => self.system_call(tgid, tid, time, &sys, text, second),
            Body::Fork(fork) => self.forked(tgid, tid, time, fork),
            Body::Exec(exec, file) => self.exec_begins(tgid, tid, time, *exec, file),
            Body::Exit(exit) => self.exited(tgid, tid, time, exit),
            Body::Signal(signal) => self.signalled(tgid, tid, time, &signal),
            Body::Oom(oom) => self.out_of_memory(tgid, tid, time, oom),
            Body::Enter(enter, inputs) => self.entered(tgid, tid, time, &enter, inputs),
            Body::Return(back, blob) => self.returned(tgid, tid, time, &back, blob.as_ref()),
            Body::Data(what, data, bytes) => self.bytes(tgid, tid, time, what, data, bytes),
            Body::Compat(compat) => self.compat(tgid, tid, time, compat),
        }
    }

    /// An event of the recorder itself, numbered in its place.
    pub fn own(
        &mut self,
        time: u64,
        duration: Option<u64>,
        process: Option<Proc>,
        kind: Kind,
    ) -> Event {
        let seq = self.seq();
        Event {
            seq,
            time,
            duration,
            process,
            tid: None,
            parent: None,
            late: false,
            kind,
        }
    }

    /// Calls that are still open are told as unfinished: at the end of the recording, or when they have been running
    /// for more than `slow` nanoseconds at `now` and were not told before.
    pub fn sweep(&mut self, now: u64, slow: Option<u64>) -> Story {
        let mut tgids: Vec<u32> = self.processes.keys().copied().collect();
        tgids.sort_unstable();
        for tgid in tgids {
            if slow.is_none() {
                self.finish_all(tgid);
            }
            self.sweep_process(tgid, now, slow);
        }
        std::mem::take(&mut self.story)
    }

    fn seq(&mut self) -> Seq {
        let seq = Seq(self.next_seq);
        self.next_seq += 1;
        seq
    }

    fn number(&mut self) -> u32 {
        let number = self.next_process;
        self.next_process += 1;
        number
    }

    /// Tells everything of a process that waits for more records, complete or not.
    fn finish_all(&mut self, tgid: u32) {
        self.finish_exec(tgid);
        let threads = self.processes.get(&tgid).map(|process| &process.threads);
        let mut tids: Vec<u32> = threads
            .into_iter()
            .flat_map(|all| all.keys().copied())
            .collect();
        tids.sort_unstable();
        for tid in tids {
            self.finish_pieces(tgid, tid);
        }
    }

    /// The state of a thread; a process that was never announced (a lost record) begins here.
    fn thread(&mut self, tgid: u32, tid: u32) -> &mut Thread {
        self.known(tgid).threads.entry(tid).or_default()
    }

    fn known(&mut self, tgid: u32) -> &mut Process {
        let next = &mut self.next_process;
        self.processes.entry(tgid).or_insert_with(|| {
            let number = *next;
            *next += 1;
            Process::unannounced(number, tgid)
        })
    }

    /// Adds an event of a process and returns its number.
    fn tell(&mut self, tgid: u32, tid: u32, time: u64, duration: Option<u64>, kind: Kind) -> Seq {
        let seq = self.seq();
        let late = time.saturating_add(LATE) < self.newest;
        let process = self.known(tgid);
        let parent = process.threads.get(&tid).and_then(Thread::innermost);
        let event = Event {
            seq,
            time,
            duration: duration.filter(|duration| *duration > 0),
            process: Some(process.id),
            tid: Some(tid),
            parent,
            late,
            kind,
        };
        self.story.events.push(event);
        seq
    }
}

#[cfg(test)]
mod tests;
