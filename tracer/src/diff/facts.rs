//! The facts of one run, and what it could have shown.

mod answers;
mod children;
mod files;
mod folders;
mod given;
mod lines;
mod loads;
mod searches;
mod settings;
pub(super) mod time;

use std::collections::{BTreeMap, BTreeSet};

use super::Run;
use super::fact::{Fact, Key, Stage, Value};
use crate::discover::model::{Blind, Child, End, Era, Origin, Spawn};
use crate::discover::{Model, Role};
use crate::event::Text;

pub use settings::unit;

/// Facts kept of one run; a hostile trace must not make more.
const MAX_FACTS: usize = 200_000;

/// The facts of one run.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// By key.
    pub facts: BTreeMap<Key, Fact>,
    /// Where they come from: what is not in a log or a strace may have happened all the same.
    origin: Origin,
    /// Roles that were seen at all, by the name that keys use.
    roles: BTreeSet<String>,
    /// Roles of which something could not be seen.
    blind: BTreeSet<String>,
    /// Roles in which a library was probed late: calls of it may be missing, and no more.
    late: BTreeSet<String>,
    /// Roles of which the whole environment was seen.
    environments: BTreeSet<String>,
    /// Roles whose driver calls were recorded.
    calls: bool,
    /// Roles whose last words may be missing.
    cut_short: BTreeSet<String>,
    /// The server ended before it discovered anything.
    undiscovered: bool,
    /// The recording ends, or is damaged, before the discovery was over.
    cut: bool,
}

impl Facts {
    /// A fact of this key would be here if it were so, when the other side could see it: its absence is a difference.
    #[must_use]
    pub fn shows(&self, key: &Key, other: &Self) -> bool {
        if self.origin == Origin::Strace {
            // Another strace sees as much.
            let files = matches!(
                key.stage,
                Stage::File | Stage::Load | Stage::Spawn | Stage::Refused
            );
            return files && other.origin == Origin::Strace && self.roles.contains(&key.role);
        }
        let log = self.origin == Origin::Log;
        let of_role = matches!(key.role.as_str(), "machine" | "recorder" | "verdicts")
            || key.stage == Stage::Folder
            || key.stage == Stage::Attempt
            || self.roles.contains(&key.role);
        // Without the role itself, that role is the difference, not each thing in it.
        if !of_role || self.blind.contains(&key.role) {
            return false;
        }
        let of_process = self.roles.contains(&key.role) && key.role != "server";
        if self.cut && !of_process && key.stage > Stage::Setting {
            return false;
        }
        match key.stage {
            Stage::Folder | Stage::Attempt if self.undiscovered => false,
            Stage::Words if self.cut_short.contains(&key.role) => false,
            Stage::Setting => self.environments.contains(&key.role),
            Stage::Call => self.calls && !log && !self.late.contains(&key.role),
            Stage::Verdict => true,
            _ => !log,
        }
    }

    /// Nothing that this role did can be missing.
    pub(super) fn shows_all_of(&self, role: &str) -> bool {
        self.roles.contains(role)
            && !self.blind.contains(role)
            && !self.late.contains(role)
            && !self.cut
    }

    /// Where the Ollama lies: told, and no difference that counts.
    pub(super) fn installed_in(&mut self, folder: &str) {
        let fact = Fact::new(Value::plain(folder));
        self.add(Stage::Machine, "recorder", "Ollama is in", fact);
    }

    fn add(&mut self, stage: Stage, role: &str, name: impl Into<String>, fact: Fact) {
        if self.facts.len() >= MAX_FACTS {
            return;
        }
        let key = Key {
            stage,
            role: role.to_owned(),
            name: name.into(),
        };
        // The first word counts: later processes of a merged role repeat it.
        self.facts.entry(key).or_insert(fact);
    }
}

