//! Things of the program that live as long as a graph needs them. Their end is told in the call that brings it.

use vgputrace_device::Code;

use super::streams::UserData;
use crate::abi::{self, Handle, Out};
use crate::driver::driver;
use crate::export::export;
use crate::graph::{Destroy, UserObject};

/// `CU_USER_OBJECT_NO_DESTRUCTOR_SYNC`, which must be given.
const NO_DESTRUCTOR_SYNC: u32 = 1;
/// `CU_GRAPH_USER_OBJECT_MOVE`: the caller's own holds go to the graph.
const MOVE: u32 = 1;

export! {
    fn cuUserObjectCreate(
        object_out: Out<Handle>,
        ptr: UserData,
        destroy: Option<Destroy>,
        initialRefcount: u32,
        flags: u32,
    ) {
        let driver = driver()?;
        object_out.check()?;
        let destroy = destroy.ok_or(Code::INVALID_VALUE)?;
        abi::host_range(destroy as usize as u64, 1)?;
        if initialRefcount == 0 || initialRefcount > i32::MAX as u32 || flags != NO_DESTRUCTOR_SYNC {
            return Err(Code::INVALID_VALUE);
        }
        let object = UserObject { data: ptr.number(), destroy, held: u64::from(initialRefcount) };
        let made = driver.objects().user_objects.insert(object);
        object_out.set(made)
    }

    fn cuUserObjectRetain(object: Handle, count: u32) {
        let driver = driver()?;
        some(count)?;
        driver.objects().user_objects.get_mut(object)?.held += u64::from(count);
        Ok(())
    }

    fn cuUserObjectRelease(object: Handle, count: u32) {
        let driver = driver()?;
        some(count)?;
        let ended = driver.objects().release(object, u64::from(count))?;
        ended.tell();
        Ok(())
    }

    fn cuGraphRetainUserObject(graph: Handle, object: Handle, count: u32, flags: u32) {
        let driver = driver()?;
        some(count)?;
        if flags & !MOVE != 0 {
            return Err(Code::INVALID_VALUE);
        }
        let mut objects = driver.objects();
        objects.graphs.get(graph)?;
        let known = objects.user_objects.get_mut(object)?;
        if flags & MOVE == 0 {
            known.held += u64::from(count);
        } else if known.held < u64::from(count) {
            return Err(Code::INVALID_VALUE);
        }
        *objects.graphs.get_mut(graph)?.held.entry(object).or_default() += u64::from(count);
        Ok(())
    }

    fn cuGraphReleaseUserObject(graph: Handle, object: Handle, count: u32) {
        let driver = driver()?;
        some(count)?;
        let mut objects = driver.objects();
        let held = objects.graphs.get_mut(graph)?.held.get_mut(&object);
        let held = held.ok_or(Code::INVALID_VALUE)?;
        *held = held.checked_sub(u64::from(count)).ok_or(Code::INVALID_VALUE)?;
        let ended = objects.release(object, u64::from(count))?;
        drop(objects);
        ended.tell();
        Ok(())
    }
}

const fn some(count: u32) -> Result<(), Code> {
    if count == 0 {
        return Err(Code::INVALID_VALUE);
    }
    Ok(())
}
