//! What a file is by its first bytes, in words for the error that says it is no trace.

/// The magic number of a zstd frame (RFC 8878, 3.1.1).
pub(super) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Skippable frames have the magic numbers 0x184D2A50 to 0x184D2A5F (RFC 8878, 3.1.2).
pub(super) const SKIPPABLE: u32 = 0x184D_2A50;

/// True for the magic number of a skippable frame.
pub(super) fn is_skippable(magic: u32) -> bool {
    magic & 0xFFFF_FFF0 == SKIPPABLE
}

const KNOWN: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "a gzip file"),
    (b"\x7fELF", "a program or library (ELF)"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x04\x22\x4d\x18", "an lz4 file"),
    (b"PERFILE2", "a recording of perf"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF", "a PDF"),
    (b"GGUF", "a model (GGUF)"),
];

/// Names a file that begins like this and is neither zstd nor a JSON object.
pub(super) fn describe(begin: &[u8]) -> &'static str {
    if let Some((_, name)) = KNOWN.iter().find(|(magic, _)| begin.starts_with(magic)) {
        return name;
    }
    let text = begin
        .utf8_chunks()
        .next()
        .is_some_and(|chunk| chunk.valid().len() + 3 >= begin.len());
    if text && !begin.contains(&0) {
        "a text of another kind"
    } else {
        "data of another kind"
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn common_files_are_named() {
        assert_eq!(describe(b"\x1f\x8b\x08\0"), "a gzip file");
        assert_eq!(describe(b"\x7fELF\x02"), "a program or library (ELF)");
        assert_eq!(describe(b"time=2025 level=INFO"), "a text of another kind");
        assert_eq!(describe(b"\x00\x01\x02\x03"), "data of another kind");
        assert_eq!(describe(b"\xff\xff\xff\xff\xff"), "data of another kind");
    }
}
