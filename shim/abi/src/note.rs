//! The log of the shim: a line in the file that `VGPU_LOG` names.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

static LOG: OnceLock<Option<File>> = OnceLock::new();

/// Writes process, subject and what happened; nothing where no file is named or it cannot be written.
pub fn write(subject: &str, what: &str) {
    let log = LOG.get_or_init(|| {
        let path = std::env::var_os("VGPU_LOG").filter(|path| !path.is_empty())?;
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(Path::new(&path))
            .ok()
    });
    if let Some(mut log) = log.as_ref() {
        let line = format!("{} {subject}: {what}\n", std::process::id());
        // A log that cannot be written must not change what the call gives.
        let _ = log.write_all(line.as_bytes());
    }
}
