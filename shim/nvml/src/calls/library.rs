//! Start and end, versions, words of result codes.

use std::ffi::{c_char, c_int};

use crate::abi::{Buffer, INVALID_ARGUMENT, Out, write};
use crate::export::export;
use crate::{session, table};

export! {
    fn nvmlInit | nvmlInit_v2() {
        session::start()
    }

    /// No GPUs may be missing (1) and none attached (2): both are always so here.
    fn nvmlInitWithFlags(flags: u32) {
        if flags & !3 != 0 {
            return Err(INVALID_ARGUMENT);
        }
        session::start()
    }

    fn nvmlShutdown() {
        session::stop()
    }

    fn nvmlSystemGetDriverVersion(version: Buffer, length: u32) {
        write(version, &session::machine()?.driver, length)
    }

    /// NVML's own version: that of CUDA's series, then the driver's.
    fn nvmlSystemGetNVMLVersion(version: Buffer, length: u32) {
        let machine = session::machine_unstarted()?;
        write(version, &format!("{}.{}", machine.cuda / 1000, machine.driver), length)
    }

    fn nvmlSystemGetCudaDriverVersion | nvmlSystemGetCudaDriverVersion_v2(
        cudaDriverVersion: Out<i32>,
    ) {
        let version = session::machine_unstarted()?.cuda;
        cudaDriverVersion.set(version)
    }

    /// Units are S-class systems of long ago.
    fn nvmlUnitGetCount(unitCount: Out<u32>) {
        session::machine()?;
        unitCount.set(0)
    }
}

/// Never fails: it is asked for the words of a failure.
// SAFETY: the name is one of NVML's, and nothing else in this library has it.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nvmlErrorString(result: c_int) -> *const c_char {
    table::words(result).as_ptr()
}
