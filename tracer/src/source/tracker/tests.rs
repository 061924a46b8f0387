mod calls;
mod exec;
mod files;
mod loss;
mod output;
mod process;
mod signals;

use vgputrace_ebpf::wire::head::{Data, What};
use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE, OF_FD};
use vgputrace_ebpf::wire::process::AUXV_WORDS;
use vgputrace_ebpf::wire::{Exec, Exit, FnEnter, FnReturn, Fork, PathHead, Signal, Sys};

use super::{Image, ImageReader, Probes, Settings, Tracker, Wish};
use crate::event::{Event, Kind, Seen};
use crate::source::record::{Body, Record};

/// The target's pid in these tests.
pub(super) const TARGET: u32 = 100;
/// A place on the stack of the thread.
pub(super) const STACK: u64 = 0x7fff_0000_0000;

struct NoImages;

impl ImageReader for NoImages {
    fn image(&mut self, _: u32, _: &str) -> Option<Image> {
        None
    }

    fn address(&mut self, _: u32, _: &str, _: u64) -> Option<u64> {
        None
    }

    fn bytes(&mut self, _: u32, _: &str, _: u64, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn symbol(&mut self, _: u32, _: &str, _: u64) -> Option<String> {
        None
    }
}

/// A tracker that is fed with records, each a microsecond after the one before, and all that came out of it.
pub(super) struct Told {
    pub(super) tracker: Tracker,
    pub(super) time: u64,
    pub(super) events: Vec<Event>,
    pub(super) wishes: Vec<Wish>,
}

impl Told {
    /// Knows the target, and each function of the table once, in one object.
    pub(super) fn new() -> Self {
        let mut tracker = Tracker::new(Settings::default(), Box::new(NoImages));
        add_all(tracker.probes_mut());
        tracker.begin(TARGET, "/start");
        Self {
            tracker,
            time: 1_000_000_000,
            events: Vec::new(),
            wishes: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, tgid: u32, tid: u32, body: Body) {
        self.time += 1_000;
        self.take_at(self.time, tgid, tid, body);
    }

    pub(super) fn take_at(&mut self, time: u64, tgid: u32, tid: u32, body: Body) {
        let story = self.tracker.take(Record {
            tgid,
            tid,
            time,
            body,
        });
        self.events.extend(story.events);
        self.wishes.extend(story.wishes);
    }

    pub(super) fn end(&mut self) {
        let story = self.tracker.sweep(self.time, None);
        self.events.extend(story.events);
    }

    /// The kinds told, in order, by their names in the trace.
    pub(super) fn kinds(&self) -> Vec<&str> {
        self.events.iter().map(|event| event.kind.name()).collect()
    }

    /// The only body that `of` recognises.
    #[track_caller]
    pub(super) fn one<T>(&self, of: impl Fn(&Kind) -> Option<T>) -> T {
        let mut all = self.all(of);
        assert_eq!(all.len(), 1, "{:?}", self.kinds());
        all.pop().unwrap()
    }

    pub(super) fn all<T>(&self, of: impl Fn(&Kind) -> Option<T>) -> Vec<T> {
        self.events
            .iter()
            .filter_map(|event| of(&event.kind))
            .collect()
    }

    pub(super) fn fork(&mut self, parent: u32, child: u32) {
        let fork = Fork {
            child_tgid: child,
            child_tid: child,
        };
        self.take(parent, parent, Body::Fork(fork));
    }

    pub(super) fn exit(&mut self, tgid: u32, code: u32) {
        self.take(tgid, tgid, Body::Exit(Exit { code, zero: 0 }));
    }

    pub(super) fn path(&mut self, tgid: u32, tid: u32, of: u32, path: &str) {
        self.take(tgid, tid, path_body(of, path));
    }

    /// Every record of a successful exec.
    pub(super) fn exec(&mut self, tgid: u32, exe: &str, argv: &[u8], env: &[u8]) {
        self.path(tgid, tgid, OF_EXE, exe);
        self.path(tgid, tgid, OF_CWD, "/work");
        self.exec_head(tgid, argv.len(), env.len());
        self.piece(tgid, What::Argv, -1, 0, argv, argv.len(), 0);
        self.piece(tgid, What::Environment, -1, 0, env, env.len(), 0);
    }

    pub(super) fn exec_head(&mut self, tgid: u32, argv: usize, env: usize) {
        let exec = Exec {
            old_tid: tgid,
            uid: 1,
            euid: 2,
            gid: 3,
            egid: 4,
            file: 2,
            argv_length: argv as u64,
            env_length: env as u64,
            mount_namespace: 0,
            zero: 0,
            auxv: [0; AUXV_WORDS],
        };
        let file = Seen::Yes(b"x".to_vec());
        self.take(tgid, tgid, Body::Exec(Box::new(exec), file));
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a record has that many parts, and tests say each"
    )]
    pub(super) fn piece(
        &mut self,
        thread: u32,
        what: What,
        fd: i32,
        offset: u32,
        bytes: &[u8],
        total: usize,
        start: u64,
    ) {
        let data = Data {
            what: what as u32,
            fd,
            offset,
            length: i32::try_from(bytes.len()).unwrap(),
            total: total as u64,
            start,
            address: 0,
            wanted: u32::try_from(bytes.len()).unwrap(),
            zero: 0,
        };
        let tgid = thread / 10 * 10;
        self.take(tgid, thread, Body::Data(what, data, Some(bytes.to_vec())));
    }

