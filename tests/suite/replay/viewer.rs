//! The viewer in a pseudo-terminal: its screen, its keys, its end.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use vgputrace_tests::binary;

/// The viewer in a terminal of 100 columns and 30 rows.
pub(super) struct Viewer {
    child: Child,
    pub(super) folder: tempfile::TempDir,
}

impl Viewer {
    pub(super) fn open(trace: &Path) -> Self {
        Self::start(&format!("replay {}", trace.display()))
    }

    pub(super) fn start(words: &str) -> Self {
        let tool = binary().expect("the binary");
        Self::in_a_terminal(&format!("exec {} {words}", tool.display()))
    }

    /// A line of the shell in such a terminal.
    pub(super) fn in_a_terminal(line: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let line = format!(
            "stty rows 30 cols 100; echo $$ > {0}/pid; tty > {0}/tty; {line}",
            folder.path().display(),
        );
        let child = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command", &line])
            .arg(folder.path().join("screen"))
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("script starts");
        Self { child, folder }
    }

    /// Everything that was sent to the terminal.
    pub(super) fn screen(&self) -> String {
        let bytes = fs::read(self.folder.path().join("screen")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What stands on the screen.
    pub(super) fn shown(&self) -> String {
        let mut terminal = vt100::Parser::new(30, 100, 0);
        terminal.process(self.screen().as_bytes());
        terminal.screen().contents()
    }

    /// Waits until these words stand on the screen.
    #[track_caller]
    pub(super) fn shows(&self, words: &str) {
        let begun = Instant::now();
        while !self.shown().contains(words) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{words:?} is not shown: {}",
                self.shown()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until these words are gone.
    #[track_caller]
    pub(super) fn hides(&self, words: &str) {
        let begun = Instant::now();
        while self.shown().contains(words) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{words:?} is still shown: {}",
                self.shown()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn keys(&mut self, keys: &str) {
        let input = self.child.stdin.as_mut().expect("its input");
        input.write_all(keys.as_bytes()).expect("it takes keys");
        input.flush().expect("it takes keys");
    }

    pub(super) fn pid(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("pid")).expect("a pid");
        text.trim().to_owned()
    }

    /// Waits for the end; its exit code and the screen.
    #[track_caller]
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is a child") {
                return (status.code(), self.screen());
            }
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "it does not end: {}",
                self.screen()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        // Of a test that failed: nothing may stay behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
