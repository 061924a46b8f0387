//! What can go wrong with a trace file as a whole. Damage inside a readable file is a `Warning` instead.

use std::io;
use std::path::{Path, PathBuf};

/// An error of the trace layer. Each names the file and, where there is something to do, what.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The output exists already; a recording never overwrites.
    #[error("{path} exists already; choose another name or remove it first", path = .0.display())]
    Exists(PathBuf),
    /// The output could not be created.
    #[error("cannot create {path}", path = .path.display())]
    Create {
        /// The output.
        path: PathBuf,
        /// open(2).
        source: io::Error,
    },
    /// The output could not be given to its owner.
    #[error("cannot give {path} to user {uid}, group {gid}", path = .path.display())]
    Owner {
        /// The output.
        path: PathBuf,
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
        /// fchown(2).
        source: io::Error,
    },
    /// No space left, quota used up, or the file size limit of the recorder reached.
    #[error("the disk is full: {path} holds what was recorded until then ({written} bytes)", path = .path.display())]
    DiskFull {
        /// The output.
        path: PathBuf,
        /// Bytes that reached the file.
        written: u64,
        /// write(2).
        source: io::Error,
    },
    /// Another failure to write.
    #[error("cannot write {path}", path = .path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// The call that failed.
        source: io::Error,
    },
    /// An earlier failure ended this recording.
    #[error("recording to {path} had stopped after an earlier error", path = .0.display())]
    Stopped(PathBuf),
    /// An event could not be written as JSON.
    #[error("cannot write an event of kind `{kind}` as JSON")]
    Encode {
        /// Its kind.
        kind: String,
        /// The serializer's words.
        source: serde_json::Error,
    },
    /// The file could not be opened.
    #[error("cannot open {path}", path = .path.display())]
    Open {
        /// The trace.
        path: PathBuf,
        /// open(2).
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read {path} at byte {offset}", path = .path.display())]
    Read {
        /// The trace.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// read(2) or lseek(2).
        source: io::Error,
    },
    /// Nothing in it.
    #[error("{path} is empty: the recording ended before anything was written; record again", path = .0.display())]
    Empty(PathBuf),
    /// Something else than a trace.
    #[error("{path} is no trace of vgputrace: it is {what}", path = .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        what: String,
    },
    /// A trace of a newer release.
    #[error(
        "{path} has format version {found}, this release reads up to {known}; read it with a newer vgputrace",
        path = .path.display()
    )]
    Future {
        /// The trace.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Cut off inside its first line.
    #[error("{path} was cut off before its first line was complete: nothing in it can be read", path = .0.display())]
    CutHeader(PathBuf),
    /// No frame of that number.
    #[error("{path} has no frame {number}; it has {count}", path = .path.display())]
    NoFrame {
        /// The trace.
        path: PathBuf,
        /// The number asked for.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// Compressed as one piece, so that no part of it can be decoded alone.
    #[error(
        "{path} was compressed again in pieces too large to jump in; unpack it with `zstd -d` and read that",
        path = .0.display()
    )]
    OnePiece(PathBuf),
}

impl Error {
    /// A failure to write, told apart by its cause.
    pub(super) fn from_write(path: &Path, written: u64, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull {
                path,
                written,
                source,
            },
            _ => Self::Write { path, source },
        }
    }
}
