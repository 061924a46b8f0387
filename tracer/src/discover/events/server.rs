//! What the server did by itself: the paths it looked at, the folders it listed, its lines.

use std::collections::BTreeMap;

use super::beginning::Beginning;
use super::ends::{self, Kills};
use super::lines::{Lines, Whole};
use super::not_made::Preparing;
use crate::discover::model::{Device, End, Era, Evidence, Level, Line, Model, Server, Tried};
use crate::discover::slog;
use crate::event::file::{List, Open, Stat, absolute};
use crate::event::process::{Exec, Exit};
use crate::event::signal::Signal;
use crate::event::{Errno, Event, Kind, Seq, Text};

/// Paths and lines kept.
const MAX_PATHS: usize = 65_536;
/// EAGAIN of an output that is full for now, EINTR of a write that is begun anew (errno.h).
const AGAIN: Errno = Errno(11);
const INTERRUPTED: Errno = Errno(4);
const MAX_LINES: usize = 20_000;

/// One look at a path.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// `st_mode`, when it is there.
    pub(super) mode: Option<u32>,
    pub(super) err: Option<Errno>,
    pub(super) seen: Option<Evidence>,
}

/// One listed folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) names: Vec<Text>,
    pub(super) seen: Option<Evidence>,
    /// Names were left out, as everywhere but in library folders: one that is not among `names` may be there.
    pub(super) partial: bool,
    /// The call came that returns nothing more.
    complete: bool,
}

/// The server under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Looking {
    pub(super) server: Option<Server>,
    /// Last stat of each path that follows links.
    pub(super) stats: BTreeMap<Text, Look>,
    /// Order of the stats before the first listing: how the library folder was chosen.
    pub(super) order: Vec<Text>,
    /// Folders that were listed, by path.
    pub(super) lists: BTreeMap<Text, Listing>,
    /// Folders that could not be opened.
    pub(super) refused: BTreeMap<Text, (Errno, Evidence)>,
    lines: Lines,
    pub(super) said: Vec<Line>,
    /// A signal of somebody else that ends a process, the last one; and the kernel's choice of it for lack of memory.
    ended_by: Option<(Text, Option<Text>, Seq)>,
    oom: Option<Seq>,
    devices: Vec<Device>,
    cpu_only: Option<Evidence>,
    no_cwd: Option<(Errno, Evidence)>,
    no_exe: Option<(Errno, Evidence)>,
    /// Why a write to its output failed.
    unwritten: Option<Errno>,
    version: Option<Text>,
    era: Option<(Era, Evidence)>,
    /// What it is about to start.
    pub(super) attempts: Preparing,
    /// What befell its program in the loader.
    pub(super) beginning: Beginning,
}

impl Looking {
    pub(super) fn executed(&mut self, event: &Event, exec: &Exec) {
        // A wrapper that execs again starts anew.
        *self = Self::default();
        self.beginning.executed(event, exec);
        self.server = Some(Server {
            process: event.process,
            pid: exec.pid,
            exe: exec.exe.value().cloned().unwrap_or_default(),
            argv: exec.argv.value().cloned().unwrap_or_default(),
            cwd: exec.cwd.value().cloned().unwrap_or_default(),
            uid: Some(exec.uid[1]),
            gid: Some(exec.gid[1]),
            cgroup: exec.cgroup.clone(),
            env: exec.env.value().cloned().unwrap_or_default(),
            env_whole: exec.env.whole().is_some(),
            secure: exec.secure,
            already: exec.already,
            seen: Some(Evidence::event(event.seq, "exec of the server")),
            ..Server::default()
        });
    }

    /// The final list was printed.
    pub(super) fn finished(&self) -> bool {
        self.cpu_only.is_some() || !self.devices.is_empty()
    }

    /// Nothing more comes of the server: its discovery is finished, or it has ended.
    pub(super) fn is_over(&self) -> bool {
        let server = self.server.as_ref();
        self.finished() || server.is_some_and(|server| server.end != End::Unknown)
    }

    /// Forgets the folders whose listing has not come to its end: names that are not there may come with the next call
    /// (getdents64(2) gives as many as fit the buffer, and nothing at the end).
    pub(super) fn forget_open_lists(&mut self) {
        self.lists.retain(|_, listing| listing.complete);
    }

    pub(super) fn era(&self) -> Option<(Era, Evidence)> {
        self.era.clone()
    }

