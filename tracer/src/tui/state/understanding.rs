//! What is made of the model: roles, explanation, and the place where it opens.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::State;
use crate::diagnose::Explanation;

impl State {
    /// Moves the play head to the first cause of the first backend that is not used.
    pub(super) fn open_at_the_cause(&mut self) {
        if self.moved {
            return;
        }
        self.moved = true;
        let explanation = self.explanation();
        let cause = explanation
            .backends
            .iter()
            .flat_map(|backend| backend.findings.iter().take(1))
            .flat_map(|finding| &finding.evidence)
            .find_map(|evidence| match evidence.at {
                crate::discover::model::At::Event(seq) => Some(seq.0),
                _ => None,
            });
        let target = match cause {
            Some(seq) => self.index_of(seq),
            None => self.digest.failures.first().copied(),
        };
        if let Some(index) = target {
            self.go(index);
        }
    }

    /// Index of an event by its number.
    pub(super) fn index_of(&mut self, seq: u64) -> Option<u64> {
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
        self.understand();
        self.explained
            .as_ref()
            .map_or_else(Rc::default, |(_, known)| Rc::clone(known))
    }

    /// What each process is to the discovery, by its number.
    pub(in crate::tui) fn roles(&mut self) -> Rc<BTreeMap<u32, String>> {
        self.understand();
        Rc::clone(&self.roles)
    }

    /// Makes model and explanation anew when there is more to know. While a long recording is read the first ones stay:
    /// each costs a pass over all that was kept.
    pub(super) fn understand(&mut self) {
        let done = self.digest.done;
        let known = self.explained.as_ref().map(|(at, _)| *at);
        if known == Some(done) || (known.is_some() && self.progress().is_some()) {
            return;
        }
        let model = self.digest.model();
        let roles = model.roles.iter();
        self.roles = Rc::new(
            roles
                .map(|(process, role)| (process.number, role.to_string()))
                .collect(),
        );
        self.explained = Some((done, Rc::new((self.explain)(&model))));
    }
}
