//! What `check` says of an installation that was looked at and not run: facts in, findings out. Pure.
//!
//! ```text
//! event::tree::Facts -> place, files, load, spawn, rights, driver, devices, variables (rules) -> Check -> view::check
//! ```
//!
//! A finding is something that keeps a backend from working, or a GPU from being found; a warning changes nothing by
//! itself. Only what the files prove is certain. Rules have ids of their own, `VG3xx`.

mod apart;
mod devices;
mod driver;
mod files;
mod folder;
mod keep;
mod load;
mod pages;
mod place;
mod rights;
mod spawn;
mod variables;
mod versions;
pub(super) mod words;

pub use pages::ALL as PAGES;

use super::Finding;
use super::started::Started;
use crate::discover::model::{Container, Era, Starter};
use crate::event::Text;
use crate::event::tree::{EnvironmentOf, Facts, Ollama, Server};

/// What would become of a backend folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Everything that loading it needs is there.
    Loads,
    /// Loading it fails.
    Fails,
    /// All that is missing is a driver for a GPU that is not there either.
    NoGpu,
    /// A rule of Ollama passes over it.
    Skipped,
    /// No backend file is in it.
    Empty,
    /// Ollama's user cannot look into it.
    Closed,
    /// It could not be looked at.
    #[default]
    Unknown,
}

impl State {
    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loads => "loads",
            Self::Fails => "fails",
            Self::NoGpu => "no_gpu",
            Self::Skipped => "skipped",
            Self::Empty => "empty",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

/// One folder, or `toplevel`, `cwd`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FolderCheck {
    /// Base name.
    pub name: Text,
    /// Path.
    pub dir: Text,
    /// What would become of it.
    pub state: State,
    /// The backend file that would be loaded.
    pub candidate: Option<Text>,
    /// The state in a few words.
    pub words: String,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is worth knowing.
    pub warnings: Vec<Finding>,
}

/// The whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// How this Ollama discovers.
    pub era: Era,
    /// Its program.
    pub program: Text,
    /// Its library folder.
    pub library_dir: Text,
    /// The folders, in order of name.
    pub folders: Vec<FolderCheck>,
    /// Findings about the machine or the installation as a whole.
    pub general: Vec<Finding>,
    /// What is worth knowing about them.
    pub warnings: Vec<Finding>,
    /// Plain sentences: what could not be seen, where facts come from.
    pub notes: Vec<String>,
}

impl Check {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.general.is_empty() && self.folders.iter().all(|folder| folder.findings.is_empty())
    }
}

/// Applies all rules. `None` when there is no Ollama to speak of.
#[must_use]
pub fn check(facts: &Facts) -> Option<Check> {
    let ollama = facts.ollama.as_ref()?;
    let scene = Scene {
        facts,
        ollama,
        era: era(ollama),
    };
    let mut check = Check {
        era: scene.era,
        program: ollama.program.clone(),
        library_dir: ollama.tree.path.clone(),
        notes: notes(&scene),
        ..Check::default()
    };
    place::check(&scene, &mut check);
    files::check(&scene, &mut check);
    spawn::check(&scene, &mut check);
    rights::check(&scene, &mut check);
    driver::check(&scene, &mut check);
    devices::check(&scene, &mut check);
    variables::check(&scene, &mut check);
    for one in scene.folders() {
        check.folders.extend(folder::check(&scene, one));
    }
    place::backends(&scene, &mut check);
    if !apart::fit(&scene, &mut check) {
        let started = Started::new(starter(&facts.server), &[]);
        let folders = check.folders.iter_mut();
        let of_folders = folders.flat_map(|one| one.findings.iter_mut().chain(&mut one.warnings));
        let general = check.general.iter_mut().chain(&mut check.warnings);
        for finding in of_folders.chain(general) {
            started.fit(&mut finding.remedy);
        }
    }
    Some(check)
}

/// Who starts the server, as far as the machine tells.
fn starter(server: &Server) -> Starter {
    match &server.source {
        EnvironmentOf::Unit(unit) => Starter::Unit(unit.as_str().to_owned()),
        EnvironmentOf::Process(_) => {
            match Starter::of(server.cgroup.as_ref().map(Text::as_str), None) {
                Starter::Unknown if server.first_of_container => {
                    Starter::Container(Container::default())
                }
                // There is no unit of Ollama's then.
                Starter::Unknown => Starter::Command,
                known => known,
            }
        }
        EnvironmentOf::Caller => Starter::Command,
        EnvironmentOf::Nobody => Starter::Unknown,
    }
}

/// The facts with what all rules ask of them.
struct Scene<'f> {
    facts: &'f Facts,
    ollama: &'f Ollama,
    era: Era,
}

