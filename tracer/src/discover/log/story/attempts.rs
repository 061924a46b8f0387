//! Attempts: which is under way, which processes it has, and how each ends.
//!
//! Attempts of the first pass come one after the other, those of the second run side by side. Until `bootstrap discovery
//! took` names the added variables, the pass is told from how far the discovery is; at INFO, where no line divides the
//! passes, all count as the first.

use super::{Phase, Story};
use crate::discover::log::raw;
use crate::discover::model::{Answer, Attempt, Child, End, Evidence, Line};
use crate::discover::role::{Role, Step};
use crate::discover::slog::values::{base_name, map, paths, words};
use crate::event::Text;
use crate::event::process::EnvVar;

/// Attempts that may be under way at once; one device each in pass 2.
const MOST_OPEN: usize = 64;

/// Most attempts that are kept.
const MOST_ATTEMPTS: usize = 4000;

/// An attempt that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Index into the model's attempts.
    pub(super) attempt: usize,
    /// Its process that is running.
    pub(super) step: Step,
}

/// What the variables that the server added say about an attempt.
#[derive(Default)]
pub(super) struct Extra {
    /// 2 with GGML_CUDA_INIT, 0 with a device only.
    pub(super) pass: Option<u8>,
    /// The device.
    pub(super) device: Option<Text>,
}

/// Reads `extra_envs=map[CUDA_VISIBLE_DEVICES:0 GGML_CUDA_INIT:1]`.
pub(super) fn extra(value: Option<&str>) -> Extra {
    let value = value.unwrap_or_default();
    let mut pairs = map(value);
    // A slice of NAME=VALUE in the first releases of 0.12.
    pairs.extend(
        words(value)
            .into_iter()
            .filter_map(|word| word.split_once('=')),
    );
    let device = pairs.iter().find(|(name, _)| is_visible_devices(name));
    let validates = pairs.iter().any(|(name, _)| *name == "GGML_CUDA_INIT");
    Extra {
        pass: match (validates, device) {
            (true, _) => Some(2),
            (false, Some(_)) => Some(0),
            (false, None) => None,
        },
        device: device.map(|(_, value)| Text::from(*value)),
    }
}

/// A variable that chooses devices.
pub(super) fn is_visible_devices(name: &str) -> bool {
    name.ends_with("_VISIBLE_DEVICES") || name == "GPU_DEVICE_ORDINAL"
}

impl Story {
    /// A new attempt; `dirs` as the line names them, none when it does not. `None` when there is no room for it.
    pub(super) fn begin(&mut self, dirs: &[&str], step: Step, seen: &Evidence) -> Option<usize> {
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        let full = self.model.attempts.len() >= MOST_ATTEMPTS;
        if full || !self.room.take(seen.text.as_str().len() + 400) {
            return None;
        }
        let pass = match self.phase {
            Phase::First => 1,
            Phase::Second => 2,
            Phase::After => 0,
        };
        self.model.attempts.push(Attempt {
            pass,
            begun: self.now,
            seen: Some(seen.clone()),
            ..Attempt::default()
        });
        let attempt = self.model.attempts.len() - 1;
        self.open.push(Open { attempt, step });
        self.name(attempt, dirs, seen);
        Some(attempt)
    }

    /// The attempt that a line is about: one under way at these folders, else one whose folder is not known, else a new one.
    pub(super) fn find(&mut self, dirs: &[&str], step: Step, seen: &Evidence) -> Option<usize> {
        let path = dirs.last().copied().unwrap_or_default();
        let of = |open: &&Open| &self.model.attempts[open.attempt];
        let same = self
            .open
            .iter()
            .find(|open| of(open).path.as_str() == path && !of(open).dir.is_empty());
        let unnamed = || self.open.iter().find(|open| of(open).dir.is_empty());
        match same.or_else(unnamed).map(|open| open.attempt) {
            Some(attempt) => {
                self.name(attempt, dirs, seen);
                Some(attempt)
            }
            None => self.begin(dirs, step, seen),
        }
    }

    /// The attempt that a line is about which may come after the attempt's end (0.30 and later): one under way, else the last
    /// one at this folder that `fits`, else a new one.
    pub(super) fn find_late(
        &mut self,
        dirs: &[&str],
        step: Step,
        seen: &Evidence,
        fits: impl Fn(&Self, &Attempt) -> bool,
    ) -> Option<usize> {
        let path = dirs.last().copied().unwrap_or_default();
        let of_path = |at: usize| {
            self.model
                .attempts
                .get(at)
                .is_some_and(|attempt| attempt.path.as_str() == path)
        };
        if !self.open.iter().any(|open| of_path(open.attempt)) {
            let last = (0..self.model.attempts.len())
                .rev()
                .take(MOST_OPEN)
                .find(|at| of_path(*at));
            let known = last.and_then(|last| self.model.attempts.get(last));
            if known.is_some_and(|attempt| fits(self, attempt)) {
                return last;
            }
        }
        self.find(dirs, step, seen)
    }

    /// The only attempt under way.
    pub(super) fn only(&self) -> Option<usize> {
        match self.open.as_slice() {
            [open] => Some(open.attempt),
            _ => None,
        }
    }

    /// Gives an attempt its folder.
    pub(super) fn name(&mut self, attempt: usize, dirs: &[&str], seen: &Evidence) {
        let Some(attempt) = self.model.attempts.get_mut(attempt) else {
            return;
        };
        let (Some(first), Some(last)) = (dirs.first(), dirs.last()) else {
            return;
        };
        if attempt.dir.is_empty() {
            attempt.path = Text::from(*last);
            attempt.dir = if dirs.len() == 1 {
                Text::from("cpu")
            } else {
                Text::from(base_name(last))
            };
            self.library_dir(first, seen);
            if dirs.len() > 1 {
                self.folder(last, seen);
            }
        }
    }