    pub(super) fn push(&mut self, event: &Event) {
        match &event.kind {
            Kind::Stat(stat) => self.stat(event, stat),
            Kind::Open(open) => self.open(event, open),
            Kind::List(list) => self.list(event, list),
            Kind::Getcwd(getcwd) => {
                if let Some(err) = getcwd.err {
                    let seen = Evidence::event(event.seq, format!("getcwd = {err}"));
                    self.no_cwd.get_or_insert((err, seen));
                }
            }
            Kind::Readlink(link) => {
                let own = link
                    .path
                    .value()
                    .is_some_and(|path| path.as_str() == "/proc/self/exe");
                if let Some(err) = link.err.filter(|_| own) {
                    let seen =
                        Evidence::event(event.seq, format!("readlink /proc/self/exe = {err}"));
                    self.no_exe.get_or_insert((err, seen));
                }
            }
            Kind::Output(output) => {
                if let Some(err) = output
                    .err
                    .filter(|err| !matches!(*err, AGAIN | INTERRUPTED))
                {
                    self.unwritten.get_or_insert(err);
                }
                for line in self.lines.push(event, output) {
                    self.line(line);
                }
            }
            Kind::Call(_) | Kind::Return(_) | Kind::Unfinished(_) | Kind::LoaderError(_) => {
                self.beginning.push(event);
            }
            _ => {}
        }
    }

    fn stat(&mut self, event: &Event, stat: &Stat) {
        let Some(path) = absolute(&stat.path, stat.base.as_ref()) else {
            return;
        };
        if self.era.is_none() && self.is_of_llama_server_era(path.as_str(), stat) {
            let seen = Evidence::event(event.seq, format!("stat {path}"));
            self.era = Some((Era::LlamaServer, seen));
        }
        if stat.nofollow || self.stats.len() >= MAX_PATHS {
            return;
        }
        if self.lists.is_empty() && !self.order.contains(&path) && self.order.len() < 256 {
            self.order.push(path.clone());
        }
        let words = match (stat.err, stat.mode) {
            (Some(err), _) => format!("stat {path} = {err}"),
            _ => format!("stat {path}"),
        };
        self.stats.insert(
            path,
            Look {
                mode: stat.mode,
                err: stat.err,
                seen: Some(Evidence::event(event.seq, words)),
            },
        );
    }

    /// A look that only servers since 0.30 take: at places of a build tree (ml/path.go), or for llama-server where no
    /// listing has it (llm/llama_binary.go). A search by pattern looks at every name it has listed, in every era.
    fn is_of_llama_server_era(&self, path: &str, stat: &Stat) -> bool {
        if stat.nofollow {
            return false;
        }
        if path.ends_with("/dist/linux-amd64/lib/ollama")
            || path.ends_with("/dist/linux-arm64/lib/ollama")
        {
            return true;
        }
        let Some((folder, "llama-server")) = path.rsplit_once('/') else {
            return false;
        };
        stat.err.is_some() || !self.lists.contains_key(&Text::from(folder))
    }

    fn open(&mut self, event: &Event, open: &Open) {
        let Some(err) = open.err else { return };
        let Some(path) = absolute(&open.path, open.base.as_ref()) else {
            return;
        };
        if self.refused.len() < MAX_PATHS {
            let seen = Evidence::event(event.seq, format!("open {path} = {err}"));
            self.refused.entry(path).or_insert((err, seen));
        }
    }

    fn list(&mut self, event: &Event, list: &List) {
        let Some(path) = list.path.value() else {
            return;
        };
        if self.lists.len() >= MAX_PATHS {
            return;
        }
        if is_below_library(path.as_str()) {
            self.attempts.about_to_start(None);
        }
        let listing = self.lists.entry(path.clone()).or_default();
        if listing.names.is_empty() {
            listing.seen = Some(Evidence::event(event.seq, format!("list {path}")));
        }
        if !listing.complete && listing.names.len() < MAX_PATHS {
            listing.names.extend(list.names.iter().cloned());
        }
        listing.partial |= list.withheld > 0 || list.cut;
        listing.complete |= list.entries == 0;
    }

    fn line(&mut self, whole: Whole) {
        let seen = Evidence::event(whole.seq, whole.text.clone());
        let line = slog::line(&whole.text, whole.time, seen);
        self.read(&line);
        if self.said.len() < MAX_LINES && (line.level != Level::Raw || self.said.len() < 2_000) {
            self.said.push(line);
        }
    }

