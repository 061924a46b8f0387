//! What is made of the model: roles, explanation, limits, and the place where it opens.

use std::rc::Rc;

use super::told::Told;
use super::{State, limits};
use crate::diagnose::Explanation;
use crate::discover::Model;
use crate::view::roles::{self, Roles};

/// Made anew when there is more to know.
#[derive(Debug, Default)]
pub(in crate::tui) struct Understanding {
    /// Events that were looked at.
    done: u64,
    pub(in crate::tui) model: Rc<Model>,
    explanation: Rc<Explanation>,
    told: Rc<Told>,
    roles: Roles,
    limits: Vec<limits::Limit>,
}

impl Understanding {
    /// What is known from before: there is no model, which a pass must make.
    pub(super) fn kept(done: u64, told: Told, roles: Roles, limits: Vec<limits::Limit>) -> Self {
        Self {
            done,
            told: Rc::new(told),
            roles,
            limits,
            ..Self::default()
        }
    }
}

impl State {
    /// What is known of the backends by the end.
    pub(in crate::tui) fn told(&mut self) -> Rc<Told> {
        Rc::clone(&self.understand().told)
    }

    /// Moves the play head to the first cause of the first backend that is not used, else to what tells most.
    pub(super) fn open_at_the_cause(&mut self) {
        if !self.moved {
            self.back_to_the_cause();
        }
    }

    /// As it opens. While it is read, and at the end of what grows, the first cause is not known yet.
    pub(super) fn back_to_the_cause(&mut self) {
        if self.progress().is_some() || self.follow {
            return;
        }
        self.play.stop();
        self.moved = true;
        let told = self.told();
        let target = match told.begin() {
            Some(seq) => self.index_of(seq),
            // Who ends early mostly says why with his last words.
            None => {
                let word = self.digest.words.list.last().map(|word| word.index);
                word.or_else(|| self.digest.failures.first().copied())
            }
        };
        if let Some(index) = target {
            self.go(index);
        }
        self.opening = true;
    }

    /// Index of an event by its number.
    fn index_of(&mut self, seq: u64) -> Option<u64> {
        // Numbers have no gaps but where events were lost, so the place is at or before it.
        let mut index = seq.checked_sub(1)?.min(self.book.total().checked_sub(1)?);
        for _ in 0..4_096 {
            let found = self.book.event(index)?.0.seq.0;
            if found <= seq {
                return Some(index);
            }
            index = index.checked_sub(1)?;
        }
        None
    }

    /// What is known of the backends by the end.
    pub(in crate::tui) fn explanation(&mut self) -> Rc<Explanation> {
        Rc::clone(&self.understand().explanation)
    }

    /// What each process is to the discovery, by its number.
    pub(in crate::tui) fn roles(&mut self) -> Roles {
        Roles::clone(&self.understand().roles)
    }

    /// What happened.
    pub(in crate::tui) fn model(&mut self) -> Rc<Model> {
        Rc::clone(&self.understand().model)
    }

    /// The server's limits, as far as they were worked out.
    pub(in crate::tui) fn limits(&self) -> &[limits::Limit] {
        let known = self.understood.as_ref();
        known.map_or(&[][..], |known| &known.limits)
    }

    /// Makes model and explanation anew when there is more to know. While a long recording is read the first ones stay,
    /// and while it grows they stay for a twentieth of it: each costs a pass over all that was kept.
    fn understand(&mut self) -> &Understanding {
        let done = self.digest.done;
        let reading = self.progress().is_some();
        let fresh = self.understood.as_ref().is_some_and(|known| {
            let little = done - known.done.min(done) <= known.done / 20;
            known.done == done || reading || (little && !self.digest.ended)
        });
        if !fresh {
            let model = self.digest.model(&self.book);
            let explanation = (self.explain)(&model);
            self.understood = Some(Understanding {
                done,
                told: Rc::new(Told::of(&explanation, &model)),
                explanation: Rc::new(explanation),
                roles: roles::of(&model),
                limits: limits::of(&model, self.origin()),
                model: Rc::new(model),
            });
        }
        self.understood.get_or_insert_with(Understanding::default)
    }
}
