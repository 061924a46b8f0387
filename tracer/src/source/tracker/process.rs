//! Processes and threads of a recording.

use std::collections::{BTreeMap, HashMap};

use vgputrace_ebpf::wire::{Compat, Exit, Fork, PathHead};

use super::calls::OpenCall;
use super::devices::Ioctls;
use super::exec::PendingExec;
use super::memory::Mapping;
use super::pieces::Pieces;
use super::{Tracker, Wish};
use crate::event::call::Because;
use crate::event::process as kind;
use crate::event::{Kind, Proc, Seen, Seq, Text, Why};
use crate::source::screen;

/// A traced process.
pub struct Process {
    /// Its neutral id; the generation counts execs.
    pub id: Proc,
    /// Raw process id.
    pub tgid: u32,
    /// The process that made it.
    pub parent: Option<Proc>,
    /// Working directory.
    pub cwd: Seen<Text>,
    /// Path of the program it runs.
    pub exe: Option<String>,
    /// The program's arguments, screened.
    pub argv: Vec<Text>,
    /// Raw values of the variables that decide which library is found.
    pub search: BTreeMap<String, Vec<u8>>,
    /// AT_SECURE.
    pub secure: bool,
    /// Its mount namespace by number, where that is not the recorder's.
    pub foreign: Option<u32>,
    /// It is a model server: its words are nobody's business.
    pub model: bool,
    /// It was running before the recording, and its image is being told.
    pub(super) already: bool,
    /// Control group, where it is known and not told yet.
    pub(super) cgroup: Option<Text>,
    /// It has ended; kept for signals to its zombie.
    pub ended: bool,
    /// Files opened with RTLD_GLOBAL.
    pub(super) global: Vec<String>,
    pub(super) maps: BTreeMap<u64, Mapping>,
    pub(super) threads: HashMap<u32, Thread>,
    pub(super) exec: Option<PendingExec>,
    /// Screens that remember the end of the piece before, by descriptor.
    pub(super) outputs: HashMap<i32, screen::Stream>,
    /// Calls of ioctl on device nodes of GPUs.
    pub(super) ioctls: Ioctls,
    /// Requests being answered, by descriptor.
    pub(super) requests: HashMap<i32, Text>,
}

impl Process {
    pub(super) fn first(number: u32, tgid: u32, cwd: &str) -> Self {
        Self {
            cwd: Seen::Yes(Text::from(cwd)),
            ..Self::unannounced(number, tgid)
        }
    }

    /// A process whose beginning was not seen.
    pub(super) fn unannounced(number: u32, tgid: u32) -> Self {
        Self {
            id: Proc {
                number,
                generation: 0,
            },
            tgid,
            parent: None,
            cwd: Seen::No(Why::Lost),
            exe: None,
            argv: Vec::new(),
            search: BTreeMap::new(),
            secure: false,
            foreign: None,
            model: false,
            already: false,
            cgroup: None,
            ended: false,
            global: Vec::new(),
            maps: BTreeMap::new(),
            threads: HashMap::new(),
            exec: None,
            outputs: HashMap::new(),
            requests: HashMap::new(),
            ioctls: Ioctls::default(),
        }
    }

    /// What a child has from its parent.
    fn child(&self, number: u32, tgid: u32) -> Self {
        Self {
            parent: Some(self.id),
            cwd: self.cwd.clone(),
            exe: self.exe.clone(),
            argv: self.argv.clone(),
            search: self.search.clone(),
            secure: self.secure,
            foreign: self.foreign,
            model: self.model,
            global: self.global.clone(),
            maps: self.maps.clone(),
            ..Self::unannounced(number, tgid)
        }
    }
}

/// A thread of a traced process.
#[derive(Default)]
pub struct Thread {
    /// Calls that have been entered and did not come back, outermost first.
    pub(super) open: Vec<OpenCall>,
    /// The last call without return (dlsym), for the loader error that may follow.
    pub(super) last: Option<OpenCall>,
    /// A path that belongs to the next record, and when it was told.
    pub(super) path: Option<(u64, PathHead, Seen<Vec<u8>>)>,
    /// Bytes of a call that are still coming.
    pub(super) pieces: Option<Pieces>,
    /// The last loader error, to drop its repeats.
    pub(super) error: Option<(Option<Seq>, Text, Text)>,
}

impl Thread {
    /// The call an event of this thread happens in.
    pub(super) fn innermost(&self) -> Option<Seq> {
        self.open.last().map(|call| call.seq)
    }
}

impl Tracker {
    pub(super) fn forked(&mut self, tgid: u32, tid: u32, time: u64, fork: Fork) {
        // An earlier process of that number whose end was lost.
        let earlier = self.processes.get(&fork.child_tgid);
        if fork.child_tgid != tgid && earlier.is_some_and(|process| !process.ended) {
            self.finish_all(fork.child_tgid);
            self.unfinished_calls(fork.child_tgid, time, Because::Exit);
        }
        let number = self.number();
        let child = self.known(tgid).child(number, fork.child_tgid);
        let id = child.id;
        self.images.renewed(fork.child_tgid, child.foreign);
        self.processes.insert(fork.child_tgid, child);
        let fork = kind::Fork {
            child: id,
            pid: fork.child_tgid,
        };
        self.tell(tgid, tid, time, None, Kind::Fork(fork));
    }

    pub(super) fn exited(&mut self, tgid: u32, tid: u32, time: u64, exit: Exit) {
        self.finish_all(tgid);
        self.unfinished_calls(tgid, time, Because::Exit);
        self.counted_ioctls(tgid, tid, time);
        let (signal, core) = (exit.code & 0x7f, exit.code & 0x80 != 0);
        let exit = kind::Exit {
            pid: tgid,
            code: (signal == 0).then_some((exit.code >> 8 & 0xff) as u8),
            signal: (signal != 0).then(|| super::signals::name(signal)),
            core,
        };
        self.tell(tgid, tid, time, None, Kind::Exit(exit));
        self.story.wishes.push(Wish::Counts { tgid });
        self.handles.forget_process(tgid);
        self.images.renewed(tgid, None);
        let process = self.known(tgid);
        process.ended = true;
        // Who it was stays, for signals to its zombie; `clear` would keep the tables' memory.
        process.maps = BTreeMap::new();
        process.threads = HashMap::new();
        process.outputs = HashMap::new();
        process.requests = HashMap::new();
        process.search = BTreeMap::new();
        process.argv = Vec::new();
    }

    pub(super) fn compat(&mut self, tgid: u32, tid: u32, time: u64, compat: Compat) {
        self.tell(
            tgid,
            tid,
            time,
            None,
            Kind::Compat(kind::Compat {
                calls: compat.calls,
            }),
        );
    }
}
