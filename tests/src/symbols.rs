//! Where functions of a compiled file are, by `nm`; the tests compare it with what a trace says.

use std::ops::Range;
use std::path::Path;
use std::process::Command;

use vgputrace::event::call::Site;

/// Addresses of a function, relative to where the file is loaded.
///
/// # Panics
/// When the file has no such function.
#[must_use]
#[track_caller]
pub fn range_of(file: &Path, function: &str) -> Range<u64> {
    let printed = match Command::new("nm").arg("-S").arg(file).output() {
        Ok(printed) => String::from_utf8_lossy(&printed.stdout).into_owned(),
        Err(error) => panic!("nm: {error}"),
    };
    for line in printed.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [address, size, _, name] = fields[..]
            && name == function
            && let (Ok(address), Ok(size)) = (
                u64::from_str_radix(address, 16),
                u64::from_str_radix(size, 16),
            )
        {
            return address..address + size;
        }
    }
    panic!("{}: no function {function} in {printed}", file.display());
}

/// The place is inside this function of this file, by offset and by the name of the nearest symbol.
///
/// # Panics
/// Otherwise.
#[track_caller]
pub fn assert_inside(site: &Site, file: &Path, function: &str) {
    let object = site.object.as_ref().map(|path| path.as_str().to_owned());
    assert_eq!(
        object.as_deref(),
        Some(file.display().to_string().as_str()),
        "the object of {site:?}"
    );
    let range = range_of(file, function);
    assert!(
        range.contains(&site.offset.0),
        "{site:?} is outside of {function}, {:#x}..{:#x}",
        range.start,
        range.end
    );
    let symbol = site.symbol.as_ref().map_or("", |text| text.as_str());
    assert!(
        symbol == function || symbol.starts_with(&format!("{function}+0x")),
        "nearest symbol of {site:?} should be {function}"
    );
}
