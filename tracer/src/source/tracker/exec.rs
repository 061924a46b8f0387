//! A new program image, put together from its records: path of the file, working directory, head, arguments,
//! environment.

use vgputrace_ebpf::wire::head::{Data, EXEC_PIECES, PIECE, What};
use vgputrace_ebpf::wire::path::{OF_CWD, OF_EXE};
use vgputrace_ebpf::wire::{Exec, PathHead};

use super::process::Thread;
use super::{Tracker, Wish, files};
use crate::event::call::Because;
use crate::event::process as kind;
use crate::event::{Hex, Kind, Seen, Text, Why};
use crate::source::record::{Body, Bytes, Record};
use crate::source::screen;

/// Entries of the auxiliary vector (include/uapi/linux/auxvec.h).
const AT_PHDR: u64 = 3;
const AT_BASE: u64 = 7;
const AT_SECURE: u64 = 23;

/// Variables whose raw values decide which library the loader finds.
pub(super) const SEARCH: &[&str] = &["LD_LIBRARY_PATH", "LD_PRELOAD", "GGML_BACKEND_PATH"];

/// An exec whose records are still coming.
pub(super) struct PendingExec {
    time: u64,
    tid: u32,
    /// Its head was seen.
    begun: bool,
    exec: Exec,
    file: Bytes,
    exe: Option<(PathHead, Bytes)>,
    cwd: Option<Bytes>,
    argv: Gathered,
    env: Gathered,
}

/// Bytes of a range of memory that come in pieces.
#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    total: u64,
    torn: bool,
    faulted: bool,
}

impl Gathered {
    fn add(&mut self, data: &Data, bytes: Option<Vec<u8>>) {
        self.faulted |= bytes.is_none();
        self.torn |= data.offset as usize != self.bytes.len();
        if !self.torn {
            self.bytes.extend(bytes.unwrap_or_default());
        }
    }

    /// All that will come has come.
    fn is_full(&self) -> bool {
        let limit = u64::from(EXEC_PIECES) * PIECE as u64;
        self.bytes.len() as u64 >= self.total.min(limit)
    }

    /// The strings, without the one that was cut.
    fn strings(&self, begun: bool) -> Seen<Vec<&[u8]>> {
        if self.bytes.is_empty() && (self.total > 0 || !begun) {
            return Seen::No(if self.faulted { Why::Fault } else { Why::Lost });
        }
        let mut list: Vec<&[u8]> = self.bytes.split(|byte| *byte == 0).collect();
        let last = list.pop();
        if (self.bytes.len() as u64) < self.total {
            return Seen::Cut(list, self.total);
        }
        // A program may have written over its arguments: what has no NUL at the end is the last one.
        list.extend(last.filter(|last| !last.is_empty()));
        Seen::Yes(list)
    }
}

impl Tracker {
    /// The head of an exec: the paths came before it, arguments and environment follow.
    pub(super) fn exec_begins(&mut self, tgid: u32, tid: u32, time: u64, exec: Exec, file: Bytes) {
        if self.exec_has_begun(tgid) {
            self.finish_exec(tgid);
        }
        let paths = self.known(tgid).exec.take();
        let (exe, cwd) = paths.map_or((None, None), |pending| (pending.exe, pending.cwd));
        let argv = Gathered {
            total: exec.argv_length,
            ..Gathered::default()
        };
        let env = Gathered {
            total: exec.env_length,
            ..Gathered::default()
        };
        self.known(tgid).exec = Some(PendingExec {
            time,
            tid,
            begun: true,
            exec,
            file,
            exe,
            cwd,
            argv,
            env,
        });
        self.finish_exec_if_full(tgid);
    }

