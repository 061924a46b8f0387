//! What is known of one folder: its listing, the attempts at it, the processes of these, what they loaded.

use crate::discover::model::{
    At, Attempt, Child, DriverCall, End, Evidence, Folder, Init, Line, Load, Model, Outcome, Place,
    Reported, Said,
};
use crate::discover::role::{Role, Step};
use crate::event::Text;

use super::words::{base, parent};

/// The facts about one folder, or about the second look at its devices.
pub(super) struct Case<'a> {
    /// Everything.
    pub(super) model: &'a Model,
    /// Base name of the folder, or `toplevel`, `cwd`.
    pub(super) name: &'a str,
    /// The folder, where it is known.
    pub(super) folder: Option<&'a Folder>,
    /// First looks at it.
    pub(super) attempts: Vec<&'a Attempt>,
    /// Their processes; for a plain ggml program that program.
    pub(super) children: Vec<&'a Child>,
    /// Second looks at its devices.
    pub(super) second: Vec<&'a Attempt>,
}

impl<'a> Case<'a> {
    /// Gathers what is known of a folder.
    pub(super) fn new(model: &'a Model, name: &'a str, folder: Option<&'a Folder>) -> Self {
        let everywhere = folder.is_some_and(|folder| {
            matches!(folder.place, Place::TopLevel | Place::WorkingDirectory)
        });
        let of_pass = |pass: u8| -> Vec<&'a Attempt> {
            model
                .attempts
                .iter()
                .filter(|attempt| {
                    attempt.pass == pass && (everywhere || attempt.dir.as_str() == name)
                })
                .collect()
        };
        let attempts = of_pass(1);
        let mut children: Vec<&Child> = attempts
            .iter()
            .flat_map(|attempt| model.children_of(attempt))
            .collect();
        if attempts.is_empty() {
            let programs = model
                .children
                .iter()
                .filter(|child| child.role == Role::Program);
            children.extend(programs);
        }
        Self {
            model,
            name,
            folder,
            attempts,
            children,
            second: of_pass(2),
        }
    }

    /// The second looks, seen as if they were first ones.
    pub(super) fn second_look(&self) -> Self {
        Self {
            model: self.model,
            name: self.name,
            folder: self.folder,
            attempts: self.second.clone(),
            children: self
                .second
                .iter()
                .flat_map(|attempt| self.model.children_of(attempt))
                .collect(),
            second: Vec::new(),
        }
    }

    /// Path of the folder; its name where the path is not known.
    pub(super) fn path(&self) -> &'a str {
        self.folder
            .map(|folder| folder.path.as_str())
            .filter(|path| !path.is_empty())
            .or_else(|| {
                let known = self.attempts.first().map(|attempt| attempt.path.as_str());
                known.filter(|path| !path.is_empty())
            })
            .unwrap_or(self.name)
    }

    /// It is the library folder itself or the working directory, which every process walks.
    pub(super) fn is_everywhere(&self) -> bool {
        self.folder
            .is_some_and(|folder| matches!(folder.place, Place::TopLevel | Place::WorkingDirectory))
    }

    /// A process looked into it, or tried to.
    pub(super) fn tried(&self) -> bool {
        if self.is_everywhere() || self.attempts.is_empty() {
            return self.loads().next().is_some();
        }
        true
    }

    /// The file lies in this folder. A bare name may.
    fn holds(&self, path: &str) -> bool {
        let folder = parent(path);
        if folder.is_empty() {
            return !self.is_everywhere();
        }
        let own = self.path();
        folder == own || (own == self.name && base(folder) == self.name)
    }

    /// Loads of backends that lie in this folder; CPU variants are left out.
    pub(super) fn loads(&self) -> impl Iterator<Item = (&'a Child, &'a Load)> + '_ {
        self.children.iter().flat_map(move |child| {
            child
                .loads
                .iter()
                .filter(move |load| is_backend(load) && self.holds(path_of(load)))
                .map(move |load| (*child, load))
        })
    }

    /// Loads of backends that gave nothing. What failed only beside the process that decides, which did load it, is no reason.
    pub(super) fn failed_loads(&self) -> impl Iterator<Item = (&'a Child, &'a Load)> + '_ {
        let loaded = self.loaded();
        self.loads().filter(move |(child, load)| {
            load.outcome == Outcome::Failed && (!loaded || is_deciding(child))
        })
    }

    /// Some load gave a handle, in the process that decides.
    pub(super) fn loaded(&self) -> bool {
        self.loads()
            .any(|(child, load)| load.outcome == Outcome::Loaded && is_deciding(child))
    }

    /// Starts of backends of this folder.
    pub(super) fn inits(&self) -> impl Iterator<Item = (&'a Child, &'a Init)> + '_ {
        self.children.iter().flat_map(move |child| {
            child
                .inits
                .iter()
                .filter(move |init| {
                    let name = base(init.file.as_str());
                    !name.starts_with("libggml-cpu") && self.holds(init.file.as_str())
                })
                .map(move |init| (*child, init))
        })
    }

    /// Devices that came out of the first looks.
    pub(super) fn reported(&self) -> Vec<&'a Reported> {
        let answers = self
            .attempts
            .iter()
            .filter_map(|attempt| attempt.answer.as_ref());
        let mut all: Vec<&Reported> = answers
            .flat_map(|answer| &answer.devices)
            .filter(|device| !device.library.as_str().eq_ignore_ascii_case("cpu"))
            .collect();
        if self.is_everywhere() {
            all.retain(|_| self.loaded());
        }
        all
    }

    /// What its processes said.
    pub(super) fn said(&self) -> impl Iterator<Item = &'a Said> + '_ {
        self.children.iter().flat_map(|child| &child.said)
    }

    /// Lines of its processes with these words.
    pub(super) fn saying<'b>(&'b self, words: &'b str) -> impl Iterator<Item = &'a Evidence> + 'b
    where
        'a: 'b,
    {
        self.said()
            .filter(move |said| said.text.as_str().contains(words))
            .map(|said| &said.seen)
    }

    /// Calls of drivers in its processes.
    pub(super) fn calls(&self) -> impl Iterator<Item = (&'a Child, &'a DriverCall)> + '_ {
        self.children
            .iter()
            .flat_map(|child| child.calls.iter().map(move |call| (*child, call)))
    }

    /// A driver call as evidence.
    pub(super) fn call_seen(&self, call: &DriverCall) -> Evidence {
        let result = if call.result.is_empty() {
            "did not come back"
        } else {
            call.result.as_str()
        };
        Evidence {
            at: self.model.at(call.seq),
            text: Text::from(format!("{} = {result}", call.function)),
        }
    }

    /// The server's lines with this message that are about this folder, or about no folder in particular when this is the
    /// only one that gave devices.
    pub(super) fn lines(&self, message: &'a str) -> Vec<&'a Line> {
        self.model
            .lines
            .iter()
            .filter(|line| line.message.as_str().starts_with(message))
            .filter(|line| self.is_about(line))
            .collect()
    }

    fn is_about(&self, line: &Line) -> bool {
        let mut named = false;
        for value in line.fields.values() {
            for word in value.as_str().split([' ', '[', ']', ',', '"', ':']) {
                if word == self.name || (word.contains('/') && base(word) == self.name) {
                    return true;
                }
                named |= word.contains("lib/ollama/");
            }
        }
        let others = self.model.attempts.iter().any(|attempt| {
            attempt.pass == 1
                && attempt.dir.as_str() != self.name
                && attempt
                    .answer
                    .as_ref()
                    .is_some_and(|answer| !answer.devices.is_empty())
        });
        !named && !others && !self.reported().is_empty()
    }

    /// The process that makes devices: the runner, the list, or the program itself.
    pub(super) fn deciding(&self) -> impl Iterator<Item = &'a Child> + '_ {
        self.children
            .iter()
            .copied()
            .filter(|child| is_deciding(child))
    }

    /// The probe asked the driver by itself and got a device, or the driver's own start succeeded there.
    pub(super) fn driver_answers(&self) -> bool {
        self.children.iter().any(|child| {
            let probe = child.role.step() == Some(Step::Probe);
            let inits = child
                .calls
                .iter()
                .any(|call| call.function.as_str() == "cuInit" && call.code == Some(0));
            let devices = child
                .answer
                .as_ref()
                .is_some_and(|answer| !answer.devices.is_empty());
            inits || (probe && devices)
        })
    }

    /// The process that makes devices came to its answer: what befell the others of its look is not the reason.
    pub(super) fn answered(&self) -> bool {
        self.deciding().any(|child| child.answer.is_some())
    }

    /// A backend of this folder was taken by ggml, so that what befell other files of it is not the reason.
    pub(super) fn registered(&self) -> bool {
        self.inits().any(|(_, init)| init.registered)
    }

    /// "Not there" is certain: a trace without loss over all processes of this folder.
    pub(super) fn absence_is_certain(&self) -> bool {
        let blind = &self.model.blind;
        if self.children.is_empty() {
            let server = self.model.server.as_ref().and_then(|one| one.process);
            return blind.log_level.is_none()
                && !blind.began_late
                && !blind.damaged
                && blind.lost.is_empty()
                && !blind
                    .unread
                    .iter()
                    .any(|(process, _)| Some(*process) == server);
        }
        self.children.iter().all(|child| {
            // What a process does after the end of a trace that was cut off is not in it.
            if blind.cut && child.end == End::Unknown {
                return false;
            }
            child.process.is_some_and(|process| {
                let ended = if child.ended == 0 {
                    u64::MAX
                } else {
                    child.ended
                };
                blind.absence_is_certain(process, child.begun, ended)
            })
        })
    }

    /// Which family of GPU its backend is for, by the name of its file, else of its folder.
    pub(super) fn family(&self) -> Family {
        let files = self.folder.map(|folder| folder.matches.as_slice());
        let mut names: Vec<&str> = files.unwrap_or_default().iter().map(Text::as_str).collect();
        let loaded: Vec<&str> = self.loads().map(|(_, load)| base(path_of(load))).collect();
        names.extend(loaded);
        names.push(self.name);
        let has = |word: &str| names.iter().any(|name| name.contains(word));
        if has("cuda") {
            Family::Cuda
        } else if has("hip") || has("rocm") {
            Family::Rocm
        } else if has("vulkan") {
            Family::Vulkan
        } else {
            Family::Other
        }
    }

    /// The server's line about the failure of a first look.
    pub(super) fn failure_lines(&self) -> impl Iterator<Item = &'a Evidence> + '_ {
        self.attempts
            .iter()
            .filter_map(|attempt| attempt.failure_line.as_ref())
    }

    /// Some first look is over: its processes ended, or the server went on.
    pub(super) fn is_over(&self) -> bool {
        self.model.finished
            || self
                .attempts
                .iter()
                .any(|attempt| attempt.answer.is_some() || attempt.failure_line.is_some())
            || (!self.model.ends_with_server()
                // From 0.30 on the brief start comes before the process that makes devices.
                && self.deciding().next().is_some()
                && self.children.iter().all(|child| child.end != End::Unknown))
    }
}

