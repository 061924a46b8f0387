//! Programs that use ggml with no Ollama around: the folders they looked into, the devices of what they registered.

use std::collections::BTreeMap;

use super::folders::is_gpu_backend;
use super::roles::base;
use crate::discover::model::{Child, Device, End, Evidence, Folder, Init, Model, Place};
use crate::discover::role::Role;
use crate::event::Text;

/// Folders and devices kept.
const MAX_FOLDERS: usize = 4_096;
const MAX_DEVICES: i64 = 64;

/// Adds what plain programs looked into and registered.
pub(super) fn gather(model: &mut Model) {
    if model.server.is_some() {
        return;
    }
    let mut folders: BTreeMap<Text, Folder> = std::mem::take(&mut model.folders)
        .into_iter()
        .map(|folder| (folder.path.clone(), folder))
        .collect();
    let programs = || {
        let all = model.children.iter();
        all.filter(|child| child.role == Role::Program)
    };
    for child in programs() {
        for walked in &child.walked {
            let names = walked.names.as_deref().unwrap_or_default();
            let found: Vec<Text> = names
                .iter()
                .filter(|name| is_gpu_backend(name.as_str()))
                .cloned()
                .collect();
            if !found.is_empty() {
                let listed = walked.listed.as_ref();
                add(&mut folders, child, &walked.path, listed).matches = found;
            }
        }
        for load in &child.loads {
            let path = load.file.as_ref().unwrap_or(&load.asked).as_str();
            if let Some((folder, name)) = path.rsplit_once('/')
                && is_gpu_backend(name)
                && folders.len() < MAX_FOLDERS
            {
                add(&mut folders, child, &Text::from(folder), load.seen.as_ref());
            }
        }
    }
    model.devices = programs().flat_map(devices).collect();
    // Such a program has no last word: it is over when it printed its list or ended.
    let is_over = |child: &Child| child.answer.is_some() || child.end != End::Unknown;
    model.finished = programs().count() > 0 && programs().all(is_over);
    model.folders = folders.into_values().collect();
}

fn add<'a>(
    folders: &'a mut BTreeMap<Text, Folder>,
    child: &Child,
    path: &Text,
    seen: Option<&Evidence>,
) -> &'a mut Folder {
    folders.entry(path.clone()).or_insert_with(|| {
        let is_cwd = *path == child.cwd;
        Folder {
            name: Text::from(if is_cwd { "cwd" } else { base(path.as_str()) }),
            path: path.clone(),
            place: if is_cwd {
                Place::WorkingDirectory
            } else {
                Place::Elsewhere
            },
            seen: seen.cloned(),
            ..Folder::default()
        }
    })
}

/// The devices of backends that were registered, numbered as ggml does (`CUDA0`).
fn devices(child: &Child) -> Vec<Device> {
    let mut all: Vec<Device> = Vec::new();
    for init in child.inits.iter().filter(|init| init.registered) {
        let Some(library) = library(init) else {
            continue;
        };
        // llama.cpp loads its backends once more to print their list (common/arg.cpp).
        let known = |device: &Device| device.library.as_str() == library;
        if all.iter().any(known) {
            continue;
        }
        for number in 0..count(child, library).clamp(0, MAX_DEVICES) {
            all.push(Device {
                id: Text::from(format!("{library}{number}")),
                library: Text::from(library),
                seen: init.seen.clone(),
                ..Device::default()
            });
        }
    }
    all
}

/// Its library, which begins the names of its devices, by the file (ggml/src/CMakeLists.txt).
fn library(init: &Init) -> Option<&'static str> {
    let name = base(init.file.as_str()).strip_prefix("libggml-")?;
    let all = [("cuda", "CUDA"), ("hip", "ROCm"), ("vulkan", "Vulkan")];
    let found = all.into_iter().find(|(start, _)| name.starts_with(start));
    found.map(|(_, library)| library)
}

/// How many there are: the runtime's answer, else the backend's own words (`found 1 CUDA devices`).
fn count(child: &Child, library: &str) -> i64 {
    let function = match library {
        "CUDA" => "cudaGetDeviceCount",
        "ROCm" => "hipGetDeviceCount",
        _ => "",
    };
    let asked = child
        .calls
        .iter()
        .rev()
        .find(|call| call.function.as_str() == function && !call.failed);
    let counted = asked.and_then(|call| {
        let value = call
            .values
            .iter()
            .find(|(name, _)| name.as_str().contains("count"));
        value?.1.as_str().parse().ok()
    });
    counted.unwrap_or_else(|| {
        let told = child
            .said
            .iter()
            .find_map(|said| found(said.text.as_str(), library));
        told.unwrap_or(0)
    })
}

/// `ggml_cuda_init: found 1 CUDA devices`, `ggml_vulkan: Found 1 Vulkan devices:`.
fn found(text: &str, library: &str) -> Option<i64> {
    let at = text.find("ound ")?;
    let (number, rest) = text.get(at + "ound ".len()..)?.split_once(' ')?;
    rest.strip_prefix(library)?.strip_prefix(" devices")?;
    number.parse().ok()
}