    /// Before a record is taken: an exec that waits for more is finished by anything that is not its own.
    pub(super) fn settle(&mut self, record: &Record) {
        let tgid = record.tgid;
        if self
            .processes
            .get(&tgid)
            .is_some_and(|process| process.exec.is_some())
        {
            let own = match &record.body {
                Body::Data(What::Argv | What::Environment, ..) | Body::Exec(..) => true,
                // The path of a program begins the next exec.
                Body::Path(head, _) => head.of == OF_CWD && !self.exec_has_begun(tgid),
                _ => false,
            };
            if !own {
                self.finish_exec(tgid);
            }
        }
        let pieces_go_on = matches!(
            &record.body,
            Body::Data(
                What::Output | What::Listing | What::Request | What::Answer,
                ..
            )
        );
        if !pieces_go_on {
            self.finish_pieces(tgid, record.tid);
        }
        // The path of a program comes before its exec's head.
        if let Body::Path(head, path) = &record.body
            && head.of == OF_EXE
        {
            self.known(tgid).exec = Some(PendingExec {
                time: record.time,
                tid: record.tid,
                begun: false,
                exec: lost_exec(),
                file: Seen::No(Why::Lost),
                exe: Some((*head, path.clone())),
                cwd: None,
                argv: Gathered::default(),
                env: Gathered::default(),
            });
        }
        if let Body::Path(head, path) = &record.body
            && head.of == OF_CWD
            && let Some(pending) = &mut self.known(tgid).exec
        {
            pending.cwd = Some(path.clone());
        }
    }

    pub(super) fn exec_data(&mut self, tgid: u32, what: What, data: &Data, bytes: Option<Vec<u8>>) {
        let Some(pending) = &mut self.known(tgid).exec else {
            return;
        };
        let gathered = match what {
            What::Argv => &mut pending.argv,
            _ => &mut pending.env,
        };
        if !pending.begun {
            gathered.total = data.total;
        }
        gathered.add(data, bytes);
        self.finish_exec_if_full(tgid);
    }

    fn finish_exec_if_full(&mut self, tgid: u32) {
        let full = self.known(tgid).exec.as_ref().is_some_and(|pending| {
            pending.begun && pending.argv.is_full() && pending.env.is_full()
        });
        if full {
            self.finish_exec(tgid);
        }
    }

    fn exec_has_begun(&self, tgid: u32) -> bool {
        let pending = self
            .processes
            .get(&tgid)
            .and_then(|process| process.exec.as_ref());
        pending.is_some_and(|pending| pending.begun)
    }

    /// Tells an exec with what there is of it. The threads before it are gone; what they had in hand is told first.
    pub(super) fn finish_exec(&mut self, tgid: u32) {
        let waiting = self.processes.get_mut(&tgid);
        let Some(pending) = waiting.and_then(|process| process.exec.take()) else {
            return;
        };
        self.finish_all(tgid);
        self.unfinished_calls(tgid, pending.time, Because::Exec);
        let policy = self.settings.environment;
        let raw_argv = pending.argv.strings(pending.begun);
        let argv = raw_argv.clone().map(|list| screen::argv(&list));
        let env = pending.env.strings(pending.begun);
        let env = env.map(|list| environment(&list, policy));
        let exe = pending
            .exe
            .as_ref()
            .map_or(Seen::No(Why::Lost), |exe| exe.1.clone());
        let exe_path = exe
            .whole()
            .and_then(|path| String::from_utf8(path.clone()).ok());
        // A 32-bit program has pairs of 32-bit words: the first word of one of 64 bits is a small number.
        let bits32 = pending.exec.auxv[0] > u64::from(u32::MAX);
        let auxv = |wanted: u64| {
            let (pairs, _) = pending.exec.auxv.as_chunks::<2>();
            pairs
                .iter()
                .find(|pair| !bits32 && pair[0] == wanted)
                .map(|pair| pair[1])
        };
        let secure = auxv(AT_SECURE).is_some_and(|value| value != 0);
        let search = search_variables(&pending.env.strings(pending.begun));

        let foreign = self.moved(tgid, pending.exec.mount_namespace);
        let process = self.known(tgid);
        process.id.generation += 1;
        process.ended = false;
        process.maps.clear();
        process.global.clear();
        process.threads.clear();
        process.threads.insert(pending.tid, Thread::default());
        process.secure = secure;
        process.search = search;
        process.exe.clone_from(&exe_path);
        process.argv = argv.value().cloned().unwrap_or_default();
        process.model = match raw_argv.value() {
            Some(list) => list.contains(&&b"--model"[..]),
            // Its arguments were lost: better a line too few than a prompt.
            None => process.model || exe_path.as_deref().is_some_and(may_serve_a_model),
        };
        if let Some(cwd) = &pending.cwd {
            process.cwd = files::text(cwd);
        }
        let (parent, cwd) = (process.parent, process.cwd.clone());
        let (already, cgroup) = (process.already, process.cgroup.take());
        process.already = false;
        self.images.renewed(tgid, foreign);
        let (base, interp) =
            self.place_images(tgid, exe_path.as_deref(), auxv(AT_PHDR), auxv(AT_BASE));
        let exec = kind::Exec {
            pid: tgid,
            parent,
            file: files::text(&pending.file),
            exe: files::text(&exe),
            inode: pending.exe.as_ref().map(|exe| files::inode(&exe.0)),
            argv,
            env,
            cwd,
            uid: [pending.exec.uid, pending.exec.euid],
            gid: [pending.exec.gid, pending.exec.egid],
            secure,
            cgroup,
            base,
            interp: interp.map(Text::from),
            bits32,
            mount_namespace: foreign,
            already,
        };
        self.tell(tgid, pending.tid, pending.time, None, Kind::Exec(exec));
        self.ask_about(tgid, exe_path, foreign);
    }

