//! Lines of 0.12 to 0.24: one runner for each folder and pass.

use super::attempts::{extra, is_visible_devices, variables};
use super::duration::duration;
use super::{Phase, Story};
use crate::discover::model::{Answer, End, Era, Evidence, Line, Reported, Spawn};
use crate::discover::role::Step;
use crate::discover::slog::values::{path_list, paths};
use crate::event::Text;

impl Story {
    /// Takes a line about runners; false when it is about something else.
    pub(super) fn runner_line(&mut self, _number: u64, line: &Line) -> bool {
        let Some(seen) = line.seen.clone() else {
            return false;
        };
        let dirs = line.field("OLLAMA_LIBRARY_PATH");
        let extras = line.field("extra_envs");
        match line.message.as_str() {
            "starting runner for device discovery" => {
                self.era(Era::Runner, &seen);
                let dirs = paths(line.field("libDirs").unwrap_or_default());
                if let Some(attempt) = self.begin(&dirs, Step::Runner, &seen) {
                    self.qualify(attempt, extra(line.field("extraEnvs")));
                }
            }
            "starting runner" => self.starting(line, &seen),
            "subprocess" => self.subprocess(line, &seen),
            "failed to start runner to discovery GPUs" => {
                if let Some(child) = self.only_child(Step::Runner) {
                    child.spawn = Spawn::Failed(seen);
                }
            }
            "runner exited" => {
                if let Some(attempt) = self.find_by(dirs, extras, Step::Runner, &seen)
                    && let Some(code) = line.field("code").and_then(|code| code.parse().ok())
                {
                    self.end(attempt, Step::Runner, End::Exit(code, Some(seen)));
                }
            }
            "runner enumerated devices" => self.enumerated(line, &seen),
            "failure during GPU discovery" => {
                self.era(Era::Runner, &seen);
                if let Some(attempt) = self.find_by(dirs, extras, Step::Runner, &seen) {
                    self.failed(attempt, line.field("error").unwrap_or_default(), &seen);
                    self.detail(attempt, Step::Runner, line, &seen);
                }
            }
            "bootstrap discovery took" => self.took(line, &seen),
            _ => return false,
        }
        true
    }

    /// `starting runner cmd=".../ollama runner --ollama-engine --port N"`; with `--model` it is no attempt.
    fn starting(&mut self, line: &Line, seen: &Evidence) {
        let command = line.field("cmd").unwrap_or_default();
        if let Some((exe, _)) = command.split_once(" runner ") {
            let server = self.server();
            if server.exe.is_empty() {
                server.exe = Text::from(exe);
            }
        }
        if command.contains("--model") {
            self.model_start(command, seen);
            return;
        }
        self.era(Era::Runner, seen);
        // At TRACE the attempt began with the line before.
        let waiting = self
            .open
            .iter()
            .rev()
            .map(|open| open.attempt)
            .find(|attempt| {
                self.model
                    .attempts
                    .get(*attempt)
                    .is_some_and(|attempt| attempt.children.is_empty())
            });
        // Runners whose folder was never named are over when the next one starts in the first pass.
        if waiting.is_none() && self.phase == Phase::First {
            self.open.retain(|open| {
                self.model
                    .attempts
                    .get(open.attempt)
                    .is_some_and(|attempt| !attempt.dir.is_empty())
            });
        }
        let Some(attempt) = waiting.or_else(|| self.begin(&[], Step::Runner, seen)) else {
            return;
        };
        if let Some(child) = self
            .child(attempt, Step::Runner)
            .and_then(|index| self.model.children.get_mut(index))
        {
            child.argv = command.split(' ').map(Text::from).collect();
        }
    }

    /// The environment of the process that was started last, as far as the server prints it.
    fn subprocess(&mut self, line: &Line, seen: &Evidence) {
        let env = variables(line);
        if self.model_environment(line, &env, seen) {
            return;
        }
        let unnamed = |attempt: &usize| {
            self.model.attempts.get(*attempt).and_then(|attempt| {
                let child = self.model.children.get(*attempt.children.first()?)?;
                Some(child.env.is_empty())
            }) == Some(true)
        };
        let Some(attempt) = self
            .open
            .iter()
            .rev()
            .map(|open| open.attempt)
            .find(unnamed)
        else {
            return;
        };
        let dirs = path_list(line.field("OLLAMA_LIBRARY_PATH").unwrap_or_default());
        self.name(attempt, &dirs, seen);
        let validates = line.field("GGML_CUDA_INIT").is_some();
        if let Some(attempt) = self.model.attempts.get_mut(attempt)
            && validates
        {
            attempt.pass = 2;
            let device = line
                .fields
                .iter()
                .find(|(name, value)| is_visible_devices(name.as_str()) && !value.is_empty());
            attempt.device = attempt
                .device
                .take()
                .or_else(|| device.map(|(_, value)| value.clone()));
        }
        if let Some(child) = self
            .child(attempt, Step::Runner)
            .and_then(|index| self.model.children.get_mut(index))
        {
            child.env = env;
        }
    }

