//! `vgputrace attach`: what runs already, what starts next, and that whoever is recorded goes on as before.

mod elsewhere;
mod groups;
mod renewed;
mod running;
mod starts;

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use vgputrace_tests::running::Running;
use vgputrace_tests::{Events, Outcome, binary, open_folder, recorded, trace};

/// A recorder that attaches, and where its trace goes.
struct Attached {
    running: Running,
    trace: PathBuf,
    _folder: tempfile::TempDir,
}

impl Attached {
    /// Starts it and waits until it records. `words`: the way in and options.
    #[track_caller]
    fn start(words: &[&str]) -> Self {
        Self::start_under(&[], words)
    }

    /// The same by a command that executes it, such as setpriv.
    #[track_caller]
    fn start_under(under: &[&str], words: &[&str]) -> Self {
        let folder = open_folder();
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        std::fs::set_permissions(folder.path(), open).expect("an open folder");
        let path = folder.path().join("run.vgt");
        let tool = binary().expect("a built vgputrace");
        let mut target = trace(tool).arg("attach").args(words.iter().copied());
        target = target.arg("-o").arg(&path);
        if !under.is_empty() {
            target = target.under(under.iter().copied());
        }
        let mut running = target.start_bare();
        running.wait_for_error("Ctrl-C ends the recording");
        Self {
            running,
            trace: path,
            _folder: folder,
        }
    }

    /// Waits until the trace, as far as it is written, has this.
    #[track_caller]
    fn until(&mut self, what: &str, has: impl Fn(&Events) -> bool) {
        let path = self.trace.clone();
        self.running.wait_until(what, |_| {
            let events = recorded::read(&path).ok()?;
            has(&events).then_some(())
        });
    }

    /// Ends it by Ctrl-C.
    #[track_caller]
    fn stop(self) -> (Outcome, Events) {
        self.running.signal(Signal::INT);
        let outcome = self.running.finish();
        match recorded::read(&self.trace) {
            Ok(events) => (outcome, events),
            Err(why) => panic!("{why}\n{}", outcome.err()),
        }
    }
}

/// The program that works on until it is told to stop, in a folder of its own.
struct Worker {
    running: Running,
    folder: tempfile::TempDir,
}

impl Worker {
    #[track_caller]
    fn start(program: &Path) -> Self {
        let folder = open_folder();
        let mut running = trace(program).arg(folder.path()).start_bare();
        running.wait_for("ready");
        let worker = Self { running, folder };
        worker.works();
        worker
    }

    fn ticks(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("ticks")).map_or(0, |facts| facts.len())
    }

    /// It ticks on.
    #[track_caller]
    fn works(&self) {
        let before = self.ticks();
        for _ in 0..2_000 {
            if self.ticks() > before + 3 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("it ticks no more");
    }

    /// Ends it by its own code.
    #[track_caller]
    fn ends_well(self) {
        self.works();
        std::fs::write(self.folder.path().join("stop"), "").expect("a file");
        let outcome = self.running.finish();
        assert_eq!(outcome.shell_code(), 5, "{}", outcome.err());
    }
}

/// `explain` of a trace.
fn explained(path: &Path) -> String {
    let output = Command::new(binary().expect("a built vgputrace"))
        .arg("explain")
        .arg(path)
        .output()
        .expect("explain");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