/// The name under which a role is compared: with two eras, folder and pass.
fn aligned(role: &Role, eras_differ: bool) -> String {
    match role {
        Role::Attempt { dir, pass, .. } if eras_differ => format!("attempt[{dir}] pass {pass}"),
        Role::Refresh { dir, .. } if eras_differ => format!("refresh[{dir}]"),
        role => role.to_string(),
    }
}

/// The recording ends, or is damaged, before the discovery was over: what it does not show may have come all the same.
pub(super) fn is_cut(model: &Model) -> bool {
    model.blind.damaged || (model.blind.cut && !model.finished)
}

/// The server ended before it discovered anything: what is there was never looked at.
pub(super) fn is_undiscovered(model: &Model) -> bool {
    let ended = model
        .server
        .as_ref()
        .is_some_and(|server| server.end != End::Unknown);
    ended && !model.finished && model.attempts.is_empty() && model.children.is_empty()
}

/// Takes the facts out of a run.
#[must_use]
pub fn gather(run: Run<'_>, eras_differ: bool) -> Facts {
    let model = run.model;
    let mut facts = Facts {
        origin: model.origin,
        calls: model.children.iter().any(|child| !child.calls.is_empty()),
        cut: is_cut(model),
        undiscovered: is_undiscovered(model),
        ..Facts::default()
    };
    let in_time = Blind {
        late: Vec::new(),
        ..model.blind.clone()
    };
    settings::gather(model, &mut facts);
    folders::gather(model, &mut facts);
    answers::of_server(model, &mut facts);
    answers::of_end(model, &mut facts);
    time::of_attempts(model, &mut facts);
    if !eras_differ {
        lines::gather(model, &mut facts);
    }
    for child in &model.children {
        let role = aligned(&child.role, eras_differ);
        // What never ran could show nothing: that it did not run is the difference.
        if child.spawn == Spawn::Done {
            facts.roles.insert(role.clone());
        }
        if child.env_whole {
            facts.environments.insert(role.clone());
        }
        if let Some(process) = child.process {
            if !in_time.absence_is_certain(process, child.begun, child.ended) {
                facts.blind.insert(role.clone());
            }
            let mut late = model.blind.late.iter();
            if late.any(|late| late.process.is_none_or(|one| one == process)) {
                facts.late.insert(role.clone());
            }
        }
        if facts.cut && child.end == End::Unknown {
            facts.blind.insert(role.clone());
        }
        of_child(model, child, &role, eras_differ, &mut facts);
    }
    for backend in &run.explanation.backends {
        let fact = Fact::new(Value::plain(backend.verdict.name())).of_dir(&backend.name);
        facts.add(Stage::Verdict, "verdicts", backend.name.as_str(), fact);
    }
    facts
}

fn of_child(model: &Model, child: &Child, role: &str, eras_differ: bool, facts: &mut Facts) {
    let dir = child.role.dir().cloned().unwrap_or_default();
    given::gather(model, child, role, &dir, facts);
    children::gather(child, role, &dir, facts);
    let strace = model.origin == Origin::Strace;
    // The processes of one era do other things than those of the other: files and loads can be compared, words cannot.
    files::gather(model, child, role, &dir, facts);
    loads::gather(child, role, &dir, facts);
    if eras_differ {
        return;
    }
    time::of_child(child, role, &dir, facts);
    // strace cuts words.
    if !strace {
        children::words(child, role, &dir, facts);
    }
    if model.origin == Origin::Trace {
        given::by_exec(child, role, &dir, facts);
        searches::gather(child, role, &dir, facts);
        answers::in_detail(child, role, &dir, facts);
    }
}

/// The era in words.
fn era(era: Era) -> &'static str {
    match era {
        Era::Runner => "by runners (0.12 to 0.24)",
        Era::LlamaServer => "by llama-server (0.30 and later)",
        Era::Ggml => "by a ggml program",
        Era::Unknown => "in a way that was not seen",
    }
}

/// A list in one order, for comparing.
fn sorted(names: &[Text]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(Text::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}
