//! Start, versions, texts of result codes, addresses of functions.

use std::ffi::c_char;

use vgputrace_abi::note;
use vgputrace_device::Code;

use crate::abi::{In, Out, Text};
use crate::export::export;
use crate::table::{ROWS, Row};
use crate::{process, table};

/// `CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM`.
const PER_THREAD: u64 = 2;
/// `CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND`.
const SYMBOL_NOT_FOUND: i32 = 1;
/// `CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT`.
const VERSION_NOT_SUFFICIENT: i32 = 2;

export! {
    fn cuInit(flags: u32) {
        if flags != 0 {
            return Err(Code::INVALID_VALUE);
        }
        process::start()
    }

    fn cuDriverGetVersion(driverVersion: Out<i32>) {
        driverVersion.check()?;
        driverVersion.set(process::machine()?.cuda)
    }

    fn cuGetErrorName(error: i32, pStr: Out<*const c_char>) {
        let Some((name, _)) = table::code(error) else {
            pStr.set(std::ptr::null())?;
            return Err(Code::INVALID_VALUE);
        };
        pStr.set(name.as_ptr())
    }

    fn cuGetErrorString(error: i32, pStr: Out<*const c_char>) {
        let Some((_, words)) = table::code(error) else {
            pStr.set(std::ptr::null())?;
            return Err(Code::INVALID_VALUE);
        };
        pStr.set(words.as_ptr())
    }

    fn cuGetProcAddress(symbol: Text, pfn: Out<*const ()>, cudaVersion: i32, flags: u64) {
        let found = look_up(symbol, pfn, cudaVersion, flags)?;
        // This version has no other way to say it.
        if found == 0 { Ok(()) } else { Err(Code::NOT_FOUND) }
    }

    fn cuGetProcAddress_v2(
        symbol: Text,
        pfn: Out<*const ()>,
        cudaVersion: i32,
        flags: u64,
        symbolStatus: Out<i32>,
    ) {
        let found = look_up(symbol, pfn, cudaVersion, flags)?;
        symbolStatus.offer(found)
    }

    /// Hidden tables belong to NVIDIA's own libraries; this is no driver of theirs and does not answer for one.
    fn cuGetExportTable(ppExportTable: Out<*const ()>, pExportTableId: In<[u8; 16]>) {
        let id = pExportTableId.get()?;
        ppExportTable.check()?;
        let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        note::write("cuGetExportTable refused", &digits);
        Err(Code::NOT_SUPPORTED)
    }
}

fn look_up(symbol: Text, pfn: Out<*const ()>, version: i32, flags: u64) -> Result<i32, Code> {
    let base = symbol.get()?;
    pfn.check()?;
    let driver = process::machine()?.cuda;
    if flags > PER_THREAD || version > driver {
        return Err(Code::INVALID_VALUE);
    }
    match choose(&base, version.min(driver), flags == PER_THREAD) {
        Ok(index) => {
            pfn.set(table::address(index))?;
            Ok(0)
        }
        Err(status) => {
            pfn.set(std::ptr::null())?;
            Ok(status)
        }
    }
}

/// Which binary version of a function is meant: the newest that this CUDA version has, and of two as new as each other
/// the one for each thread's own stream where that is asked for.
fn choose(base: &str, version: i32, per_thread: bool) -> Result<usize, i32> {
    let of_name = |row: &&Row| row.base == base;
    if !ROWS.iter().any(|row| of_name(&row)) {
        return Err(SYMBOL_NOT_FOUND);
    }
    let is_meant = |row: &Row| i32::from(row.since) <= version && (per_thread || !row.per_thread);
    let rows = ROWS.iter().enumerate();
    rows.filter(|(_, row)| of_name(row) && is_meant(row))
        .max_by_key(|(_, row)| (row.version, row.per_thread))
        .map(|(index, _)| index)
        .ok_or(VERSION_NOT_SUFFICIENT)
}

#[cfg(test)]
mod tests {
    use super::{SYMBOL_NOT_FOUND, VERSION_NOT_SUFFICIENT, choose};
    use crate::table::ROWS;

    fn name(base: &str, version: i32, per_thread: bool) -> Result<&'static str, i32> {
        choose(base, version, per_thread).map(|index| ROWS[index].name)
    }

    #[test]
    fn the_newest_version_that_the_caller_knows_is_chosen() {
        assert_eq!(name("cuMemAlloc", 3010, false), Ok("cuMemAlloc"));
        assert_eq!(name("cuMemAlloc", 3020, false), Ok("cuMemAlloc_v2"));
        assert_eq!(name("cuCtxCreate", 13000, false), Ok("cuCtxCreate_v4"));
        assert_eq!(name("cuCtxCreate", 11040, false), Ok("cuCtxCreate_v3"));
        assert_eq!(
            name("cuGetProcAddress", 12000, false),
            Ok("cuGetProcAddress_v2")
        );
        assert_eq!(
            name("cuMemCreate", 10010, false),
            Err(VERSION_NOT_SUFFICIENT)
        );
        assert_eq!(name("cuMemAlloc_v2", 13000, false), Err(SYMBOL_NOT_FOUND));
        assert_eq!(name("", 13000, false), Err(SYMBOL_NOT_FOUND));
    }

    #[test]
    fn a_stream_of_each_thread_is_given_where_it_is_asked_for() {
        assert_eq!(
            name("cuMemcpyHtoDAsync", 13000, true),
            Ok("cuMemcpyHtoDAsync_v2_ptsz")
        );
        assert_eq!(
            name("cuMemcpyHtoDAsync", 13000, false),
            Ok("cuMemcpyHtoDAsync_v2")
        );
        assert_eq!(
            name("cuMemcpyHtoD", 13000, true),
            Ok("cuMemcpyHtoD_v2_ptds")
        );
        assert_eq!(name("cuMemcpyHtoD", 6000, true), Ok("cuMemcpyHtoD_v2"));
        assert_eq!(name("cuInit", 13000, true), Ok("cuInit"));
    }

    #[test]
    fn every_function_can_be_found_by_its_base_name() {
        for row in &ROWS {
            assert!(choose(row.base, 99_000, true).is_ok(), "{}", row.name);
        }
    }
}