    /// `runner enumerated devices devices=[...]` (TRACE): what `/info` answered. The form is Go's `%+v` of structs.
    fn enumerated(&mut self, line: &Line, seen: &Evidence) {
        let Some(attempt) =
            self.find_by(line.field("OLLAMA_LIBRARY_PATH"), None, Step::Runner, seen)
        else {
            return;
        };
        let failed = self.model.attempts.get(attempt).is_some_and(|attempt| {
            attempt.failure_line.is_some()
                || self
                    .model
                    .children_of(attempt)
                    .any(|child| matches!(child.end, End::Exit(..)))
        });
        // After a failure the empty list is the server's own, no answer.
        if failed {
            return;
        }
        let value = line.field("devices").unwrap_or_default();
        let devices = value
            .split("{DeviceID:")
            .skip(1)
            .take(64)
            .map(reported)
            .collect();
        if let Some(answer) = self.answer(attempt, seen) {
            *answer = Answer {
                status: Some(200),
                devices,
                seen: Some(seen.clone()),
                ..Answer::default()
            };
        }
        // It answered and `runner exited` was not said: the server ended it.
        let begun = self
            .model
            .attempts
            .get(attempt)
            .map_or(self.now, |attempt| attempt.begun);
        self.end(
            attempt,
            Step::Runner,
            End::KilledByServer {
                before_answer: false,
                after: self.now.saturating_sub(begun),
                seen: Some(seen.clone()),
            },
        );
    }

    /// The error of an attempt (ml/device.go, GetDevicesFromRunner), and what it says about the runner's end.
    fn failed(&mut self, attempt: usize, error: &str, seen: &Evidence) {
        if let Some(attempt) = self.model.attempts.get_mut(attempt) {
            attempt.failure_line = Some(seen.clone());
        }
        match error {
            "runner crashed" => self.end(
                attempt,
                Step::Runner,
                End::Signal {
                    name: Text::default(),
                    by: None,
                    seen: Some(seen.clone()),
                },
            ),
            "failed to finish discovery before timeout" => {
                self.timed_out(attempt, Step::Runner, seen)
            }
            error if error.starts_with("fork/exec ") => {
                if let Some(index) = self.child(attempt, Step::Runner)
                    && let Some(child) = self.model.children.get_mut(index)
                {
                    child.spawn = Spawn::Failed(seen.clone());
                }
            }
            error => {
                if let Some(body) = error.strip_prefix("runner error: ") {
                    let body = Text::from(body);
                    if let Some(answer) = self.answer(attempt, seen) {
                        answer.status = Some(500);
                        answer.error = Some(body);
                    }
                }
            }
        }
    }

    /// The server killed the process because its time was over.
    pub(super) fn timed_out(&mut self, attempt: usize, step: Step, seen: &Evidence) {
        let begun = self
            .model
            .attempts
            .get(attempt)
            .map_or(self.now, |attempt| attempt.begun);
        self.end(
            attempt,
            step,
            End::KilledByServer {
                before_answer: true,
                after: self.now.saturating_sub(begun),
                seen: Some(seen.clone()),
            },
        );
    }

    /// `bootstrap discovery took duration=...`: the attempt is over (both eras).
    fn took(&mut self, line: &Line, seen: &Evidence) {
        let step = if self.model.era == Era::LlamaServer {
            Step::Start
        } else {
            Step::Runner
        };
        let dirs = line.field("OLLAMA_LIBRARY_PATH");
        let Some(at) = self.find_by(dirs, line.field("extra_envs"), step, seen) else {
            return;
        };
        let now = self.now;
        if let Some(attempt) = self.model.attempts.get_mut(at) {
            attempt.took = line.field("duration").and_then(duration);
            if let Some(took) = attempt.took {
                attempt.begun = now.saturating_sub(took);
            }
        }
        self.close(at);
    }

    fn only_child(&mut self, step: Step) -> Option<&mut crate::discover::model::Child> {
        let attempt = self.only()?;
        let index = self.child(attempt, step)?;
        self.model.children.get_mut(index)
    }
}

/// `{ID:GPU-... Library:CUDA} Name:CUDA0 Description:... PCIID:0000:01:00.0 ...`.
fn reported(text: &str) -> Reported {
    let word = |key: &str| {
        text.split_once(key)
            .map(|(_, rest)| rest.split([' ', '}']).next().unwrap_or_default())
            .unwrap_or_default()
    };
    Reported {
        id: Text::from(word("ID:")),
        library: Text::from(word("Library:")),
        name: Text::from(word(" Name:")),
        pci_id: Some(word(" PCIID:"))
            .filter(|id| !id.is_empty())
            .map(Text::from),
        ..Reported::default()
    }
}

#[cfg(test)]
mod tests {
    use super::reported;

    #[test]
    fn a_device_of_the_runners_answer_is_read() {
        let device = reported(
            "{ID:GPU-1 Library:CUDA} Name:CUDA0 Description:NVIDIA X PCIID:0000:01:00.0 TotalMemory:1}",
        );
        assert_eq!(
            (
                device.id.as_str(),
                device.library.as_str(),
                device.name.as_str()
            ),
            ("GPU-1", "CUDA", "CUDA0")
        );
        assert_eq!(device.pci_id.unwrap().as_str(), "0000:01:00.0");
    }
}
