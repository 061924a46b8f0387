//! The static binary that `./x dist` hands out, and roots to run it in: one with nothing else, one of an older Debian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{Events, gate, programs, recorded, workspace};

/// The static binary: `VGPUTRACE_STATIC`, else the newest build of that target.
#[must_use]
pub fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("VGPUTRACE_STATIC") {
        return Some(path.into());
    }
    let target = workspace().join("target/x86_64-unknown-linux-musl");
    let built = ["dist", "debug"].map(|profile| target.join(profile).join("vgputrace"));
    let changed = |path: &PathBuf| fs::metadata(path).and_then(|facts| facts.modified()).ok();
    built
        .into_iter()
        .filter(|path| path.is_file())
        .max_by_key(changed)
}

/// The binary, for a test as root that needs it.
///
/// # Panics
/// In CI, when it is missing.
#[must_use]
pub fn needed(test: &str) -> Option<PathBuf> {
    if !gate::root(test) {
        return None;
    }
    let binary = binary();
    if binary.is_none() {
        gate::missing(
            test,
            "the static binary is not built (cargo build -p vgputrace --target x86_64-unknown-linux-musl)",
        );
    }
    binary
}

/// The root of another Debian release, unpacked by `./x test` and `./x dist --test`; skipped by name where the network was
/// missing.
#[must_use]
pub fn debian(test: &str, release: &str) -> Option<PathBuf> {
    let root = workspace().join("target/debian").join(release);
    if root.join("lib64/ld-linux-x86-64.so.2").exists() {
        return Some(root);
    }
    let why = format!("the packages of Debian {release} are not here (./x test fetches them)");
    gate::skip(test, &why);
    None
}

/// A dynamic program of `programs/NAME.c` that starts on the older release and on all newer ones.
///
/// # Panics
/// When it does not compile.
#[must_use]
#[track_caller]
pub fn older_program(older: &Path, name: &str) -> PathBuf {
    let root = older.display();
    // Debian's gcc looks for this system's files first, whatever the sysroot; not where -B says otherwise.
    let (sysroot, first) = (
        format!("--sysroot={root}"),
        format!("-B{root}/usr/lib/x86_64-linux-gnu"),
    );
    programs::program_with(name, &[sysroot.as_str(), first.as_str(), "-ldl"])
}

/// A root folder for [`Root::run`]; `/proc` of this system is mounted in it for each command, seen by nobody else.
#[derive(Debug)]
pub struct Root {
    folder: tempfile::TempDir,
    /// What the root is laid over: read only.
    below: Option<PathBuf>,
}

impl Root {
    /// A root with the binary as `/vgputrace`, empty `/proc` and `/tmp`, and nothing else. `/sys` is mounted where a test makes
    /// that folder.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    #[track_caller]
    pub fn empty(binary: &Path) -> Self {
        Self::over(binary, None)
    }

    /// The same on top of a system, which is not changed (overlayfs).
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    #[track_caller]
    pub fn over(binary: &Path, below: Option<PathBuf>) -> Self {
        let folder = crate::open_folder();
        for name in ["own/proc", "own/tmp", "work", "root"] {
            let made = fs::create_dir_all(folder.path().join(name));
            assert!(made.is_ok(), "{name}: {made:?}");
        }
        let root = Self { folder, below };
        root.put(binary, "vgputrace");
        root
    }

    /// Puts a file into it.
    ///
    /// # Panics
    /// When it cannot be put there.
    #[track_caller]
    pub fn put(&self, from: &Path, to: &str) {
        let to = self.own(to);
        let folder = to.parent().map_or(Ok(()), fs::create_dir_all);
        let linked = folder
            .map_err(|why| why.to_string())
            .and_then(|()| crate::libraries::link(from, &to));
        assert!(linked.is_ok(), "{}: {linked:?}", to.display());
    }

    /// A file of it, as seen from outside.
    #[must_use]
    pub fn own(&self, path: &str) -> PathBuf {
        self.folder
            .path()
            .join("own")
            .join(path.trim_start_matches('/'))
    }

    /// Runs a command in it, with nothing in its environment and no terminal.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    #[track_caller]
    pub fn run(&self, words: &[&str]) -> Output {
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let mount = match &self.below {
            None => format!("mount --bind {} {}", place("own"), place("root")),
            Some(below) => format!(
                "mount -t overlay overlay -o lowerdir={},upperdir={},workdir={} {}",
                below.display(),
                place("own"),
                place("work"),
                place("root")
            ),
        };
        let script = format!(
            "{mount} && mount -t proc proc {0}/proc && {{ [ ! -d {0}/sys ] || mount --rbind /sys {0}/sys; }} && \
             exec chroot {0} \"$@\"",
            place("root")
        );
        let started = Command::new("unshare")
            .args(["-m", "sh", "-c", &script, "sh"])
            .args(words)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .output();
        match started {
            Ok(output) => output,
            Err(why) => panic!("unshare: {why}"),
        }
    }

    /// Records a command in it, and reads the trace; the words are those after `run -o FILE`.
    ///
    /// # Panics
    /// When it cannot be recorded.
    #[must_use]
    #[track_caller]
    pub fn record(&self, words: &[&str]) -> (Output, Events) {
        let all = ["/vgputrace", "run", "-o", "/tmp/run.vgt"]
            .iter()
            .chain(words);
        let output = self.run(&all.copied().collect::<Vec<_>>());
        match recorded::read(&self.own("tmp/run.vgt")) {
            Ok(events) => (output, events),
            Err(why) => panic!("{why}\n{output:?}"),
        }
    }
}
