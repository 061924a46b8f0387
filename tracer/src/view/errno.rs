//! Error numbers in a few words of our own, and in the C library's words where the loader would print those.

use crate::event::Errno;

/// The name and what it means: `ENOENT no such file`.
#[must_use]
pub fn words(err: Errno) -> String {
    match entry(err) {
        Some((_, short, _)) => format!("{err} {short}"),
        None => err.to_string(),
    }
}

/// The C library's text of an error number that the dynamic loader reports; the name for others.
#[must_use]
pub fn loader_words(err: Errno) -> String {
    match entry(err) {
        Some((_, _, long)) if !long.is_empty() => (*long).to_owned(),
        _ => err.to_string(),
    }
}

fn entry(err: Errno) -> Option<&'static (u16, &'static str, &'static str)> {
    WORDS
        .binary_search_by_key(&err.0, |entry| entry.0)
        .ok()
        .and_then(|at| WORDS.get(at))
}

/// Number, own words, and glibc's strerror text for what mmap, open and read can give the loader.
#[rustfmt::skip]
const WORDS: &[(u16, &str, &str)] = &[
    (1, "not permitted", "Operation not permitted"),
    (2, "no such file", "No such file or directory"),
    (3, "no such process", ""),
    (4, "interrupted", "Interrupted system call"),
    (5, "input/output error", "Input/output error"),
    (6, "no such device or address", "No such device or address"),
    (7, "arguments too long", ""),
    (8, "not an executable format", "Exec format error"),
    (9, "bad descriptor", "Bad file descriptor"),
    (10, "no child", ""),
    (11, "try again", "Resource temporarily unavailable"),
    (12, "out of memory", "Cannot allocate memory"),
    (13, "permission denied", "Permission denied"),
    (14, "bad address", "Bad address"),
    (16, "busy", "Device or resource busy"),
    (17, "exists already", ""),
    (19, "no such device", "No such device"),
    (20, "a part of the path is no folder", "Not a directory"),
    (21, "is a folder", "Is a directory"),
    (22, "invalid argument", "Invalid argument"),
    (23, "too many open files in the system", "Too many open files in system"),
    (24, "too many open files", "Too many open files"),
    (25, "not a terminal or wrong ioctl", ""),
    (26, "file is being written", "Text file busy"),
    (27, "file too large", "File too large"),
    (28, "no space left", ""),
    (30, "read-only file system", ""),
    (32, "broken pipe", ""),
    (34, "result too large", ""),
    (36, "name too long", "File name too long"),
    (38, "not implemented", "Function not implemented"),
    (40, "too many links in the path", "Too many levels of symbolic links"),
    (75, "value too large", "Value too large for defined data type"),
    (80, "corrupt library", "Accessing a corrupted shared library"),
    (88, "not a socket", ""),
    (95, "not supported", "Operation not supported"),
    (97, "address family not supported", ""),
    (98, "address in use", ""),
    (99, "address not available", ""),
    (101, "network unreachable", ""),
    (104, "connection reset", ""),
    (106, "connected already", ""),
    (107, "not connected", ""),
    (110, "timed out", ""),
    (111, "connection refused", ""),
    (114, "under way already", ""),
    (115, "in progress", ""),
    (116, "stale file handle", "Stale file handle"),
    (122, "disk quota exceeded", "Disk quota exceeded"),
    (125, "cancelled", ""),
];

#[cfg(test)]
mod tests {
    use super::{WORDS, loader_words, words};
    use crate::event::Errno;

    #[test]
    fn numbers_are_sorted_and_named() {
        assert!(WORDS.is_sorted_by_key(|entry| entry.0));
        assert!(WORDS.iter().all(|entry| Errno(entry.0).name().is_some()));
        assert_eq!(words(Errno(2)), "ENOENT no such file");
        assert_eq!(words(Errno(512)), "ERESTARTSYS");
        assert_eq!(words(Errno(4000)), "4000");
        assert_eq!(loader_words(Errno(2)), "No such file or directory");
        assert_eq!(loader_words(Errno(98)), "EADDRINUSE");
    }
}