    /// What is to be looked up for a new program.
    fn ask_about(&mut self, tgid: u32, exe: Option<String>, foreign: Option<u32>) {
        let wishes = &mut self.story.wishes;
        if let Some(exe) = exe {
            let path = exe.clone();
            wishes.push(Wish::Library { path, tgid });
            wishes.push(Wish::Program { tgid, exe });
        }
        if foreign.is_some() {
            wishes.push(Wish::Root { tgid });
        }
    }

    /// Notes the mount namespace of a new image, and tells it where it is not the recorder's. Without a number it is what it was.
    fn moved(&mut self, tgid: u32, namespace: u32) -> Option<u32> {
        let foreign = self.settings.foreign(namespace);
        let process = self.known(tgid);
        if namespace != 0 {
            process.foreign = foreign;
        }
        process.foreign
    }

    /// Where the kernel put the program and its loader, by the auxiliary vector and the file's own headers.
    fn place_images(
        &mut self,
        tgid: u32,
        exe: Option<&str>,
        headers: Option<u64>,
        loader: Option<u64>,
    ) -> (Option<[Hex; 2]>, Option<String>) {
        let Some((exe, headers)) = exe.zip(headers) else {
            return (None, None);
        };
        let Some(image) = self.images.image(tgid, exe) else {
            return (None, None);
        };
        let base = headers.wrapping_sub(image.headers);
        self.map_image(tgid, exe, base, &image);
        let loader = loader.unwrap_or(0);
        if let Some(path) = &image.interpreter
            && loader != 0
            && let Some(image) = self.images.image(tgid, path)
        {
            self.map_image(tgid, path, loader, &image);
        }
        (Some([Hex(base), Hex(loader)]), image.interpreter)
    }
}

fn environment(list: &[&[u8]], policy: screen::Policy) -> Vec<kind::EnvVar> {
    list.iter()
        .map(|entry| {
            let mut parts = entry.splitn(2, |byte| *byte == b'=');
            let name = parts.next().unwrap_or_default();
            screen::environment(name, parts.next().unwrap_or_default(), policy)
        })
        .collect()
}

/// Programs that serve models in one of Ollama's eras.
fn may_serve_a_model(exe: &str) -> bool {
    let name = exe.rsplit('/').next().unwrap_or_default();
    matches!(name, "ollama" | "llama-server" | "ollama_llama_server")
}

fn search_variables(env: &Seen<Vec<&[u8]>>) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    if let Some(list) = env.value() {
        for entry in list {
            for name in SEARCH {
                if let Some(value) = entry
                    .strip_prefix(name.as_bytes())
                    .and_then(|rest| rest.strip_prefix(b"="))
                {
                    found.insert((*name).to_owned(), value.to_vec());
                }
            }
        }
    }
    found
}

/// An exec whose head was lost; the ids are as the kernel side tells those that it cannot read.
fn lost_exec() -> Exec {
    Exec {
        old_tid: 0,
        uid: u32::MAX,
        euid: u32::MAX,
        gid: u32::MAX,
        egid: u32::MAX,
        file: 0,
        argv_length: 0,
        env_length: 0,
        mount_namespace: 0,
        zero: 0,
        auxv: [0; vgputrace_ebpf::wire::process::AUXV_WORDS],
    }
}
