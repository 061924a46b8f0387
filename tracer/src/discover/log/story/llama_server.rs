//! Lines of 0.30 and later: for each folder and pass a brief llama-server, its list of devices, and `gpu-discover`.

use super::Story;
use super::attempts::extra;
use super::ended::{ended, program_of};
use crate::discover::model::{Attempt, Child, End, Era, Evidence, Line, Reported, Spawn, Tried};
use crate::discover::role::Step;
use crate::discover::slog::values::paths;
use crate::event::{Errno, Text};

impl Story {
    /// Takes a line about llama-server and the probe; false when it is about something else.
    pub(super) fn llama_server_line(&mut self, _number: u64, line: &Line) -> bool {
        let Some(seen) = line.seen.clone() else {
            return false;
        };
        let message = line.message.as_str();
        if let Some(rest) = message.strip_prefix("llama-server discovery: ") {
            self.brief(rest, line, &seen);
        } else {
            match message {
                "running llama-server for discovery" => {
                    let dirs = paths(line.field("libDirs").unwrap_or_default());
                    if let Some(attempt) = self.begin(&dirs, Step::Start, &seen) {
                        let program = Text::from(line.field("cmd").unwrap_or_default());
                        self.child_of(attempt, Step::Start, |child| child.argv = vec![program]);
                    }
                }
                "llama-server --list-devices failed" => {
                    // In a piece of a log the line stands alone; the folders follow.
                    let attempt = if self.open.is_empty() {
                        self.begin(&[], Step::List, &seen)
                    } else {
                        self.only()
                    };
                    if let Some(attempt) = attempt {
                        let end = ended(line.field("error").unwrap_or_default(), &seen);
                        self.end(attempt, Step::List, end);
                    }
                }
                "native GPU discovery failed" => self.probe(line, &seen),
                "llama-server not available for device discovery" => {
                    self.not_found(line.field("error").unwrap_or_default(), &seen);
                }
                "failure during llama-server GPU discovery" => self.failure(line, &seen),
                "llama-server GPU discovery watchdog timed out" => self.watchdog(line, &seen),
                "skipping pseudo-device with zero memory" => self.pseudo(line, &seen),
                "llama-server device discovery took" => {
                    if let Some(attempt) = self.only() {
                        let dirs = paths(line.field("libDirs").unwrap_or_default());
                        self.name(attempt, &dirs, &seen);
                    }
                }
                message if message.starts_with("skipping CUDA device") => {
                    self.skipped_device(line, &seen)
                }
                _ => return false,
            }
        }
        self.era(Era::LlamaServer, &seen);
        true
    }

    /// The brief llama-server, after `llama-server discovery: `.
    fn brief(&mut self, message: &str, line: &Line, seen: &Evidence) {
        let Some(dirs) = line.field("libDirs").map(paths) else {
            if message.starts_with("failed to") {
                self.not_started(line, seen);
            }
            return;
        };
        // The lines of a process that was left behind at the time limit come after everything else.
        let late = |story: &Self, attempt: &Attempt| {
            let ended =
                |child: &Child| child.role.step() == Some(Step::Start) && child.end != End::Unknown;
            let mut known = story.model.children_of(attempt);
            attempt.failure_line.is_some()
                && (message.starts_with("timed out") || !known.any(ended))
        };
        let Some(attempt) = self.find_late(&dirs, Step::Start, seen, late) else {
            return;
        };
        if message.starts_with("stopped subprocess") || message.starts_with("server startup exited")
        {
            let end = match line.field("exit").and_then(|exit| exit.parse().ok()) {
                Some(code) => End::Exit(code, Some(seen.clone())),
                None => self.killed(attempt, seen),
            };
            self.end(attempt, Step::Start, end);
            self.step(attempt, Step::List);
        } else if message.starts_with("timed out") {
            self.timed_out(attempt, Step::Start, seen);
        } else if message.starts_with("system_info line not found") {
            // It ended before it was killed; `exit=unknown` of the line before was a signal then.
            self.child_of(attempt, Step::Start, |child| {
                if matches!(
                    child.end,
                    End::KilledByServer {
                        before_answer: false,
                        ..
                    }
                ) {
                    child.end = End::Signal {
                        name: Text::default(),
                        by: None,
                        seen: Some(seen.clone()),
                    };
                }
            });
            self.step(attempt, Step::List);
        }
    }

