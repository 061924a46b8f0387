//! The C library of the machine, found by its file: the recorder's own may be another one.

use std::io::Read;
use std::path::Path;

use super::{below, open};
use crate::event::Text;

/// Where distributions put glibc. The Debian folder first: /lib64 may hold a foreign one there.
const GLIBC: [&str; 6] = [
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/usr/lib/libc.so.6",
    "/lib/libc.so.6",
];

/// musl has one file for library and loader.
const MUSL: [&str; 2] = ["/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1"];

/// glibc's banner, as `libc.so.6` prints it when it is run (csu/version.c):
/// `GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.`
const BANNER: &[u8] = b"GNU C Library ";
const LONGEST_BANNER: usize = 256;

/// A glibc with its symbols is below 2.5 MiB; the search ends at 16.
const MOST_BYTES: usize = 16 << 20;
pub(super) const PIECE: usize = 256 * 1024;

/// `glibc 2.36 (Debian GLIBC 2.36-9+deb12u10)`, `glibc` when its banner was not found, `musl`, or nothing.
pub(super) fn version(root: &Path) -> Option<Text> {
    for path in GLIBC {
        if let Some(file) = open(&below(root, path)) {
            let text = find_banner(file).map_or_else(
                || "glibc".to_owned(),
                |banner| describe(&String::from_utf8_lossy(&banner)),
            );
            return Some(Text::from(text));
        }
    }
    let musl = MUSL.iter().any(|path| below(root, path).exists());
    musl.then(|| Text::from("musl"))
}

/// Searches piece by piece; the end of each piece is kept, so that a banner across the border is found.
fn find_banner(mut file: impl Read) -> Option<Vec<u8>> {
    let mut window = Vec::new();
    let mut piece = vec![0; PIECE];
    let mut seen = 0;
    while seen < MOST_BYTES {
        let count = file.read(&mut piece).ok()?;
        seen += count;
        window.extend_from_slice(piece.get(..count)?);
        let found = window
            .windows(BANNER.len())
            .position(|bytes| bytes == BANNER);
        if let Some(at) = found {
            let tail = window.get(at..)?;
            let end = tail.iter().position(|byte| matches!(byte, b'\n' | 0));
            if end.is_some() || tail.len() >= LONGEST_BANNER || count == 0 {
                let end = end.unwrap_or(tail.len()).min(LONGEST_BANNER);
                return tail.get(..end).map(<[u8]>::to_vec);
            }
            window.drain(..at);
        } else {
            window.drain(..window.len().saturating_sub(BANNER.len()));
        }
        if count == 0 {
            return None;
        }
    }
    None
}

fn describe(banner: &str) -> String {
    let version = banner
        .rsplit_once(" version ")
        .map(|(_, version)| version.trim_end_matches(['.', ' ']))
        .filter(|version| !version.is_empty());
    let build = banner
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(build, _)| build);
    match (version, build) {
        (Some(version), Some(build)) => format!("glibc {version} ({build})"),
        (Some(version), None) => format!("glibc {version}"),
        (None, _) => "glibc".to_owned(),
    }
}
