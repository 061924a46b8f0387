//! Work in the order of a stream: done at once, or, while the stream is captured, kept for the graph.

use vgputrace_device::Code;

use crate::abi::Handle;
use crate::capture::Key;
use crate::driver::Driver;
use crate::graph::Kind;

impl Driver {
    /// Does work in the order of a stream, or keeps it.
    ///
    /// # Errors
    /// 201 without a context, 400 for a handle that is no stream, 901 in a broken capture, and what the work gives.
    pub(crate) fn order(
        &self,
        stream: Handle,
        kind: Kind,
        work: impl Fn(&Self) -> Result<(), Code> + Send + Sync + 'static,
    ) -> Result<(), Code> {
        self.stream(stream)?;
        let mut objects = self.objects();
        let stream = Key::of(stream);
        if let Some(graph) = objects.captures.graph(stream)? {
            let node = objects.add_node(graph, kind, work)?;
            objects.captures.worked(stream, node);
            return Ok(());
        }
        drop(objects);
        work(self)
    }

    /// A stream for a call that a capture does not allow, and that breaks it.
    ///
    /// # Errors
    /// As [`Self::stream`]; 900 while it is captured.
    pub(crate) fn idle_stream(&self, stream: Handle) -> Result<(), Code> {
        self.stream(stream)?;
        self.objects().captures.must_not_capture(Key::of(stream))
    }
}