    /// The usual end: killed after its line `system_info:`; also printed when it had crashed.
    fn killed(&self, attempt: usize, seen: &Evidence) -> End {
        let attempt = self.model.attempts.get(attempt);
        let begun = attempt.map_or(self.now, |attempt| attempt.begun);
        End::KilledByServer {
            before_answer: attempt.is_some_and(|attempt| attempt.failure_line.is_some()),
            after: self.now.saturating_sub(begun),
            seen: Some(seen.clone()),
        }
    }

    /// `failed to start error="fork/exec ...: permission denied"`: no line before names the folder.
    fn not_started(&mut self, line: &Line, seen: &Evidence) {
        let error = line.field("error").unwrap_or_default();
        let Some(attempt) = self.only().or_else(|| self.begin(&[], Step::Start, seen)) else {
            return;
        };
        let program = program_of(error);
        self.child_of(attempt, Step::Start, |child| {
            child.spawn = Spawn::Failed(seen.clone());
            if child.argv.is_empty() && !program.is_empty() {
                child.argv.push(program);
            }
        });
    }

    /// `native GPU discovery failed error="exit status 1" stderr="..."` (DEBUG): what the probe said.
    fn probe(&mut self, line: &Line, seen: &Evidence) {
        let dirs = line.field("libDirs").unwrap_or_default();
        let Some(attempt) = self.find(&paths(dirs), Step::Probe, seen) else {
            return;
        };
        let Some(child) = self.child(attempt, Step::Probe) else {
            return;
        };
        let error = line.field("error").unwrap_or_default();
        let end = match error {
            "signal: killed" | "context deadline exceeded" => self.killed_probe(attempt, seen),
            error => ended(error, seen),
        };
        self.end(attempt, Step::Probe, end);
        for words in line.field("stderr").unwrap_or_default().lines().take(1000) {
            let evidence = Evidence {
                at: seen.at.clone(),
                text: Text::from(words),
            };
            // At TRACE the same words stood in the log as raw text.
            let known = self
                .model
                .children
                .get(child)
                .is_some_and(|child| child.said.iter().any(|said| said.text.as_str() == words));
            if !known {
                self.say(Some(child), words, &evidence);
            }
        }
    }

    fn killed_probe(&self, attempt: usize, seen: &Evidence) -> End {
        match self.killed(attempt, seen) {
            End::KilledByServer { after, seen, .. } => End::KilledByServer {
                before_answer: true,
                after,
                seen,
            },
            end => end,
        }
    }

    /// `failure during llama-server GPU discovery` (INFO), after the attempt.
    fn failure(&mut self, line: &Line, seen: &Evidence) {
        let dirs = paths(line.field("OLLAMA_LIBRARY_PATH").unwrap_or_default());
        let error = line.field("error").unwrap_or_default();
        let fits =
            |_: &Self, attempt: &Attempt| attempt.failure_line.is_none() && attempt.took.is_some();
        let Some(attempt) = self.find_late(&dirs, Step::Start, seen, fits) else {
            return;
        };
        self.qualify(attempt, extra(line.field("extra_envs")));
        if let Some(attempt) = self.model.attempts.get_mut(attempt) {
            attempt.failure_line = Some(seen.clone());
        }
        if let Some(how) = error.strip_prefix("llama-server --list-devices failed: ") {
            self.end(attempt, Step::List, ended(how, seen));
        } else if error.starts_with("fork/exec ") {
            let program = program_of(error);
            self.child_of(attempt, Step::Start, |child| {
                if matches!(child.spawn, Spawn::Done) {
                    child.spawn = Spawn::Failed(seen.clone());
                }
                if child.argv.is_empty() && !program.is_empty() {
                    child.argv.push(program);
                }
            });
        } else if error.contains("binary not found") {
            self.not_found(error, seen);
        }
        self.detail(attempt, Step::List, line, seen);
        self.close(attempt);
    }