/// PCI vendors, with the colon that follows.
const NVIDIA: &str = "10de:";
const AMD: &str = "1002:";

impl<'f> Scene<'f> {
    /// The folders of the tree; its top and the working directory where backends are in them.
    fn folders(&self) -> impl Iterator<Item = &'f crate::event::tree::Folder> + use<'f> {
        let tree = &self.ollama.tree;
        let top = Some(&tree.top).filter(|top| !top.loads.is_empty() || top.backend_path.is_some());
        top.into_iter().chain(&tree.cwd).chain(&tree.folders)
    }

    fn has_gpu(&self, vendor: &str) -> bool {
        let gpus = &self.facts.host.gpus;
        gpus.iter().any(|gpu| gpu.ids.as_str().starts_with(vendor))
    }

    /// The bus was listed, and nothing that computes is on it, nor elsewhere.
    fn no_gpu(&self, vendors: &[&str]) -> bool {
        let host = &self.facts.host;
        let told = !host.pci_unseen && !host.may_have_gpu_off_the_bus();
        told && !vendors.iter().any(|vendor| self.has_gpu(vendor))
    }

    /// By permission bits, Ollama's user may do this.
    fn may(&self, mode: Option<u32>, owner: Option<[u32; 2]>, wanted: u32) -> bool {
        match (mode, owner) {
            (Some(mode), Some(owner)) => self.facts.server.user.may(mode, owner, wanted),
            _ => true,
        }
    }

    fn user(&self) -> String {
        self.facts.server.user.shown()
    }
}

fn era(ollama: &Ollama) -> Era {
    match (ollama.markers.runner, ollama.markers.llama_server) {
        (true, false) => Era::Runner,
        (false, true) => Era::LlamaServer,
        _ => Era::Unknown,
    }
}

/// Whose files were looked at, and which servers were not.
fn others(server: &Server) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(apart) = &server.apart {
        let what = match apart.own_root {
            true => "a file system of its own",
            false => "mounts of its own",
        };
        notes.push(format!(
            "{} has {what}, and that was looked at: all paths are inside it, and from here below /proc/{}/root. An Ollama of \
             this machine's own files: vgputrace check --bin FILE",
            apart::whose(apart),
            apart.pid
        ));
    }
    if let Some(pid) = server.other.filter(|_| server.apart.is_none()) {
        notes.push(format!(
            "process {pid} is an Ollama server with a file system of its own (a container), which was not looked at: \
             sudo vgputrace check --root /proc/{pid}/root"
        ));
    }
    if let Some(pid) = server.unseen {
        notes.push(unseen(pid));
    }
    notes
}

/// A server runs, and whose files it uses is not known.
#[must_use]
pub fn unseen(pid: u32) -> String {
    format!(
        "process {pid} is an Ollama server of which this user may see neither files nor variables: \
         sudo vgputrace check --root /proc/{pid}/root"
    )
}

fn notes(scene: &Scene<'_>) -> Vec<String> {
    let server = &scene.facts.server;
    let mut notes = Vec::new();
    if scene.era == Era::Unknown {
        let why = if scene.ollama.by.as_str() == "not there" {
            "no program is there beside its libraries"
        } else if scene.ollama.file.problem.is_some() {
            "it is no program of this machine that could be read"
        } else if scene.ollama.markers.whole {
            "its text has the words of neither era, or of both"
        } else {
            "it is too large to be searched to its end"
        };
        notes.push(format!(
            "how {} discovers is not known: {why}; only rules that hold in both eras are applied",
            scene.ollama.program
        ));
    }
    if let Some(problem) = &server.problem {
        notes.push(format!("the unit cannot be used: {problem}"));
    }
    notes.push(match &server.source {
        EnvironmentOf::Unit(unit) => format!(
            "user, variables and working directory are those of {unit} ({})",
            words::list(server.unit_files.iter().map(Text::as_str))
        ),
        EnvironmentOf::Process(pid) => {
            let process = match &server.apart {
                Some(apart) => apart::whose(apart),
                None => format!("process {pid}"),
            };
            format!("user, variables and working directory are those of {process}")
        }
        EnvironmentOf::Caller => {
            format!(
                "no unit ollama.service and no running server{}: user, variables and working directory are those of this shell",
                match scene.ollama.by.as_str() {
                    "--bin" => " of this file",
                    _ => "",
                }
            )
        }
        EnvironmentOf::Nobody => {
            "nothing below this root tells Ollama's variables: user root and none are assumed"
                .to_owned()
        }
    });
    notes.extend(others(server));
    if scene.facts.host.pci_unseen {
        notes.push("the PCI bus cannot be listed here, so GPUs cannot be told".to_owned());
    }
    if scene.ollama.tree.cut {
        notes.push("there is more in the library folder than was looked at".to_owned());
    }
    notes
}
