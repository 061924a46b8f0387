//! How a product gets done: at once, or, while its stream is being captured, as nodes of the graph.
//!
//! Captured are the copies of the matrices to the host, a call of the host that computes, and the copy back. The graph owns the places in
//! between (a user object of the driver), or, where a driver has no such objects, the handle does.

use std::ffi::c_void;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vgputrace_client::functions_table::{
    cuGraphRetainUserObject, cuLaunchHostFunc, cuStreamGetCaptureInfo_v2, cuStreamIsCapturing,
    cuStreamSynchronize, cuUserObjectCreate, cuUserObjectRelease,
};
use vgputrace_client::{Code, Handle, Out};

use crate::handle::State;
use crate::product::Product;
use crate::status::{Outcome, Status};

/// Where the three matrices are on the device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) a: u64,
    pub(crate) b: u64,
    pub(crate) c: u64,
}

/// Packed matrices on the host.
#[derive(Debug)]
struct Packed {
    a: Vec<u8>,
    b: Vec<u8>,
    c: Vec<u8>,
}

impl Packed {
    fn of(product: &Product) -> Result<Self, Status> {
        let factor = |shape: crate::matrix::Shape| {
            if product.reads_factors() {
                shape.place()
            } else {
                Ok(Vec::new())
            }
        };
        Ok(Self {
            a: factor(product.a.0)?,
            b: factor(product.b.0)?,
            c: product.c.place()?,
        })
    }

    fn read(&mut self, product: &Product, at: Places, stream: Handle) -> Outcome {
        if product.reads_factors() {
            product.a.0.read(at.a, &mut self.a, stream)?;
            product.b.0.read(at.b, &mut self.b, stream)?;
        }
        if product.reads_result() {
            product.c.read(at.c, &mut self.c, stream)?;
        }
        Ok(())
    }

    fn compute(&mut self, product: &Product) {
        product.compute(&self.a, &self.b, &mut self.c);
    }
}

/// A product in a graph.
#[derive(Debug)]
pub(crate) struct Job {
    product: Product,
    packed: Mutex<Packed>,
}

impl Job {
    fn packed(&self) -> MutexGuard<'_, Packed> {
        self.packed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the stream is being captured.
pub(crate) fn is_capturing(stream: Handle) -> Result<bool, Status> {
    let mut status = 0;
    match cuStreamIsCapturing(stream, Out::to(&mut status)) {
        // A driver that cannot capture does not.
        Err(Code::NOT_SUPPORTED | Code::NEEDS_NEWER_DRIVER) => Ok(false),
        Err(code) => Err(code.into()),
        Ok(()) if status > 1 => Err(Status::EXECUTION_FAILED),
        Ok(()) => Ok(status == 1),
    }
}

/// Does the product in the order of the handle's stream.
pub(crate) fn run(state: &mut State, product: &Product, at: Places) -> Outcome {
    if is_capturing(state.stream)? {
        capture(state, product, at)
    } else {
        at_once(state.stream, product, at)
    }
}

fn at_once(stream: Handle, product: &Product, at: Places) -> Outcome {
    let mut packed = Packed::of(product)?;
    let mut work = || {
        packed.read(product, at, stream)?;
        cuStreamSynchronize(stream)?;
        packed.compute(product);
        product.c.write(at.c, &packed.c, stream)
    };
    let done = work();
    if let Err(code) = cuStreamSynchronize(stream) {
        // Copies may still be under way, and these are their places.
        std::mem::forget(packed);
        return Err(code.into());
    }
    done
}

fn capture(state: &mut State, product: &Product, at: Places) -> Outcome {
    let job = Arc::new(Job {
        product: *product,
        packed: Mutex::new(Packed::of(product)?),
    });
    let stream = state.stream;
    // From the first node on the graph refers to the job, so it is kept first, whatever comes then.
    if !graph_keeps(stream, &job) {
        state.kept.push(Arc::clone(&job));
    }
    job.packed().read(product, at, stream)?;
    let function = Handle((compute_job as extern "C" fn(*mut c_void)) as *mut c_void);
    cuLaunchHostFunc(
        stream,
        function,
        Handle(Arc::as_ptr(&job).cast_mut().cast()),
    )?;
    product.c.write(at.c, &job.packed().c, stream)
}

/// Gives the job to the graph that is being captured.
fn graph_keeps(stream: Handle, job: &Arc<Job>) -> bool {
    let (mut status, mut graph) = (0, Handle::NULL);
    let told = cuStreamGetCaptureInfo_v2(
        stream,
        Out::to(&mut status),
        Out::NONE,
        Out::to(&mut graph),
        Out::NONE,
        Out::NONE,
    );
    if told.is_err() || graph.is_null() {
        return false;
    }
    /// CU_USER_OBJECT_NO_DESTRUCTOR_SYNC and CU_GRAPH_USER_OBJECT_MOVE.
    const NO_SYNC: u32 = 1;
    const MOVE: u32 = 1;
    let data = Arc::into_raw(Arc::clone(job)).cast_mut();
    let destroy = Handle((drop_job as extern "C" fn(*mut c_void)) as *mut c_void);
    let mut object = Handle::NULL;
    let made = cuUserObjectCreate(
        Out::to(&mut object),
        Handle(data.cast()),
        destroy,
        1,
        NO_SYNC,
    );
    if made.is_err() {
        drop_job(data.cast());
        return false;
    }
    if cuGraphRetainUserObject(graph, object, 1, MOVE).is_err() {
        // Releasing it drops its job.
        let _ = cuUserObjectRelease(object, 1);
        return false;
    }
    true
}

/// A host node of a graph: the matrices are there, the product is due.
extern "C" fn compute_job(data: *mut c_void) {
    let _ = catch_unwind(|| {
        // SAFETY: the graph or the handle keeps the job as long as the node can run.
        let job = unsafe { &*data.cast::<Job>() };
        job.packed().compute(&job.product);
    });
}

/// The graph is gone.
extern "C" fn drop_job(data: *mut c_void) {
    let _ = catch_unwind(|| {
        // SAFETY: the pointer came from `Arc::into_raw`, and the driver calls this once.
        drop(unsafe { Arc::from_raw(data.cast_const().cast::<Job>()) });
    });
}
