//! What the server made of the devices: validation, filters, the final list.

use super::{Phase, Story};
use crate::discover::model::{Answer, Device, Era, Evidence, Line, Reported};
use crate::discover::slog::values::{base_name, paths};
use crate::event::Text;

/// Most devices that are kept.
const MOST: usize = 256;

impl Story {
    /// Takes a line about devices; false when it is about something else.
    pub(super) fn outcome_line(&mut self, _number: u64, line: &Line) -> bool {
        let Some(seen) = line.seen.clone() else {
            return false;
        };
        match line.message.as_str() {
            "discovering available GPUs..." => {
                self.phase = Phase::First;
                self.discovers = true;
            }
            "evaluating which, if any, devices to filter out" => {
                self.close_all();
                self.phase = Phase::Second;
                if line.field("initial_count") == Some("0") {
                    self.answered_none(&seen);
                }
            }
            "verifying if device is supported" => self.verifying(line, &seen),
            "filtering device which didn't fully initialize" => self.not_validated(line, &seen),
            "inference compute" => self.final_device(line, &seen),
            // Both only from 0.30 on (discover/cuda_compat.go, discover/runner.go).
            "NVIDIA driver too old" => {
                self.era(Era::LlamaServer, &seen);
                self.dropped(line, &seen);
            }
            message if message.starts_with("dropping integrated GPU") => {
                self.era(Era::LlamaServer, &seen);
            }
            message if message.starts_with("dropping ROCm device") => self.dropped(line, &seen),
            _ => return false,
        }
        true
    }

    /// No device at all, 0.30 and later: each list for a CUDA folder, or for none, that did not fail had none, unless a line says
    /// that a device was dropped. (Until 0.24 a runner may have ended without a line at this level; Vulkan and ROCm devices
    /// may be dropped in silence.)
    fn answered_none(&mut self, seen: &Evidence) {
        let drops = |line: &Line| {
            let message = line.message.as_str();
            message.starts_with("dropping ")
                || message.starts_with("skipping CUDA device")
                || message.starts_with("skipping pseudo-device")
                || message.contains("too old")
        };
        if self.model.era != Era::LlamaServer || self.model.lines.iter().any(drops) {
            return;
        }
        for attempt in &mut self.model.attempts {
            let lists = attempt.dir.as_str() == "cpu" || attempt.dir.as_str().starts_with("cuda");
            if lists && attempt.pass == 1 && attempt.failure_line.is_none() {
                attempt.answer.get_or_insert_with(|| Answer {
                    seen: Some(seen.clone()),
                    ..Answer::default()
                });
            }
        }
    }

    /// A device that the list had and that was dropped: `dropping ROCm device ... device= libDirs=`, `NVIDIA driver too old
    /// device= compute=`, which is said of the folder `cuda_v12` alone (discover/cuda_compat.go).
    fn dropped(&mut self, line: &Line, seen: &Evidence) {
        let dirs = paths(line.field("libDirs").unwrap_or_default());
        let path = dirs.last().copied();
        let at = self.model.attempts.iter().rposition(|attempt| {
            attempt.pass < 2
                && match path {
                    Some(path) => attempt.path.as_str() == path,
                    None => attempt.dir.as_str() == "cuda_v12",
                }
        });
        let name = Text::from(line.field("device").unwrap_or_default());
        let device = Reported {
            id: name.clone(),
            name,
            library: Text::from(if path.is_some() { "ROCm" } else { "CUDA" }),
            compute: line.field("compute").and_then(compute),
            ..Reported::default()
        };
        if let Some(at) = at {
            self.report(at, device, seen);
        }
    }

    /// `verifying if device is supported library=DIR ... id= pci_id= compute=`: a device that the first pass gave.
    fn verifying(&mut self, line: &Line, seen: &Evidence) {
        let path = line.field("library").unwrap_or_default();
        let first = self
            .model
            .attempts
            .iter()
            .rposition(|attempt| attempt.pass == 1 && attempt.path.as_str() == path);
        let Some(attempt) = first else {
            return;
        };
        let id = line.field("id").unwrap_or_default();
        let device = Reported {
            id: Text::from(id),
            name: Text::from(line.field("description").unwrap_or_default()),
            pci_id: line.field("pci_id").map(Text::from),
            compute: line.field("compute").and_then(compute),
            ..Reported::default()
        };
        // The list names it CUDA0, this line 0.
        let listed = self.model.attempts.get_mut(attempt).and_then(|attempt| {
            let answer = attempt.answer.as_mut()?;
            answer.devices.iter_mut().find(|known| {
                known.id == device.id
                    || known
                        .id
                        .as_str()
                        .trim_start_matches(|letter: char| letter.is_ascii_alphabetic())
                        == id
            })
        });
        match listed {
            Some(known) => {
                known.pci_id = known.pci_id.take().or(device.pci_id);
                known.compute = known.compute.or(device.compute);
            }
            None => self.report(attempt, device, seen),
        }
    }

    /// `filtering device which didn't fully initialize id= libdir= pci_id= library=`: pass 2 gave nothing.
    fn not_validated(&mut self, line: &Line, seen: &Evidence) {
        let path = line.field("libdir").unwrap_or_default();
        let id = line.field("id").unwrap_or_default();
        let at = self.model.attempts.iter().rposition(|attempt| {
            attempt.pass == 2
                && attempt.path.as_str() == path
                && attempt
                    .device
                    .as_ref()
                    .is_none_or(|device| device.as_str() == id)
        });
        let at = at.or_else(|| {
            if path.is_empty() || !self.room.take(400) {
                return None;
            }
            self.model.attempts.push(crate::discover::model::Attempt {
                dir: Text::from(base_name(path)),
                path: Text::from(path),
                pass: 2,
                device: Some(Text::from(id)),
                seen: Some(seen.clone()),
                ..Default::default()
            });
            Some(self.model.attempts.len() - 1)
        });
        if let Some(attempt) = at.and_then(|at| self.model.attempts.get_mut(at)) {
            attempt.failure_line.get_or_insert_with(|| seen.clone());
        }
    }

    /// `inference compute id= library= ...`: a device of the final list, or the CPU.
    fn final_device(&mut self, line: &Line, seen: &Evidence) {
        self.close_all();
        self.phase = Phase::After;
        self.model.finished = true;
        let library = line.field("library").unwrap_or_default();
        if library == "cpu" || line.field("id") == Some("cpu") {
            self.model.cpu_only = Some(seen.clone());
            return;
        }
        if self.model.devices.len() >= MOST {
            return;
        }
        self.model.devices.push(Device {
            id: Text::from(line.field("id").unwrap_or_default()),
            library: Text::from(library),
            dirs: line
                .field("libdirs")
                .unwrap_or_default()
                .split(',')
                .filter(|dir| !dir.is_empty() && *dir != "ollama")
                .map(Text::from)
                .collect(),
            pci_id: Text::from(line.field("pci_id").unwrap_or_default()),
            fields: line.fields.clone(),
            seen: Some(seen.clone()),
        });
    }
}

/// `9.0`.
fn compute(text: &str) -> Option<(i64, i64)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