    /// `detail="..."` of a failure: the lines of the process that look like errors (llm/status.go).
    pub(super) fn detail(&mut self, attempt: usize, step: Step, line: &Line, seen: &Evidence) {
        let detail = line.field("detail").unwrap_or_default();
        if detail.is_empty() {
            return;
        }
        let child = self.child(attempt, step);
        for words in detail.lines().take(1000) {
            let evidence = Evidence {
                at: seen.at.clone(),
                text: Text::from(words),
            };
            self.say(child, words, &evidence);
        }
    }

    /// `watchdog timed out`: the attempt's 30 s are over. The lines about its processes come later.
    fn watchdog(&mut self, line: &Line, seen: &Evidence) {
        let dirs = line.field("OLLAMA_LIBRARY_PATH");
        let _ = self.find_by(dirs, line.field("extra_envs"), Step::Start, seen);
    }

    /// `llama-server binary not found (checked: A, B)`.
    fn not_found(&mut self, error: &str, seen: &Evidence) {
        let checked = error
            .split_once("(checked: ")
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or("", |(checked, _)| checked);
        let tried: Vec<_> = checked
            .split(", ")
            .filter(|path| !path.is_empty())
            .take(100)
            .map(|path| Tried {
                path: Text::from(path),
                err: Some(Errno(2)),
                seen: Evidence {
                    at: seen.at.clone(),
                    text: Text::from("llama-server binary not found"),
                },
            })
            .collect();
        let dir = &mut self.server().library_dir;
        if dir.llama_server.is_empty() {
            dir.llama_server = tried;
        }
    }

    /// `skipping pseudo-device with zero memory name=CUDA0`: the list had it with 0 MiB.
    fn pseudo(&mut self, line: &Line, seen: &Evidence) {
        let Some(attempt) = self.only().or_else(|| self.begin(&[], Step::List, seen)) else {
            return;
        };
        let id = line.field("name").unwrap_or_default();
        let device = Reported {
            id: Text::from(id),
            library: Text::from(id.trim_end_matches(|letter: char| letter.is_ascii_digit())),
            name: Text::from(line.field("description").unwrap_or_default()),
            total: Some(0),
            ..Reported::default()
        };
        self.report(attempt, device, seen);
    }

    /// `skipping CUDA device — compute capability not in compiled architectures device=CUDA0 cc=610 archs="[750 ...]"`.
    fn skipped_device(&mut self, line: &Line, seen: &Evidence) {
        let dirs = paths(line.field("libDirs").unwrap_or_default());
        let Some(attempt) = self.find(&dirs, Step::List, seen) else {
            return;
        };
        let compute = line.field("cc").and_then(|cc| cc.parse::<i64>().ok());
        let device = Reported {
            id: Text::from(
                line.field("device")
                    .or_else(|| line.field("name"))
                    .unwrap_or_default(),
            ),
            library: Text::from("CUDA"),
            name: Text::from(line.field("description").unwrap_or_default()),
            compute: compute.map(|cc| (cc / 100, cc / 10 % 10)),
            ..Reported::default()
        };
        self.report(attempt, device, seen);
    }

    /// A device of an attempt's list; what the list itself said of it stays.
    pub(super) fn report(&mut self, attempt: usize, device: Reported, seen: &Evidence) {
        let Some(answer) = self.answer(attempt, seen) else {
            return;
        };
        let room = answer.devices.len() < 64;
        match answer
            .devices
            .iter_mut()
            .find(|known| known.id == device.id)
        {
            Some(known) => known.compute = known.compute.or(device.compute),
            None if room => answer.devices.push(device),
            None => (),
        }
    }

    /// Changes the attempt's process of this step.
    pub(super) fn child_of(&mut self, attempt: usize, step: Step, change: impl FnOnce(&mut Child)) {
        let index = self.child(attempt, step);
        if let Some(child) = index.and_then(|index| self.model.children.get_mut(index)) {
            change(child);
        }
    }
}
