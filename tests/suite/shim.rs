//! The shim in use: `run --shim` with and without its ready-made faults, `vgputrace shim`, and tools that ask its driver.
//!
//! The installation is the stand-in's of the later era with the real prebuilt CUDA backend. Its own CUDA libraries are no use to anybody,
//! so that whatever works is the shim's.

mod commands;
mod faults;
mod labelled;
mod tools;
mod unchanged;
mod without_rights;

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use vgputrace::diagnose::{Explanation, explain};
use vgputrace_tests::layouts::facts::verdicts;
use vgputrace_tests::programs::{library_of, sources};
use vgputrace_tests::standin::{self, Era, Tree};
use vgputrace_tests::{Recorded, Target, gate, libraries, npm, open_folder};

/// An installation, and a folder for temporary files.
pub(super) struct Installed {
    folder: TempDir,
    tree: Tree,
}

/// Lays it out, or skips by name.
#[track_caller]
pub(super) fn installed(test: &str) -> Option<Installed> {
    if !gate::root(test) {
        return None;
    }
    let folder = open_folder();
    let tree = standin::tree(Era::LlamaServer, folder.path())?;
    let parts = npm::parts(test)?;
    let backends = tree.library.join("cuda_v13");
    std::fs::create_dir(&backends).expect("a new folder");
    libraries::copy(&parts.backend(), &backends.join("libggml-cuda.so"));
    for name in ["libcudart", "libcublas", "libcublasLt"] {
        let (soname, file) = (format!("{name}.so.13"), format!("{name}.so.13.0.2"));
        let flags = [format!("-Wl,-soname,{soname}")];
        let made = library_of(None, &sources().join("lib/absent.c"), &soname, &flags);
        libraries::copy(&made, &backends.join(&file));
        symlink(&file, backends.join(&soname)).expect("a new link");
    }
    std::fs::create_dir(folder.path().join("scratch")).expect("a new folder");
    Some(Installed { folder, tree })
}

impl Installed {
    /// Where the recorder puts its temporary files.
    fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    /// The server under `run --shim` with more options, until its discovery is over.
    pub(super) fn command(&self, options: &[&str]) -> Target {
        self.tree
            .command()
            .env("TMPDIR", self.scratch())
            // The device is the shim's own, whatever this machine has.
            .env("VGPU_SYSFS", self.scratch())
            .options(["--shim", "--until", "discovery"])
            .options(options)
    }
}

/// What `explain` says of a recording.
#[track_caller]
fn explained(record: &Recorded) -> Explanation {
    match verdicts::model(&record.path) {
        Ok(model) => explain(&model),
        Err(why) => panic!("{why}"),
    }
}

/// Verdict, rule and object of a backend folder.
fn judged(explanation: &Explanation, name: &str) -> (String, Option<String>, Option<String>) {
    let backend = explanation
        .backends
        .iter()
        .find(|backend| backend.name.as_str() == name);
    let finding = backend.and_then(|backend| backend.findings.first());
    (
        backend
            .map_or("nothing", |backend| backend.verdict.name())
            .to_owned(),
        finding.map(|finding| finding.rule.to_owned()),
        finding.and_then(|finding| Some(finding.missing_object.as_ref()?.as_str().to_owned())),
    )
}

/// Every file below a folder: kind and mode, size, time of change of its content, inode.
fn state(folder: &Path) -> BTreeMap<PathBuf, (u32, u64, i64, u64)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let facts = entry.path().symlink_metadata().expect("a file");
        let found = (facts.mode(), facts.len(), facts.mtime_nsec(), facts.ino());
        all.insert(entry.path(), found);
        if facts.is_dir() {
            all.extend(state(&entry.path()));
        }
    }
    all
}
