//! Graphs: made by a capture, made ready, run, brought up to date. Nodes that are added one by one can be empty or call the host; the rest,
//! and edges, are not supported.

use vgputrace_device::Code;

use super::streams::{HostFunction, UserData, call_host};
use crate::abi::{Handle, In, Out};
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::graph::{Exec, Graph, Kind, Node};

/// `CUgraphExecUpdateResultInfo`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct UpdateResult {
    result: i32,
    node: Handle,
    from: Handle,
}

/// `CUDA_HOST_NODE_PARAMS`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct HostNode {
    function: HostFunction,
    data: UserData,
}

/// `CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED` and `_NODE_TYPE_CHANGED`.
const TOPOLOGY_CHANGED: i32 = 2;
const NODE_TYPE_CHANGED: i32 = 3;
/// `CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE`.
const UPDATE_FAILURE: Code = Code(910);
/// `CUgraphInstantiate_flags`: free on launch, upload, device launch, node priority.
const DEVICE_LAUNCH: u64 = 4;
const KNOWN_FLAGS: u64 = 15;

export! {
    fn cuGraphCreate(phGraph: Out<Handle>, flags: u32) {
        let driver = driver()?;
        phGraph.check()?;
        if flags != 0 {
            return Err(Code::INVALID_VALUE);
        }
        let made = driver.objects().graphs.insert(Graph::default());
        phGraph.set(made)
    }

    fn cuGraphDestroy(hGraph: Handle) {
        let ended = driver()?.objects().drop_graph(hGraph)?;
        ended.tell();
        Ok(())
    }

    fn cuGraphClone(phGraphClone: Out<Handle>, originalGraph: Handle) {
        let driver = driver()?;
        phGraphClone.check()?;
        let mut objects = driver.objects();
        let original = objects.graphs.get(originalGraph)?;
        let (nodes, held) = (original.nodes.clone(), original.held.clone());
        objects.hold_all(&held);
        let clone = objects.graphs.insert(Graph { nodes: Vec::new(), held });
        for node in nodes {
            objects.add_node(clone, node.kind, move |driver| node.run(driver))?;
        }
        drop(objects);
        phGraphClone.set(clone)
    }

    fn cuGraphAddEmptyNode(
        phGraphNode: Out<Handle>,
        hGraph: Handle,
        dependencies: In<Handle>,
        numDependencies: u64,
    ) {
        add(phGraphNode, hGraph, dependencies, numDependencies, Kind::Empty, |_| Ok(()))
    }

    fn cuGraphAddHostNode(
        phGraphNode: Out<Handle>,
        hGraph: Handle,
        dependencies: In<Handle>,
        numDependencies: u64,
        nodeParams: In<HostNode>,
    ) {
        let HostNode { function, data } = nodeParams.get()?;
        let work = call_host(function, data)?;
        add(phGraphNode, hGraph, dependencies, numDependencies, Kind::Host, work)
    }

    fn cuGraphDestroyNode(hNode: Handle) {
        let driver = driver()?;
        let mut objects = driver.objects();
        let (graph, _) = objects.nodes.remove(hNode)?;
        objects.graphs.get_mut(graph)?.nodes.retain(|node| node.handle != hNode);
        Ok(())
    }

    /// How many there are where no place is given; else as many as fit, NULL for the rest.
    fn cuGraphGetNodes(hGraph: Handle, nodes: Out<Handle>, numNodes: Out<u64>) {
        let driver = driver()?;
        let objects = driver.objects();
        let graph = objects.graphs.get(hGraph)?;
        let count = u64::try_from(graph.nodes.len()).unwrap_or(u64::MAX);
        if nodes.is_null() {
            return numNodes.set(count);
        }
        let room = numNodes.get()?;
        let mut places = 0..usize::try_from(room).map_err(|_| Code::INVALID_VALUE)?;
        for (at, node) in places.by_ref().zip(&graph.nodes) {
            nodes.at(at).set(node.handle)?;
        }
        numNodes.set(room.min(count))
    }

    fn cuGraphNodeGetType(hNode: Handle, r#type: Out<i32>) {
        let kind = driver()?.objects().nodes.get(hNode)?.1;
        r#type.set(kind as i32)
    }

    fn cuGraphInstantiateWithFlags(phGraphExec: Out<Handle>, hGraph: Handle, flags: u64) {
        instantiate(phGraphExec, hGraph, flags)
    }

    fn cuGraphInstantiate | cuGraphInstantiate_v2(
        phGraphExec: Out<Handle>,
        hGraph: Handle,
        phErrorNode: Out<Handle>,
        logBuffer: Out<u8>,
        bufferSize: u64,
    ) {
        phErrorNode.offer(Handle::NONE)?;
        if bufferSize > 0 {
            logBuffer.offer(0)?;
        }
        instantiate(phGraphExec, hGraph, 0)
    }

    fn cuGraphExecDestroy(hGraphExec: Handle) {
        let driver = driver()?;
        let mut objects = driver.objects();
        let gone = objects.execs.remove(hGraphExec)?;
        let ended = objects.release_all(&gone.held);
        drop(objects);
        ended.tell();
        Ok(())
    }

    fn cuGraphExecGetFlags(hGraphExec: Handle, flags: Out<u64>) {
        let kept = driver()?.objects().execs.get(hGraphExec)?.flags;
        flags.set(kept)
    }

    fn cuGraphExecUpdate_v2(hGraphExec: Handle, hGraph: Handle, resultInfo: Out<UpdateResult>) {
        let (result, node) = update(driver()?, hGraphExec, hGraph)?;
        resultInfo.set(UpdateResult { result, node, from: Handle::NONE })?;
        if result == 0 { Ok(()) } else { Err(UPDATE_FAILURE) }
    }

    fn cuGraphExecUpdate(
        hGraphExec: Handle,
        hGraph: Handle,
        hErrorNode_out: Out<Handle>,
        updateResult_out: Out<i32>,
    ) {
        let (result, node) = update(driver()?, hGraphExec, hGraph)?;
        hErrorNode_out.offer(node)?;
        updateResult_out.set(result)?;
        if result == 0 { Ok(()) } else { Err(UPDATE_FAILURE) }
    }

    /// In a stream that is captured, the whole graph becomes one node.
    fn cuGraphLaunch | cuGraphLaunch_ptsz(hGraphExec: Handle, hStream: Handle) {
        let driver = driver()?;
        driver.stream(hStream)?;
        let nodes = driver.objects().execs.get(hGraphExec)?.nodes.clone();
        driver.order(hStream, Kind::Graph, move |driver| {
            nodes.iter().try_for_each(|node| node.run(driver))
        })
    }

    /// There is nowhere to send it ahead to.
    fn cuGraphUpload | cuGraphUpload_ptsz(hGraphExec: Handle, hStream: Handle) {
        let driver = driver()?;
        driver.stream(hStream)?;
        driver.objects().execs.get(hGraphExec).map(|_| ())
    }
}