/// Which GPUs a backend is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// NVIDIA.
    Cuda,
    /// AMD.
    Rocm,
    /// Any with a Vulkan driver.
    Vulkan,
    /// Something else.
    Other,
}

/// The file that a load is about.
pub(super) fn path_of(load: &Load) -> &str {
    load.file.as_ref().unwrap_or(&load.asked).as_str()
}

/// A load of a ggml backend that is not the CPU's.
fn is_backend(load: &Load) -> bool {
    let name = base(path_of(load));
    !load.given_back
        && (name.starts_with("libggml-") || name.starts_with("ggml-"))
        && !name.starts_with("libggml-base")
        && !name.starts_with("libggml-cpu")
        && !name.starts_with("ggml-cpu")
}

/// It alone makes the devices of its attempt.
pub(super) fn is_deciding(child: &Child) -> bool {
    match child.role.step() {
        Some(step) => matches!(step, Step::Runner | Step::List),
        None => child.role == Role::Program,
    }
}

/// What a process is called in a sentence.
pub(super) fn who(child: &Child) -> &'static str {
    match child.role.step() {
        Some(Step::Runner) => "the runner",
        Some(Step::Start) => "llama-server (first start)",
        Some(Step::List) => "llama-server --list-devices",
        Some(Step::Probe) => "the probe (ollama gpu-discover)",
        None => "the program",
    }
}

/// Evidence at the place of another, with other words.
pub(super) fn at(seen: Option<&Evidence>, text: impl Into<Text>) -> Option<Evidence> {
    let at: At = seen?.at.clone();
    Some(Evidence {
        at,
        text: text.into(),
    })
}
