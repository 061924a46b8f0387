//! What a pass over a long trace gave, in a file of the user's cache (XDG base directories): the next viewer shows it at once.
//! Such a file is used for the very same trace only: its path, size, time of change and last bytes, and this release.

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::tui::Cache;

/// Bytes of the trace's end that count.
const TAIL: u64 = 4_096;
/// The most that is read of such a file, in bytes of what it holds.
const LARGEST: u64 = 256 << 20;
/// Files that are kept.
const MOST: usize = 20;

/// The file that belongs to a trace.
pub(super) struct CacheFile {
    path: PathBuf,
}

impl CacheFile {
    /// `None` where there is no place for one. With sudo the user's cache is left alone: files of root have no business there.
    pub(super) fn of(trace: &Path) -> Option<Self> {
        if std::env::var_os("SUDO_UID").is_some() {
            return None;
        }
        let base = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|base| base.is_absolute())
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        let mut file = File::open(trace).ok()?;
        let facts = file.metadata().ok()?;
        let mut tail = Vec::new();
        let from = facts.len().saturating_sub(TAIL);
        file.seek(SeekFrom::Start(from)).ok()?;
        file.take(TAIL).read_to_end(&mut tail).ok()?;
        let changed = facts
            .modified()
            .ok()?
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()?;
        let mut hasher = DefaultHasher::new();
        let key = (
            fs::canonicalize(trace).ok()?,
            facts.len(),
            changed,
            tail,
            env!("CARGO_PKG_VERSION"),
        );
        key.hash(&mut hasher);
        let name = format!("{:016x}.zst", hasher.finish());
        Some(Self {
            path: base.join("vgputrace").join(name),
        })
    }

    fn write(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("/"));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        prune(folder);
        // Whole or not at all, and for its owner alone.
        let file = tempfile::NamedTempFile::new_in(folder)?;
        let encoder = zstd::Encoder::new(file, 1)?;
        let mut buffered = BufWriter::new(encoder);
        write(&mut buffered)?;
        let encoder = buffered
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        encoder.finish()?.persist(&self.path)?;
        Ok(())
    }
}

impl Cache for CacheFile {
    fn load(&mut self) -> Option<Vec<u8>> {
        let file = File::open(&self.path).ok()?;
        let mut bytes = Vec::new();
        let decoder = zstd::Decoder::new(file).ok()?;
        decoder.take(LARGEST).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn store(&mut self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) {
        // A cache that cannot be written is none.
        if let Err(error) = self.write(write) {
            tracing::debug!(%error, "no cache");
        }
    }
}

/// Removes all but the newest files.
fn prune(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .filter(|(_, path)| path.extension().is_some_and(|ending| ending == "zst"))
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(MOST - 1);
    for (_, path) in files.into_iter().take(surplus) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache as _, CacheFile, MOST, prune};

    #[test]
    fn what_is_stored_is_loaded_and_damage_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = CacheFile {
            path: folder.path().join("vgputrace/one.zst"),
        };
        assert_eq!(cache.load(), None);
        cache.store(&mut |out| out.write_all(b"words"));
        assert_eq!(cache.load().as_deref(), Some(&b"words"[..]));
        std::fs::write(&cache.path, "damaged").unwrap();
        assert_eq!(cache.load(), None);
    }

    #[test]
    fn old_files_make_room_and_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.txt"), "").unwrap();
        for number in 0..MOST + 5 {
            std::fs::write(folder.path().join(format!("{number}.zst")), "").unwrap();
        }
        prune(folder.path());
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, MOST - 1 + 1);
    }
}
