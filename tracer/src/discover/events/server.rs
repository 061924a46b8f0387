//! What the server did by itself: the paths it looked at, the folders it listed, its lines.

use std::collections::BTreeMap;

use super::lines::{Lines, Whole};
use super::roles;
use crate::discover::model::{Device, Era, Evidence, Level, Line, Model, Server, Tried};
use crate::discover::role::{Role, Step};
use crate::discover::slog;
use crate::event::file::{List, Open, Stat, absolute};
use crate::event::process::{Exec, ExecFailed, ForkFailed};
use crate::event::{Errno, Event, Kind, Text};

/// Paths and lines kept.
const MAX_PATHS: usize = 65_536;
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
    devices: Vec<Device>,
    cpu_only: Option<Evidence>,
    no_cwd: Option<(Errno, Evidence)>,
    /// Failed forks, with the event.
    pub(super) forks_failed: Vec<(Errno, Evidence, u64)>,
    version: Option<Text>,
    era: Option<(Era, Evidence)>,
    /// The folder of the attempt that is going on, by the server's own line or listing.
    current: Option<Text>,
}

impl Looking {
    pub(super) fn executed(&mut self, event: &Event, exec: &Exec) {
        // A wrapper that execs again starts anew.
        *self = Self::default();
        self.server = Some(Server {
            process: event.process,
            pid: exec.pid,
            exe: exec.exe.value().cloned().unwrap_or_default(),
            argv: exec.argv.value().cloned().unwrap_or_default(),
            cwd: exec.cwd.value().cloned().unwrap_or_default(),
            uid: Some(exec.uid[1]),
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
            Kind::Output(output) => {
                for line in self.lines.push(event, output) {
                    self.line(line);
                }
            }
            _ => {}
        }
    }

    fn stat(&mut self, event: &Event, stat: &Stat) {
        let Some(path) = absolute(&stat.path, stat.base.as_ref()) else {
            return;
        };
        if path.as_str().ends_with("/llama-server") && self.era.is_none() {
            // Only since 0.30 does a server look for it (llm/llama_binary.go).
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
        let listing = self.lists.entry(path.clone()).or_default();
        if listing.names.is_empty() {
            listing.seen = Some(Evidence::event(event.seq, format!("list {path}")));
        }
        if !listing.complete && listing.names.len() < MAX_PATHS {
            listing.names.extend(list.names.iter().cloned());
        }
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
                self.current = line.field("libDirs").map(Text::from);
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

    pub(super) fn fork_failed(&mut self, event: &Event, failed: &ForkFailed) {
        let server = self.server.as_ref().and_then(|server| server.process);
        let by_server = match (event.process, server) {
            (Some(process), Some(server)) => process.number == server.number,
            _ => false,
        };
        if by_server && self.forks_failed.len() < 256 {
            let seen = Evidence::event(event.seq, format!("{} = {}", failed.call, failed.err));
            self.forks_failed.push((failed.err, seen, event.time));
        }
    }

    /// The role of a child whose exec failed: only its program is known.
    pub(super) fn role_of_failed(&self, failed: &ExecFailed) -> Role {
        let file = failed.file.value().map_or("", |file| file.as_str());
        let step = if roles::base(file).starts_with("llama-server") {
            Step::Start
        } else {
            Step::Runner
        };
        let dir = self
            .current
            .as_ref()
            .and_then(|dirs| last_dir(dirs.as_str()))
            .or_else(|| self.last_listed())
            .unwrap_or_else(|| Text::from("cpu"));
        Role::Attempt { step, dir, pass: 1 }
    }

    /// The folder below the library folder that the server listed last (it lists it again before each attempt).
    fn last_listed(&self) -> Option<Text> {
        let latest = self
            .lists
            .iter()
            .filter(|(path, _)| is_below_library(path.as_str()))
            .max_by_key(|(_, listing)| listing.seen.as_ref().map(|seen| seen.at.clone()))?;
        Some(Text::from(roles::base(latest.0.as_str())))
    }

    /// Puts what the server did into the model. Folders come later, when the attempts are known.
    pub(super) fn finish(&self, model: &mut Model) {
        let mut whole = self.clone();
        for line in whole.lines.rest() {
            whole.line(line);
        }
        model.version = whole.version;
        model.lines = whole.said;
        model.devices = whole.devices;
        model.cpu_only = whole.cpu_only;
        model.finished = model.cpu_only.is_some() || !model.devices.is_empty();
        if let Some(mut server) = whole.server {
            server.library_dir.no_cwd = whole.no_cwd;
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
    path.ends_with("lib/ollama") || path.ends_with("/build")
}

fn is_below_library(path: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(parent, _)| parent.ends_with("lib/ollama"))
}

/// The last folder of `[A B]`.
fn last_dir(dirs: &str) -> Option<Text> {
    let mut parts = dirs.trim_matches(['[', ']']).split(' ');
    parts.next()?;
    let last = parts.next_back()?;
    Some(Text::from(roles::base(last)))
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
