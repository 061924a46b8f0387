//! Graphs: work that is written down and done later, as often as wanted.
//!
//! Nodes stand in the order in which they were captured, and run in it: whatever waits for something was captured after it.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use vgputrace_device::Code;

use crate::abi::Handle;
use crate::driver::Driver;
use crate::objects::Objects;

/// Work for later.
type Work = Arc<dyn Fn(&Driver) -> Result<(), Code> + Send + Sync>;

/// What a node does (`CUgraphNodeType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Kind {
    Kernel = 0,
    Copy = 1,
    Fill = 2,
    Host = 3,
    Graph = 4,
    Empty = 5,
    EventRecord = 7,
}

/// One piece of work.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) handle: Handle,
    pub(crate) kind: Kind,
    work: Work,
}

impl fmt::Debug for Node {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:?} {:?}", self.handle, self.kind)
    }
}

impl Node {
    /// Does it.
    ///
    /// # Errors
    /// What the work gives.
    pub(crate) fn run(&self, driver: &Driver) -> Result<(), Code> {
        (self.work)(driver)
    }
}

/// Written down.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// Things of the program that must live as long, and how often each is held.
    pub(crate) held: BTreeMap<Handle, u64>,
}

/// Ready to run: what the graph was at that time.
#[derive(Debug)]
pub(crate) struct Exec {
    pub(crate) nodes: Vec<Node>,
    pub(crate) held: BTreeMap<Handle, u64>,
    pub(crate) flags: u64,
}

/// The program's own function for the end of a thing of its.
pub(crate) type Destroy = unsafe extern "C" fn(*mut c_void);

/// A thing of the program that lives as long as it is held.
#[derive(Debug)]
pub(crate) struct UserObject {
    /// The program's word for it: handed on and never looked at.
    pub(crate) data: usize,
    pub(crate) destroy: Destroy,
    pub(crate) held: u64,
}

/// Things whose end has come. Their functions run when no lock is held.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Ended(Vec<UserObject>);

impl Ended {
    /// Tells the program.
    pub(crate) fn tell(self) {
        for object in self.0 {
            let data = std::ptr::with_exposed_provenance_mut(object.data);
            // SAFETY: the C interface demands a function of this type for this data; it is called once, and no lock of
            // ours is held.
            unsafe { (object.destroy)(data) };
        }
    }
}

impl Objects {
    /// Adds a node to a graph.
    ///
    /// # Errors
    /// 400 when there is no such graph.
    pub(crate) fn add_node(
        &mut self,
        graph: Handle,
        kind: Kind,
        work: impl Fn(&Driver) -> Result<(), Code> + Send + Sync + 'static,
    ) -> Result<Handle, Code> {
        self.graphs.get(graph)?;
        let handle = self.nodes.insert((graph, kind));
        let node = Node {
            handle,
            kind,
            work: Arc::new(work),
        };
        self.graphs.get_mut(graph)?.nodes.push(node);
        Ok(handle)
    }

    /// Drops a graph with its nodes; what was made ready from it stays.
    ///
    /// # Errors
    /// 400 when there is no such graph.
    pub(crate) fn drop_graph(&mut self, graph: Handle) -> Result<Ended, Code> {
        let gone = self.graphs.remove(graph)?;
        for node in &gone.nodes {
            // A node's own call may have dropped it.
            let _ = self.nodes.remove(node.handle);
        }
        Ok(self.release_all(&gone.held))
    }

    /// Holds things once more, as often as given.
    pub(crate) fn hold_all(&mut self, held: &BTreeMap<Handle, u64>) {
        for (object, count) in held {
            if let Ok(object) = self.user_objects.get_mut(*object) {
                object.held += count;
            }
        }
    }

    /// Holds things less.
    pub(crate) fn release_all(&mut self, held: &BTreeMap<Handle, u64>) -> Ended {
        let mut ended = Ended::default();
        for (object, count) in held {
            if let Ok(one) = self.release(*object, *count) {
                ended.0.extend(one.0);
            }
        }
        ended
    }

    /// Holds a thing less.
    ///
    /// # Errors
    /// 400 when there is none, 1 when it is not held so often.
    pub(crate) fn release(&mut self, object: Handle, count: u64) -> Result<Ended, Code> {
        let known = self.user_objects.get_mut(object)?;
        known.held = known.held.checked_sub(count).ok_or(Code::INVALID_VALUE)?;
        if known.held > 0 {
            return Ok(Ended::default());
        }
        self.user_objects
            .remove(object)
            .map(|object| Ended(vec![object]))
    }
}
