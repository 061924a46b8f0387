//! What children tell the server: the runner's HTTP answer, the list's text, the probe's JSON.
//!
//! Field names: ml/device.go (DeviceInfo), discover/native_probe.go (nativeProbeDevice), llama.cpp common/arg.cpp
//! (`--list-devices`).

use serde::Deserialize;

use super::lines::Whole;
use crate::discover::model::{Answer, Evidence, Reported};
use crate::event::{Seq, Text};

/// Devices taken from one answer; Ollama asserts at most 16 for a backend.
const MAX_DEVICES: usize = 256;
/// Bytes of an answer that are kept.
const LONGEST: usize = 64 * 1024;

/// The bytes of an HTTP answer so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Http {
    text: String,
    seq: Option<Seq>,
    cut: bool,
    /// It was asked and has answered nothing yet.
    pub(super) asked: bool,
}

impl Http {
    /// Takes a piece; `whole` is false when it was not seen to its end.
    pub(super) fn push(&mut self, seq: Seq, text: &str, whole: bool) {
        self.seq.get_or_insert(seq);
        self.cut |= !whole;
        if self.text.len() < LONGEST {
            self.text.push_str(text);
        } else {
            self.cut = true;
        }
    }

    /// The answer, once its first bytes are there.
    pub(super) fn answer(&self) -> Option<Answer> {
        let seq = self.seq?;
        let (head, body) = self.text.split_once("\r\n\r\n").unwrap_or((&self.text, ""));
        let status = head
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1))
            .and_then(|number| number.parse().ok());
        let mut answer = Answer {
            status,
            seen: Some(Evidence::event(seq, first_line(head, body))),
            ..Answer::default()
        };
        if status.is_some_and(|status| status != 200) {
            answer.error = Some(Text::from(body.trim()));
            return Some(answer);
        }
        match serde_json::from_str::<Vec<Info>>(body.trim()) {
            Ok(list) => {
                answer.devices = list.into_iter().take(MAX_DEVICES).map(Info::into).collect()
            }
            Err(_) if body.trim() == "null" => {}
            Err(_) => answer.unreadable = true,
        }
        answer.unreadable |= self.cut && answer.devices.is_empty() && body.trim() != "[]";
        Some(answer)
    }
}

fn first_line(head: &str, body: &str) -> String {
    let status = head.lines().next().unwrap_or_default();
    let body: String = body.trim().chars().take(200).collect();
    format!("{status}: {body}")
}

/// `ml.DeviceInfo` of 0.12 to 0.24.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    id: String,
    backend: String,
    name: String,
    description: String,
    integration: bool,
    pci_id: Option<String>,
    total_memory: Option<u64>,
    free_memory: Option<u64>,
    #[serde(alias = "ComputeMajor")]
    compute_major: Option<i64>,
    #[serde(alias = "ComputeMinor")]
    compute_minor: Option<i64>,
    driver_major: Option<i64>,
    driver_minor: Option<i64>,
}

impl From<Info> for Reported {
    fn from(info: Info) -> Self {
        let name = if info.description.is_empty() {
            info.name
        } else {
            info.description
        };
        Self {
            uuid: info
                .id
                .starts_with("GPU-")
                .then(|| Text::from(info.id.clone())),
            id: Text::from(info.id),
            library: Text::from(info.backend),
            name: Text::from(name),
            pci_id: info.pci_id.map(Text::from),
            compute: pair(info.compute_major, info.compute_minor),
            driver: pair(info.driver_major, info.driver_minor),
            total: info.total_memory,
            free: info.free_memory,
            integrated: info.integration,
        }
    }
}

/// Two numbers of which Go leaves a zero out.
fn pair(major: Option<i64>, minor: Option<i64>) -> Option<(i64, i64)> {
    major
        .is_some()
        .then(|| (major.unwrap_or(0), minor.unwrap_or(0)))
        .or_else(|| minor.map(|minor| (0, minor)))
}

/// The probe's answer, from its lines on standard output.
pub(super) fn probe(lines: &[Whole]) -> Option<Answer> {
    #[derive(Deserialize)]
    struct Probe {
        devices: Option<Vec<Device>>,
    }
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Device {
        library: String,
        index: i64,
        name: String,
        description: String,
        device_id: Option<String>,
        integrated: bool,
        total_memory: Option<u64>,
        free_memory: Option<u64>,
        compute_major: Option<i64>,
        compute_minor: Option<i64>,
        cuda_driver_major: Option<i64>,
        cuda_driver_minor: Option<i64>,
    }
    let line = lines
        .iter()
        .find(|line| line.text.as_str().starts_with('{'))?;
    let seen = Some(Evidence::event(line.seq, line.text.clone()));
    let Ok(read) = serde_json::from_str::<Probe>(line.text.as_str()) else {
        return Some(Answer {
            unreadable: true,
            seen,
            ..Answer::default()
        });
    };
    let devices = read
        .devices
        .unwrap_or_default()
        .into_iter()
        .take(MAX_DEVICES);
    Some(Answer {
        devices: devices
            .map(|device| Reported {
                id: Text::from(if device.name.is_empty() {
                    format!("{}{}", device.library, device.index)
                } else {
                    device.name.clone()
                }),
                library: Text::from(device.library),
                name: Text::from(device.description),
                pci_id: device.device_id.map(Text::from),
                uuid: None,
                compute: pair(device.compute_major, device.compute_minor),
                driver: pair(device.cuda_driver_major, device.cuda_driver_minor),
                total: device.total_memory,
                free: device.free_memory,
                integrated: device.integrated,
            })
            .collect(),
        seen,
        ..Answer::default()
    })
}

/// The list's answer: lines such as `  CUDA0: NVIDIA H100 (81559 MiB, 80903 MiB free)` below `Available devices:`.
pub(super) fn list(lines: &[Whole]) -> Option<Answer> {
    let head = lines
        .iter()
        .position(|line| line.text.as_str().trim_end() == "Available devices:")?;
    let rows = lines.get(head + 1..).unwrap_or_default();
    let devices = rows
        .iter()
        .map_while(|line| line.text.as_str().strip_prefix("  "))
        .filter_map(row)
        .take(MAX_DEVICES)
        .collect();
    let said: Vec<&str> = rows
        .iter()
        .take(8)
        .map(|line| line.text.as_str().trim())
        .collect();
    Some(Answer {
        devices,
        seen: lines.get(head).map(|line| {
            Evidence::event(line.seq, format!("Available devices: {}", said.join("; ")))
        }),
        ..Answer::default()
    })
}

/// One device of the list.
pub(in crate::discover) fn row(row: &str) -> Option<Reported> {
    let (id, rest) = row.trim().split_once(": ")?;
    let (name, memory) = rest.rsplit_once(" (").unwrap_or((rest, ""));
    let mut sizes = memory
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|word| word.parse::<u64>().ok())
        .map(|mebibytes| mebibytes.saturating_mul(1 << 20));
    Some(Reported {
        id: Text::from(id),
        library: Text::from(id.trim_end_matches(|c: char| c.is_ascii_digit())),
        name: Text::from(name),
        total: sizes.next(),
        free: sizes.next(),
        ..Reported::default()
    })
}
