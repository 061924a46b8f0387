//! The shim's libraries and its loader program as they are built, inside whatever uses this crate; and their variants for ready-made faults.
//!
//! In: what [`build.rs`](../build.rs) built. Out: bytes for files. Touches no file system.

pub mod change;
mod elf;

use vgputrace_device::library::{DRIVER, Library, RUNTIME};
use vgputrace_device::ready::{Change, Made, Ready};

/// SONAME and content of each.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The program that loads one library with the system's own loader and tells how it went (`shim/load`).
pub static LOADER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/vgpu_load"));

/// A file to put into a folder.
#[derive(Clone, Debug)]
pub struct File {
    /// Which library it is.
    pub library: Library,
    /// What it holds; nothing where it must not be there.
    pub bytes: Option<Vec<u8>>,
    /// How it differs from the library as it is built.
    pub change: Option<Change>,
}

/// All libraries, driver first, those that a fault is about as it wants them.
///
/// # Errors
/// A library that does not have what is to be changed.
pub fn files(faults: &[&Ready]) -> Result<Vec<File>, change::Error> {
    let all = DRIVER.iter().chain(&RUNTIME);
    all.map(|library| {
        let built = FILES.iter().find(|(name, _)| *name == library.soname);
        let built = built.map_or(&[][..], |(_, bytes)| bytes);
        let change = faults.iter().find_map(|fault| match fault.made {
            Made::File(base, change) if base == base_of(library.soname) => Some(change),
            _ => None,
        });
        let bytes = match change {
            Some(change) => change::changed(built, change)?,
            None => Some(built.to_vec()),
        };
        Ok(File {
            library: *library,
            bytes,
            change,
        })
    })
    .collect()
}

/// The name without `.so` and what follows.
fn base_of(soname: &str) -> &str {
    soname.split(".so").next().unwrap_or(soname)
}

#[cfg(test)]
mod tests;