fn add(
    place: Out<Handle>,
    graph: Handle,
    after: In<Handle>,
    count: u64,
    kind: Kind,
    work: impl Fn(&Driver) -> Result<(), Code> + Send + Sync + 'static,
) -> Result<(), Code> {
    let driver = driver()?;
    place.check()?;
    let mut objects = driver.objects();
    // Nodes run in their order, so what it waits for has only to be there already.
    for at in 0..usize::try_from(count).map_err(|_| Code::INVALID_VALUE)? {
        if objects.nodes.get(after.at(at).get()?)?.0 != graph {
            return Err(Code::INVALID_VALUE);
        }
    }
    let made = objects.add_node(graph, kind, work)?;
    drop(objects);
    place.set(made)
}

fn instantiate(place: Out<Handle>, graph: Handle, flags: u64) -> Result<(), Code> {
    let driver = driver()?;
    place.check()?;
    if flags & !KNOWN_FLAGS != 0 {
        return Err(Code::INVALID_VALUE);
    }
    if flags & DEVICE_LAUNCH != 0 {
        return Err(Code::NOT_SUPPORTED);
    }
    let mut objects = driver.objects();
    let graph = objects.graphs.get(graph)?;
    let (nodes, held) = (graph.nodes.clone(), graph.held.clone());
    objects.hold_all(&held);
    let made = objects.execs.insert(Exec { nodes, held, flags });
    drop(objects);
    place.set(made)
}

/// Takes a graph's work over if it has nodes of the same kinds; else says what is different, and where.
fn update(driver: &Driver, exec: Handle, graph: Handle) -> Result<(i32, Handle), Code> {
    let mut objects = driver.objects();
    let graph = objects.graphs.get(graph)?;
    let (nodes, held) = (graph.nodes.clone(), graph.held.clone());
    let known = objects.execs.get(exec)?;
    if known.nodes.len() != nodes.len() {
        return Ok((TOPOLOGY_CHANGED, Handle::NONE));
    }
    let differs = |pair: &(&Node, &Node)| pair.0.kind != pair.1.kind;
    if let Some((node, _)) = nodes.iter().zip(&known.nodes).find(differs) {
        return Ok((NODE_TYPE_CHANGED, node.handle));
    }
    objects.hold_all(&held);
    let known = objects.execs.get_mut(exec)?;
    known.nodes = nodes;
    let before = std::mem::replace(&mut known.held, held);
    let ended = objects.release_all(&before);
    drop(objects);
    ended.tell();
    Ok((0, Handle::NONE))
}
