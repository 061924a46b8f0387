//! Children that stop before their maker's stop has told of them, and those whose maker ends first and never will.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::engine::Engine;
use super::processes::{group_of, parent_of};
use super::space::Space;
use crate::sys::ptrace::{self, Resume, Stop, Stopped};

/// A stopped child that nobody has told of.
struct Child {
    stopped: Stopped,
    /// The process it is below: its maker, unless that is gone or gave it away (CLONE_PARENT).
    parent: Option<u32>,
}

/// All of them, and what the next one may need.
#[derive(Default)]
pub(super) struct Early {
    children: HashMap<u32, Child>,
    /// The memory of the process that ended last: a child of it may come even later.
    last: Option<(u32, Rc<RefCell<Space>>)>,
}

impl Early {
    /// Takes a child whose maker tells of it now.
    pub(super) fn take(&mut self, tid: u32) -> Option<Stopped> {
        Some(self.children.remove(&tid)?.stopped)
    }

    /// Takes all.
    pub(super) fn take_all(&mut self) -> Vec<(u32, Stopped)> {
        let all = self.children.drain();
        all.map(|(tid, child)| (tid, child.stopped)).collect()
    }
}

impl Engine {
    /// A thread has stopped that nobody has told of yet.
    pub(super) fn is_early(&mut self, stopped: Stopped, stop: Stop) {
        let tid = stopped.tid();
        let group = group_of(tid);
        if matches!(stop, Stop::Event(ptrace::EVENT_EXIT, _)) && group.is_some_and(|one| one != tid)
        {
            // A thread that ends with its process. Its maker ends too, and perhaps without its own stop.
            self.early.children.remove(&tid);
            return self.resume(stopped, Resume::Continue, 0);
        }
        let parent = parent_of(tid);
        let is_orphan =
            group == Some(tid) && parent.is_none_or(|one| !self.processes.contains_key(&one));
        let child = Child { stopped, parent };
        match self.early.last.clone().filter(|_| is_orphan) {
            Some((maker, space)) => self.adopt_orphan(maker, &space, tid, child),
            None => _ = self.early.children.insert(tid, child),
        }
    }

    /// A process ends or becomes another program: no thread of it will tell of a child any more.
    pub(super) fn adopt_orphans(&mut self, tgid: u32) {
        let Some(space) = self.processes.get(&tgid).map(|one| Rc::clone(&one.space)) else {
            return;
        };
        let orphans = self
            .early
            .children
            .extract_if(|tid, child| child.parent == Some(tgid) && group_of(*tid) == Some(*tid));
        for (tid, child) in orphans.collect::<Vec<_>>() {
            self.adopt_orphan(tgid, &space, tid, child);
        }
        self.early.last = Some((tgid, space));
    }

    fn adopt_orphan(&mut self, maker: u32, space: &Rc<RefCell<Space>>, tid: u32, child: Child) {
        let copy = space.borrow().copied(tid, true);
        self.has_process((maker, maker), tid, Rc::new(RefCell::new(copy)));
        self.resume(child.stopped, Resume::Continue, 0);
    }
}