    /// A system call that came back, with its path.
    pub(super) fn call(&mut self, tgid: u32, nr: u32, args: [u64; 6], result: i64, path: &str) {
        let sys = Sys {
            nr,
            text: 0,
            result,
            args,
            start: self.time + 1,
            extra: [0; 2],
            second: 0,
            zero: 0,
        };
        let path = (!path.is_empty()).then(|| Seen::Yes(path.as_bytes().to_vec()));
        self.take(tgid, tgid, Body::Sys(sys, path, None));
    }

    /// The kernel's path of a descriptor and the call about it.
    pub(super) fn call_on(&mut self, tgid: u32, folder: &str, nr: u32, args: [u64; 6], path: &str) {
        let began = self.time;
        self.path(tgid, tgid, OF_FD, folder);
        let sys = Sys {
            nr,
            text: 0,
            result: 0,
            args,
            start: began,
            extra: [0; 2],
            second: 0,
            zero: 0,
        };
        let path = (!path.is_empty()).then(|| Seen::Yes(path.as_bytes().to_vec()));
        self.take(tgid, tgid, Body::Sys(sys, path, None));
    }

    /// A function is entered at a stack place, from a return address.
    pub(super) fn enter(&mut self, thread: u32, name: &str, sp: u64, caller: u64, text: &[&str]) {
        let enter = FnEnter {
            function: number_of(name),
            zero: 0,
            args: [0; 6],
            sp,
            caller,
            inputs: [0; 4],
        };
        let mut strings = [const { None }; 3];
        for (place, text) in strings.iter_mut().zip(text) {
            *place = Some(Seen::Yes(text.as_bytes().to_vec()));
        }
        self.take(thread / 10 * 10, thread, Body::Enter(enter, strings));
    }

    pub(super) fn back(&mut self, thread: u32, name: &str, sp: u64, result: u64) {
        let back = FnReturn {
            function: number_of(name),
            read: 0,
            result,
            sp,
            outs: [0; 4],
            blob: 0,
            zero: 0,
        };
        self.take(thread / 10 * 10, thread, Body::Return(back, None));
    }

    pub(super) fn signal(&mut self, tgid: u32, to: u32, number: i32) {
        let mut name = [0; 16];
        name[..4].copy_from_slice(b"bash");
        let signal = Signal {
            number,
            code: 0,
            result: 0,
            to_tgid: to,
            to_tid: to,
            fault: 0,
            address: 0,
            ip: 0,
            sp: 0,
            name,
        };
        self.take(tgid, tgid, Body::Signal(signal));
    }
}

/// A path record: names leaf first, each with its NUL.
pub(super) fn path_body(of: u32, path: &str) -> Body {
    let head = PathHead {
        of,
        length: 0,
        device: 8 << 20 | 1,
        mode: 0,
        inode: 7,
        state: 0,
        zero: 0,
    };
    Body::Path(head, Seen::Yes(path.as_bytes().to_vec()))
}

/// Adds every function of the table; those without a visible return as such.
pub(super) fn add_all(probes: &mut Probes) {
    let object = probes.object("/lib/libtold.so");
    for function in vgputrace_api::all() {
        let entry_only = function.returns == vgputrace_api::Returns::No;
        probes.add(function, object, 0x1000, entry_only);
    }
}

fn number_of(name: &str) -> u32 {
    let at = vgputrace_api::all().position(|function| function.name == name);
    u32::try_from(at.unwrap()).unwrap()
}