    /// Its folders from a field `[A B]`, its pass and device from the added variables.
    pub(super) fn find_by(
        &mut self,
        dirs: Option<&str>,
        extras: Option<&str>,
        step: Step,
        seen: &Evidence,
    ) -> Option<usize> {
        let dirs = paths(dirs.unwrap_or_default());
        let extra = extra(extras);
        // In the second pass several devices of one folder are under way at once.
        let of_device = self.open.iter().map(|open| open.attempt).find(|attempt| {
            self.model.attempts.get(*attempt).is_some_and(|attempt| {
                extra.device.is_some()
                    && attempt.device == extra.device
                    && dirs.last() == Some(&attempt.path.as_str())
            })
        });
        let attempt = of_device.or_else(|| self.find(&dirs, step, seen))?;
        if extras.is_some() {
            self.qualify(attempt, extra);
        }
        Some(attempt)
    }

    /// The pass, from what the server added; without device and validation it is what the phase says.
    pub(super) fn qualify(&mut self, attempt: usize, extra: Extra) {
        let after = self.phase == Phase::After;
        if let Some(attempt) = self.model.attempts.get_mut(attempt) {
            attempt.pass = match extra.pass {
                Some(pass) => pass,
                None if after => 0,
                None => 1,
            };
            attempt.device = attempt.device.take().or(extra.device);
        }
    }

    /// Index of the attempt's process of this step, made when it was not seen before.
    pub(super) fn child(&mut self, attempt: usize, step: Step) -> Option<usize> {
        let known = self.model.attempts.get(attempt)?.children.clone();
        let is_it = |index: &usize| {
            self.model
                .children
                .get(*index)
                .and_then(|child| child.role.step())
                == Some(step)
        };
        if let Some(index) = known.into_iter().find(is_it) {
            return Some(index);
        }
        let role = Role::Attempt {
            step,
            dir: Text::default(),
            pass: 0,
        };
        let index = self.add_child(Child::new(role))?;
        self.model.attempts.get_mut(attempt)?.children.push(index);
        Some(index)
    }

    /// Adds a process.
    pub(super) fn add_child(&mut self, mut child: Child) -> Option<usize> {
        if !self.room.take(600) {
            return None;
        }
        child.begun = self.now;
        self.model.children.push(child);
        Some(self.model.children.len() - 1)
    }

    /// Says how the attempt's process of this step ended.
    pub(super) fn end(&mut self, attempt: usize, step: Step, end: End) {
        let now = self.now;
        if let Some(child) = self
            .child(attempt, step)
            .and_then(|index| self.model.children.get_mut(index))
        {
            child.end = end;
            child.ended = now;
        }
    }

    /// Which process of an attempt speaks from now on.
    pub(super) fn step(&mut self, attempt: usize, step: Step) {
        for open in &mut self.open {
            if open.attempt == attempt {
                open.step = step;
            }
        }
    }

    /// The attempt is over.
    pub(super) fn close(&mut self, attempt: usize) {
        self.child_ended(attempt);
        self.adopt(attempt);
        self.open.retain(|open| open.attempt != attempt);
    }

    /// Its list came to its end.
    fn child_ended(&mut self, attempt: usize) {
        let attempt = self.model.attempts.get(attempt);
        let children = attempt.map_or(&[][..], |attempt| attempt.children.as_slice());
        for index in children {
            let child = self.model.children.get_mut(*index);
            if let Some(child) = child.filter(|child| child.role.step() == Some(Step::List)) {
                raw::ended(child);
            }
        }
    }

    /// The log ends while these attempts are under way.
    pub(super) fn leave_all(&mut self) {
        for open in std::mem::take(&mut self.open) {
            self.adopt(open.attempt);
        }
    }

    /// The answer of an attempt is that of its list.
    fn adopt(&mut self, attempt: usize) {
        let Some(attempt) = self.model.attempts.get_mut(attempt) else {
            return;
        };
        if attempt.answer.is_none() {
            attempt.answer = attempt
                .children
                .iter()
                .filter_map(|index| self.model.children.get(*index))
                .filter(|child| child.role.step() == Some(Step::List))
                .find_map(|child| child.answer.clone());
        }
    }

    /// All attempts are over.
    pub(super) fn close_all(&mut self) {
        while let Some(open) = self.open.last() {
            self.close(open.attempt);
        }
    }

    /// Gives the processes their names, when all was read.
    pub(super) fn name_roles(&mut self) {
        for attempt in &mut self.model.attempts {
            for index in &attempt.children {
                let Some(child) = self.model.children.get_mut(*index) else {
                    continue;
                };
                let Some(step) = child.role.step() else {
                    continue;
                };
                let dir = attempt.dir.clone();
                child.role = if attempt.pass == 0 {
                    Role::Refresh { step, dir }
                } else {
                    Role::Attempt {
                        step,
                        dir,
                        pass: attempt.pass,
                    }
                };
            }
        }
    }

    /// The answer of an attempt, made when there was none.
    pub(super) fn answer(&mut self, attempt: usize, seen: &Evidence) -> Option<&mut Answer> {
        self.adopt(attempt);
        let attempt = self.model.attempts.get_mut(attempt)?;
        Some(attempt.answer.get_or_insert_with(|| Answer {
            seen: Some(seen.clone()),
            ..Answer::default()
        }))
    }
}

/// The variables that a line names as fields.
pub(super) fn variables(line: &Line) -> Vec<EnvVar> {
    let variable = |(name, value): (&Text, &Text)| EnvVar {
        k: name.clone(),
        v: Some(value.clone()),
        len: None,
    };
    line.fields.iter().map(variable).collect()
}