    /// What a line means for the model.
    fn read(&mut self, line: &Line) {
        let message = line.message.as_str();
        match message {
            "inference compute" => {
                if line.field("id") == Some("cpu") {
                    self.cpu_only.clone_from(&line.seen);
                } else if self.devices.len() < 256 {
                    self.devices.push(device(line));
                }
            }
            "running llama-server for discovery" | "starting runner for device discovery" => {
                self.attempts.about_to_start(line.field("libDirs"));
            }
            "starting runner" => {
                self.attempts.about_to_start(None);
                if self.era.is_none() {
                    // llm/server.go until 0.24.
                    self.era = line.seen.clone().map(|seen| (Era::Runner, seen));
                }
            }
            "subprocess" => {
                // At DEBUG, after `starting runner`: the variables of the process that is made next.
                let dirs = line.field("OLLAMA_LIBRARY_PATH");
                if dirs.is_some() {
                    self.attempts.about_to_start(dirs);
                }
            }
            _ => {
                if let Some(rest) = message.split_once("(version ").map(|(_, rest)| rest)
                    && message.starts_with("Listening on")
                {
                    self.version = Some(Text::from(rest.trim_end_matches(')')));
                }
            }
        }
    }

    /// A signal for the server.
    pub(super) fn signal(&mut self, event: &Event, signal: &Signal) {
        let name = signal.name.as_str();
        let finished = self.finished();
        self.beginning.signal(event, signal);
        if let Some(server) = &mut self.server
            && matches!(name, "SIGTERM" | "SIGINT")
            && !finished
        {
            let seen = || Evidence::event(event.seq, format!("{name} to the server"));
            server.told_to_end.get_or_insert_with(seen);
        }
        if signal.from_pid.is_some() && ends::KILLS.contains(&name) {
            self.ended_by = Some((signal.name.clone(), signal.from_name.clone(), event.seq));
        }
    }

    /// The kernel chose it for lack of memory.
    pub(super) fn oom(&mut self, event: &Event) {
        self.oom = Some(event.seq);
    }

    /// The server ended.
    pub(super) fn exited(&mut self, event: &Event, exit: &Exit) {
        let kills = Kills {
            server: None,
            foreign: self.ended_by.clone(),
            oom: self.oom,
            ran: 0,
        };
        if let Some(server) = &mut self.server {
            server.end = ends::end(exit, event.seq, &kills);
        }
    }

    /// Puts what the server did into the model. Folders come later, when the attempts are known.
    pub(super) fn finish(&self, model: &mut Model) {
        let mut whole = self.clone();
        for line in whole.lines.rest() {
            whole.line(line);
        }
        model.version = whole.version;
        model.lines = whole.said;
        if let Some(err) = whole.unwritten {
            model.notes.push(format!(
                "The server could not write its output ({err}), so lines of its log are missing; what it decided is told by them alone. Give it an output that takes them (a disk with room, a limit of file sizes) and record again."
            ));
        }
        model.devices = whole.devices;
        model.cpu_only = whole.cpu_only;
        model.finished = model.cpu_only.is_some() || !model.devices.is_empty();
        if let Some(mut server) = whole.server {
            server.library_dir.no_cwd = whole.no_cwd;
            server.library_dir.no_exe = whole.no_exe;
            server.library_dir.llama_server = whole
                .stats
                .iter()
                .filter(|(path, _)| path.as_str().ends_with("/llama-server"))
                .filter_map(|(path, look)| tried(path, look))
                .collect();
            server.library_dir.tried = whole
                .order
                .iter()
                .filter(|path| is_library_candidate(path.as_str()))
                .filter_map(|path| tried(path, whole.stats.get(path)?))
                .collect();
            whole.beginning.put_into(&mut server);
            model.server = Some(server);
        }
    }
}

fn tried(path: &Text, look: &Look) -> Option<Tried> {
    Some(Tried {
        path: path.clone(),
        err: look.err,
        seen: look.seen.clone()?,
    })
}

/// A path that the server would take for its library folder (ml/path.go).
fn is_library_candidate(path: &str) -> bool {
    path.ends_with("lib/ollama")
}

pub(super) fn is_below_library(path: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(parent, _)| parent.ends_with("lib/ollama"))
}

/// A device of the final list.
pub(in crate::discover) fn device(line: &Line) -> Device {
    let field = |name: &str| Text::from(line.field(name).unwrap_or_default());
    let dirs = line.field("libdirs").unwrap_or_default();
    Device {
        id: field("id"),
        library: field("library"),
        dirs: dirs
            .split(',')
            .map(str::trim)
            .filter(|dir| !dir.is_empty() && *dir != "ollama")
            .map(Text::from)
            .collect(),
        pci_id: field("pci_id"),
        fields: line.fields.clone(),
        seen: line.seen.clone(),
    }
}
