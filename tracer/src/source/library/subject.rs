//! Real objects for tests, built by gcc in a folder of their own. Test only.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of objects that goes away with the test.
pub(super) struct Subject {
    folder: tempfile::TempDir,
}

impl Subject {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub(super) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Compiles C to `output`; `arguments` are gcc's, relative names in them are of the folder. Fails without gcc:
    /// these tests mean nothing on objects that nobody linked.
    pub(super) fn compile(&self, output: &str, source: &str, arguments: &[&str]) -> PathBuf {
        let path = self.folder().join(output);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let source_path = self.file(&format!("{output}.c"), source);
        let done = Command::new("gcc")
            .current_dir(self.folder())
            .args(["-O2", "-o"])
            .arg(&path)
            .arg(&source_path)
            .args(arguments)
            .output()
            .expect("gcc is needed for the tests of library files");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        path
    }

    /// A shared object.
    pub(super) fn library(&self, output: &str, source: &str, arguments: &[&str]) -> PathBuf {
        let mut all = vec!["-shared", "-fPIC"];
        all.extend_from_slice(arguments);
        self.compile(output, source, &all)
    }
}
