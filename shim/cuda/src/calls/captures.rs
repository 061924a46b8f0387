//! Capturing work into graphs. Of what a capture forbids, only what concerns its own streams is refused: work here is done when it is
//! asked for, so no other call could disturb one.

use std::cell::Cell;

use vgputrace_device::Code;

use crate::abi::{Handle, Out};
use crate::capture::{Info, Key};
use crate::driver::driver;
use crate::export::export;
use crate::graph::Graph;

thread_local! {
    /// `CUstreamCaptureMode` of this thread: kept and given back.
    static MODE: Cell<i32> = const { Cell::new(0) };
}

/// `CU_STREAM_CAPTURE_MODE_RELAXED`, the last one.
const LAST_MODE: i32 = 2;

export! {
    fn cuStreamBeginCapture_v2 | cuStreamBeginCapture_v2_ptsz(hStream: Handle, mode: i32) {
        begin(hStream, mode)
    }

    fn cuStreamBeginCapture | cuStreamBeginCapture_ptsz(hStream: Handle) {
        begin(hStream, 0)
    }

    /// A capture that went wrong leaves no graph.
    fn cuStreamEndCapture | cuStreamEndCapture_ptsz(hStream: Handle, phGraph: Out<Handle>) {
        let driver = driver()?;
        driver.stream(hStream)?;
        phGraph.check()?;
        let mut objects = driver.objects();
        let (graph, whole) = objects.captures.end(Key::of(hStream))?;
        let Err(code) = whole else {
            drop(objects);
            return phGraph.set(graph);
        };
        let ended = objects.drop_graph(graph)?;
        drop(objects);
        ended.tell();
        phGraph.set(Handle::NONE)?;
        Err(code)
    }

    fn cuStreamIsCapturing | cuStreamIsCapturing_ptsz(hStream: Handle, captureStatus: Out<i32>) {
        captureStatus.set(info(hStream)?.status)
    }

    fn cuStreamGetCaptureInfo | cuStreamGetCaptureInfo_ptsz(
        hStream: Handle,
        captureStatus_out: Out<i32>,
        id_out: Out<u64>,
    ) {
        let info = info(hStream)?;
        captureStatus_out.set(info.status)?;
        id_out.offer(info.id)
    }

    fn cuStreamGetCaptureInfo_v2 | cuStreamGetCaptureInfo_v2_ptsz(
        hStream: Handle,
        captureStatus_out: Out<i32>,
        id_out: Out<u64>,
        graph_out: Out<Handle>,
        dependencies_out: Out<u64>,
        numDependencies_out: Out<u64>,
    ) {
        let info = info(hStream)?;
        captureStatus_out.set(info.status)?;
        id_out.offer(info.id)?;
        graph_out.offer(info.graph)?;
        dependencies_out.offer(info.last)?;
        numDependencies_out.offer(u64::from(info.last != 0))
    }

    fn cuStreamGetCaptureInfo_v3 | cuStreamGetCaptureInfo_v3_ptsz(
        hStream: Handle,
        captureStatus_out: Out<i32>,
        id_out: Out<u64>,
        graph_out: Out<Handle>,
        dependencies_out: Out<u64>,
        edgeData_out: Out<u64>,
        numDependencies_out: Out<u64>,
    ) {
        let info = info(hStream)?;
        captureStatus_out.set(info.status)?;
        id_out.offer(info.id)?;
        graph_out.offer(info.graph)?;
        dependencies_out.offer(info.last)?;
        edgeData_out.offer(0)?;
        numDependencies_out.offer(u64::from(info.last != 0))
    }

    fn cuThreadExchangeStreamCaptureMode(mode: Out<i32>) {
        driver()?;
        let wanted = mode.get()?;
        if !(0..=LAST_MODE).contains(&wanted) {
            return Err(Code::INVALID_VALUE);
        }
        mode.set(MODE.replace(wanted))
    }
}

fn begin(stream: Handle, mode: i32) -> Result<(), Code> {
    let driver = driver()?;
    driver.stream(stream)?;
    if !(0..=LAST_MODE).contains(&mode) {
        return Err(Code::INVALID_VALUE);
    }
    let mut objects = driver.objects();
    let graph = objects.graphs.insert(Graph::default());
    let begun = objects.captures.begin(Key::of(stream), graph);
    if begun.is_err() {
        objects.graphs.remove(graph)?;
    }
    begun
}

fn info(stream: Handle) -> Result<Info, Code> {
    let driver = driver()?;
    driver.stream(stream)?;
    let info = driver.objects().captures.info(Key::of(stream));
    Ok(info.unwrap_or(Info {
        status: 0,
        id: 0,
        graph: Handle::NONE,
        last: 0,
    }))
}
